"""Documents of looking into a catalogue: the same JSON from the command line and from the explorer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from x402_catalog.findings import Finding
from x402_catalog.models import Listing
from x402_catalog.store import Group, Page, Query, Standing
from x402_catalog.store.statistics import quantile
from x402_harness.reporting.comparison import Compared, sides
from x402_harness.reporting.document import document
from x402_harness.reporting.listing import listing_details, standing_details
from x402_harness.reporting.rows import COLUMNS, DOCUMENT, decimal
from x402_harness.reporting.statistics import GROUPS, OUTLIERS, Far
from x402_harness.reporting.tables import to_dict
from x402_harness.runs.history import Runs

Shown = tuple[Listing, Standing | None, Runs]


def search_document(asked: Query, page: Page, of: int, findings: list[Finding]) -> dict[str, Any]:
    """What a query found, of so many listings; ``findings`` are those of reading the source."""
    levels = [str(finding.level) for finding in findings]
    counts = {
        "listings": len(page.rows), "errors": levels.count("error"), "warnings": levels.count("warning"),
        "matched": page.total, "of": of,
    }  # fmt: skip
    through = asked.offset + len(page.rows)
    return document(
        "search", counts, findings, query=asked.text, corrected=page.corrected, ranked=page.ranked,
        next_offset=through if through < page.total else None,
        listings=[to_dict([COLUMNS[name] for name in DOCUMENT], row) for row in page.rows],
        facets=page.facets, prices={f"{price:f}": count for price, count in page.prices.items()},
        median=decimal(quantile(page.prices, 0.5)),
    )  # fmt: skip


def show_document(shown: Sequence[Shown], findings: list[Finding], **more: Any) -> dict[str, Any]:
    """Listings whole, with where their prices stand and what recorded runs bought of them."""
    counts = {
        "listings": len(shown),
        "errors": sum(found.level == "error" for found in findings),
        "warnings": sum(found.level == "warning" for found in findings),
    }
    told = [
        {
            **listing_details(listing),
            "price_position": standing_details(standing),
            "runs": runs.to_dict() if runs.runs else None,
        }
        for listing, standing, runs in shown
    ]
    return document("show", counts, findings, listings=told, **more)


def compare_document(told: list[Compared], like: str | None) -> dict[str, Any]:
    """A comparison, row by row."""
    rows = [{"what": row.name, "same": row.same, "values": list(row.cells)} for row in sides(told)]
    counts = {
        "listings": len(told),
        "errors": sum(one.errors for one in told),
        "warnings": sum(one.warnings for one in told),
    }
    return document("compare", counts, [], like=like, slugs=[one.slug for one in told], rows=rows)


def stats_document(by: str, groups: list[Group], far: list[Far]) -> dict[str, Any]:
    """Prices by category, network or host, and those that are far off."""
    listings = sum(group.count + group.unpriced for group in groups)
    told = [to_dict(list(GROUPS.values()), group) | {"name": group.name} for group in groups]
    outliers = [to_dict(OUTLIERS, one) for one in far]
    counts = {"listings": listings, "errors": 0, "warnings": 0}
    return document("stats", counts, [], by=by, groups=told, outliers=outliers)
