"""Prices among their peers: far above, far below, or a power of ten away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from statistics import median

from x402_catalog.audit import rules
from x402_catalog.audit.peers import Group, Peers
from x402_catalog.audit.rows import Price, Row
from x402_catalog.audit.verdicts import Found, Held, NotJudged, Verdict
from x402_catalog.money import to_decimal
from x402_catalog.pricing import Slip, Spread, slip_of

SUSPECT = "/pricing_decimal_suspect"
_TIER = 0.7  # decades between prices of one tier
_SHARE_OF_A_TIER = 0.05  # of a seller's prices; fewer may be wrong alike
_LEAST_OF_A_SELLER = 3  # other endpoints that show what a seller is used to ask


def price_verdicts(row: Row, peers: Peers) -> Iterator[Verdict]:
    """What the peers say of every price that a row asks in real money."""
    if not row.prices:
        return
    groups = list(peers.of(row))
    enough = [(group, group.spread) for group in groups if group.spread is not None]
    for price in row.prices:
        at = f"/accepts/{price.offer}/max_amount_required_atomic"
        if price.log is None:
            yield NotJudged(rules.DEAR, at, "nothing is asked")
        elif not enough:
            yield NotJudged(rules.DEAR, at, groups[-1].short)
            yield NotJudged(rules.SLIP, SUSPECT, groups[-1].short)
        else:
            yield from _judged(row, price, price.log, enough, peers)
    if row.unit_log is not None:
        yield from _by_unit(row, row.unit_log, peers)


def _judged(
    row: Row, price: Price, log: float, groups: Sequence[tuple[Group, Spread]], peers: Peers
) -> Iterator[Verdict]:
    # The group whose prices differ least tells most of one that should be among them.
    groups = sorted(groups, key=lambda pair: pair[1].scale)
    accusing = next(
        ((group, of) for group, of in groups if of.is_outlier(log) and not _tier(row, log, group, of, peers)), None
    )
    if accusing is None:
        yield Held(rules.SLIP, SUSPECT, f"{_asked(price)} is no outlier {_among(*groups[0])}")
        return
    usual = _exonerating(log, accusing[0], groups)
    if usual is None:
        yield _outlier(row, price, log, [accusing, *(pair for pair in groups if pair[0].is_close)], peers)
    else:
        reason = f"unusual {_among(*accusing)}, ordinary {usual.name}"
        yield NotJudged(rules.DEAR, f"/accepts/{price.offer}/max_amount_required_atomic", reason)
    yield NotJudged(rules.SLIP, SUSPECT, f"unusual {_among(*accusing)}; when a price is suspected is not published")


def _tier(row: Row, log: float, group: Group, spread: Spread, peers: Peers) -> bool:
    """Whether a price that is unusual for its seller is one of several unusual ones: reports beside look-ups."""
    if not group.is_seller:
        return False
    own = peers.of_seller(row)
    alike = sum(abs(log - other) < _TIER and spread.is_outlier(other) for other in own)
    return alike >= max(2, _SHARE_OF_A_TIER * len(own))


def _exonerating(log: float, accusing: Group, groups: Sequence[tuple[Group, Spread]]) -> Group | None:
    """A group that finds the price ordinary: a close one, or if no close one accuses, any but one that merely holds the
    accusing. Close ones are not outvoted by a category in which everything is sold."""
    closely = any(group.is_close and of.is_outlier(log) for group, of in groups)

    def may_acquit(group: Group) -> bool:
        return group.is_close or not (closely or group.is_seller or group.holds(accusing))

    return next((group for group, of in groups if of.is_ordinary(log) and may_acquit(group)), None)


def _outlier(row: Row, price: Price, log: float, groups: Sequence[tuple[Group, Spread]], peers: Peers) -> Found:
    """The finding about an outlier of the first of ``groups``; a slip is looked for among the others too, since a
    seller's own prices tell more of what was meant than those of others."""
    at = f"/accepts/{price.offer}/max_amount_required_atomic"
    own = peers.of_seller(row)
    like_its_own = len(own) >= _LEAST_OF_A_SELLER and abs(log - median(own)) < 1
    for group, spread in () if like_its_own else groups:
        slip = slip_of(log, spread, price.atomic, price.decimals)
        if slip is not None:
            said = f"{_far(price, log, group, spread)}; {_meant(price, slip)} would be ordinary ({slip.why})"
            return Found(rules.SLIP, at, said, f"{price.atomic}", _bounds(spread), group.search)
    group, spread = groups[0]
    said = _far(price, log, group, spread)
    said += f"; the seller's {len(own)} other prices are of that order" if like_its_own else ""
    rule = rules.DEAR if spread.distance(log) > 0 else rules.CHEAP
    return Found(rule, at, said, f"{price.atomic}", _bounds(spread), group.search)


def _far(price: Price, log: float, group: Group, spread: Spread) -> str:
    return f"{_asked(price)} is {_times(spread.distance(log))} the median {_among(group, spread)}"


def _by_unit(row: Row, log: float, peers: Peers) -> Iterator[Verdict]:
    group = peers.by_unit(row)
    if group is None or group.spread is None or not group.spread.is_outlier(log):
        return
    distance = group.spread.distance(log)
    said = f"{_dollars(10**log)} per {row.unit} is {_times(distance)} the median {_among(group, group.spread)}"
    at = f"/accepts/{row.prices[0].offer}/max_amount_required_atomic"
    yield Found(
        rules.UNIT_PRICE, at, said, f"{_dollars(10**log)} per {row.unit}", _bounds(group.spread), group.search,
    )  # fmt: skip


def _bounds(spread: Spread) -> str:
    return f"{_dollars(10**spread.low)} to {_dollars(10**spread.high)}"


def _among(group: Group, spread: Spread) -> str:
    unit = f" per {group.by_unit}" if group.by_unit else ""
    of = "" if group.is_seller else f" ({spread.sellers} sellers in all)"
    return (
        f"among {spread.count - 1} peers {group.name}{of}: {_dollars(10**spread.median)}{unit}"
        f", spread ×{10**spread.scale:.1f}"
    )


def _asked(price: Price) -> str:
    return f"{to_decimal(price.atomic, price.decimals)} {price.symbol}"


def _meant(price: Price, slip: Slip) -> str:
    moved = Decimal(to_decimal(price.atomic, price.decimals)).scaleb(-slip.exponent)
    return f"{moved.normalize():f} {price.symbol}"


def _times(distance: float) -> str:
    factor = 10 ** abs(distance)
    shown = f"{factor:,.0f}" if factor >= 10 else f"{factor:.1f}"
    return f"{shown} times" if distance >= 0 else f"1/{shown} of"


def _dollars(value: float) -> str:
    return f"${value:,.2f}" if value >= 100 else f"${Decimal(f'{value:.3g}'):f}"
