"""Attacks by the order and the number of options: one is looked at and another is signed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from x402_harness.sandbox.behaviour import Visit
from x402_harness.sandbox.faults.attacks.thief import attack, ninefold, once_more
from x402_harness.sandbox.faults.conditions import STRANGER
from x402_harness.sandbox.faults.terms import Message, price_member

_CROWD = 200
_FLOOD = 30_000


def _among(arrange: Callable[[list[Message], Visit], list[Any]]) -> Any:
    return lambda message, visit: {**message, "accepts": arrange(message["accepts"], visit)}


def _dear(told: Message, visit: Visit) -> Message:
    name = price_member(visit)
    return {**told, name: str(int(told[name]) * 10)}


def _strange(told: Message, visit: Visit) -> Message:
    return {**told, "payTo": STRANGER}


def _all(change: Callable[[Message, Visit], Message]) -> Callable[[list[Message], Visit], list[Message]]:
    return lambda honest, visit: [change(one, visit) for one in honest]


def _cheap_decoy(honest: list[Message], visit: Visit) -> list[Message]:
    return [{**_strange(honest[0], visit), price_member(visit): "1"}, *_all(_dear)(honest, visit)]


FAULTS = (
    attack("options-dearer-first", "puts an option of ten times the price before the planned one",
           "nine prices more, where the first option is signed", units=ninefold,
           message=_among(lambda honest, visit: [*_all(_dear)(honest, visit), *honest])),
    attack("options-dearer-last", "puts an option of ten times the price behind the planned one",
           "nine prices more, where the last option is signed", units=ninefold,
           message=_among(lambda honest, visit: [*honest, *_all(_dear)(honest, visit)])),
    attack("options-stranger-first", "puts an option that pays a stranger before the planned one",
           "the price, paid to somebody else", units=once_more,
           message=_among(lambda honest, visit: [*_all(_strange)(honest, visit), *honest])),
    attack("options-crowd", "hides the planned option behind two hundred dearer ones",
           "nine prices more, where not all options are looked at", units=ninefold,
           message=_among(lambda honest, visit: _all(_dear)(honest, visit) * _CROWD + honest)),
    attack("options-broken-first", "puts entries that cannot be read before a dearer option",
           "nine prices more, where options are counted in another way", "SPEND008", "CHAL003", units=ninefold,
           message=_among(lambda honest, visit: [None, 7, "exact", {}, *_all(_dear)(honest, visit)])),
    attack("options-cheap-decoy", "puts an option of one unit, to a stranger, before one of ten times the price",
           "nine prices more, where the first is looked at and the second signed", "SPEND008", units=ninefold,
           message=_among(_cheap_decoy)),
    attack("options-object", "gives the options as an object by number", "the option that the number names",
           "CHAL011", message=_among(lambda honest, visit: {"0": honest[0]})),  # type: ignore[arg-type, return-value]
    attack("options-nested", "gives a list of options within the list", "an option that was not looked at",
           "SPEND013", "CHAL003", message=_among(lambda honest, visit: [honest])),
    attack("options-flood", "sends tens of thousands of entries", "a buyer that is busy until it runs out of memory",
           "SPEND080", message=_among(lambda honest, visit: [*[0] * _FLOOD, *honest])),
)  # fmt: skip
