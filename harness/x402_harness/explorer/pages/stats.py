"""The page of statistics: prices by category, network or host, and what is far off."""

from __future__ import annotations

from x402_catalog.store import Group
from x402_catalog.store.statistics import GROUPS as NAMES_OF_GROUPS
from x402_harness.explorer.answers import Answer
from x402_harness.explorer.asked import FILTERS, Asked, BadQuery, literal
from x402_harness.explorer.commands import command
from x402_harness.explorer.shelf import Shelf
from x402_harness.reporting.looking import stats_document
from x402_harness.reporting.pricecharts import spreads
from x402_harness.reporting.statistics import GROUPS, OUTLIERS

NAMES = ("q", *FILTERS, "by", "outliers", "snapshot")
_SHOWN = 200  # groups of a page
_FAR = 20


def page(asked: Asked, shelf: Shelf) -> Answer:
    """Prices of what a query finds."""
    by, count = asked.one("by", "category"), asked.number("outliers", _FAR, 0, 500)
    if by not in NAMES_OF_GROUPS:
        raise BadQuery(f"by is one of {', '.join(NAMES_OF_GROUPS)}")
    with shelf.opened(asked.snapshot) as catalogue:
        groups = catalogue.groups(by, asked.text, asked.filters())
        far = catalogue.outliers(asked.text, asked.filters(), count)
    context = {
        "by": by,
        "kinds": [(kind, asked.setting("by", kind).href(), kind == by) for kind in NAMES_OF_GROUPS],
        "chips": list(asked.chips()),
        "columns": list(GROUPS.values()),
        "groups": [(group, _listings(asked, by, group)) for group in groups[:_SHOWN]],
        "left_out": max(len(groups) - _SHOWN, 0),
        "chart": spreads(groups, by),
        "outliers": [(one, asked.listing(one[0])) for one in far],
        "far_columns": OUTLIERS,
    }
    return Answer(
        title="Statistics",
        template="stats.html.j2",
        context=context,
        document=lambda: stats_document(by, groups, far),
        command=command(shelf, "stats", asked, *([asked.text] if asked.text else []),
                        passed=(*FILTERS, "by", "outliers")),
    )  # fmt: skip


def _listings(asked: Asked, by: str, group: Group) -> str | None:
    """The link to the listings of a group."""
    found = asked.only("q", *FILTERS, "snapshot").without(by)
    return found.adding(by, literal(by, group.name)).href("/") if group.name else None
