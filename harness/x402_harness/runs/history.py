"""History: what recorded runs say of one listing, from the journals below a folder of reports."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from x402_harness.runs.events import read_events

_MOST = 50  # runs that are looked into, the latest first
_LARGEST = 256 * 1024 * 1024  # bytes of a journal


@dataclass(slots=True)
class Runs:
    """Purchases of a listing: how many ``runs`` had it, how each purchase ended, and when the last run began (the run's
    id, which is a UTC date and time)."""

    runs: int = 0
    last: str | None = None
    mode: str | None = None
    ends: Counter[str] = field(default_factory=Counter)

    def to_dict(self) -> dict[str, Any]:
        """The history as JSON."""
        return {"runs": self.runs, "last": self.last, "mode": self.mode, "purchases": dict(self.ends)}


def runs_of(slug: str, reports: Path) -> Runs:
    """The recorded runs in ``reports`` that had the listing ``slug``. What cannot be read is passed over."""
    found = Runs()
    for journal in _journals(reports):
        _add(found, journal, slug)
    return found


def _journals(reports: Path) -> list[Path]:
    try:
        journals = sorted(reports.glob("*/events.ndjson"), key=lambda path: path.parent.name, reverse=True)
        return [path for path in journals[:_MOST] if path.stat().st_size <= _LARGEST]
    except OSError:
        return []


def _add(found: Runs, journal: Path, slug: str) -> None:
    numbers: set[Any] = set()
    start: dict[str, Any] = {}
    for event in _read(journal, slug):
        if event["event"] == "run.start":
            start = event
        elif event["event"] == "listing" and event.get("slug") == slug:
            numbers.add(event["number"])
        elif event["event"] == "case.end" and event.get("listing") in numbers:
            found.ends[str(event.get("state"))] += 1
    if numbers:
        found.runs += 1
        if found.last is None:
            found.last, found.mode = start.get("run"), start.get("mode")


def _read(journal: Path, slug: str) -> Iterator[dict[str, Any]]:
    try:
        if _names(journal, slug):
            yield from read_events(journal)
    except (OSError, ValueError, KeyError):
        return


def _names(journal: Path, slug: str) -> bool:
    """Whether the slug may stand in a journal at all, which takes no parsing to see."""
    if not slug.isascii():
        return True
    wanted = json.dumps(slug)[1:-1].encode()
    with journal.open("rb") as file:
        return any(wanted in line for line in file)
