"""Refusals: how an endpoint answers requests that break what it declares, sent without payment (REQ010 to REQ029)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from x402_catalog.findings import Finding, Level, Location
from x402_catalog.rules.registry import Rule, rule
from x402_harness.planning.negatives import Negative
from x402_harness.protocol.exchange import Exchange, Leg

SERVED = rule(
    "REQ010",
    Level.ERROR,
    "invalid request is served without payment",
    why="Whoever sends a broken request gets for nothing what others pay for.",
    basis="specs/transports-v1/http.md, specs/transports-v2/http.md: a request without payment is answered with 402",
    mend="Ask for payment, or refuse with 400 or 422, whatever the request looks like.",
)
BROKEN = rule(
    "REQ011",
    Level.ERROR,
    "invalid request breaks the endpoint",
    why="A server error tells a buyer nothing about the mistake, and is a crash that strangers can cause.",
    basis="RFC 9110 §15.6; the fields declared in hints.input",
    mend="Validate the request before using it; refuse with 400 or 422 and say what is wrong.",
)
PAYMENT_FIRST = rule(
    "REQ012",
    Level.INFO,
    "payment is asked for before the request is validated",
    why="A buyer whose request has a mistake may pay for a refusal.",
    basis="x402 v1 and v2 leave the order open; RFC 9110 §15.5.21 (422)",
    mend="Refuse what breaks the declared fields before settling; to refuse it with 400 or 422 at once is kinder.",
)
_NOT_OURS = frozenset({501, 503, 505})  # not a crash: the method, the load, the version
_NAMED = 3


class Refusal(StrEnum):
    """What an answer to an invalid, unpaid request amounts to."""

    REFUSED = "refused"
    PAYMENT_FIRST = "payment first"
    SERVED = "served"
    BROKEN = "broken"
    UNCLEAR = "unclear"


_RULES = {Refusal.SERVED: SERVED, Refusal.BROKEN: BROKEN, Refusal.PAYMENT_FIRST: PAYMENT_FIRST}
_WANTED = "400 or 422, or 402"


def refusal(exchange: Exchange) -> Refusal:
    """How one such request was answered. A connection that is closed without an answer, a redirect, a server that is
    overloaded or not there say nothing about it."""
    status = exchange.response.status if exchange.response is not None else 0
    if 200 <= status < 300:
        return Refusal.SERVED
    if status == 402:
        return Refusal.PAYMENT_FIRST
    if status >= 500 and status not in _NOT_OURS:
        return Refusal.BROKEN
    return Refusal.REFUSED if 400 <= status < 500 and status not in (408, 429) else Refusal.UNCLEAR


def judge_refusals(slug: str | None, answered: Iterable[tuple[Negative, Exchange]]) -> tuple[Finding, ...]:
    """One finding for each way of answering that is wrong or worth knowing, with the requests that showed it."""
    by_kind: dict[Refusal, list[tuple[Negative, Exchange]]] = {}
    for negative, exchange in answered:
        by_kind.setdefault(refusal(exchange), []).append((negative, exchange))
    return tuple(_finding(_RULES[kind], slug, by_kind[kind]) for kind in _RULES if kind in by_kind)


def _finding(broken: Rule, slug: str | None, shown: Sequence[tuple[Negative, Exchange]]) -> Finding:
    negative, exchange = shown[0]
    assert exchange.response is not None  # without an answer it would be unclear
    whats = "; ".join(f"{one.what} ({one.keyword})" for one, _ in shown[:_NAMED])
    more = f" and {len(shown) - _NAMED} more" if len(shown) > _NAMED else ""
    place = Location(listing=slug, url=negative.request.url, leg=str(Leg.UNPAID), pointer=negative.pointer or None)
    return broken.finding(
        f"{broken.title}: {whats}{more}", observed=exchange.response.status, expected=_WANTED, location=place
    )
