"""What is asked for: the query string of a page as filters, and as links that differ from it in one thing.

Its names are those of the command line's options, so that a page and a command are easily made of each other.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from markupsafe import Markup, escape

from x402_catalog.search import Filters
from x402_catalog.store import Query, Row
from x402_harness.reporting.escape import printable

GLOBS = ("category", "host", "method", "flag", "tier")
MANY = ("category", "network", "host", "asset", "method", "flag", "tier")
FILTERS = (*MANY, "price")
PAGE = 25  # rows, unless it is said
_MOST_ROWS = 500
_LONGEST = 400  # characters of a value
_MOST = 100  # values
_LONGEST_SLUG = 300


class BadQuery(ValueError):
    """A query string that cannot be understood; the message says what would be."""


class Chip(NamedTuple):
    """One thing that narrows what is shown, and the link that takes it away."""

    name: str
    value: str
    href: Markup


@dataclass(frozen=True, slots=True)
class Asked:
    """A path and the pairs of its query string that have a value."""

    path: str
    pairs: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, path: str, query: str, names: Collection[str]) -> Asked:
        """The query string, which may have these ``names``. Raises :class:`BadQuery`."""
        pairs = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[1]]
        if len(pairs) > _MOST:
            raise BadQuery(f"more than {_MOST} values are asked for")
        for name, value in pairs:
            if name not in names:
                raise BadQuery(f"{name!r} is not known here: there are {', '.join(names) or 'no names'}")
            if len(value) > _LONGEST:
                raise BadQuery(f"the value of {name} has more than {_LONGEST} characters")
        return cls(path, tuple(dict.fromkeys(pairs)))

    def many(self, name: str) -> tuple[str, ...]:
        """Every value of a name."""
        return tuple(value for key, value in self.pairs if key == name)

    def one(self, name: str, default: str = "") -> str:
        """The last value of a name."""
        return next(reversed(self.many(name)), default)

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number within bounds. Raises :class:`BadQuery`."""
        text = self.one(name)
        if not text:
            return default
        if re.fullmatch(r"[0-9]{1,18}", text) is None or not low <= int(text) <= high:
            raise BadQuery(f"{name} is a whole number from {low} to {high}")
        return int(text)

    @property
    def text(self) -> str:
        """What is searched for."""
        return self.one("q")

    @property
    def snapshot(self) -> int | None:
        """The snapshot that is looked at; ``None`` for the latest. Raises :class:`BadQuery`."""
        return self.number("snapshot", 0, 1, 10**9) or None

    def filters(self) -> Filters:
        """The filters; their order is checked by the search."""
        many: dict[str, Any] = {name: self.many(name) for name in MANY}
        return Filters(**many, price=self.one("price") or None, sort=self.one("sort", "relevance"))

    def query(self) -> Query:
        """The search for one page. Raises :class:`BadQuery`."""
        limit = self.number("limit", PAGE, 1, _MOST_ROWS)
        filters = replace(self.filters(), limit=limit)
        return Query(self.text, filters, self.number("offset", 0, 0, 10**9), facets=True)

    # Links

    def href(self, path: str | None = None) -> Markup:
        """The link to what is asked for, or to another page with the same query string."""
        query = urlencode(self.pairs, errors="replace")
        return escape((self.path if path is None else path) + (f"?{query}" if query else ""))

    def adding(self, name: str, value: str) -> Asked:
        """The same with one value more, from the first row on."""
        return replace(self, pairs=(*self.without("offset").pairs, (name, value)))

    def setting(self, name: str, value: object) -> Asked:
        """The same with this one value of the name."""
        return replace(self, pairs=(*self.without(name).pairs, (name, str(value))))

    def without(self, name: str, value: str | None = None) -> Asked:
        """The same without a name, or without one value of it."""
        gone = (name,) if name == "offset" else (name, "offset")
        kept = (
            pair for pair in self.pairs if pair[0] not in gone or (value not in (None, pair[1]) and pair[0] == name)
        )
        return replace(self, pairs=tuple(kept))

    def only(self, *names: str) -> Asked:
        """The same with no other names than these."""
        return replace(self, pairs=tuple(pair for pair in self.pairs if pair[0] in names))

    def chips(self) -> Iterator[Chip]:
        """What narrows this page."""
        for name, value in self.pairs:
            if name in ("q", *FILTERS, "snapshot"):
                yield Chip("search" if name == "q" else name, plain(name, value), self.without(name, value).href())

    def listing(self, row: Row) -> Markup:
        """The link to the page of a listing."""
        return Asked("/listing", (picked(row), *self.only("snapshot").pairs)).href()

    def named(self, slug: str) -> Markup:
        """The link to the page of the listing of that slug."""
        return Asked("/listing", (("slug", slug), *self.only("snapshot").pairs)).href()


def picked(row: Row) -> tuple[str, str]:
    """The name and value that stand for a listing in a query string: its slug, or its number in the file where the slug
    is long or has characters that a page would not show."""
    plain_slug = bool(row.slug) and printable(row.slug, _LONGEST_SLUG) == row.slug
    return ("slug", row.slug) if plain_slug else ("id", str(row.id))


def literal(name: str, value: str) -> str:
    """What filters by exactly ``value``: characters that mean something in a glob are put in brackets."""
    return re.sub(r"([*?\[])", r"[\1]", value) if name in GLOBS else value


def plain(name: str, value: str) -> str:
    """The inverse of :func:`literal`, for people."""
    return re.sub(r"\[([*?\[])\]", r"\1", value) if name in GLOBS else value
