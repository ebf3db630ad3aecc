"""Refusals: payments that a seller must refuse, and what it did with them, kept and read back.

Nothing that could be spent is kept: of a payment only what it authorizes. What was sent twice is known by its number,
as two payments may differ in nothing but their signatures.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from x402_catalog.rules.registry import REGISTRY
from x402_harness.checks.refusals import Attempt
from x402_harness.protocol.exchange import Request
from x402_harness.runs.cassettes.exchanges import Stored, Unplayable, exchange_from_dict, headers_from
from x402_harness.runs.redaction import Keep, exchange_to_dict

_NUMBER = "x-testbuy-sent"  # tells requests apart that were told alike; it was never sent


def attempts_to_list(attempts: Iterable[Attempt], keep: Keep) -> list[dict[str, Any]]:
    """The attempts in the form that is kept."""
    numbers: dict[Request, int] = {}
    return [
        {
            "what": one.what,
            "rule": one.rule.code,
            "settled": one.settled,
            "sent": numbers.setdefault(one.exchange.request, len(numbers)),
            "exchange": exchange_to_dict(one.exchange, keep),
        }
        for one in attempts
    ]


def attempts_from_list(told: Iterable[dict[str, Any]], stored: Stored) -> tuple[Attempt, ...]:
    """The attempts as they were answered. Raises :class:`Unplayable`."""
    try:
        return tuple(_attempt(one, stored) for one in told)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, Unplayable):
            raise
        raise Unplayable(f"what was refused is malformed: {type(error).__name__}: {error}") from error


def _attempt(told: dict[str, Any], stored: Stored) -> Attempt:
    exchange = told["exchange"]
    sent = exchange["request"]
    headers = (*headers_from(sent["headers"]), (_NUMBER, str(told["sent"])))
    request = Request(sent["method"], sent["url"], headers)
    return Attempt(told["what"], REGISTRY[told["rule"]], exchange_from_dict(exchange, request, stored), told["settled"])
