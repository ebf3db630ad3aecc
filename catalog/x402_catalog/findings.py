"""Findings: what is wrong, where, what was seen and what was expected."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from hashlib import sha256
from itertools import islice
from typing import Any, NamedTuple

_BITS = 256  # of the longest integer that is shown whole
MAX_SHOWN = 400  # characters of an observed or expected value that a finding keeps


class Level(StrEnum):
    """How much a finding matters.

    ``error`` breaks a buyer, contradicts itself or breaks the specification; ``warning`` is unwise;
    ``info`` is worth knowing. A valid document has neither errors nor warnings.
    """

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for ``error``, 1 for ``warning``, 2 for ``info``: smaller is worse."""
        return _RANKS[self]


_RANKS = {Level.ERROR: 0, Level.WARNING: 1, Level.INFO: 2}


@dataclass(frozen=True, slots=True)
class Location:
    """Where a finding stands. Every part is optional; lines and columns count from 1."""

    listing: str | None = None
    file: str | None = None
    line: int | None = None
    column: int | None = None
    pointer: str | None = None
    url: str | None = None
    leg: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The parts that are known, in a fixed order."""
        return {key: value for key, value in asdict(self).items() if value is not None}

    def __str__(self) -> str:
        """``file:line:column`` and the JSON pointer, or the next best thing."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        parts = [place or self.url or self.listing or "", self.pointer or "", f"({self.leg})" if self.leg else ""]
        return " ".join(part for part in parts if part)


NOWHERE = Location()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a rule found. ``observed`` and ``expected`` are JSON values, cut when long."""

    rule: str
    level: Level
    message: str
    observed: Any = None
    expected: Any = None
    location: Location = field(default=NOWHERE)
    help: str = ""

    def at(self, location: Location) -> Finding:
        """The same finding at another place."""
        return replace(self, location=location)

    def to_dict(self) -> dict[str, Any]:
        """The contract's JSON form: ``rule, level, message, observed, expected, location, help``."""
        return {
            "rule": self.rule,
            "level": str(self.level),
            "message": self.message,
            "observed": self.observed,
            "expected": self.expected,
            "location": self.location.to_dict(),
            "help": self.help,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Finding:
        """The inverse of :meth:`to_dict`."""
        return cls(
            rule=data["rule"],
            level=Level(data["level"]),
            message=data["message"],
            observed=data["observed"],
            expected=data["expected"],
            location=Location(**data["location"]),
            help=data["help"],
        )


class Identity(NamedTuple):
    """What stays the same of a finding while its listing is edited elsewhere and its wording changes.

    ``subject`` is the listing's slug, else the file, else the URL; ``pointer`` is relative to the listing.
    """

    rule: str
    subject: str
    pointer: str

    @property
    def fingerprint(self) -> str:
        """The identity as 32 hex digits."""
        return sha256(json.dumps(self).encode()).hexdigest()[:32]


def identity(finding: Finding, root: str = "") -> Identity:
    """The identity of ``finding``; ``root`` is the pointer at which its listing stands in its file, which is taken off
    so that a listing keeps its findings when others come before it."""
    place = finding.location
    pointer = place.pointer or ""
    if root and (pointer == root or pointer.startswith(f"{root}/")):
        pointer = pointer[len(root) :]
    return Identity(finding.rule, place.listing or place.file or place.url or "", pointer)


def fingerprint(finding: Finding, root: str = "") -> str:
    """The :class:`Identity` of ``finding`` as 32 hex digits: equal for what is the same finding in two runs."""
    return identity(finding, root).fingerprint


def shown(value: Any, limit: int = MAX_SHOWN) -> Any:
    """A JSON value short enough to be shown: long strings and containers are cut and say so."""
    if isinstance(value, str):
        return value if len(value) <= limit else f"{value[:limit]}… ({len(value)} characters)"
    if isinstance(value, (dict, list)):
        return value if _is_small(value, limit) else f"{type(value).__name__} of {len(value)}"
    if isinstance(value, int) and value.bit_length() > _BITS:
        return f"an integer of {value.bit_length()} bits"
    return value


def _is_small(value: Any, limit: int) -> bool:
    """Whether ``value`` would be written in about ``limit`` characters; looks at no more of it than that."""
    stack, size = [value], 0
    while stack and size <= limit:
        node = stack.pop()
        if isinstance(node, dict):
            size += 2 + sum(len(str(key)) + 4 for key in islice(node, limit))
            stack.extend(islice(node.values(), limit))
        elif isinstance(node, (list, tuple)):
            size += 2 + len(node)
            stack.extend(node[:limit])
        elif isinstance(node, int):
            size += 1 + node.bit_length() // 3 + limit * (node.bit_length() > _BITS)
        else:
            size += len(node) if isinstance(node, str) else 8
    return size <= limit
