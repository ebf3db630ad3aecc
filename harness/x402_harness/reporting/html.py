"""The HTML report: one self-contained file, no script, nothing fetched."""

from __future__ import annotations

import time
from collections import Counter
from functools import lru_cache
from html import escape
from typing import TextIO

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from x402_harness.reporting import page
from x402_harness.reporting.charts import Chart, charge_bars, latency_bars, price_strip, verdict_bars
from x402_harness.reporting.escape import printable
from x402_harness.reporting.evidence import heading
from x402_harness.reporting.figures import latencies
from x402_harness.reporting.terminal import GLYPHS, summary_rows
from x402_harness.reporting.view import RunView

STATE_MARKS = {"settled": "✓", "unknown": "?", "stopped": "?", "fault": "⚠"}
WHOLE_BARS = 30  # listings that have a bar each


def write_html(view: RunView, out: TextIO) -> None:
    """Write the page."""
    out.write(render(view))


def render(view: RunView) -> str:
    """The whole page of a run that was judged. Every text that is not ours is escaped and stripped of control
    characters."""
    cards, rules = page.cards(view), page.rules(view)
    charts = [chart for chart in _charts(view) if chart is not None]
    carded = {number for number, _ in cards}
    kinds, verdicts = page.truth(view)
    template = _environment().get_template("report.html.j2")
    return template.render(
        view=view,
        page=page,
        listings=list(view.listings.items()),
        cards=cards,
        carded=carded,
        per_card=max(4, min(20, page.MAX_CARD_FINDINGS // max(1, len(cards)))),
        others=[(number, listing) for number, listing in view.listings.items() if number not in carded],
        whole=page.whole_cases(cards),
        whole_sheets=sum(len(listing.claims) for listing in view.listings.values()) <= page.MAX_CLAIMS,
        summary_rows=list(summary_rows(view.summary)),
        passed=view.exit_code == 0,
        charts=charts,
        rules=rules,
        heads=[f"#{kind}" for kind in kinds],
        verdicts=verdicts,
        contents=_contents(view, bool(charts)),
        heading=heading(view.started),
        took=_took(view),
        glyphs=GLYPHS,
        states=STATE_MARKS,
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


def block(value: object, limit: int = page.MAX_BODY) -> Markup:
    """Text on several lines, each made printable, for the inside of an element: quotes, of which JSON is full, are not
    escaped there."""
    text = str(value)
    lines = [printable(line, 2000) for line in text[:limit].split("\n")]
    shown = "\n".join(lines) + ("\n…" if len(text) > limit else "")
    return Markup(escape(shown, quote=False))


def link(url: object) -> Markup:
    """A link for an http(s) URL, plain text for anything else."""
    text = printable(url, 300)
    if str(url).startswith(("https://", "http://")) and text == url:
        return Markup('<a href="{0}" rel="noreferrer noopener">{0}</a>').format(text)
    return Markup("{0}").format(text)


def utc(seconds: float | None) -> str:
    """A time as ISO 8601 in UTC."""
    return "" if seconds is None else time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(seconds))


def _contents(view: RunView, has_charts: bool) -> list[tuple[str, str]]:
    """The sections that the page has, by their ids."""
    every = [
        ("findings", "findings", True),
        ("charts", "charts", has_charts),
        ("truth", "truth", any(listing.claims for listing in view.listings.values())),
        ("purchases", "purchases", bool(view.cases)),
        ("refusals", "refusals", bool(page.attempts(view))),
        ("coverage", "coverage", bool(page.coverage(view))),
        ("pricing", "prices", bool(page.prices(view))),
        ("listings", "listings", True),
        ("skipped", "not bought", bool(page.skips(view))),
        ("baseline", "baseline", view.baseline is not None),
        ("environment", "run", True),
    ]
    return [(name, title) for name, title, there in every if there]


def _charts(view: RunView) -> list[Chart | None]:
    points = [
        (str(listing.about["category"] or "–"), float(price), str(listing.about["slug"]))
        for listing in view.listings.values()
        if (price := page.listed_price(listing)) is not None
    ]
    return [
        price_strip(points),
        verdict_bars(_sheets(view), "listing" if len(view.listings) <= WHOLE_BARS else "section of the listings"),
        latency_bars(latencies(view)),
        charge_bars([(case.started["amount"], case.ended.get("moved")) for case in view.cases]),
    ]


def _sheets(view: RunView) -> list[tuple[str, dict[str, int]]]:
    """Claims by verdict: of each listing where there are few, else of each section of a listing."""
    if len(view.listings) <= WHOLE_BARS:
        return [(one.about["slug"], one.totals) for one in view.listings.values() if one.totals]
    sections: dict[str, Counter[str]] = {}
    for listing in view.listings.values():
        for claim in listing.claims:
            sections.setdefault(claim["section"], Counter())[claim["verdict"]] += 1
    return [(name, dict(counts)) for name, counts in sections.items()]


def _took(view: RunView) -> str:
    if view.finished_at is None or not view.started:
        return "not finished"
    return f"{view.finished_at - view.started['at']:.1f} s"
