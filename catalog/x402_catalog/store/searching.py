"""Searching: what a query finds, in order, counted, and described in rows."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from x402_catalog.search import Filters, price_key, price_of_key
from x402_catalog.store import facets
from x402_catalog.store.entries import storable
from x402_catalog.store.results import Page, Query, Row, RowOffer
from x402_catalog.store.schema import WEIGHTS
from x402_catalog.store.selection import Condition, Selection, selection
from x402_catalog.store.statistics import Prices
from x402_catalog.store.typos import corrected, document_counts
from x402_catalog.store.words import Term, terms, words, written

MOST_RANKED = 20_000  # hits; ranking more takes longer than anybody reads
_RANK = f"bm25(words, {', '.join(map(str, WEIGHTS))})"
_TELLING = 8  # words by which listings are similar
_AFTER = "\U0010ffff"

Hits = list[tuple[int, str | None]]


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
    filters = query.filters
    found = selection(db, wanted, filters, snapshot, latest=latest)
    counts: facets.Facets = {}
    prices: facets.Prices = {}
    if not query.facets:
        total = _total(db, found)
    elif not wanted and not found.filters and latest:
        counts, prices = facets.tallied(db, snapshot)
        total = sum(counts["output"].values())
    else:
        total, counts, prices = facets.counted(db, found)
    ranked = _ranks(found, total)
    shown = described(db, _hits(db, found, filters, query.offset, ranked=ranked)) if total else ()
    return Page(shown, _sampled(total, filters), counts, prices, ranked=ranked)


def _sampled(total: int, filters: Filters) -> int:
    return total if filters.sample is None else min(total, filters.sample)


def _total(db: sqlite3.Connection, found: Selection) -> int:
    where = found.where()
    return int(db.execute(f"SELECT count(*) FROM {found.tables} WHERE {where.sql}", where.parameters).fetchone()[0])


def _ranks(found: Selection, total: int) -> bool:
    """Whether what was found is little enough to be ranked."""
    return not found.has_words or total <= MOST_RANKED


def _hits(db: sqlite3.Connection, found: Selection, filters: Filters, offset: int = 0, *, ranked: bool) -> Hits:
    where, price = found.where(), found.price
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
        "relevance": _RANK if found.has_words and ranked else "f.slug",
    }[filters.sort]
    limit = -1 if filters.limit is None else filters.limit
    sql += f" ORDER BY {order}, f.slug, f.id LIMIT ? OFFSET ?"
    return db.execute(sql, (*parameters, limit, offset)).fetchall()


def _drawn(db: sqlite3.Connection, found: Selection, filters: Filters) -> str:
    """Ids drawn at random, as a JSON array: the same for the same listings whatever order they were imported in."""
    where = found.where()
    sql = f"SELECT f.id FROM {found.tables} WHERE {where.sql} ORDER BY f.slug, f.id"
    ids = [row[0] for row in db.execute(sql, where.parameters)]
    picked = random.Random(filters.seed).sample(ids, min(filters.sample or 0, len(ids)))
    return json.dumps(picked)


# Rows

_ROW = """
SELECT l.slug, l.title, l.url, l.summary, c.text, h.text, m.text, g.text, t.text, f.answers, f.price, f.ratio
FROM facet f JOIN listing l ON l.id = f.id JOIN term c ON c.id = f.category JOIN term h ON h.id = f.host
JOIN term m ON m.id = f.method JOIN term g ON g.id = f.flag JOIN term t ON t.id = f.tier WHERE f.id = ?
"""
_OFFERS = """
SELECT n.text, a.text, y.text, o.amount, o.price, o.pay_to FROM offer o JOIN term n ON n.id = o.network
JOIN term a ON a.id = o.asset JOIN term y ON y.id = o.symbol WHERE o.listing = ? ORDER BY o.number
"""


def described(db: sqlite3.Connection, hits: Iterable[tuple[int, str | None]]) -> tuple[Row, ...]:
    """The rows of ``hits``: ids, each with the price key to be shown (its own for ``None``)."""
    return tuple(_described(db, key, least) for key, least in hits)


def _described(db: sqlite3.Connection, key: int, least: str | None) -> Row:
    card = db.execute(_ROW, (key,)).fetchone()
    slug, title, url, summary, category, host, method, flag, tier, answers, price, ratio = card
    shown = least if least is not None else price
    offers = tuple(
        RowOffer(network, asset, symbol, amount, None if least is None else price_of_key(least), pay_to)
        for network, asset, symbol, amount, least, pay_to in db.execute(_OFFERS, (key,))
    )
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


def similar(db: sqlite3.Connection, listing: int, snapshot: int, count: int, *, latest: bool) -> tuple[Row, ...]:
    """Listings of the same category that share the most telling words: those of its title and summary that are rare,
    but not its own alone."""
    (row,) = described(db, [(listing, None)])
    told = list(dict.fromkeys(words(f"{row.title} {row.summary}")))
    counts = {word: number for word, number in document_counts(db, told).items() if number > 1}
    telling = sorted(counts, key=lambda word: (counts[word], told.index(word)))[:_TELLING]
    if not telling:
        return ()
    wanted = [Term((word,), False) for word in telling]
    found = selection(db, wanted, Filters(), snapshot, latest=latest, joined="OR")
    number = db.execute("SELECT category FROM facet WHERE id = ?", (listing,)).fetchone()[0]
    found.base.append(Condition("f.category = ? AND f.id <> ?", (number, listing)))
    return rows(db, found, Filters(limit=count))


# Prices


def by_category(db: sqlite3.Connection, found: Selection) -> dict[int, Prices]:
    """The prices of a selection, in order, by the number of their category."""
    where, price = found.where(), found.price
    sql = (
        f"SELECT f.category, {price.sql} AS least, count(*) FROM {found.tables} WHERE {where.sql}"
        " GROUP BY f.category, least ORDER BY least"
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
        f"SELECT f.id, {price.sql} AS least FROM {found.tables} WHERE {where.sql} AND f.category = ?"
        " AND least > ? AND (least < ? OR least > ?)"
    )
    parameters = (*price.parameters, *where.parameters, category, price_key("0"), low, high)
    return [(key, price_of_key(least)) for key, least in db.execute(sql, parameters)]
