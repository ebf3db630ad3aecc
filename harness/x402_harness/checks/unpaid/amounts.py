"""CHAL020, CHAL028, CHAL032, CHAL045 and CHAL046: what is asked for."""

from __future__ import annotations

from x402_catalog.findings import Level
from x402_catalog.models import text
from x402_catalog.money import Money, from_decimal
from x402_catalog.rules.registry import rule
from x402_harness.checks.unpaid.view import PRICE, Entry, Faults

_BASIS = "x402 v1 §5.1 (maxAmountRequired), v2 §5.1 (amount)"

FORM = rule(
    "CHAL020",
    Level.ERROR,
    "amount is not an atomic amount",
    why="Buyers compare and sign integers of atomic units; anything else is refused or misread by powers of ten.",
    basis=f"{_BASIS}: uint256 as a decimal string",
    mend='Write the price in the asset\'s atomic units as decimal digits: 0.01 USDC is "10000".',
)
NOTHING = rule(
    "CHAL028",
    Level.ERROR,
    "402 asks for nothing",
    why="A payment is demanded and its amount is zero: clients refuse to sign it, and the content stays locked.",
    basis=_BASIS,
    mend="Ask for a price, or answer without a 402.",
)
LEADING_ZEROS = rule(
    "CHAL032",
    Level.WARNING,
    "amount has leading zeros",
    why="Servers compare amounts as text, so an echoed amount in its usual form does not match.",
    basis=_BASIS,
    mend="Write the number without leading zeros.",
)
ABSURD = rule(
    "CHAL045",
    Level.WARNING,
    "amount is absurdly high",
    why="It was probably written in another number of decimals than the asset has; nobody pays it.",
    basis=f"{_BASIS}; decimals of the asset",
    mend="Count in the asset's own decimals: USDC has 6, not 18.",
)
TWO_PRICES = rule(
    "CHAL046",
    Level.ERROR,
    "entry states two prices",
    why="Each version's clients read another member, and so another price.",
    basis=_BASIS,
    mend="Keep the member of the version that the terms are in.",
)

HIGH, IMPOSSIBLE = 10_000, 1_000_000  # whole units of a dollar stablecoin for one call


def form(entry: Entry) -> Faults:
    """The amount is a decimal string of a uint256."""
    stated = entry.raw.get(entry.price_name)
    if not isinstance(stated, str) or entry.amount is not None:
        return
    meant = from_decimal(stated.strip().lstrip("$+"), entry.token.asset.decimals) if entry.token else None
    told = "the amount is no decimal string of a uint256"
    if meant is not None:
        told += f"; {stated.strip()} whole units are {meant} atomic ones"
    yield entry.fault(
        FORM, entry.price_name, told, observed=stated, expected="1 to 78 decimal digits, at most 2^256 - 1"
    )


def value(entry: Entry) -> Faults:
    """The amount is more than nothing, in its usual form, and not beyond all reason."""
    if entry.amount is None:
        return
    stated = entry.raw[entry.price_name]
    if entry.amount == 0:
        yield entry.fault(NOTHING, entry.price_name, "the price is zero", observed=stated, expected="more than 0")
    elif stated != str(entry.amount):
        yield entry.fault(LEADING_ZEROS, entry.price_name, "leading zeros", observed=stated, expected=str(entry.amount))
    if entry.token is not None:
        yield from _absurd(entry, Money(entry.amount, entry.token.asset))


def _absurd(entry: Entry, price: Money) -> Faults:
    units = price.atomic // 10**price.asset.decimals
    if units >= HIGH:
        grave = Level.ERROR if units >= IMPOSSIBLE else None
        told = (
            f"{units:,} {price.asset.symbol} for one call"
            if units < 10**15
            else f"more than 10^15 {price.asset.symbol}"
        )
        yield entry.fault(ABSURD, entry.price_name, told, observed=str(price.atomic), level=grave)


def one_price(entry: Entry) -> Faults:
    """Where both versions' members stand, they agree."""
    first, second = (entry.raw.get(PRICE[version]) for version in (1, 2))
    if first is not None and second is not None and first != second:
        told = f"maxAmountRequired is {_short(first)}, amount is {_short(second)}"
        yield entry.fault(TWO_PRICES, entry.price_name, told, observed=[first, second])


def _short(stated: object) -> str:
    return (text(stated) or repr(stated))[:60]


ENTRY_RULES = (form, value, one_price)
