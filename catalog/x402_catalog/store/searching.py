"""Searching: what a query finds, in order, counted, and described in rows."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from x402_catalog.search import Filters, price_key, price_of_key
from x402_catalog.store import facets
from x402_catalog.store.entries import storable
from x402_catalog.store.facets import Hits
from x402_catalog.store.results import Page, Query, Row, RowOffer
from x402_catalog.store.schema import WEIGHTS
from x402_catalog.store.selection import Condition, Selection, matching, selection
from x402_catalog.store.statistics import Prices
from x402_catalog.store.typos import corrected, document_counts
from x402_catalog.store.words import Term, terms, words, written

MOST_RANKED = 20_000  # hits; ranking more takes longer than anybody reads
_RANK = f"bm25(words, {', '.join(map(str, WEIGHTS))})"
_TELLING = 8  # words by which listings are similar
_AFTER = "\U0010ffff"


def search(db: sqlite3.Connection, query: Query, snapshot: int, *, latest: bool) -> Page:
    """The page of ``query``; where its words find nothing, of the words that may have been meant."""
    wanted = terms(query.text)
    page = _page(db, wanted, query, snapshot, latest)
    if page.total or not wanted:
        return page
    meant = corrected(db, wanted)
    if meant is None:
        return page
    other = _page(db, meant, query, snapshot, latest)
    return replace(other, corrected=written(meant)) if other.total else page


def chosen(db: sqlite3.Connection, text: str, filters: Filters, snapshot: int, *, latest: bool) -> Selection:
    """The selection of a query as it is typed."""
    return selection(db, terms(text), filters, snapshot, latest=latest)


def selected(db: sqlite3.Connection, text: str, filters: Filters, snapshot: int, *, latest: bool) -> list[int]:
    """The ids of what a query finds, in order."""
    found = chosen(db, text, filters, snapshot, latest=latest)
    return [key for key, _ in _hits(db, found, filters, ranked=_ranks(found, _total(db, found)))]


def rows(db: sqlite3.Connection, found: Selection, filters: Filters) -> tuple[Row, ...]:
    """What a selection holds, in the order that ``filters`` name."""
    return described(db, _hits(db, found, filters, ranked=_ranks(found, _total(db, found))))


def _page(db: sqlite3.Connection, wanted: list[Term], query: Query, snapshot: int, latest: bool) -> Page:
    found = selection(db, wanted, query.filters, snapshot, latest=latest)
    if not query.facets:
        return _shown(db, found, query, _total(db, found))
    if not wanted and not found.filters and latest:
        counts, prices = facets.tallied(db, snapshot)
        page = _shown(db, found, query, sum(counts["output"].values()))
        return replace(page, facets=counts, prices=prices)
    counted = facets.Counted(db, found)
    page = _shown(db, found, query, counted.total, counted)
    return replace(page, facets=counted.facets(), prices=counted.prices())


def _shown(
    db: sqlite3.Connection, found: Selection, query: Query, total: int, counted: facets.Counted | None = None
) -> Page:
    filters, ranked = query.filters, _ranks(found, total)
    if not total:
        hits: Hits = []
    elif counted is not None and filters.sort in ("price", "-price") and filters.sample is None:
        hits = counted.by_price(filters, query.offset)
    else:
        hits = _hits(db, found, filters, query.offset, ranked=ranked)
    return Page(described(db, hits), _sampled(total, filters), ranked=ranked)


def _sampled(total: int, filters: Filters) -> int:
    return total if filters.sample is None else min(total, filters.sample)


def _total(db: sqlite3.Connection, found: Selection) -> int:
    where = found.where()
    tables = "words" if found.by_words_alone else found.tables
    return int(db.execute(f"SELECT count(*) FROM {tables} WHERE {where.sql}", where.parameters).fetchone()[0])


def _ranks(found: Selection, total: int) -> bool:
    """Whether what was found is little enough to be ranked."""
    return not found.has_words or total <= MOST_RANKED


def _hits(db: sqlite3.Connection, found: Selection, filters: Filters, offset: int = 0, *, ranked: bool) -> Hits:
    limit = -1 if filters.limit is None else filters.limit
    by_rank = filters.sort == "relevance" and found.has_words and ranked
    where, price = found.where(), found.price
    if by_rank and found.by_words_alone and filters.sample is None:
        sql = f"SELECT rowid, NULL FROM words WHERE {where.sql} ORDER BY {_RANK}, rowid LIMIT ? OFFSET ?"
        return db.execute(sql, (*where.parameters, limit, offset)).fetchall()
    parameters: list[object] = [*price.parameters, *where.parameters]
    sql = f"SELECT f.id, {price.sql} AS least FROM {found.tables} WHERE {where.sql}"
    if filters.sample is not None:
        sql += " AND f.id IN (SELECT value FROM json_each(?))"
        parameters.append(_drawn(db, found, filters))
    order = {
        "price": "least IS NULL, least",
        "-price": "least IS NULL, least DESC",
        "ratio": "f.ratio IS NULL, f.ratio DESC",
        "host": "(SELECT text FROM term WHERE id = f.host)",
        "relevance": "f.slug",
    }[filters.sort]
    order = f"{_RANK}, f.id" if by_rank else f"{order}, f.slug, f.id"
    sql += f" ORDER BY {order} LIMIT ? OFFSET ?"
    return db.execute(sql, (*parameters, limit, offset)).fetchall()


def _drawn(db: sqlite3.Connection, found: Selection, filters: Filters) -> str:
    """Ids drawn at random, as a JSON array: the same for the same listings whatever order they were imported in."""
    where = found.where()
    sql = f"SELECT f.id FROM {found.tables} WHERE {where.sql} ORDER BY f.slug, f.id"
    ids = [row[0] for row in db.execute(sql, where.parameters)]
    picked = random.Random(filters.seed).sample(ids, min(filters.sample or 0, len(ids)))
    return json.dumps(picked)


# Rows

_ROWS = """
SELECT f.id, l.slug, l.title, l.url, l.summary, c.text, h.text, m.text, g.text, t.text, s.answers, f.price, f.ratio
FROM facet f JOIN listing l ON l.id = f.id JOIN shape s ON s.id = f.shape JOIN term c ON c.id = s.category
JOIN term h ON h.id = f.host JOIN term m ON m.id = s.method JOIN term g ON g.id = s.flag JOIN term t ON t.id = s.tier
WHERE f.id
"""
_OFFERS = """
SELECT f.id, w.number, n.text, a.text, y.text, w.amount, w.price, p.pay_to FROM facet f
JOIN payee p ON p.listing = f.id JOIN way w ON w.payment = f.payment AND w.number = p.number
JOIN term n ON n.id = w.network JOIN term a ON a.id = w.asset JOIN term y ON y.id = w.symbol WHERE f.id
"""


def described(db: sqlite3.Connection, hits: Iterable[tuple[int, str | None]]) -> tuple[Row, ...]:
    """The rows of ``hits``: ids, each with the price key to be shown (its own for ``None``)."""
    hits = list(hits)
    ids = [key for key, _ in hits]
    cards = {card[0]: card for card in matching(db, _ROWS, ids)}
    offers: dict[int, list[RowOffer]] = {key: [] for key in ids}
    for key, _, network, asset, symbol, amount, least, pay_to in sorted(matching(db, _OFFERS, ids)):
        price = None if least is None else price_of_key(least)
        offers[key].append(RowOffer(network, asset, symbol, amount, price, pay_to))
    return tuple(_described(cards[key], least, tuple(offers[key])) for key, least in hits)


def _described(card: tuple[Any, ...], least: str | None, offers: tuple[RowOffer, ...]) -> Row:
    key, slug, title, url, summary, category, host, method, flag, tier, answers, price, ratio = card
    shown = least if least is not None else price
    cost = None if shown is None else price_of_key(shown)
    return Row(
        key, slug, title, url, summary, category, host, method, flag, tier, bool(answers), cost, ratio, offers
    )  # fmt: skip


# Names


def named(db: sqlite3.Connection, slug: str, snapshot: int) -> list[int]:
    """The ids of the listings of that slug, or else of that URL."""
    slug = storable(slug)
    sql = "SELECT l.id FROM listing l JOIN member m ON m.listing = l.id AND m.snapshot = ? WHERE l.{} = ? ORDER BY l.id"
    found = db.execute(sql.format("slug"), (snapshot, slug)).fetchall()
    if not found and "://" in slug:
        found = db.execute(sql.format("url"), (snapshot, slug)).fetchall()
    return [row[0] for row in found]


def beginning(db: sqlite3.Connection, snapshot: int, what: str, start: str, count: int) -> list[str]:
    """Slugs or values of a facet that begin with ``start``."""
    start = storable(start)
    if what == "slug":
        sql = (
            "SELECT DISTINCT l.slug FROM listing l JOIN member m ON m.listing = l.id AND m.snapshot = ?"
            " WHERE l.slug >= ? AND l.slug < ? ORDER BY l.slug LIMIT ?"
        )
        return [row[0] for row in db.execute(sql, (snapshot, start, start + _AFTER, count))]
    sql = "SELECT value FROM tally WHERE snapshot = ? AND facet = ? AND value >= ? AND value < ? ORDER BY value LIMIT ?"
    return [row[0] for row in db.execute(sql, (snapshot, what, start, start + _AFTER, count)) if row[0]]


# Neighbours


_SAME_CATEGORY = """
f.shape IN (SELECT s.id FROM shape s WHERE s.category = (
  SELECT o.category FROM facet g JOIN shape o ON o.id = g.shape WHERE g.id = ?))
"""


def similar(db: sqlite3.Connection, listing: int, snapshot: int, count: int, *, latest: bool) -> tuple[Row, ...]:
    """Listings of the same category that share the most telling words, the nearest first."""
    return described(db, [(key, None) for key in alike(db, listing, snapshot, count, latest=latest, category=True)])


def alike(
    db: sqlite3.Connection, listing: int, snapshot: int, count: int, *, latest: bool, category: bool
) -> list[int]:
    """Listings (of the same category, if asked for) that share the most telling words: those of its title and summary
    that are rare, but not its own alone."""
    (row,) = described(db, [(listing, None)])
    told = list(dict.fromkeys(words(f"{row.title} {row.summary}")))
    counts = {word: number for word, number in document_counts(db, told).items() if number > 1}
    telling = sorted(counts, key=lambda word: (counts[word], told.index(word)))[:_TELLING]
    if not telling:
        return []
    wanted = [Term((word,), False) for word in telling]
    found = selection(db, wanted, Filters(), snapshot, latest=latest, joined="OR")
    found.base.append(Condition("f.id <> ?", (listing,)))
    if category:
        found.base.append(Condition(_SAME_CATEGORY, (listing,)))
    return [key for key, _ in _hits(db, found, Filters(limit=count), ranked=_ranks(found, _total(db, found)))]


# Prices


def by_category(db: sqlite3.Connection, found: Selection) -> dict[int, Prices]:
    """The prices of a selection, in order, by the number of their category."""
    where, price = found.where(), found.price
    category = "(SELECT s.category FROM shape s WHERE s.id = f.shape)"
    sql = (
        f"SELECT {category} AS category, {price.sql} AS least, count(*) FROM {found.tables} WHERE {where.sql}"
        " GROUP BY category, least ORDER BY least"
    )
    prices: dict[int, Prices] = {}
    for category, key, count in db.execute(sql, (*price.parameters, *where.parameters)):
        if key is not None:
            prices.setdefault(category, {})[price_of_key(key)] = count
    return prices


def outside(
    db: sqlite3.Connection, found: Selection, category: int, edges: tuple[Decimal, Decimal]
) -> list[tuple[int, Decimal]]:
    """Ids and prices of a category's listings that cost something, but less or more than ``edges``."""
    where, price = found.where(), found.price
    low, high = (price_key(f"{edge:f}") for edge in edges)
    sql = (
        f"SELECT f.id, {price.sql} AS least FROM {found.tables} WHERE {where.sql}"
        " AND f.shape IN (SELECT s.id FROM shape s WHERE s.category = ?)"
        " AND least > ? AND (least < ? OR least > ?)"
    )
    parameters = (*price.parameters, *where.parameters, category, price_key("0"), low, high)
    return [(key, price_of_key(least)) for key, least in db.execute(sql, parameters)]
