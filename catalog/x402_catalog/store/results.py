"""Results: what a catalogue answers, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from x402_catalog.search import Filters


@dataclass(frozen=True, slots=True)
class Query:
    """What to search for: ``text`` as a user types it, filters (``filters.limit`` is the size of a page), the number
    of rows to pass over, and whether facets are counted."""

    text: str = ""
    filters: Filters = field(default_factory=Filters)
    offset: int = 0
    facets: bool = False


class RowOffer(NamedTuple):
    """One way to pay: ``amount`` in atomic units as it is written, ``price`` in dollars where it is known."""

    network: str
    asset: str
    symbol: str
    amount: str
    price: Decimal | None
    pay_to: str


@dataclass(frozen=True, slots=True)
class Row:
    """A listing in a line. ``price`` is the cheapest in dollars, among the offers that the filters ask for."""

    id: int
    slug: str
    title: str
    url: str
    summary: str
    category: str
    host: str
    method: str
    flag: str
    tier: str
    answers: bool
    price: Decimal | None
    ratio: float | None
    offers: tuple[RowOffer, ...]


Counts = dict[str, int]


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in order, how many there are in all, and what they are counted by.

    ``facets`` maps ``category``, ``network``, ``host``, ``method``, ``flag``, ``tier`` and ``output`` to counts, the
    hundred largest first; each ignores the filters of its own name, so that it shows what another choice would give.
    ``prices`` counts the listings at each price, in order. ``corrected`` is the query that was searched for where
    nothing was found for the words as they were typed. ``ranked`` is false where so much was found that it was put in
    order of slugs.
    """

    rows: tuple[Row, ...]
    total: int
    facets: dict[str, Counts] = field(default_factory=dict)
    prices: dict[Decimal, int] = field(default_factory=dict)
    corrected: str | None = None
    ranked: bool = True


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The catalogue as it was imported at ``at`` (seconds since 1970) from ``sources``; ``findings`` counts what could
    not be read."""

    id: int
    at: float
    sources: tuple[str, ...]
    listings: int
    findings: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A price among its peers: the priced listings of the same category. ``rank`` counts from the cheapest, 1; with
    equals it is the first of them. ``ratio`` is price ÷ median."""

    price: Decimal
    rank: int
    peers: int
    low: Decimal
    median: Decimal
    high: Decimal
    ratio: Decimal | None
