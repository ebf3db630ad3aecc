"""Statistics of prices: exact decimals, nearest ranks, so that every figure is a price that some listing has."""

from __future__ import annotations

import math
import sqlite3
from dataclasses import dataclass
from decimal import Decimal

from x402_catalog.search import price_of_key
from x402_catalog.store.selection import Selection

GROUPS = ("category", "network", "host")
ENOUGH = 8  # prices of a group from which its outliers are judged
FAR = 3.5  # robust standard deviations from the median, of the logarithm of the price
_LEAST_SPREAD = math.log10(2)  # of the deviation, so that a group of nearly equal prices has no outliers at twice them
_NORMAL = 1.4826  # the median absolute deviation of a normal distribution × this is its standard deviation

Prices = dict[Decimal, int]


@dataclass(frozen=True, slots=True)
class Group:
    """The prices of one category, network or host: ``count`` listings with one, in dollars. ``spread`` is p95 ÷ p5."""

    name: str
    count: int
    unpriced: int
    p5: Decimal | None
    median: Decimal | None
    p95: Decimal | None
    spread: Decimal | None
    outliers: int | None


def quantile(prices: Prices, part: float) -> Decimal | None:
    """The price at ``part`` (0 to 1) of ``prices``, which are in order; ``None`` if there are none."""
    rank = max(1, math.ceil(part * sum(prices.values())))
    for price, count in prices.items():
        rank -= count
        if rank <= 0:
            return price
    return None


def limits(prices: Prices) -> tuple[Decimal, Decimal] | None:
    """The lowest and the highest price that is no outlier among ``prices`` (in order); ``None`` if too few to say.

    Judged on logarithms by median and median absolute deviation (Iglewicz and Hoaglin, 1993). Free ones do not count.
    """
    priced = {price: count for price, count in prices.items() if price > 0}
    if sum(priced.values()) < ENOUGH:
        return None
    middle = quantile(priced, 0.5)
    assert middle is not None
    logarithm = math.log10(middle)
    away: dict[Decimal, int] = {}
    for price, count in priced.items():
        distance = Decimal(repr(abs(math.log10(price) - logarithm)))
        away[distance] = away.get(distance, 0) + count
    typical = quantile({distance: away[distance] for distance in sorted(away)}, 0.5)
    reach = FAR * max(_NORMAL * float(typical or 0), _LEAST_SPREAD)
    factor = Decimal(repr(10**reach))
    return middle / factor, middle * factor


def groups(db: sqlite3.Connection, chosen: Selection, by: str) -> list[Group]:
    """The groups of a selection by one of :data:`GROUPS`, the largest first."""
    found: dict[str, dict[str | None, int]] = {}
    for name, key, count in _rows(db, chosen, by):
        found.setdefault(name, {})[key] = count
    made = [group(name, keys) for name, keys in found.items()]
    return sorted(made, key=lambda one: (-one.count - one.unpriced, one.name))


def group(name: str, keys: dict[str | None, int]) -> Group:
    """The group of that name, from counts by price key (``None`` for no price)."""
    prices = {price_of_key(key): keys[key] for key in sorted(key for key in keys if key is not None)}
    low, middle, high = (quantile(prices, part) for part in (0.05, 0.5, 0.95))
    edges = limits(prices)
    outliers = None if edges is None else sum(n for p, n in prices.items() if p > 0 and not edges[0] <= p <= edges[1])
    spread = high / low if low and high is not None else None
    return Group(name, sum(prices.values()), keys.get(None, 0), low, middle, high, spread, outliers)


def _rows(db: sqlite3.Connection, chosen: Selection, by: str) -> list[tuple[str, str | None, int]]:
    where, price = chosen.where(), chosen.price
    if by == "network":
        fits = list(chosen.offers.values())
        conditions = [where.sql, *(one.sql for one in fits)]
        parameters = (*where.parameters, *(p for one in fits for p in one.parameters))
        sql = (
            "SELECT t.text, least, count(*) FROM (SELECT w.network AS network, min(w.price) AS least"
            f" FROM {chosen.tables} CROSS JOIN way w ON w.payment = f.payment WHERE {' AND '.join(conditions)}"
            " GROUP BY f.id, w.network) JOIN term t ON t.id = network GROUP BY t.text, least"
        )
        return db.execute(sql, parameters).fetchall()
    assert by in GROUPS
    named = "f.host" if by == "host" else "(SELECT s.category FROM shape s WHERE s.id = f.shape)"
    sql = (
        f"SELECT t.text, {price.sql} AS least, count(*) FROM {chosen.tables} JOIN term t ON t.id = {named}"
        f" WHERE {where.sql} GROUP BY t.text, least"
    )
    return db.execute(sql, (*price.parameters, *where.parameters)).fetchall()
