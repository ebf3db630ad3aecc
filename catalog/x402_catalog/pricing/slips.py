"""Slips of the decimals: factors by which a price is wrong when an amount was scaled once too often, or not at all."""

from __future__ import annotations

from dataclasses import dataclass

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
# Decades that the intended price may be from the peers' median. A factor of a hundred is that of many an outlier too;
# one of a million has no other explanation.
_CLOSE = {2: 0.3, 3: 0.5, 6: 1.0, 12: 1.0}


@dataclass(frozen=True, slots=True)
class Slip:
    """A price that is ``10 ** exponent`` times the intended one, and ``why`` that happens."""

    exponent: int
    why: str


def slip_of(distance: float, atomic: int, decimals: int) -> Slip | None:
    """The slip that explains an amount of ``atomic`` units, ``distance`` decades from the median of its peers;
    ``None`` if the intended price would not be an ordinary one either."""
    exponent = min(_WHY, key=lambda power: abs(distance - power))
    close = _CLOSE[abs(exponent)]
    if abs(exponent) == 2:
        # Of cents and of dollars there are whole ones.
        whole = 10**decimals if exponent > 0 else 10 ** max(decimals - 2, 0)
        close = -1.0 if atomic < whole or atomic % whole else close
    return Slip(exponent, _WHY[exponent]) if abs(distance - exponent) <= close else None
