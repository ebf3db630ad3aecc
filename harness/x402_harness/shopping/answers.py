"""Answers of any HTTP client, held against a listing."""

from __future__ import annotations

from typing import Any

from x402_catalog.findings import Level
from x402_catalog.models import Listing
from x402_harness.checks.conformity import judge_conformity
from x402_harness.protocol.exchange import Exchange, Leg, Request, Response
from x402_harness.shopping.purchased import DoesNotConform


def assert_conforms(exchange: Any, listing: Listing, fail_on: Level | str = Level.ERROR) -> None:
    """Raise :class:`DoesNotConform` where an answer is not what ``listing`` says.

    ``exchange`` is a response of httpx, requests or a test client made from them, or an :class:`Exchange`. An answer of
    success is held against the declared output, any other against the terms that a 402 is to have.
    """
    __tracebackhide__ = True
    made = exchange if isinstance(exchange, Exchange) else exchange_of(exchange)
    found = judge_conformity(made, listing)
    failing = [finding for finding in found if finding.level.rank <= Level(fail_on).rank]
    if failing:
        status = made.response.status if made.response else 0
        raise DoesNotConform(failing, [f"    request   {made.request.method} {made.request.url} was answered {status}"])


def exchange_of(response: Any) -> Exchange:
    """The exchange that a response of httpx or requests belongs to. Raises ``TypeError`` for anything else."""
    try:
        sent = response.request
        raw = getattr(sent, "content", None) if hasattr(sent, "content") else getattr(sent, "body", None)
        request = Request(str(sent.method), str(sent.url), _rows(sent.headers), _bytes(raw))
        answer = Response(int(response.status_code), _rows(response.headers), _bytes(response.content))
    except AttributeError as error:
        raise TypeError(f"{type(response).__name__} is no response of httpx or requests: {error}") from None
    paid = any(name.lower() in ("payment-signature", "x-payment") for name, _ in request.headers)
    return Exchange(Leg.PAID if paid else Leg.UNPAID, request, answer)


def _rows(headers: Any) -> tuple[tuple[str, str], ...]:
    many = headers.multi_items() if hasattr(headers, "multi_items") else headers.items()
    return tuple((str(name), str(value)) for name, value in many)


def _bytes(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else bytes(body or b"")
