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


def heading(started: dict[str, Any]) -> Heading:
    """The heading of a run by its first event."""
    told = _SIMULATED if started.get("evidence") == "simulated" else _PAID
    return _recorded(told) if started.get("recorded") else told


def _recorded(told: Heading) -> Heading:
    return Heading(
        f"recorded, {told.badge}",
        f"recorded, nothing was bought again: {told.line}",
        f"Recorded. {told.title}",
        f"These purchases were made before and are judged again; nothing was bought or asked. {told.text}",
    )
