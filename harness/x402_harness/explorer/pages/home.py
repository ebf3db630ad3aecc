"""The first page: search, facets, prices, and the rows of what was found."""

from __future__ import annotations

from io import StringIO
from typing import Any

from markupsafe import Markup

from x402_catalog.search import SORTS
from x402_catalog.store import Page as Found
from x402_catalog.store import Query, Row
from x402_catalog.store.statistics import quantile
from x402_harness.explorer.answers import Answer
from x402_harness.explorer.asked import FILTERS, Asked, picked
from x402_harness.explorer.commands import command
from x402_harness.explorer.facets import facets
from x402_harness.explorer.shelf import Shelf
from x402_harness.reporting.looking import search_document
from x402_harness.reporting.pricecharts import Mark, histogram
from x402_harness.reporting.rows import COLUMNS, LINES, dollars, main_offer, network_name, times
from x402_harness.reporting.tables import print_csv

NAMES = ("q", *FILTERS, "sort", "limit", "offset", "snapshot")
_PASSED = (*FILTERS, "sort", "limit", "offset")


def page(asked: Asked, shelf: Shelf) -> Answer:
    """The listings that a query finds."""
    query = asked.query()
    with shelf.opened(asked.snapshot) as catalogue:
        found, of, snapshots = catalogue.search(query), len(catalogue), catalogue.snapshots()
    median = quantile(found.prices, 0.5)
    marks = [Mark("median", median, "median")] if median is not None else []
    context = {
        "found": found,
        "rows": rows(asked, found.rows),
        "of": of,
        "facets": facets(asked, found),
        "chips": list(asked.chips()),
        "chart": histogram(found.prices, "Prices of what was found", marks),
        "median": None if median is None else dollars(median),
        "sorts": SORTS,
        "snapshots": snapshots,
        "unread": shelf.findings,
        **paging(asked, query, found),
    }
    return Answer(
        title="Listings",
        template="home.html.j2",
        context=context,
        document=lambda: _document(asked, query, found, of, shelf),
        command=command(shelf, "search", asked, *([asked.text] if asked.text else []), passed=_PASSED),
        csv=lambda: _csv(found),
    )


def paging(asked: Asked, query: Query, found: Found) -> dict[str, Any]:
    """Which rows are shown, and the links to those before and after."""
    limit, first = query.filters.limit or 1, query.offset
    through = first + len(found.rows)
    before = asked.setting("offset", max(first - limit, 0)) if first > limit else asked.without("offset")
    return {
        "first": first + 1,
        "through": through,
        "previous": before.href() if first else None,
        "next": asked.setting("offset", through).href() if found.rows and through < found.total else None,
    }


def rows(asked: Asked, found: tuple[Row, ...]) -> list[dict[str, Any]]:
    """Rows as the table of listings shows them."""
    return [_row(asked, row) for row in found]


def _row(asked: Asked, row: Row) -> dict[str, Any]:
    offer = main_offer(row)
    host = Asked("/host", (("name", row.host),)).href() if row.host else None
    return {
        "row": row,
        "href": asked.listing(row),
        "pick": picked(row),
        "host": host,
        "price": None if row.price is None else dollars(row.price),
        "atomic": f"{offer.amount} {offer.symbol or 'atomic units'}" if offer else "",
        "networks": ", ".join(dict.fromkeys(network_name(one.network) or "?" for one in row.offers)),
        "ratio": None if row.ratio is None else times(row.ratio),
    }


def _document(asked: Asked, query: Query, found: Found, of: int, shelf: Shelf) -> dict[str, Any]:
    links = paging(asked, query, found)
    toggles = {
        facet.name: {value.name: _plain(value.href) for value in (*facet.first, *facet.rest) if value.href}
        for facet in facets(asked, found)
    }
    told = search_document(query, found, of, list(shelf.findings))
    return {**told, "next": _plain(links["next"]), "previous": _plain(links["previous"]), "toggle": toggles}


def _plain(href: Markup | None) -> str | None:
    return None if href is None else href.unescape()


def _csv(found: Found) -> str:
    out = StringIO()
    print_csv([COLUMNS[name] for name in LINES], found.rows, out)
    return out.getvalue()
