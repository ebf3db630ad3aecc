"""What a catalogue's price flags claim, and what the numbers beside them say.

The cut-offs behind the published flags are not published. What is known are ratios that carried a flag; flags are in
order of price, so a ratio between two known ones of the same flag carries it too, and one between two different flags
is not judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import lru_cache

from x402_catalog.models import Json, Listing
from x402_catalog.money import ratio

UNKNOWN = "unknown"
FLAGS = ("cheap_outlier", "cheap", "normal", "expensive", "expensive_outlier")  # in order of price

# (ratio, flag) pairs published on x402all; the extremes hold for everything beyond them.
_KNOWN = (
    (Decimal("0.033"), "cheap_outlier"),
    (Decimal("0.18"), "cheap"),
    (Decimal("0.333"), "normal"),
    (Decimal("0.8"), "normal"),
    (Decimal("10.4"), "expensive_outlier"),
)


@dataclass(frozen=True, slots=True)
class Position:
    """A price against its category: atomic ``amount``, declared ``median``, and the ratio of the two."""

    amount: int
    median: int
    ratio: Decimal | None


def position(listing: Listing) -> Position | None:
    """Where the first priced offer stands against the declared median; ``None`` if either number is missing."""
    median = listing.pricing.get("median_category_atomic")
    amount = next((offer.amount for offer in listing.offers if offer.amount is not None), None)
    if amount is None or isinstance(median, bool) or not isinstance(median, int) or median < 0:
        return None
    return Position(amount, median, ratio(amount, median) if median else None)


@lru_cache(maxsize=4096)
def possible_flags(value: Decimal) -> tuple[str, ...]:
    """The flags that a ratio may carry: one where that is known, several where cut-offs are unpublished."""
    below = [flag for known, flag in _KNOWN if known <= value]
    above = [flag for known, flag in _KNOWN if known >= value]
    low = below[-1] if below else FLAGS[0]
    high = above[0] if above else FLAGS[-1]
    return FLAGS[FLAGS.index(low) : FLAGS.index(high) + 1]


def as_ratio(value: Json) -> Decimal | None:
    """A declared ratio as a number to three decimals; ``None`` if it is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return _as_ratio(value) if isinstance(value, float) else _to_three_decimals(Decimal(value))


@lru_cache(maxsize=4096)
def _as_ratio(value: float) -> Decimal:
    return _to_three_decimals(Decimal(repr(value)))


def _to_three_decimals(number: Decimal) -> Decimal:
    with localcontext() as context:
        context.prec = 120
        return number.quantize(Decimal("0.001")) if abs(number) < Decimal(10) ** 100 else number
