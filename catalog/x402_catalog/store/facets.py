"""Facets: how many of what was found have which category, network, host and so on.

Listings share their shapes and payments. So the database is asked once for three numbers of each listing that the words
found, filters are judged on the few shapes and payments there are, and what passes is counted by them.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from itertools import compress
from typing import NamedTuple

from x402_catalog.search import Filters, price_of_key
from x402_catalog.store.results import Counts
from x402_catalog.store.selection import SHAPE, Condition, Selection, conjunction, matching

NAMES = ("category", "network", "host", "method", "flag", "tier", "output")
MOST_VALUES = 100  # of a facet that are told, the largest
_OUTPUT = {0: "no", 1: "yes"}

Facets = dict[str, Counts]
Prices = dict[Decimal, int]
Hits = list[tuple[int, str | None]]

_Kind = tuple[int, int, bool]  # shape, payment, and whether the host passes


class _Payment(NamedTuple):
    """What the filters of offers make of a payment: whether one passes, the cheapest price of those that do, and the
    networks of those that pass all filters but that of networks."""

    passes: bool
    least: str | None
    networks: frozenset[int]


class Counted:
    """What the words of a selection found, counted. ``total`` is how many pass every filter."""

    def __init__(self, db: sqlite3.Connection, chosen: Selection) -> None:
        self._db = db
        self._filters = chosen.filters
        self._terms = chosen.terms
        self._ids, shapes, payments, self._hosts = _columns(db, chosen)
        allowed = self._terms.get("host")
        fits = [True] * len(self._ids) if allowed is None else [host in allowed for host in self._hosts]
        self._kinds: list[_Kind] = list(zip(shapes, payments, fits, strict=True))
        self._shapes = {row[0]: row[1:] for row in matching(db, _SHAPES, set(shapes))}
        self._payments = _payments(db, chosen, set(payments))
        self._failed: dict[_Kind, tuple[str, ...]] = {}
        self._counts = Counter(self._kinds)
        for kind in self._counts:
            self._failed[kind] = tuple(self._failing(*kind))
        self.total = sum(count for _, count in self._passing(""))

    def facets(self) -> Facets:
        """The counts by facet; each ignores the filters of its own name."""
        found: dict[str, Counter[int]] = {name: Counter() for name in (*SHAPE, "network", "output")}
        for place, name in enumerate(SHAPE):
            for (shape, _, _), count in self._passing(name):
                found[name][self._shapes[shape][place]] += count
        for (_, payment, _), count in self._passing("offer"):
            found["network"].update(dict.fromkeys(self._payments[payment].networks, count))
        for (shape, _, _), count in self._passing(""):
            found["output"][self._shapes[shape][-1]] += count
        counted = {kind for kind, _ in self._passing("host")}
        found["host"] = Counter(compress(self._hosts, map(counted.__contains__, self._kinds)))
        outputs = found.pop("output")
        facets = {name: self._in_words(name, counts) for name, counts in found.items()}
        facets["output"] = ordered({_OUTPUT[key]: count for key, count in outputs.items()})
        return {name: facets[name] for name in NAMES}

    def prices(self) -> Prices:
        """How many listings stand at each price, the cheapest first."""
        prices: Counts = {}
        for (_, payment, _), count in self._passing(""):
            if (least := self._payments[payment].least) is not None:
                prices[least] = prices.get(least, 0) + count
        return in_order(prices)

    def by_price(self, filters: Filters, offset: int) -> Hits:
        """What passes, by price: ``filters`` say which way and how many, of them those behind ``offset``."""
        wanted = self.total if filters.limit is None else filters.limit
        kinds: dict[_Kind, int] = {}
        keys: list[str | None] = []
        taken = 0
        for key, some, count in self._price_groups(dearest_first=filters.sort == "-price"):
            if not keys and count <= offset:  # all of them stand before what is asked for
                offset -= count
                continue
            if taken >= offset + wanted:
                break
            kinds |= dict.fromkeys(some, len(keys))
            keys.append(key)
            taken += count
        places = {key: kinds[kind] for key, kind in zip(self._ids, self._kinds, strict=True) if kind in kinds}
        rows = matching(self._db, "SELECT f.id, f.slug FROM facet f WHERE f.id", places)
        rows.sort(key=lambda row: (places[row[0]], row[1], row[0]))
        return [(key, keys[places[key]]) for key, _ in rows[offset : offset + wanted]]

    def _price_groups(self, *, dearest_first: bool) -> Iterator[tuple[str | None, list[_Kind], int]]:
        """Price keys with the kinds that have it and how many listings those are; what has no price comes last."""
        groups: dict[str | None, list[_Kind]] = {}
        for kind, _ in self._passing(""):
            groups.setdefault(self._payments[kind[1]].least, []).append(kind)
        known = sorted((key for key in groups if key is not None), reverse=dearest_first)
        for key in (*known, *([None] if None in groups else [])):
            yield key, groups[key], sum(self._counts[kind] for kind in groups[key])

    def _passing(self, without: str) -> Iterator[tuple[_Kind, int]]:
        """The kinds that pass all filters but that of the name ``without``, with how many listings are of them."""
        allowed = ((), (without,))
        return ((kind, count) for kind, count in self._counts.items() if self._failed[kind] in allowed)

    def _failing(self, shape: int, payment: int, host: bool) -> Iterator[str]:
        """The names of the filters that such a listing does not pass."""
        values = dict(zip(SHAPE, self._shapes[shape], strict=False))
        for name in self._filters:
            if name == "host":
                passes = host
            elif name == "offer":
                passes = self._payments[payment].passes
            else:
                passes = values[name] in self._terms[name]
            if not passes:
                yield name

    def _in_words(self, name: str, counts: Counter[int]) -> Counts:
        largest = dict(counts.most_common(MOST_VALUES + 1))
        rows = matching(self._db, "SELECT t.id, t.text FROM term t WHERE t.id", largest)
        # An offer without a network has none that could be chosen.
        return ordered({text: largest[key] for key, text in rows if text or name != "network"})


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


_SHAPES = f"SELECT s.id, {', '.join(f's.{name}' for name in SHAPE)}, s.answers FROM shape s WHERE s.id"


def _columns(db: sqlite3.Connection, chosen: Selection) -> tuple[tuple[int, ...], ...]:
    """Ids, shapes, payments and hosts of what the base of a selection holds."""
    base = conjunction(chosen.base)
    sql = f"SELECT f.id, f.shape, f.payment, f.host FROM {chosen.tables} WHERE {base.sql}"
    columns = tuple(zip(*db.execute(sql, base.parameters), strict=True))
    return columns or ((), (), (), ())


def _payments(db: sqlite3.Connection, chosen: Selection, wanted: set[int]) -> dict[int, _Payment]:
    of_network = chosen.offers.get("network", Condition("TRUE"))
    others = conjunction([condition for name, condition in chosen.offers.items() if name != "network"])
    parameters = (*of_network.parameters, *others.parameters)
    sql = f"SELECT w.payment, w.network, w.price, {of_network.sql}, {others.sql} FROM way w WHERE w.payment"
    ways: dict[int, list[tuple[int, str | None, bool, bool]]] = {key: [] for key in wanted}
    for key, *way in matching(db, sql, wanted, parameters):
        ways[key].append(tuple(way))
    return {key: _payment(some) for key, some in ways.items()}


def _payment(ways: list[tuple[int, str | None, bool, bool]]) -> _Payment:
    fits = [price for _, price, network, others in ways if network and others]
    least = min((price for price in fits if price is not None), default=None)
    return _Payment(bool(fits), least, frozenset(network for network, _, _, others in ways if others))
