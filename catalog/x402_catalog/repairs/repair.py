"""Repair: one value of a listing that becomes another, the rule that asks for it, and why it is certain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from x402_catalog.models import Json, Listing


@dataclass(frozen=True, slots=True)
class Repair:
    """The value at ``pointer`` (in the listing) is to become ``after``; both are JSON scalars.

    ``rule`` is the code of the finding that it mends, ``reason`` says from what ``after`` follows.
    """

    rule: str
    pointer: str
    before: Json
    after: Json
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """The JSON form: ``rule, pointer, before, after, reason``."""
        return {
            "rule": self.rule,
            "pointer": self.pointer,
            "before": self.before,
            "after": self.after,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Change:
    """What a mender proposes: the value at ``pointer`` is to become ``after``, because of ``reason``."""

    pointer: str
    after: Json
    reason: str


Mender = Callable[[Listing, str], Iterator[Change]]
"""Gets a listing and the place (a pointer in it) of one finding of its rule; gives what is certain about it."""
