"""Refusals: how an endpoint answers requests that break what it declares, sent without payment (REQ010 to REQ029)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
KEPT = rule(
    "REQ013",
    Level.ERROR,
    "payment is kept for an invalid request that is refused",
    why="A buyer with a mistake in the request pays, and gets nothing for it.",
    basis="x402 v1 and v2 leave the order open, the reference middleware settles only what it answers with success",
    mend="Validate the request before settling, and settle only what is answered with a status below 400.",
)
ACCEPTED = rule(
    "REQ014",
    Level.INFO,
    "invalid request is served for a payment",
    why="The endpoint takes more than is declared: buyers who keep to the declaration cannot know.",
    basis="the fields declared in hints.input",
    mend="Declare what is taken, or refuse what is not declared.",
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
_WANTED_PAID = "400 or 422, and nothing settled"


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


@dataclass(frozen=True, slots=True)
class PaidNegative:
    """An invalid request that was paid for: the answer that it got, and whether the payment was ``settled``."""

    negative: Negative
    exchange: Exchange
    settled: bool

    @property
    def broken(self) -> Rule | None:
        """The rule that is broken by it, or told of it; ``None`` where it was refused, and nothing was taken."""
        kind = refusal(self.exchange)
        if kind is Refusal.BROKEN:
            return BROKEN
        if kind is Refusal.SERVED:
            return ACCEPTED
        return KEPT if self.settled else None


def judge_paid(slug: str | None, paid: Iterable[PaidNegative]) -> tuple[Finding, ...]:
    """As :func:`judge_refusals`, for requests that were paid for."""
    by_rule: dict[Rule, list[tuple[Negative, Exchange]]] = {}
    for one in paid:
        if one.broken is not None:
            by_rule.setdefault(one.broken, []).append((one.negative, one.exchange))
    return tuple(_finding(broken, slug, shown, Leg.PAID) for broken, shown in by_rule.items())


def _finding(
    broken: Rule, slug: str | None, shown: Sequence[tuple[Negative, Exchange]], leg: Leg = Leg.UNPAID
) -> Finding:
    negative, exchange = shown[0]
    status = None if exchange.response is None else exchange.response.status
    whats = "; ".join(f"{one.what} ({one.keyword})" for one, _ in shown[:_NAMED])
    more = f" and {len(shown) - _NAMED} more" if len(shown) > _NAMED else ""
    place = Location(listing=slug, url=negative.request.url, leg=str(leg), pointer=negative.pointer or None)
    return broken.finding(
        f"{broken.title}: {whats}{more}",
        observed=status,
        expected=_WANTED if leg is Leg.UNPAID else _WANTED_PAID,
        location=place,
    )
