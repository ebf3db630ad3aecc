"""Attacks by the payee: the money goes to somebody else, or nowhere."""

from __future__ import annotations

from typing import Any

from x402_harness.sandbox.behaviour import Visit
from x402_harness.sandbox.faults.attacks.thief import attack, once_more
from x402_harness.sandbox.faults.conditions import STRANGER
from x402_harness.sandbox.faults.terms import Message, domain, entries, entry

_CYRILLIC = {ord("a"): "\u0430", ord("c"): "\u0441", ord("e"): "\u0435"}


def _payee(form: Any) -> Any:
    """Every payee in another form; ``form`` makes it from the address."""
    return entries(lambda told, visit: {**told, "payTo": form(told["payTo"])})


def _look_alike(address: str) -> str:
    # As wallets shorten addresses, it looks the same.
    return address[:6] + "0" * 32 + address[-4:]


def _miscased(address: str) -> str:
    digits = address[2:].lower()
    at = next(index for index, digit in enumerate(digits) if digit.isalpha())
    flipped = digits[:at] + digits[at].upper() + digits[at + 1 :]
    return "0x" + flipped


def _later(message: Message, visit: Visit) -> Message:
    return entry(payTo=STRANGER)(message, visit) if visit.memory.unpaid > 1 else message


def _buyer(message: Message, visit: Visit) -> Message:
    known = next(iter(visit.memory.payers), None)
    return entry(payTo=known)(message, visit) if known else message


FAULTS = (
    attack("payee", "names a stranger as payee", "the price, paid to somebody who sells nothing",
           "SPEND008", "CHAL005", units=once_more, message=entry(payTo=STRANGER)),
    attack("payee-later", "names a stranger as payee from the second visit on",
           "the price of every later purchase", "SPEND008", "CHAL005", units=once_more, message=_later),
    attack("payee-look-alike", "names a payee whose address begins and ends as the planned one does",
           "the price, paid to somebody else", "SPEND008", "CHAL005", units=once_more, message=_payee(_look_alike)),
    attack("payee-zero", "names the zero address as payee", "the price, lost", "SPEND009", "CHAL025",
           units=once_more, message=entry(payTo="0x" + "0" * 40)),
    attack("payee-token", "names the token itself as payee", "the price, lost in the contract",
           "SPEND009", "CHAL025", units=once_more,
           message=entries(lambda told, visit: {**told, "payTo": told["asset"]})),
    attack("payee-buyer", "names the buyer itself as payee, once it knows the account",
           "a purchase that proves nothing, and a circle in the books", "SPEND009", "CHAL005", message=_buyer),
    attack("payee-checksum", "names a payee that breaks its checksum", "the price, paid to a mistyped address",
           "SPEND009", "CHAL023", units=once_more, message=_payee(_miscased)),
    attack("payee-script", "writes the payee with letters of another script",
           "the price, paid to whatever the letters become", "SPEND009", "CHAL024",
           message=_payee(lambda address: address.lower().translate(_CYRILLIC))),
    attack("payee-name", "names a payee by a name that whoever holds it can point anywhere",
           "the price, paid to whom the name means today", "SPEND009", "CHAL024",
           units=once_more, message=entry(payTo="shop.example.eth")),
    attack("payee-spaces", "puts a line break behind the payee", "a payee that was compared in another form",
           "SPEND009", "CHAL024", message=_payee(lambda address: address + "\n")),
    attack("payee-prefix", "writes the payee with a capital X", "a payee that was compared in another form",
           "SPEND009", "CHAL024", message=_payee(lambda address: "0X" + address[2:])),
    attack("payee-long", "puts twelve bytes before the payee, as the words of a contract have them",
           "the price, paid to what the last twenty bytes say", "SPEND009", "CHAL024", units=once_more,
           message=_payee(lambda address: "0x" + "0" * 24 + address[2:])),
    attack("payee-in-extra", "names a stranger in extra, as payTo, recipient and to",
           "the price, where extra is laid over the terms", units=once_more,
           message=domain(payTo=STRANGER, recipient=STRANGER, to=STRANGER)),
    attack("payee-of-own-choice", "names a stranger in members that only other clients read",
           "the price, where names are matched loosely", units=once_more,
           message=entry(pay_to=STRANGER, payto=STRANGER, PayTo=STRANGER, recipient=STRANGER)),
)  # fmt: skip
