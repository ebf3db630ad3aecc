"""Facets: how many of what was found have which category, network, host and so on."""

from __future__ import annotations

import sqlite3
from collections import Counter
from decimal import Decimal

from x402_catalog.search import price_of_key
from x402_catalog.store.results import Counts
from x402_catalog.store.selection import COLUMNS, Condition, Selection, conjunction

NAMES = ("category", "network", "host", "method", "flag", "tier", "output")
MOST_VALUES = 100  # of a facet that are told, the largest
_OUTPUT = {0: "no", 1: "yes"}
_COLUMNS = (*COLUMNS, "answers", "networks")
_PRICE = len(_COLUMNS) + 1

Facets = dict[str, Counts]
Prices = dict[Decimal, int]


def counted(db: sqlite3.Connection, chosen: Selection) -> tuple[int, Facets, Prices]:
    """Total, facets and prices of a selection, in one pass over what passes all filters or all but those of a name."""
    rows = _rows(db, chosen)
    passing = list(zip(*(row for row in rows if row[0] == 0), strict=True)) or [()] * (_PRICE + 1)
    columns: dict[str, Counter[int]] = {name: Counter(passing[place]) for place, name in enumerate(_COLUMNS, 1)}
    for bit, name in enumerate(chosen.filters):
        if name in columns:
            place = _COLUMNS.index(name) + 1
            columns[name].update(row[place] for row in rows if row[0] == 1 << bit)
    outputs, networks = columns.pop("answers"), columns.pop("networks")
    facets = {name: ordered(_named(db, counts.most_common(MOST_VALUES))) for name, counts in columns.items()}
    facets["output"] = ordered({_OUTPUT[key]: count for key, count in outputs.items()})
    facets["network"] = _networks(db, chosen) if chosen.offers else _each_network(_named(db, networks.most_common()))
    prices = Counter(key for key in passing[_PRICE] if key is not None)
    return len(passing[0]), {name: facets[name] for name in NAMES}, in_order(prices)


def tallied(db: sqlite3.Connection, snapshot: int) -> tuple[Facets, Prices]:
    """Facets and prices of a whole snapshot, as they were counted when it was imported."""
    facets: Facets = {name: {} for name in NAMES}
    prices: Counts = {}
    for facet, value, count in db.execute("SELECT facet, value, listings FROM tally WHERE snapshot = ?", (snapshot,)):
        if facet == "price":
            prices |= {value: count} if value else {}
        else:
            facets[facet][_OUTPUT[int(value)] if facet == "output" else value] = count
    return {name: ordered(counts) for name, counts in facets.items()}, in_order(prices)


def ordered(counts: Counts) -> Counts:
    """The largest first, equals by name; not more than a hundred."""
    return dict(sorted(counts.items(), key=lambda row: (-row[1], row[0]))[:MOST_VALUES])


def in_order(prices: Counts) -> Prices:
    """Counts by price key as counts by price, the cheapest first."""
    return {price_of_key(key): prices[key] for key in sorted(prices)}


def _rows(db: sqlite3.Connection, chosen: Selection) -> list[tuple[int, ...]]:
    """Mask, columns and price key of each row that fails the filters of one name at most."""
    flags = [
        Condition(f"((NOT ({one.sql})) << {bit})", one.parameters) for bit, one in enumerate(chosen.filters.values())
    ]
    mask = Condition(" + ".join(one.sql for one in flags) or "0", tuple(p for one in flags for p in one.parameters))
    price, base = chosen.price, conjunction(chosen.base)
    columns = ", ".join(f"f.{name}" for name in _COLUMNS)
    sql = f"SELECT {mask.sql}, {columns}, {price.sql} FROM {chosen.tables} WHERE {base.sql}"
    found = db.execute(sql, (*mask.parameters, *price.parameters, *base.parameters))
    # Asked of the database, which would work the mask out once more, this takes longer.
    allowed = {0, *(1 << bit for bit in range(len(flags)))}
    return [row for row in found if row[0] in allowed] if flags else found.fetchall()


def _named(db: sqlite3.Connection, counts: list[tuple[int, int]]) -> Counts:
    find = "SELECT text FROM term WHERE id = ?"
    return {db.execute(find, (key,)).fetchone()[0]: count for key, count in counts}


def _networks(db: sqlite3.Connection, chosen: Selection) -> Counts:
    """Listings by network, where an offer counts that passes the other filters of offers."""
    others = conjunction([condition for name, condition in chosen.offers.items() if name != "network"])
    where = chosen.where("offer")
    rows = db.execute(
        f"SELECT t.text, count(DISTINCT o.listing) FROM {chosen.tables} CROSS JOIN offer o ON o.listing = f.id"
        f" JOIN term t ON t.id = o.network WHERE {where.sql} AND {others.sql} AND t.text <> '' GROUP BY t.text",
        (*where.parameters, *others.parameters),
    )
    return ordered(dict(rows.fetchall()))


def _each_network(sets: Counts) -> Counts:
    """The same where no offer is filtered: listings have few sets of networks, which the index keeps as one term."""
    totals: Counter[str] = Counter()
    for names, count in sets.items():
        totals.update(dict.fromkeys(names.split(), count))
    return ordered(totals)
