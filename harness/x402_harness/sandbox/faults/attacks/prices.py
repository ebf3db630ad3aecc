"""Attacks by the price: more than was planned, or digits that other programs read as more."""

from __future__ import annotations

from typing import Any

from x402_catalog.money import UINT256_MAX
from x402_harness.sandbox.behaviour import Visit
from x402_harness.sandbox.faults.attacks.thief import attack, ninefold
from x402_harness.sandbox.faults.terms import Message, entries, entry, price_member, times

_FULL_WIDTH = {ord("0") + digit: chr(0xFF10 + digit) for digit in range(10)}


def _written(form: Any) -> Any:
    """Every price in another way of writing it; ``form`` makes it from its digits."""

    def change(told: Message, visit: Visit) -> Message:
        name = price_member(visit)
        return {**told, name: form(told[name])}

    return entries(change)


def _later(message: Message, visit: Visit) -> Message:
    return times(10)(message, visit) if visit.memory.unpaid > 1 else message


def _both_names(told: Message, visit: Visit) -> Message:
    other = {"amount": "maxAmountRequired", "maxAmountRequired": "amount"}[price_member(visit)]
    return {**told, other: str(int(told[price_member(visit)]) * 10)}


FAULTS = (
    attack("price-tenfold", "asks for ten times the planned price", "nine prices more than planned",
           "SPEND008", "CHAL004", units=ninefold, message=times(10)),
    attack("price-one-more", "asks for one atomic unit more than planned", "one atomic unit, and no limit to the next",
           "SPEND008", "CHAL004", units=lambda price: 1, message=_written(lambda digits: str(int(digits) + 1))),
    attack("price-later", "is honest at the first visit and asks for ten times as much at the next",
           "nine prices more on every later purchase", "SPEND008", "CHAL004", units=ninefold, message=_later),
    attack("price-all", "asks for the greatest amount that a token can move", "everything that the account holds",
           "SPEND008", units=lambda price: UINT256_MAX - price, message=entry(amount=str(UINT256_MAX))),
    attack("price-wrapped", "asks for 2^256 more, which 256 bits read as the planned price",
           "nothing, or everything, as the other side counts", "SPEND013", "CHAL020",
           message=_written(lambda digits: str(int(digits) + UINT256_MAX + 1))),
    attack("price-negative", "asks for less than nothing, which unsigned words read as nearly everything",
           "everything that the account holds", "SPEND013", "CHAL020",
           units=lambda price: UINT256_MAX - 2 * price, message=_written(lambda digits: f"-{digits}")),
    attack("price-float", "writes the price as a fraction of a unit",
           "what a float makes of it", "SPEND013", "CHAL003", message=_written(lambda digits: int(digits) / 3)),
    attack("price-float-text", "writes a point into the digits", "ten thousand prices, where points are dropped",
           "SPEND013", "CHAL020", units=lambda price: 9_999 * price, message=_written(lambda digits: f"{digits}.0000")),
    attack("price-exponent", "writes the price with an exponent", "what the exponent makes of it",
           "SPEND013", "CHAL020", units=lambda price: 999 * price, message=_written(lambda digits: f"{digits}e3")),
    attack("price-hex", "writes the planned price's digits as hexadecimal",
           "as many prices more as the base makes", "SPEND013", "CHAL020",
           units=lambda price: int(str(price), 16) - price, message=_written(lambda digits: f"0x{digits}")),
    attack("price-octal", "puts a nought before the digits, which some languages read as octal",
           "a signature for another sum than the one that was looked at", "SPEND026",
           message=_written(lambda digits: f"0{digits}")),
    attack("price-full-width", "writes ten times the price in digits of another script",
           "nine prices more, where digits of any script are read", "SPEND013", "CHAL020", units=ninefold,
           message=_written(lambda digits: f"{digits}0".translate(_FULL_WIDTH))),
    attack("price-underscores", "puts underscores between the digits of ten times the price",
           "nine prices more, where the digits are read as Python's", "SPEND013", "CHAL020", units=ninefold,
           message=_written(lambda digits: f"{digits}_0")),
    attack("price-spaces", "puts white space around ten times the price",
           "nine prices more, where white space is trimmed after looking", "SPEND013", "CHAL020", units=ninefold,
           message=_written(lambda digits: f" {digits}0\n")),
    attack("price-number", "writes ten times the price as a JSON number",
           "nine prices more, where only text is looked at", "SPEND013", "CHAL003", units=ninefold,
           message=_written(lambda digits: int(digits) * 10)),
    attack("price-list", "offers a list of prices, the planned one first",
           "nine prices more, where the last one counts", "SPEND013", "CHAL003", units=ninefold,
           message=_written(lambda digits: [digits, digits + "0"])),
    attack("price-by-two-names", "gives the planned price by this version's name and ten times as much by the other's",
           "nine prices more, where one is looked at and the other signed", units=ninefold,
           message=entries(_both_names)),
    attack("decimals", "says that the token has eighteen decimals",
           "a price that was shown a million million times too small", "SPEND025",
           message=entries(lambda told, visit: {**told, "extra": {**(told.get("extra") or {}), "decimals": 18}})),
)  # fmt: skip
