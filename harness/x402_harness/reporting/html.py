"""The HTML report: one self-contained file, no script, nothing fetched."""

from __future__ import annotations

import time
from collections import Counter
from functools import lru_cache
from html import escape as escaped
from typing import Any, TextIO

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from x402_harness.reporting import page
from x402_harness.reporting.charts import Chart, charge_bars, latency_bars, price_strip, verdict_bars
from x402_harness.reporting.escape import printable
from x402_harness.reporting.evidence import heading, money
from x402_harness.reporting.explained import request_line
from x402_harness.reporting.figures import latencies
from x402_harness.reporting.terminal import GLYPHS, summary_rows
from x402_harness.reporting.view import RunView

STATE_MARKS = {"settled": "✓", "unknown": "?", "stopped": "?", "fault": "⚠"}
WHOLE_BARS = 30  # listings that have a bar each
LONGEST = 2000  # characters of any one line


def write_html(view: RunView, out: TextIO) -> None:
    """Write the page."""
    out.write(render(view))


def render(view: RunView) -> str:
    """The whole page of a run that was judged. Every text that is not ours is escaped and stripped of control
    characters."""
    return environment().get_template("report.html.j2").render(report_context(view))


def report_context(view: RunView) -> dict[str, Any]:
    """What ``report.html.j2`` tells of a run that was judged."""
    cards = page.cards(view)
    charts = [chart for chart in _charts(view) if chart is not None]
    carded = {number for number, _ in cards}
    kinds, verdicts = page.truth(view)
    return {
        "view": view,
        "page": page,
        "request_line": request_line,
        "listings": list(view.listings.items()),
        "cards": cards,
        "carded": carded,
        "per_card": max(4, min(20, page.MAX_CARD_FINDINGS // max(1, len(cards)))),
        "others": [(number, listing) for number, listing in view.listings.items() if number not in carded],
        "whole": page.whole_cases(cards),
        "whole_sheets": sum(len(listing.claims) for listing in view.listings.values()) <= page.MAX_CLAIMS,
        "summary_rows": list(summary_rows(view.summary, money(view.started))),
        "passed": view.exit_code == 0,
        "charts": charts,
        "rules": page.rules(view),
        "heads": [f"#{kind}" for kind in kinds],
        "verdicts": verdicts,
        "contents": _contents(view, bool(charts)),
        "heading": heading(view.started),
        "took": _took(view),
        "states": STATE_MARKS,
    }


@lru_cache(maxsize=2)
def environment(*packages: str) -> Environment:
    """The templates of ``packages`` that have a folder of them, and of the report. What a template puts out is made
    harmless whether or not it asks for that: see :func:`spoken`."""
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in (*packages, "x402_harness.reporting")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=spoken,
    )
    made.filters |= {"safe_text": safe_text, "link": link, "block": block, "exact": exact, "utc": utc}
    made.globals["glyphs"] = GLYPHS
    return made


def spoken(value: object) -> object:
    """What a template puts out for ``value``: markup as it is; text on one line, as :func:`safe_text` has it."""
    return safe_text(value, LONGEST) if isinstance(value, str) and not isinstance(value, Markup) else value


def safe_text(value: object, limit: int = 400) -> str:
    """Text on one line, control and direction characters written out; of what is longer, how long it is."""
    text = "" if value is None else str(value)
    return printable(text, limit) if len(text) <= limit else f"{printable(text, limit)} ({len(text)} characters)"


def block(value: object, limit: int = page.MAX_BODY) -> Markup:
    """Text on several lines, each made printable, for the inside of an element: quotes, of which JSON is full, are not
    escaped there. Of what is longer, how long it is."""
    text = str(value)
    lines = [safe_text(line, LONGEST) for line in text[:limit].split("\n")]
    shown = "\n".join(lines) + (f"\n… ({len(text)} characters)" if len(text) > limit else "")
    return Markup(escaped(shown, quote=False))


def exact(text: str) -> Markup:
    """Text that is kept as it is for a value that nobody sees; what would be hidden stands there by its number."""
    return Markup("").join(
        escape(one) if printable(one) == one or one == "[" else Markup("&#x{:x};").format(ord(one)) for one in text
    )


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
