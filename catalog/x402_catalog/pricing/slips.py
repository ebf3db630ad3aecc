"""Slips of the decimals: factors by which a price is wrong when an amount was scaled once too often, or not at all."""

from __future__ import annotations

from dataclasses import dataclass

from x402_catalog.pricing.robust import Spread

_WHY = {
    12: "an amount for 18 decimals on an asset of 6",
    6: "an amount scaled to atomic units twice",
    3: "thousandths taken for units",
    2: "cents given as dollars",
    -2: "dollars given as cents",
    -3: "units taken for thousandths",
    -6: "dollars that were never scaled to atomic units",
    -12: "an amount for 6 decimals on an asset of 18",
}
_CENTS = 2  # decades
_NEAR = 0.5  # decades between the price meant and the median, where it is a hundredth or a hundredfold
_OF_MANY = 6  # decades, and more, that a price is off for no other reason


@dataclass(frozen=True, slots=True)
class Slip:
    """A price that is ``10 ** exponent`` times the intended one, and ``why`` that happens."""

    exponent: int
    why: str


def slip_of(price: float, spread: Spread, atomic: int, decimals: int) -> Slip | None:
    """The slip that explains a ``price`` (log10 of dollars; ``atomic`` units) among peers of that ``spread``; ``None``
    if no intended price would be one of theirs. Of several it is one that many ask, or the nearest to their median."""
    found = [power for power in _WHY if _explains(power, price - power, spread, atomic, decimals)]

    def likely(power: int) -> tuple[bool, float]:
        return not spread.is_common(price - power), abs(spread.distance(price) - power)

    return None if not found else Slip(best := min(found, key=likely), _WHY[best])


def _explains(power: int, intended: float, spread: Spread, atomic: int, decimals: int) -> bool:
    """A factor of a hundred is that of many an outlier too, so what was meant must be near the median; one of a
    thousand, what peers ask; for one of a million there is no other reason."""
    if abs(power) == _CENTS:
        # Of cents and of dollars there are whole ones.
        whole = 10**decimals if power > 0 else 10 ** max(decimals - _CENTS, 0)
        near = abs(spread.distance(intended)) <= _NEAR
        return near and atomic >= whole and atomic % whole == 0
    return not spread.is_outlier(intended) if abs(power) >= _OF_MANY else spread.is_asked(intended)
