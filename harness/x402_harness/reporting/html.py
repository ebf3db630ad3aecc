"""The HTML report: one self-contained file, no script, nothing fetched."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any, TextIO

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from x402_catalog.findings import Finding, Level
from x402_harness.reporting.charts import Chart, price_strip, verdict_bars
from x402_harness.reporting.escape import printable
from x402_harness.reporting.evidence import heading
from x402_harness.reporting.terminal import GLYPHS, summary_rows
from x402_harness.reporting.view import ListingView, RunView
from x402_harness.rulebook import every_rule

# In a run of more listings or purchases the page shows undecided claims as a count, and both legs of those purchases
# alone that failed a check; the events and report.json hold everything.
WHOLE_LISTINGS = 60
WHOLE_PURCHASES = 250
MAX_BODY = 4096  # characters of a body that the page shows; the events hold more


def write_html(view: RunView, out: TextIO) -> None:
    """Write the page."""
    out.write(render(view))


def render(view: RunView) -> str:
    """The whole page. Every text that is not ours is escaped and stripped of control characters."""
    template = _environment().get_template("report.html.j2")
    return template.render(
        view=view,
        listings=list(view.listings.values()),
        summary=view.ended or {},
        summary_rows=list(summary_rows(view.ended or {})),
        exit_code=view.exit_code,
        passed=view.exit_code == 0,
        gate=[(one["passed"], one["asks"], one["observed"]) for one in view.gates],
        charts=[chart for chart in _charts(view) if chart is not None],
        rules=_rules(view),
        heading=heading(view.started),
        took=_took(view),
        glyphs=GLYPHS,
        max_body=MAX_BODY,
        whole_sheets=len(view.listings) <= WHOLE_LISTINGS,
        whole_legs=len(view.cases) <= WHOLE_PURCHASES,
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("x402_harness.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"safe_text": safe_text, "link": link, "block": block, "utc": utc}
    return environment


def safe_text(value: object, limit: int = 400) -> str:
    """Text on one line, control and direction characters written out."""
    return printable("" if value is None else value, limit)


def block(value: object, limit: int = MAX_BODY) -> str:
    """Text on several lines, each made printable."""
    text = str(value)
    lines = [printable(line, 2000) for line in text[:limit].split("\n")]
    return "\n".join(lines) + ("\n…" if len(text) > limit else "")


def link(url: object) -> Markup:
    """A link for an http(s) URL, plain text for anything else."""
    text = printable(url, 300)
    if str(url).startswith(("https://", "http://")) and text == url:
        return Markup('<a href="{0}" rel="noreferrer noopener">{0}</a>').format(text)
    return Markup("{0}").format(text)


def utc(seconds: float | None) -> str:
    """A time as ISO 8601 in UTC."""
    return "" if seconds is None else time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(seconds))


def _gate(view: RunView, exit_code: int) -> list[tuple[bool, str, str]]:
    summary = view.ended or {}
    bought = summary.get("purchases", {})
    return [
        (view.levels["error"] == 0, "no finding of level error", f"{view.levels['error']} errors"),
        (not bought.get("unknown"), "no payment of unknown outcome", f"{bought.get('unknown', 0)} unknown"),
        (not bought.get("refused"), "no purchase refused by a guard", f"{bought.get('refused', 0)} refused"),
        (not summary.get("faults"), "no fault of our own", f"{summary.get('faults', 0)} faults"),
        (bool(view.listings), "something was tested", f"{len(view.listings)} listings"),
        (view.ended is not None and not summary.get("interrupted"), "ran to its end", f"exit {exit_code}"),
    ]


def _charts(view: RunView) -> list[Chart | None]:
    listings = list(view.listings.values())
    points = [(one.about["category"] or "–", price, one.about["slug"]) for one in listings if (price := _price(one))]
    sheets = [(one.about["slug"], one.totals) for one in listings if one.totals]
    return [price_strip(points), verdict_bars(sheets[:60])]


def _price(listing: ListingView) -> float | None:
    return next((float(offer["price"]) for offer in listing.about["offers"] if offer["price"]), None)


def _rules(view: RunView) -> list[dict[str, Any]]:
    known = {rule.code: rule for rule in every_rule()}
    by_rule: dict[str, list[Finding]] = {}
    for finding in view.all_findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    rows = [
        {
            "rule": known.get(code),
            "code": code,
            "findings": found,
            "level": str(min((f.level for f in found), key=_rank)),
        }
        for code, found in by_rule.items()
    ]
    return sorted(rows, key=lambda row: (_rank(Level(row["level"])), row["code"]))


def _rank(level: Level) -> int:
    return level.rank


def _took(view: RunView) -> str:
    if view.finished_at is None or not view.started:
        return "not finished"
    return f"{view.finished_at - view.started['at']:.1f} s"
