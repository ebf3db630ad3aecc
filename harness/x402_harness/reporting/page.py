"""What the HTML report shows: rows and figures made of a view, kept to what a browser opens at once.

A page of 5,000 purchases stays below 3 MB. What is left out is said where it would stand, and is in the events.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from statistics import median
from typing import Any

from x402_catalog.findings import Finding, Level
from x402_harness.reporting.evidence import money
from x402_harness.reporting.figures import latencies, percent_covered, percentile
from x402_harness.reporting.rows import dollars
from x402_harness.reporting.view import CaseView, ListingView, RunView
from x402_harness.rulebook import every_rule

MAX_BODY = 4096  # characters of a body that the page shows; the events hold more
MAX_LEGS = 500_000  # characters of exchanges that a page shows, those of purchases that failed first
MAX_CLAIMS = 2_500  # in a run of more the page lists those alone that are contradicted
MAX_CARDS = 120  # listings with all that is known of them; those with findings first
MAX_CARD_FINDINGS = 600  # findings within listings, all of them together
MAX_OTHERS = 500  # listings besides, a line each
MAX_ROWS = 250  # of a table that is no list of purchases
_OVERHEAD = 1_500  # of a purchase's own markup


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure, what it counts, and ``mood``: ``bad``, ``warn`` or nothing."""

    figure: str
    label: str
    mood: str = ""


def tiles(view: RunView) -> Iterator[Tile]:
    """The figures at the top."""
    summary, bought = view.summary, view.summary["purchases"]
    yield Tile(f"{bought['settled']} of {bought['planned']}", "purchases settled")
    if bought["unknown"]:
        yield Tile(str(bought["unknown"]), "of unknown outcome", "bad")
    yield Tile(str(view.levels["error"]), "errors", "bad" if view.levels["error"] else "")
    yield Tile(str(view.levels["warning"]), "warnings", "warn" if view.levels["warning"] else "")
    yield Tile(str(len(view.listings)), f"listings, {summary['skipped']} not bought")
    if (covered := percent_covered(view)) is not None:
        yield Tile(f"{float(covered):.0f} %", "of request levels shown")
    if (p95 := percentile(latencies(view), 95)) is not None:
        yield Tile(seconds(p95), "p95 of a purchase")
    for row in summary["spent"]:
        yield Tile(
            _trim(row["amount"] or row["atomic"]), f"{row['symbol']} of {money(view.started)} on {row['network']}"
        )


def seconds(value: float) -> str:
    """A duration in three figures: ``0.018 s``, ``12.4 s``."""
    return f"{value:.3g} s" if value >= 1 else f"{value * 1000:.3g} ms"


def clean(case: CaseView) -> bool:
    """Whether a purchase settled and failed no check."""
    return case.state == "settled" and not case.ended.get("failed") and not case.findings


def cards(view: RunView) -> list[tuple[int, ListingView]]:
    """The listings that are shown whole, with their numbers, in the order of the run."""
    ranked = sorted(view.listings.items(), key=lambda item: _concern(item[1]))
    return sorted(ranked[:MAX_CARDS], key=lambda item: item[0])


def _concern(listing: ListingView) -> int:
    worst = min((finding.level.rank for finding in listing.all_findings), default=3)
    return min(worst, 0 if any(not clean(case) for case in listing.cases) else 3)


def whole_cases(shown: list[tuple[int, ListingView]]) -> set[str]:
    """The purchases of which both legs are shown: as many as fit, those first that did not go well."""
    every = [case for _, listing in shown for case in listing.cases]
    left, chosen = MAX_LEGS, set()
    for case in sorted(every, key=clean):
        left -= _OVERHEAD + sum(map(_size, case.exchanges))
        if left < 0:
            break
        chosen.add(case.started["case"])
    return chosen


def _size(exchange: dict[str, Any]) -> int:
    parts = [part for part in (exchange["request"], exchange["response"]) if part]
    headers = sum(len(name) + min(600, len(value)) for part in parts for name, value in part["headers"])
    return headers + sum(min(MAX_BODY, len(part["body"].get("text", ""))) for part in parts)


def rules(view: RunView) -> list[dict[str, Any]]:
    """Findings by rule, the worst first."""
    known = {rule.code: rule for rule in every_rule()}
    by_rule: dict[str, list[Finding]] = {}
    for finding in view.all_findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    rows = [
        {"rule": known.get(code), "code": code, "findings": found, "level": str(min(found, key=_rank).level)}
        for code, found in by_rule.items()
    ]
    return sorted(rows, key=lambda row: (Level(row["level"]).rank, row["code"]))


def _rank(finding: Finding) -> int:
    return finding.level.rank


def truth(view: RunView) -> tuple[list[str], list[tuple[str, list[int]]]]:
    """How many claims got each verdict, by what it rests on: the kinds of evidence, and a row of counts a verdict."""
    counts: Counter[tuple[str, str]] = Counter(
        (claim["verdict"], claim["evidence"] or "none")
        for listing in view.listings.values()
        for claim in listing.claims
    )
    kinds = [kind for kind in ("paid", "probed", "simulated", "listing", "catalogue", "none") if _any(counts, kind)]
    verdicts = [
        one for one in ("contradicted", "held", "not tested", "uncheckable") if any(v == one for v, _ in counts)
    ]
    return kinds, [(verdict, [counts[verdict, kind] for kind in kinds]) for verdict in verdicts]


def _any(counts: Counter[tuple[str, str]], kind: str) -> bool:
    return any(evidence == kind for _, evidence in counts)


def skips(view: RunView) -> list[tuple[str, list[str]]]:
    """Why listings were not bought, and which, the most frequent reason first; what was left out of a plan too."""
    found: dict[str, list[str]] = {}
    for listing in view.listings.values():
        for reason in (*listing.skipped, *listing.cut):
            found.setdefault(reason, []).append(str(listing.about["slug"]))
    return sorted(found.items(), key=lambda item: -len(item[1]))


def attempts(view: RunView) -> list[tuple[int, ListingView, dict[str, Any], str]]:
    """Every payment that had to be refused, with its listing and how that went: ``refused``, ``crashed``, ``taken``."""
    return [
        (number, listing, attempt, _refusal(attempt))
        for number, listing in view.listings.items()
        for attempt in listing.attempts
    ]


def _refusal(attempt: dict[str, Any]) -> str:
    status = attempt["status"]
    if attempt["settled"] or (status is not None and status < 400):
        return "taken"
    return "no answer" if status is None else "crashed" if status >= 500 else "refused"


def coverage(view: RunView) -> list[tuple[int, ListingView]]:
    """The listings whose requests could be varied, the least covered first."""
    rows = [(number, listing) for number, listing in view.listings.items() if listing.coverage]
    return sorted(rows, key=lambda row: row[1].coverage["levels"]["shown"] / max(1, row[1].coverage["levels"]["of"]))


def prices(view: RunView) -> list[tuple[str, int, str, str, str]]:
    """Listed prices by category: how many, the least, the median and the most."""
    by_category: dict[str, list[Decimal]] = {}
    for listing in view.listings.values():
        if (price := listed_price(listing)) is not None:
            by_category.setdefault(str(listing.about["category"] or "–"), []).append(price)
    return [
        (category, len(found), dollars(min(found)), dollars(median(found)), dollars(max(found)))
        for category, found in sorted(by_category.items(), key=lambda item: -len(item[1]))
    ]


def listed_price(listing: ListingView) -> Decimal | None:
    """The listing's first known price in dollars."""
    return next((Decimal(offer["price"]) for offer in listing.about["offers"] if offer["price"]), None)


def odd_prices(view: RunView) -> list[tuple[int, ListingView]]:
    """The listings in whose prices something was found."""
    families = ("PRICE", "DUP")
    return [
        (number, listing)
        for number, listing in view.listings.items()
        if any(found.rule.startswith(families) and found.level is not Level.INFO for found in listing.all_findings)
    ]


def _trim(amount: str) -> str:
    whole, _, fraction = amount.partition(".")
    return f"{whole}.{fraction.rstrip('0').ljust(2, '0')}" if fraction else whole
