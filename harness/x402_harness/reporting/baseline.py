"""Baselines: findings that were accepted, each with its reason and the day on which that ends.

A baseline is a JSON file to be kept and reviewed beside the listings::

    {"schema_version": 1, "tool": "testbuy", "entries": [
      {"rule": "PRICE004", "subject": "api-example-v1", "pointer": "/accepts/0/max_amount_required_atomic",
       "count": 1, "reason": "the price is meant", "expires": "2027-03-31"}]}

An entry stands for findings of one :class:`~x402_catalog.findings.Identity`, however they are worded: ``subject`` is
the listing's slug (for what belongs to no listing the file, or the URL) and ``pointer`` is relative to the listing.
``count`` is how many of them are accepted (1 if absent). ``expires`` is the last day on which they are.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from x402_catalog.findings import Identity
from x402_harness.protocol.parsing import loads

SCHEMA_VERSION = 1
_TYPES = {"rule": str, "subject": str, "pointer": str, "count": int, "reason": str, "expires": str}
_REQUIRED = ("rule", "subject", "pointer")


class BadBaseline(ValueError):
    """A file that is no baseline; the message says where and what would be one."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Findings of one identity that are accepted."""

    identity: Identity
    count: int = 1
    reason: str = ""
    expires: date | None = None

    def to_dict(self) -> dict[str, Any]:
        """The entry as it stands in the file."""
        told: dict[str, Any] = {**self.identity._asdict(), "count": self.count, "reason": self.reason}
        return told | ({"expires": self.expires.isoformat()} if self.expires else {})

    def why(self) -> dict[str, Any]:
        """What a report says of a finding that this entry suppresses."""
        return {"reason": self.reason, "expires": self.expires.isoformat() if self.expires else None}


class Baseline:
    """The entries of a baseline during one run, which uses them up. ``today`` decides what has expired."""

    def __init__(self, entries: Iterable[Entry], today: date) -> None:
        self._entries = {entry.identity: entry for entry in entries}
        self._today = today
        self._seen: Counter[Identity] = Counter()

    def accepting(self, identity: Identity) -> Entry | None:
        """The entry that suppresses one more finding of ``identity``: there is one, it has not expired, and fewer than
        its count were found yet."""
        entry = self._entries.get(identity)
        if entry is None:
            return None
        self._seen[identity] += 1
        accepts = not self.has_expired(entry) and self._seen[identity] <= entry.count
        return entry if accepts else None

    def has_expired(self, entry: Entry) -> bool:
        """Whether the entry's last day is over."""
        return entry.expires is not None and entry.expires < self._today

    def expired(self) -> Iterator[Entry]:
        """Entries that would have suppressed something, had they not expired."""
        return (entry for entry in self if self.has_expired(entry) and self._seen[entry.identity])

    def stale(self, judged: Callable[[Identity], bool]) -> Iterator[tuple[Entry, int]]:
        """Entries of which fewer were found than they accept, with that number; ``judged`` tells whose rules and
        listings this run looked at."""
        for entry in self:
            found = self._seen[entry.identity]
            if found < entry.count and judged(entry.identity):
                yield entry, found

    def renewed(self, found: Counter[Identity], judged: Callable[[Identity], bool]) -> list[Entry]:
        """The entries that accept exactly what was ``found``. Reasons and last days are kept, and so is every entry
        that this run did not look at."""
        made = []
        for identity, count in found.items():
            old = self._entries.get(identity)
            made.append(Entry(identity, count, old.reason if old else "", old.expires if old else None))
        made += [entry for entry in self if entry.identity not in found and not judged(entry.identity)]
        return sorted(made, key=lambda entry: entry.identity)

    def has_expired_entry(self, identity: Identity) -> bool:
        """Whether there is an entry for ``identity`` that has expired."""
        entry = self._entries.get(identity)
        return entry is not None and self.has_expired(entry)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)


def read_baseline(path: str | Path) -> list[Entry]:
    """The entries in a file. Raises :class:`BadBaseline`, or ``OSError`` where it cannot be read."""
    name = os.fspath(path)
    try:
        value = loads(Path(path).read_bytes())
    except ValueError as error:
        raise BadBaseline(f"{name}: not JSON: {error}") from error
    if not isinstance(value, dict) or not isinstance(value.get("entries"), list):
        raise BadBaseline(f"{name}: not a baseline, which is an object with a list of entries")
    if value.get("schema_version") != SCHEMA_VERSION:
        raise BadBaseline(
            f"{name}: schema_version is {value.get('schema_version')!r}, this program reads {SCHEMA_VERSION}"
        )
    entries: dict[Identity, Entry] = {}
    for number, raw in enumerate(value["entries"], 1):
        try:
            entry = _entry(raw)
        except BadBaseline as error:
            raise BadBaseline(f"{name}: entry {number}: {error}") from None
        if entry.identity in entries:
            raise BadBaseline(f"{name}: entry {number}: {_told(entry.identity)} stands there twice; give it a count")
        entries[entry.identity] = entry
    return list(entries.values())


def write_baseline(path: str | Path, entries: Iterable[Entry]) -> None:
    """Write a baseline, whole or not at all. Raises ``OSError``."""
    told = {"schema_version": SCHEMA_VERSION, "tool": "testbuy", "entries": [entry.to_dict() for entry in entries]}
    target = Path(os.path.realpath(path))
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        partial.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _entry(raw: Any) -> Entry:
    if not isinstance(raw, dict):
        raise BadBaseline(f"{type(raw).__name__} is no object")
    for name, value in raw.items():
        _check_member(name, value)
    missing = [name for name in _REQUIRED if name not in raw]
    if missing:
        raise BadBaseline(f"has no {' and no '.join(missing)}")
    count = raw.get("count", 1)
    if count < 1:
        raise BadBaseline(f"count {count} is below 1")
    return Entry(Identity(*(raw[name] for name in _REQUIRED)), count, raw.get("reason", ""), _date(raw.get("expires")))


def _check_member(name: str, value: Any) -> None:
    if name not in _TYPES:
        close = get_close_matches(name, _TYPES, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else f"; there are {', '.join(_TYPES)}"
        raise BadBaseline(f"unknown member {name!r}{hint}")
    if not isinstance(value, _TYPES[name]) or isinstance(value, bool):
        kind = "a whole number" if _TYPES[name] is int else "a string"
        raise BadBaseline(f"{name} must be {kind}, not {value!r:.60}")


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise BadBaseline(f"expires {text!r} is no date; write it like 2027-01-31") from None


def _told(identity: Identity) -> str:
    return " ".join(part for part in identity if part)
