"""Charts as inline SVG, each with the same numbers as rows for a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from x402_harness.reporting.escape import printable

WIDTH = 720
LEFT = 150
ROW = 30
TOP = 26


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing and its numbers: ``columns`` head the ``rows``."""

    title: str
    description: str
    svg: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


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
        name = caption(category, 18)
        marks.append(f'<text class="label" x="{LEFT - 10}" y="{y + 4}" text-anchor="end">{name}</text>')
        marks.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - 20}" y1="{y}" y2="{y}"/>')
        for _, dollars, label in (point for point in priced if point[0] == category):
            x = across(dollars, low, high)
            title = f"<title>{caption(label)}: ${dollars:g}</title>"
            marks.append(f'<circle class="dot" cx="{x:.1f}" cy="{y}" r="6">{title}</circle>')
    rows = tuple((label, category, f"${dollars:g}") for category, dollars, label in priced)
    height = TOP + len(categories) * ROW + 10
    title, description = "Listed price by category", "Dollars per call on a logarithmic scale, one dot a listing."
    return Chart(title, description, drawing(title, description, height, marks), ("listing", "category", "price"), rows)


def verdict_bars(sheets: Sequence[tuple[str, dict[str, int]]]) -> Chart | None:
    """How many claims of each listing got each verdict, as stacked bars."""
    if not sheets:
        return None
    verdicts = ("held", "contradicted", "not tested", "uncheckable")
    most = max(sum(counts.values()) for _, counts in sheets) or 1
    marks: list[str] = []
    for index, (slug, counts) in enumerate(sheets):
        y, x = TOP + index * 22, float(LEFT + 110)
        marks.append(f'<text class="label" x="{x - 8}" y="{y + 12}" text-anchor="end">{caption(slug, 36)}</text>')
        for verdict in verdicts:
            width = (WIDTH - 20 - LEFT - 110) * counts.get(verdict, 0) / most
            if width:
                tip = f"<title>{caption(slug)}: {counts[verdict]} {verdict}</title>"
                kind = verdict.replace(" ", "-")
                marks.append(f'<rect class="v-{kind}" x="{x:.1f}" y="{y}" width="{width:.1f}" height="15">{tip}</rect>')
            x += width
    rows = tuple((slug, *(str(counts.get(verdict, 0)) for verdict in verdicts)) for slug, counts in sheets)
    title, description = "Claims by verdict", "One bar a listing; every leaf of the listing is one claim."
    svg = drawing(title, description, TOP + len(sheets) * 22 + 6, [_legend(verdicts), *marks])
    return Chart(title, description, svg, ("listing", *verdicts), rows)


def _legend(verdicts: tuple[str, ...]) -> str:
    parts, x = [], LEFT + 110
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
