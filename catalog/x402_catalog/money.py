"""Money: integer atomic units of an asset."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import lru_cache

UINT256_MAX = 2**256 - 1
_MOST_DIGITS = 78
_DECIMAL = re.compile(r"([0-9]{1,60})(?:\.([0-9]{1,60}))?")


@dataclass(frozen=True, slots=True)
class Asset:
    """A token on a network: CAIP-2 ``network``, its contract ``address``, ``symbol`` and ``decimals``."""

    network: str
    address: str
    symbol: str
    decimals: int

    def __str__(self) -> str:
        return f"{self.symbol} on {self.network}"


@dataclass(frozen=True, slots=True)
class Money:
    """``atomic`` units of ``asset``. Amounts of different assets cannot be added or compared."""

    atomic: int
    asset: Asset

    def __add__(self, other: Money) -> Money:
        self._same_asset(other)
        return Money(self.atomic + other.atomic, self.asset)

    def __le__(self, other: Money) -> bool:
        self._same_asset(other)
        return self.atomic <= other.atomic

    def _same_asset(self, other: Money) -> None:
        if self.asset != other.asset:
            raise ValueError(f"{self.asset} and {other.asset} are different assets")

    @property
    def decimal(self) -> str:
        """The amount in whole units with all its decimals: ``10.000000``."""
        return to_decimal(self.atomic, self.asset.decimals)

    def __str__(self) -> str:
        return f"{self.decimal} {self.asset.symbol}"


def parse_atomic(text: object) -> int | None:
    """An atomic amount: a string of 1 to 78 decimal digits, at most ``2**256 - 1``. ``None`` for anything else."""
    if not isinstance(text, str) or not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        return None
    value = int(text)
    return value if value <= UINT256_MAX else None


@lru_cache(maxsize=4096)  # a catalogue has few amounts
def to_decimal(atomic: int, decimals: int) -> str:
    """``10000000`` with 6 decimals is ``10.000000``."""
    sign, digits = ("-", -atomic) if atomic < 0 else ("", atomic)
    whole, rest = divmod(digits, 10**decimals)
    return f"{sign}{whole}.{rest:0{decimals}d}" if decimals else f"{sign}{whole}"


def from_decimal(text: str, decimals: int) -> int | None:
    """``"10.5"`` with 6 decimals is ``10500000``; ``None`` if it is no plain decimal or finer than the asset."""
    match = _DECIMAL.fullmatch(text)
    if match is None or not text.isascii():
        return None
    fraction = (match[2] or "").rstrip("0")
    if len(fraction) > decimals:
        return None
    scale: int = 10**decimals
    return int(match[1]) * scale + int(fraction.ljust(decimals, "0") or "0")


@lru_cache(maxsize=4096)  # a catalogue has few amounts, few medians, and three rules that ask
def ratio(atomic: int, median: int) -> Decimal:
    """``atomic ÷ median`` to three decimals, half to even, exact for integers of any size."""
    with localcontext() as context:
        context.prec = 120
        return (Decimal(atomic) / Decimal(median)).quantize(Decimal("0.001"))


def micro_dollars(text: str) -> int | None:
    """Dollars as a person writes them, ``0.05`` or ``$0.05``, in millionths; ``None`` for what is no such amount."""
    micros = from_decimal(text.strip().removeprefix("$"), 6)
    return micros if micros is not None and micros <= 10**15 else None
