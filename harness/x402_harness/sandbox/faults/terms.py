"""Terms as a faulty seller tells them: changes to the entries of ``accepts``, in the words of either version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from x402_harness.sandbox.behaviour import Visit

Message = dict[str, Any]
Change = Callable[[Message, Visit], Message]
_PRICE = {1: "maxAmountRequired", 2: "amount"}


def price_member(visit: Visit) -> str:
    """What the price is called in the visit's version."""
    return _PRICE[visit.version]


def entries(change: Callable[[Message, Visit], Message]) -> Change:
    """The same change to every entry of ``accepts``."""

    def changed(message: Message, visit: Visit) -> Message:
        return {**message, "accepts": [change(dict(entry), visit) for entry in message["accepts"]]}

    return changed


def entry(**members: Any) -> Change:
    """Every entry with these members; ``amount`` and ``price`` mean the price by its name in the version."""

    def change(told: Message, visit: Visit) -> Message:
        named = {price_member(visit) if name == "amount" else name: value for name, value in members.items()}
        return {**told, **named}

    return entries(change)


def without(*names: str) -> Change:
    """Every entry without these members."""

    def change(told: Message, visit: Visit) -> Message:
        gone = {price_member(visit) if name == "amount" else name for name in names}
        return {name: value for name, value in told.items() if name not in gone}

    return entries(change)


def times(factor: int) -> Change:
    """Every price so many times as high."""

    def change(told: Message, visit: Visit) -> Message:
        name = price_member(visit)
        return {**told, name: str(int(told[name]) * factor)}

    return entries(change)


def members(**changes: Any) -> Change:
    """The message itself with these members."""
    return lambda message, visit: {**message, **changes}


def domain(**changes: Any) -> Change:
    """Every entry's ``extra`` with these members."""
    return entries(lambda told, visit: {**told, "extra": {**(told.get("extra") or {}), **changes}})
