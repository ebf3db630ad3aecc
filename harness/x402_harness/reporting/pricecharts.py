"""Charts of exact prices: how many listings stand where, and how far groups of them spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from x402_catalog.store import Group
from x402_harness.reporting.charts import LEFT, ROW, TOP, WIDTH, Chart, across, axis, caption, decades, drawing
from x402_harness.reporting.rows import dollars, network_name

_HEIGHT = 130  # of the tallest bar
_HEAD = 40  # above the bars, for marks and their names
_MOST_BARS = 45
_FREE = 44  # from the left edge of the bar of free ones to the first of the others
_STEPS = (1, 2, 5)  # edges of bars within a power of ten
_MOST_GROUPS = 25


@dataclass(frozen=True, slots=True)
class Mark:
    """A price that is pointed out in a histogram; ``kind`` names its style."""

    name: str
    price: Decimal
    kind: str


def histogram(prices: Mapping[Decimal, int], title: str, marks: Sequence[Mark] = ()) -> Chart | None:
    """How many listings stand at which prices, on a logarithmic axis; ``None`` where there are none.

    ``prices`` counts the listings at each price in dollars. Bars reach from 1, 2 or 5 × a power of ten to the next;
    where these would be too many, over whole powers of ten. Free ones have a bar of their own.
    """
    free = sum(count for price, count in prices.items() if price <= 0)
    priced = {price: count for price, count in prices.items() if price > 0}
    if not priced and not free:
        return None
    bars = _bars(priced)
    most = max([free, *(count for _, _, count in bars)])
    left = _FREE if free else 0.0
    wide = (WIDTH - 2 - left) / max(len(bars), 1)
    drawn = [_bar(0, _FREE - 10, free, most, "free")] if free else []
    for number, (low, high, count) in enumerate(bars):
        drawn.append(_bar(left + number * wide, wide, count, most, _between(low, high)))
    drawn += _edges(bars, left, wide, bool(free))
    drawn += [_marked(mark, bars, left, wide, row) for row, mark in enumerate(marks) if mark.price > 0]
    rows = [("free", str(free))] if free else []
    rows += [(_between(low, high), str(count)) for low, high, count in bars if count]
    text = "Dollars per call on a logarithmic scale."
    svg = drawing(title, text, _HEAD + _HEIGHT + 24, drawn)
    return Chart(title, text, svg, ("price", "listings"), tuple(rows))


def spreads(groups: Sequence[Group], by: str) -> Chart | None:
    """From 5 % to 95 % of the prices of each group, with the median; of at most the 25 largest."""
    shown = [group for group in groups if group.median and group.p5 and group.p95][:_MOST_GROUPS]
    if not shown:
        return None
    low, high = decades([float(edge) for group in shown for edge in (group.p5 or 1, group.p95 or 1)])
    drawn = [axis(low, high, len(shown))]
    for number, group in enumerate(shown):
        y = TOP + number * ROW + ROW // 2
        p5, median, p95 = (across(float(price or 1), low, high) for price in (group.p5, group.median, group.p95))
        name = caption(network_name(group.name) or "none", 20)
        tip = f"<title>{name}: median {dollars(group.median or Decimal())}</title>"
        drawn.append(f'<text class="label" x="{LEFT - 10}" y="{y + 4}" text-anchor="end">{name}</text>')
        drawn.append(f'<line class="spread" x1="{p5:.1f}" x2="{p95:.1f}" y1="{y}" y2="{y}"/>')
        drawn.append(f'<circle class="dot" cx="{median:.1f}" cy="{y}" r="6">{tip}</circle>')
    rows = tuple(
        (network_name(one.name) or "none", *(dollars(price or Decimal()) for price in (one.p5, one.median, one.p95)))
        for one in shown
    )
    title, text = f"Prices by {by}", "From 5 % to 95 % of the prices, a dot at the median, on a logarithmic scale."
    svg = drawing(title, text, TOP + len(shown) * ROW + 10, drawn)
    return Chart(title, text, svg, (by, "5 %", "median", "95 %"), rows)


Bar = tuple[Decimal, Decimal, int]


def _bars(priced: Mapping[Decimal, int]) -> list[Bar]:
    """Lower edge, upper edge and count of each bar, without gaps."""
    if not priced:
        return []
    steps = sorted(map(_step, priced))
    span = steps[-1] - steps[0]
    # A bar is one step wide, or so many whole powers of ten that there are not too many bars.
    size = 1 if span < _MOST_BARS else 3 * (1 + span // (3 * _MOST_BARS))
    counts: dict[int, int] = {}
    for price, count in priced.items():
        place = _step(price) // size
        counts[place] = counts.get(place, 0) + count
    places = range(min(counts), max(counts) + 1)
    return [(_edge(place * size), _edge((place + 1) * size), counts.get(place, 0)) for place in places]


def _step(price: Decimal) -> int:
    """The number of the step that a price is in: three to a power of ten."""
    power = price.adjusted()
    first = price.scaleb(-power)
    return 3 * power + sum(first >= edge for edge in _STEPS[1:])


def _edge(step: int) -> Decimal:
    return Decimal(_STEPS[step % 3]).scaleb(step // 3)


def _between(low: Decimal, high: Decimal) -> str:
    return f"{dollars(low)} to {dollars(high)}"


def _bar(x: float, wide: float, count: int, most: int, name: str) -> str:
    tall = max(_HEIGHT * count / most, 2 if count else 0)
    y = _HEAD + _HEIGHT - tall
    tip = f"<title>{caption(name)}: {count}</title>"
    width = max(wide - 2, 1)
    return f'<rect class="bar" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{tall:.1f}">{tip}</rect>'


def _edges(bars: list[Bar], left: float, wide: float, free: bool) -> list[str]:
    """The line below the bars and the names of powers of ten, as many as there is room for."""
    base = _HEAD + _HEIGHT
    drawn = [f'<line class="grid" x1="0" x2="{WIDTH}" y1="{base}" y2="{base}"/>']
    if free:
        drawn.append(f'<text class="label" x="0" y="{base + 16}">free</text>')
    edges = [low for low, _, _ in bars] + [high for _, high, _ in bars[-1:]]
    clear = left
    for number, edge in enumerate(edges):
        name, x = _short(edge), left + number * wide
        room = 7.0 * len(name)
        if _step(edge) % 3 == 0 or len(bars) < 4:
            begin = min(max(x - room / 2, left), WIDTH - room)
            if begin >= clear:
                drawn.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{base}" y2="{base + 4}"/>')
                drawn.append(f'<text class="label" x="{begin:.1f}" y="{base + 16}">{name}</text>')
                clear = begin + room + 8
    return drawn


def _short(edge: Decimal) -> str:
    return f"${edge:.0e}" if abs(edge.adjusted()) > 7 else dollars(edge).removesuffix(".00")


def _marked(mark: Mark, bars: list[Bar], left: float, wide: float, row: int) -> str:
    """A line at the price of a mark, with its name above."""
    place = next((n for n, (low, high, _) in enumerate(bars) if low <= mark.price < high), 0)
    low, high, _ = bars[place]
    inside = float(mark.price.ln() - low.ln()) / float(high.ln() - low.ln())
    x, y = left + (place + inside) * wide, 12 + 14 * row
    name = caption(f"{mark.name} {dollars(mark.price)}")
    anchor = "end" if x > WIDTH / 2 else "start"
    return (
        f'<line class="mark {mark.kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{y + 3}" y2="{_HEAD + _HEIGHT}"/>'
        f'<text class="label" x="{x:.1f}" y="{y}" text-anchor="{anchor}">{name}</text>'
    )
