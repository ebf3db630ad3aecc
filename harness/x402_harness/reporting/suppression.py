"""Suppression: a baseline at work in one run, and what is to be said about it afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from x402_catalog.findings import Identity
from x402_harness.reporting.baseline import Baseline, Entry
from x402_harness.reporting.escape import printable
from x402_harness.reporting.findings import Told

MAX_TOLD = 20  # notices of one kind; those beyond are counted


class Suppression:
    """Decides for each finding whether the baseline accepts it.

    ``judged`` tells of an identity whether this run looks at it: of what it does not look at, nothing is stale.
    ``today`` decides what has expired; ``count`` is how many findings were suppressed.
    """

    def __init__(self, entries: Iterable[Entry], today: date, judged: Callable[[Identity], bool]) -> None:
        self._baseline = Baseline(entries, today)
        self._judged = judged
        self.count = 0

    def accepts(self, told: Told) -> Entry | None:
        """The entry that suppresses this finding."""
        entry = self._baseline.accepting(told.identity) if len(self._baseline) else None
        self.count += entry is not None
        return entry

    def notices(self) -> list[str]:
        """Expired and stale entries, in words."""
        expired = [f"baseline entry expired on {entry.expires}: {_name(entry)}" for entry in self._baseline.expired()]
        stale = [
            f"baseline entry is stale ({found} of {entry.count} found): {_name(entry)}"
            for entry, found in self._baseline.stale(self._judged)
        ]
        return [*_first(expired, "expired"), *_first(stale, "stale")]

    def to_dict(self, file: str) -> dict[str, Any]:
        """The ``baseline`` of the JSON document."""
        stale = self._baseline.stale(self._judged)
        return {
            "file": file,
            "entries": len(self._baseline),
            "suppressed": self.count,
            "expired": [entry.to_dict() for entry in self._baseline.expired()],
            "stale": [{**entry.to_dict(), "found": found} for entry, found in stale],
        }


class Renewal:
    """What a baseline that is written anew will hold: what was found, with the reasons that stood there before.

    An entry that has expired keeps its last day, and so goes on failing: it is renewed by hand.
    """

    def __init__(self, previous: Iterable[Entry], today: date, judged: Callable[[Identity], bool]) -> None:
        self._previous = Baseline(previous, today)
        self._judged = judged
        self._found: Counter[Identity] = Counter()

    def accepts(self, told: Told) -> bool:
        """Take in a finding; whether the new baseline will suppress it."""
        self._found[told.identity] += 1
        return not self._previous.has_expired_entry(told.identity)

    def entries(self) -> list[Entry]:
        """The entries of the new baseline."""
        return self._previous.renewed(self._found, self._judged)


def _first(notices: list[str], kind: str) -> list[str]:
    more = len(notices) - MAX_TOLD
    return notices if more <= 0 else [*notices[:MAX_TOLD], f"and {more} more {kind} baseline entries"]


def _name(entry: Entry) -> str:
    return " ".join(printable(part) for part in entry.identity if part)
