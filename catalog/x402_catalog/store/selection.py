"""Selection: words and filters as conditions of SQL. What a user typed goes in as parameters only.

Globs are matched here, against the distinct terms of a facet; the database then compares numbers.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import translate
from typing import Any

from x402_catalog.search import BadFilter, Filters, bound
from x402_catalog.store.entries import network_term, storable, term
from x402_catalog.store.words import Term, expression

SHAPE = ("category", "method", "flag", "tier")  # what a shape says in terms
COLUMNS = ("category", "host", "method", "flag", "tier")
_WILD = re.compile(r"[*?\[]")
_IN = "IN (SELECT value FROM json_each(?))"
_COLUMN = {name: f"f.shape IN (SELECT s.id FROM shape s WHERE s.{name} {_IN})" for name in SHAPE} | {
    "host": f"f.host {_IN}"
}
_OPERATORS = {"<=": "<=", ">=": ">=", "<": "<", ">": ">", "=": "="}  # what a filter may bring into SQL


@dataclass(slots=True)
class Condition:
    """SQL with its parameters."""

    sql: str
    parameters: tuple[object, ...] = ()


@dataclass(slots=True)
class Selection:
    """What selects listings: ``base`` always holds (snapshot, words), ``filters`` each by its name, those of an offer
    together as ``offer``; ``offers`` is what they ask of one way to pay ``w``, ``terms`` the numbers that the others
    allow."""

    base: list[Condition] = field(default_factory=list)
    filters: dict[str, Condition] = field(default_factory=dict)
    offers: dict[str, Condition] = field(default_factory=dict)
    terms: dict[str, frozenset[int]] = field(default_factory=dict)
    has_words: bool = False

    @property
    def tables(self) -> str:
        """What to select from: facets ``f``, and the full text where there are words."""
        return "words CROSS JOIN facet f ON f.id = words.rowid" if self.has_words else "facet f"

    def where(self, *without: str) -> Condition:
        """All conditions but those ``without``."""
        named = [condition for name, condition in self.filters.items() if name not in without]
        return conjunction([*self.base, *named])

    @property
    def by_words_alone(self) -> bool:
        """Whether words decide and nothing else does, so that nothing but the full text need be asked."""
        return self.has_words and len(self.base) == 1 and not self.filters

    @property
    def price(self) -> Condition:
        """The cheapest price of a listing, among the offers that pass where offers are filtered."""
        if not self.offers:
            return Condition("f.price")
        fits = conjunction(list(self.offers.values()))
        least = f"SELECT min(w.price) FROM way w WHERE w.payment = f.payment AND {fits.sql}"
        return Condition(f"({least})", fits.parameters)


def conjunction(conditions: list[Condition]) -> Condition:
    """All of ``conditions``."""
    parameters = tuple(one for condition in conditions for one in condition.parameters)
    return Condition(" AND ".join(condition.sql for condition in conditions) or "TRUE", parameters)


def matching(
    db: sqlite3.Connection, sql: str, numbers: Iterable[int], parameters: tuple[object, ...] = ()
) -> list[tuple[Any, ...]]:
    """The rows that ``sql``, which ends in a column, finds for ``numbers`` there."""
    return db.execute(f"{sql} {_IN}", (*parameters, json.dumps(list(numbers)))).fetchall()


def selection(
    db: sqlite3.Connection, wanted: list[Term], filters: Filters, snapshot: int, *, latest: bool, joined: str = "AND"
) -> Selection:
    """The selection of listings of ``snapshot``. Raises :class:`~x402_catalog.search.BadFilter`."""
    filters.check()
    made = Selection(has_words=bool(wanted))
    if wanted:
        made.base.append(Condition("words MATCH ?", (expression(wanted, joined),)))
    if not latest:
        made.base.append(Condition("f.id IN (SELECT listing FROM member WHERE snapshot = ?)", (snapshot,)))
    elif not _is_everything(db, snapshot):
        made.base.append(Condition("f.seen = ?", (snapshot,)))
    terms = _Terms(db)
    for name in COLUMNS:
        if globs := getattr(filters, name):
            numbers = terms.matching(name, globs)
            made.terms[name] = frozenset(numbers)
            made.filters[name] = Condition(_COLUMN[name], (json.dumps(numbers),))
    made.offers = _offers(filters, terms)
    if made.offers:
        fits = conjunction(list(made.offers.values()))
        made.filters["offer"] = Condition(
            f"f.payment IN (SELECT w.payment FROM way w WHERE {fits.sql})", fits.parameters
        )
    return made


def _is_everything(db: sqlite3.Connection, latest: int) -> bool:
    """Whether the latest snapshot has every listing of the file: they are numbered from 1 without a gap."""
    sql = "SELECT listings = (SELECT max(id) FROM facet) FROM snapshot WHERE id = ?"
    row = db.execute(sql, (latest,)).fetchone()
    return row is not None and row[0] == 1


def _offers(filters: Filters, terms: _Terms) -> dict[str, Condition]:
    found: dict[str, Condition] = {}
    if filters.network:
        numbers = terms.equal("network", map(network_term, filters.network))
        found["network"] = Condition(f"w.network {_IN}", (json.dumps(numbers),))
    if filters.asset:
        both = [json.dumps(terms.equal(facet, filters.asset, folded=True)) for facet in ("asset", "symbol")]
        found["asset"] = Condition(f"(w.asset {_IN} OR w.symbol {_IN})", tuple(both))
    if filters.price is not None:
        operator, key = bound(filters.price)
        found["price"] = Condition(f"w.price {_OPERATORS[operator]} ?", (key,))
    return found


class _Terms:
    """The numbers of a facet's terms."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def equal(self, facet: str, texts: Iterable[str], *, folded: bool = False) -> list[int]:
        sql = f"SELECT id FROM term WHERE facet = ? AND {'lower(text) = lower(?)' if folded else 'text = ?'}"
        return [row[0] for text in map(term, texts) for row in self._db.execute(sql, (facet, text))]

    def matching(self, facet: str, globs: tuple[str, ...]) -> list[int]:
        plain = [glob for glob in globs if glob.isascii() and not _WILD.search(glob)]
        found = self.equal(facet, plain, folded=True)
        if len(plain) == len(globs):
            return found
        try:
            fits = [re.compile(translate(storable(glob).lower())).match for glob in globs if glob not in plain]
        except re.error as error:
            raise BadFilter(f"no glob can be made of {', '.join(globs)}: {error}") from error
        rows = self._db.execute("SELECT id, text FROM term WHERE facet = ?", (facet,))
        return [*found, *(key for key, text in rows if any(fit(text.lower()) for fit in fits))]
