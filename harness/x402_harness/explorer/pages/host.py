"""The page of a host: its listings, how its prices spread, and how purchases from it ended."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from x402_catalog.store import Query
from x402_harness.explorer.answers import Answer, NotThere
from x402_harness.explorer.asked import Asked, BadQuery, literal
from x402_harness.explorer.commands import command
from x402_harness.explorer.pages.home import paging, rows
from x402_harness.explorer.shelf import Shelf
from x402_harness.reporting.document import document
from x402_harness.reporting.looking import search_document
from x402_harness.reporting.pricecharts import histogram
from x402_harness.reporting.statistics import GROUPS
from x402_harness.reporting.tables import to_dict
from x402_harness.runs.history import Runs, runs_at

NAMES = ("name", "sort", "limit", "offset", "snapshot")


def page(asked: Asked, shelf: Shelf) -> Answer:
    """One host."""
    name = asked.one("name")
    if not name:
        raise BadQuery("name a host: /host?name=api.example.com")
    sought = replace(asked, path="/").only("sort", "limit", "offset", "snapshot").adding("host", literal("host", name))
    paged = asked.query()
    query = Query("", replace(paged.filters, host=(literal("host", name),)), paged.offset, facets=True)
    with shelf.opened(asked.snapshot) as catalogue:
        found, of = catalogue.search(query), len(catalogue)
        group = next(iter(catalogue.groups("host", "", replace(query.filters, limit=None, sort="relevance"))), None)
    if not found.total or group is None:
        raise NotThere(f"no listing is at the host {name}")
    runs = runs_at(name, shelf.reports)
    context = {
        "name": name,
        "found": found,
        "group": [(column, column.value(group)) for key, column in GROUPS.items() if key != "name"],
        "rows": rows(asked, found.rows),
        "runs": runs,
        "failing": failing(runs),
        "chart": histogram(found.prices, "Prices of its listings"),
        "search": sought.href(),
        **paging(asked, query, found),
    }
    return Answer(
        title=f"Host {name[:100]}",
        template="host.html.j2",
        context=context,
        document=lambda: _document(search_document(query, found, of, []), to_dict(list(GROUPS.values()), group), runs),
        command=command(shelf, "search", sought, passed=("host", "sort", "limit", "offset")),
    )


def failing(runs: Runs) -> str | None:
    """How many purchases of recorded runs were not settled; ``None`` where none was made."""
    made = sum(runs.ends.values())
    return f"{made - runs.ends['settled']} of {made}" if made else None


def _document(search: dict[str, Any], group: dict[str, Any], runs: Runs) -> dict[str, Any]:
    told = {name: search[name] for name in ("next_offset", "listings", "facets", "prices", "median")}
    return document("host", search["summary"], [], host=group, runs=runs.to_dict() if runs.runs else None, **told)
