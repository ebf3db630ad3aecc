"""Robust statistics of prices: median and median absolute deviation of their logarithms.

Prices are spread over decades and every catalogue has some that are wrong; means and standard deviations would follow
those. Half of the values may be wrong before a median is (Rousseeuw and Croux 1993).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from statistics import median

NORMAL = 1.4826  # makes the deviation of normal values their standard deviation
# Decades that prices of the same thing differ by at least: many groups have one price alone, and a factor of two
# among sellers is ordinary all the same.
LEAST_SCALE = 0.3
OUTLYING = 3.5  # scales from the median (Iglewicz and Hoaglin 1993)
ORDINARY = 2.0
TAIL = 0.05  # of the prices, below and above which are the cheapest and the dearest
LEAST_FOR_TAILS = 20
BEYOND = 0.6  # decades from the tails: four times what all but a twentieth ask
NEAR = 2 * LEAST_SCALE  # decades from the median, for a price that was meant
_EQUAL = 0.002  # decades between prices that are the same but for rounding
_FARTHEST = 90.0  # decades; an amount has 78 digits, and a float must hold what is shown of it
NEVER_ORDINARY = 1.0  # decades from the median, however far a group is spread


@dataclass(frozen=True, slots=True)
class Spread:
    """``count`` prices of ``sellers`` hosts: their ``median`` and ``scale`` in decades (log10 of dollars), and between
    which two a price is no outlier (``low``, ``high``): by the scale, or by the tails where those are nearer.
    ``common`` are the prices that at least two, and a twentieth, ask."""

    count: int
    sellers: int
    median: float
    scale: float
    low: float
    high: float
    common: tuple[float, ...]

    def distance(self, price: float) -> float:
        """Decades from the median to ``price`` (log10 of dollars)."""
        return price - self.median

    def is_outlier(self, price: float) -> bool:
        """Whether ``price`` is not between :attr:`low` and :attr:`high`."""
        return not self.low < price < self.high

    def is_ordinary(self, price: float) -> bool:
        """Whether ``price`` is within :data:`ORDINARY` scales and ten times of the median."""
        return abs(self.distance(price)) < min(ORDINARY * self.scale, NEVER_ORDINARY)

    def is_asked(self, price: float) -> bool:
        """Whether ``price`` is near the median, or one of the common ones."""
        return abs(self.distance(price)) <= NEAR or self.is_common(price)

    def is_common(self, price: float) -> bool:
        """Whether ``price`` is one that several ask."""
        return any(abs(price - one) < _EQUAL for one in self.common)


def spread_of(prices: Iterable[float], sellers: int, least_scale: float = LEAST_SCALE) -> Spread:
    """The spread of ``prices``, logarithms of at least one; its scale is no less than ``least_scale``."""
    values = sorted(prices)
    middle = median(values)
    scale = max(NORMAL * median([abs(value - middle) for value in values]), least_scale)
    low, high = middle - OUTLYING * scale, middle + OUTLYING * scale
    if len(values) >= LEAST_FOR_TAILS:
        # Deviations say little of the tails where prices come in several sizes.
        cut = int(len(values) * TAIL)
        reach = OUTLYING * LEAST_SCALE
        low = max(low, min(values[cut] - BEYOND, middle - reach))
        high = min(high, max(values[-1 - cut] + BEYOND, middle + reach))
    least = max(2, len(values) * TAIL)
    common = tuple(price for price, alike in groupby(values) if sum(1 for _ in alike) >= least)
    low, high = max(low, -_FARTHEST), min(high, _FARTHEST)
    return Spread(len(values), sellers, middle, scale, low, high, common)
