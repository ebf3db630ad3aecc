"""Stability: whether the same request gets the same terms twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from x402_catalog.findings import Finding
from x402_harness.probing import rules
from x402_harness.probing.ladder import OVERLOADED
from x402_harness.probing.passive import Seen, failure_text
from x402_harness.protocol.challenge import Challenge, Option, read_challenge
from x402_harness.protocol.errors import RemoteProtocolError
from x402_harness.protocol.exchange import Exchange, Response
from x402_harness.protocol.headers import PAYMENT_REQUIRED


def stable(seen: Seen) -> Iterator[Finding]:
    """The second answer is the first one again, as far as a payment goes by it."""
    again = seen.talk.again
    if again is None or (again.response is not None and again.response.status in OVERLOADED):
        return
    if again.response is None or again.response.status != 402:
        what = failure_text(again.failure) if again.failure else f"answered {again.response and again.response.status}"
        observed = again.response.status if again.response else what
        yield seen.finding(rules.ANSWER_MOVES, f"402 at first, then {what}", again, observed=observed, expected=402)
        return
    if _terms(seen.exchange.response) == _terms(again.response):
        return  # byte by byte, as nearly always: nothing needs to be read
    first, second = terms_of(seen.exchange), terms_of(again)
    if first is not None and second is not None:
        yield from _compared(seen, first.options, second.options)


def _terms(answer: Response | None) -> tuple[str | None, bytes] | None:
    return (answer.header(PAYMENT_REQUIRED), answer.body) if answer else None


def terms_of(exchange: Exchange) -> Challenge | None:
    """The terms of an answer; ``None`` where there are none that can be read."""
    try:
        return read_challenge(exchange.response) if exchange.response else None
    except RemoteProtocolError:
        return None


def _compared(seen: Seen, first: tuple[Option, ...], second: tuple[Option, ...]) -> Iterator[Finding]:
    # Only options of one network are compared, and prices only of one asset: each difference is told once.
    before, after = _networks(first), _networks(second)
    if before != after:
        yield seen.finding(
            rules.NETWORK_MOVES, "other networks the second time", observed=sorted(after), expected=sorted(before)
        )
    for name in sorted(before & after):
        yield from _network(seen, name, _of(first, name), _of(second, name))


def _network(seen: Seen, name: str, first: list[Option], second: list[Option]) -> Iterator[Finding]:
    before, after = {one.asset.lower() for one in first}, {one.asset.lower() for one in second}
    if before != after:
        yield seen.finding(
            rules.ASSET_MOVES,
            f"other assets on {name} the second time",
            observed=sorted(after),
            expected=sorted(before),
        )
    for asset in sorted(before & after):
        yield from _asset(seen, name, _in(first, asset), _in(second, asset))


def _asset(seen: Seen, name: str, first: list[Option], second: list[Option]) -> Iterator[Finding]:
    prices = [sorted(str(one.amount) for one in options) for options in (first, second)]
    if prices[0] != prices[1]:
        yield seen.finding(
            rules.PRICE_MOVES, f"another price on {name} the second time", observed=_one(prices[1]),
            expected=_one(prices[0]),
        )  # fmt: skip
    payees = [sorted({one.pay_to.lower() for one in options}) for options in (first, second)]
    if payees[0] != payees[1]:
        yield seen.finding(
            rules.PAYEE_MOVES, f"another payee on {name} the second time", observed=_one(payees[1]),
            expected=_one(payees[0]),
        )  # fmt: skip


def _networks(options: Iterable[Option]) -> set[str]:
    return {one.caip2 or one.network for one in options}


def _of(options: Iterable[Option], name: str) -> list[Option]:
    return [one for one in options if (one.caip2 or one.network) == name]


def _in(options: Iterable[Option], asset: str) -> list[Option]:
    return [one for one in options if one.asset.lower() == asset]


def _one(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values
