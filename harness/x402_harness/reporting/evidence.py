"""Evidence in words: what the purchases of a run say about real sellers. Every report is headed with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Heading:
    """``badge`` in a word, ``line`` for a terminal, ``title`` and ``text`` for a page."""

    badge: str
    line: str
    title: str
    text: str


_SIMULATED = Heading(
    "simulated",
    "simulated: every seller was made from its listing, so a purchase proves the road, not the real seller",
    "Simulated.",
    "Every seller here was made from its own listing. A purchase proves that the road works and that the listing can "
    "be bought and answered as declared; it says nothing about the real seller, whose host was never contacted. No "
    "real money moved.",
)
_PAID = Heading(
    "sandbox money",
    "paid: the seller's own endpoint was bought from, with sandbox money",
    "Paid with sandbox money.",
    "The purchases were made at the seller's own endpoint, on this machine. What they show is evidence about that "
    "endpoint; the money was made for the run.",
)

_TESTNET = Heading(
    "test money",
    "paid: the sellers' own endpoints were bought from, with test money",
    "Paid with test money.",
    "The purchases were made at the sellers' own endpoints, on test networks. What they show is evidence about those "
    "endpoints; the money has no value.",
)
_LIVE = Heading(
    "real money",
    "paid: the sellers' own endpoints were bought from, with REAL money",
    "Paid with real money.",
    "The purchases were made at the sellers' own endpoints, and were paid for with real money. What they show is "
    "evidence about those endpoints.",
)
_PAID_IN = {"mock": _PAID, "testnet": _TESTNET, "live": _LIVE}


def heading(started: dict[str, Any]) -> Heading:
    """The heading of a run by its first event."""
    told = _SIMULATED if started.get("evidence") == "simulated" else _PAID_IN[started["mode"]]
    return _recorded(told) if started.get("recorded") else told


def money(started: dict[str, Any]) -> str:
    """What a run spends, in words; runs of before there was more than one kind do not say so."""
    return str(started.get("money", "sandbox money"))


def _recorded(told: Heading) -> Heading:
    return Heading(
        f"recorded, {told.badge}",
        f"recorded, nothing was bought again: {told.line}",
        f"Recorded. {told.title}",
        f"These purchases were made before and are judged again; nothing was bought or asked. {told.text}",
    )
