"""Charts as inline SVG, each with the same numbers as rows for a table."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from x402_harness.reporting.escape import printable

WIDTH = 580
LEFT = 150
ROW = 30
TOP = 26
MAX_TABLE = 100  # rows of a chart's table


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing and its numbers: ``columns`` head the ``rows``, ``left`` of which (if above 0) are left out."""

    title: str
    description: str
    svg: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 0


def price_strip(points: Sequence[tuple[str, float, str]]) -> Chart | None:
    """Prices in dollars on a logarithmic axis, one row a category: ``(category, dollars, label)`` each."""
    priced = sorted((category, dollars, label) for category, dollars, label in points if dollars > 0)
    if not priced:
        return None
    low, high = decades([dollars for _, dollars, _ in priced])
    categories = list(dict.fromkeys(category for category, _, _ in priced))
    marks = [axis(low, high, len(categories))]
    for index, category in enumerate(categories):
        y = TOP + index * ROW + ROW // 2
        marks.append(
            f'<text class="label" x="{LEFT - 10}" y="{y + 4}" text-anchor="end">{caption(category, 18)}</text>'
        )
        marks.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - 20}" y1="{y}" y2="{y}"/>')
        marks += _dots([(dollars, label) for of, dollars, label in priced if of == category], y, low, high)
    rows = tuple((label, category, f"${dollars:g}") for category, dollars, label in sorted(priced, key=_dearest))
    height = TOP + len(categories) * ROW + 10
    title, description = "Listed price by category", "Dollars per call on a logarithmic scale, one dot a listing."
    svg = drawing(title, description, height, marks)
    return Chart(title, description, svg, ("listing", "category", "price"), rows[:MAX_TABLE], len(rows) - MAX_TABLE)


def _dots(points: Sequence[tuple[float, str]], y: int, low: int, high: int) -> Iterator[str]:
    """A dot for what would stand in one place, the larger the more there is of it."""
    places: dict[int, list[tuple[float, str]]] = {}
    for dollars, label in points:
        places.setdefault(round(across(dollars, low, high) / 2), []).append((dollars, label))
    for x, there in places.items():
        dollars, label = there[0]
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        radius = min(11.0, 5 + math.log2(len(there)))
        title = f"<title>{caption(label)}{more}: ${dollars:g}</title>"
        yield f'<circle class="dot" cx="{x * 2}" cy="{y}" r="{radius:.1f}">{title}</circle>'


def _dearest(point: tuple[str, float, str]) -> float:
    return -point[1]


def latency_bars(seconds: Sequence[float]) -> Chart | None:
    """How many purchases took how long, both legs together: bins of a third of a decade."""
    if not seconds:
        return None
    bins = [max(-9, math.floor(3 * math.log10(max(one, 1e-4)))) for one in seconds]
    counted = [(f"{_seconds(low)} to {_seconds(low + 1)}", bins.count(low)) for low in range(min(bins), max(bins) + 1)]
    ordered = sorted(seconds)
    middle, late = ordered[(len(ordered) - 1) // 2], ordered[-(-len(ordered) * 95 // 100) - 1]
    description = f"Purchases by seconds, both legs together. Median {middle:.3g} s, p95 {late:.3g} s."
    return _bars("How long a purchase took", description, counted, "seconds")


def charge_bars(charges: Sequence[tuple[str, str | None]]) -> Chart | None:
    """What purchases were charged beside what was listed: atomic units each, ``None`` where no chain was asked."""
    if not charges:
        return None
    kinds = ["as listed", "more than listed", "less than listed", "nothing moved", "not known"]
    found = [_charged(int(listed), None if moved is None else int(moved)) for listed, moved in charges]
    counted = [(kind, found.count(kind)) for kind in kinds]
    return _bars("Listed and charged", "Purchases by what left the buyer's account.", counted, "charged")


def _charged(listed: int, moved: int | None) -> str:
    if moved is None:
        return "not known"
    if moved == 0 and listed:
        return "nothing moved"
    return "as listed" if moved == listed else "more than listed" if moved > listed else "less than listed"


def _bars(title: str, description: str, counted: Sequence[tuple[str, int]], of: str) -> Chart:
    most, marks = max(count for _, count in counted) or 1, []
    for index, (label, count) in enumerate(counted):
        y, width = 6 + index * 24, (WIDTH - LEFT - 90) * count / most
        marks.append(f'<text class="label" x="{LEFT - 10}" y="{y + 13}" text-anchor="end">{caption(label, 24)}</text>')
        marks.append(f'<rect class="bar" x="{LEFT}" y="{y}" width="{max(width, 1):.1f}" height="17"/>')
        marks.append(f'<text class="label" x="{LEFT + max(width, 1) + 8:.1f}" y="{y + 13}">{count}</text>')
    rows = tuple((label, str(count)) for label, count in counted)
    return Chart(
        title, description, drawing(title, description, 12 + len(counted) * 24, marks), (of, "purchases"), rows
    )


def _seconds(bin_: int) -> str:
    value = 10 ** (bin_ / 3)
    return f"{value:.2g} s" if value >= 1 else f"{value * 1000:.2g} ms"


def verdict_bars(sheets: Sequence[tuple[str, dict[str, int]]], of: str = "listing") -> Chart | None:
    """How many claims of each listing, or of something else, got each verdict, as stacked bars."""
    if not sheets:
        return None
    verdicts = ("held", "contradicted", "not tested", "uncheckable")
    most = max(sum(counts.values()) for _, counts in sheets) or 1
    marks: list[str] = []
    for index, (slug, counts) in enumerate(sheets):
        y, x = TOP + index * 22, float(LEFT + 110)
        marks.append(f'<text class="label" x="{x - 8}" y="{y + 12}" text-anchor="end">{caption(slug, 32)}</text>')
        for verdict in verdicts:
            width = (WIDTH - 20 - LEFT - 110) * counts.get(verdict, 0) / most
            if width:
                tip = f"<title>{caption(slug)}: {counts[verdict]} {verdict}</title>"
                kind = verdict.replace(" ", "-")
                marks.append(f'<rect class="v-{kind}" x="{x:.1f}" y="{y}" width="{width:.1f}" height="15">{tip}</rect>')
            x += width
    rows = tuple((slug, *(str(counts.get(verdict, 0)) for verdict in verdicts)) for slug, counts in sheets)
    title, description = "Claims by verdict", f"One bar a {of}; every leaf of a listing is one claim."
    svg = drawing(title, description, TOP + len(sheets) * 22 + 6, [_legend(verdicts), *marks])
    return Chart(title, description, svg, (of, *verdicts), rows)


def _legend(verdicts: tuple[str, ...]) -> str:
    parts, x = [], 60
    for verdict in verdicts:
        parts.append(f'<rect class="v-{verdict.replace(" ", "-")}" x="{x}" y="4" width="12" height="12"/>')
        parts.append(f'<text class="label" x="{x + 17}" y="14">{verdict}</text>')
        x += 30 + 7 * len(verdict)
    return "".join(parts)


def decades(values: list[float]) -> tuple[int, int]:
    """The powers of ten between which ``values`` lie."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def axis(low: int, high: int, rows: int) -> str:
    """Grid lines and labels of powers of ten, above so many rows."""
    parts = []
    for decade in range(low, high + 1, 1 + (high - low) // 10):
        x = across(10.0**decade, low, high)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 4}" y2="{TOP + rows * ROW}"/>')
        parts.append(f'<text class="label" x="{x:.1f}" y="{TOP - 10}" text-anchor="middle">${10.0**decade:g}</text>')
    return "".join(parts)


def across(dollars: float, low: int, high: int) -> float:
    """Where a price stands on the axis."""
    return LEFT + 10 + (math.log10(dollars) - low) / (high - low) * (WIDTH - LEFT - 50)


def drawing(title: str, description: str, height: int, marks: Sequence[str]) -> str:
    """The SVG of ``marks``, named and described."""
    return (
        f'<svg role="img" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{''.join(marks)}</svg>"
    )


def caption(value: str, limit: int = 80) -> str:
    """A text for a drawing: escaped, harmless, cut."""
    return escape(printable(value, limit))
