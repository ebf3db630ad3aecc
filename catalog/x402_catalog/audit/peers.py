"""Peers: the groups of listings that a price is judged among, from the nearest to the widest."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median_low
from typing import TypeVar

from x402_catalog.audit.rows import Row
from x402_catalog.audit.words import WordGroups
from x402_catalog.pricing import LEAST_SCALE, Spread, spread_of

K = TypeVar("K")
PriceOf = Callable[[Row], "float | None"]

LEAST_PEERS = 8  # prices of different sellers or families, the one that is judged not counted
LEAST_SELLERS = 3  # likewise
LEAST_OF_OWN = 4  # other prices of a seller
MOST_OF_A_SELLER = 5  # prices of one host: a seller of hundreds would be judged by itself


@dataclass(frozen=True, slots=True)
class Group:
    """Listings that are alike in some respect. ``name`` says in which, ``search`` is the command that lists them;
    ``spread`` is ``None`` where there are too few. ``is_close`` if they are alike in more than their category,
    ``is_seller`` if they are what one host asks. ``category`` is the one that the group is, or is a part of if it
    ``is_part``."""

    name: str
    search: str
    listings: int
    spread: Spread | None
    is_close: bool = False
    is_seller: bool = False
    by_unit: str = ""
    category: str | None = None
    is_part: bool = False

    def holds(self, other: Group) -> bool:
        """Whether every listing of ``other`` is in this group, being in its category."""
        return self.category is not None and not self.is_part and self.category == other.category

    @property
    def short(self) -> str:
        """Why a group is none to judge by."""
        return f"fewer than {LEAST_PEERS} peers of {LEAST_SELLERS} sellers in {self.name}"


def among(rows: Iterable[Row], price: PriceOf) -> Spread | None:
    """The spread of what ``rows`` ask, ``None`` if they are too few; a seller's listings of one family count once, and
    each seller for at most :data:`MOST_OF_A_SELLER` prices, spread evenly over those that it asks."""
    prices: list[float] = []
    sellers = 0
    for _, asked in _gathered(_by_family(rows, price)):
        prices += _few(sorted(asked))
        sellers += 1
    enough = len(prices) > LEAST_PEERS and sellers > LEAST_SELLERS
    return spread_of(prices, sellers) if enough else None


def _by_family(rows: Iterable[Row], price: PriceOf) -> Iterator[tuple[str, float]]:
    """Host and usual price of every family."""
    asked = (((row.host, row.family), one) for row in rows if (one := price(row)) is not None)
    for (host, _), prices in _gathered(asked):
        yield host, prices[0] if len(prices) == 1 else median_low(prices)


def _gathered(pairs: Iterable[tuple[K, float]]) -> Iterator[tuple[K, list[float]]]:
    """Each key with its numbers. Most have one, which is held without a list around it."""
    ones: dict[K, float] = {}
    several: dict[K, list[float]] = {}
    for key, number in pairs:
        if key in ones:
            several.setdefault(key, [ones[key]]).append(number)
        else:
            ones[key] = number
    for key, number in ones.items():
        yield key, several.get(key, [number])


def _few(prices: list[float]) -> list[float]:
    if len(prices) <= MOST_OF_A_SELLER:
        return prices
    last = len(prices) - 1
    return [prices[round(step * last / (MOST_OF_A_SELLER - 1))] for step in range(MOST_OF_A_SELLER)]


def real_price(row: Row) -> float | None:
    """What a row's first offer in real money asks, as log10 of dollars."""
    return row.prices[0].log if row.prices else None


def unit_price(row: Row) -> float | None:
    """What a row asks for a unit."""
    return row.unit_log


class Peers:
    """All groups of a catalogue. Rows must not change any more."""

    def __init__(self, rows: Sequence[Row], words: Sequence[str]) -> None:
        self._rows = rows
        self._kinds = _collected(rows, lambda row: (row.category, row.method, row.kind))
        self._categories = _collected(rows, lambda row: row.category)
        self._units = _collected((row for row in rows if row.unit), lambda row: row.unit)
        self._sellers = _collected(rows, lambda row: row.host)
        self._families = _collected((row for row in rows if row.template), lambda row: row.template)
        self._made: dict[tuple[str, ...], Group] = {}
        self._words = WordGroups(rows, words, self._by_words)

    def of(self, row: Row) -> Iterator[Group]:
        """The groups that a row's price is judged among, the nearest first: those that share its rarest words, its
        family, the others of its seller, those of its category, method and kind, and those of its category."""
        alike = self._words.of(row)
        if alike is not None:
            yield alike
        if row.template and len(self._families[row.template]) > LEAST_PEERS:
            yield self._family(row)
        if row.host and len(self._sellers[row.host]) > LEAST_OF_OWN:
            yield self._seller(row.host)
        yield self._group(row.category, row.method, row.kind)
        yield self._group(row.category)

    def can_judge(self, row: Row) -> bool:
        """Whether one of its groups is large enough. The widest is asked first, and most often is."""
        return self._group(row.category).spread is not None or any(group.spread is not None for group in self.of(row))

    def by_unit(self, row: Row) -> Group | None:
        """Those that are priced by the same unit."""
        return self._unit(row.unit) if row.unit else None

    def of_seller(self, row: Row) -> list[float]:
        """What the same host asks for its other families, as log10 of dollars."""
        others = (one for one in self._sellers[row.host] if one.family != row.family)
        return [price for _, price in _by_family(others, real_price)]

    def groups(self) -> list[Group]:
        """Every group that was asked for, the largest first."""
        return sorted((*self._made.values(), *self._words.made()), key=lambda group: (-group.listings, group.name))

    def _group(self, category: str, method: str = "", kind: str = "") -> Group:
        key = (category, method, kind)
        if key not in self._made:
            rows = self._kinds[key] if method else self._categories[category]
            self._made[key] = Group(
                _named(*key), _search(category, method), len(rows), among(rows, real_price),
                category=category, is_part=bool(method),
            )  # fmt: skip
        return self._made[key]

    def _family(self, row: Row) -> Group:
        """What is asked for the members of one family."""
        key = ("family", str(row.template))
        if key not in self._made:
            rows = self._families[row.template]
            asked = [price for member in rows if (price := real_price(member)) is not None]
            spread = spread_of(asked, 1) if len(asked) > LEAST_PEERS else None
            name = f"of the family of {row.slug}"
            self._made[key] = Group(name, _of_host(row.host), len(rows), spread, is_close=True)
        return self._made[key]

    def _seller(self, host: str) -> Group:
        """What one seller asks for its families. A few must be twice as far apart as many to tell, and acquit none."""
        key = ("host", host)
        if key not in self._made:
            rows = self._sellers[host]
            asked = [price for _, price in _by_family(rows, real_price)]
            many = len(asked) > LEAST_PEERS
            least = LEAST_SCALE if many else 2 * LEAST_SCALE
            spread = spread_of(asked, 1, least) if len(asked) > LEAST_OF_OWN else None
            self._made[key] = Group(f"of the host {host}", _of_host(host), len(rows), spread, many, is_seller=True)
        return self._made[key]

    def _unit(self, unit: str) -> Group:
        key = ("per", unit)
        if key not in self._made:
            words = " ".join(dict.fromkeys(unit.removeprefix("1k ").removeprefix("1m ").split()))
            rows, command = self._units[unit], f"testbuy search 'per {words}'"
            self._made[key] = Group(f"priced per {unit}", command, len(rows), among(rows, unit_price), by_unit=unit)
        return self._made[key]

    def _by_words(self, words: tuple[str, ...], rows: Sequence[Row]) -> Group | None:
        spread = among(rows, real_price)
        if spread is None:
            return None
        shared = " ".join(words)
        command = f"testbuy search {shlex.quote(shared)}"
        return Group(f"with the words {shared!r}", command, len(rows), spread, is_close=len(words) > 1)


def _collected(rows: Iterable[Row], key: Callable[[Row], K]) -> dict[K, list[Row]]:
    found: dict[K, list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def _of_host(host: str) -> str:
    return f"testbuy search --host {shlex.quote(host)}"


def _named(category: str, method: str, kind: str) -> str:
    parts = [f"category {category!r}" if category else "no category", method, f"answers {kind}" if kind else ""]
    return ", ".join(part for part in parts if part)


def _search(category: str, method: str) -> str:
    parts = ["testbuy search"]
    if category:
        # A glob finds itself alone when each of its signs stands in brackets.
        plain = "".join(f"[{sign}]" if sign in "*?[" else sign for sign in category)
        parts.append(f"--category {shlex.quote(plain)}")
    if method:
        parts.append(f"--method {shlex.quote(method)}")
    return " ".join(parts)
