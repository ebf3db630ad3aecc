"""History: which runs were recorded, and what they say of one listing or host, from the journals below a folder of
reports."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from x402_harness.runs.events import read_events

_MOST = 50  # runs that are looked into, the latest first
_LONGEST = 1024 * 1024  # bytes of the first and of the last line
_LARGEST = 256 * 1024 * 1024  # bytes of a journal


@dataclass(slots=True)
class Runs:
    """Purchases of a listing, or of all those of a host: how many ``runs`` had it, how each purchase ended, when the
    last run began (the run's id, which is a UTC date and time), and in which mode."""

    runs: int = 0
    last: str | None = None
    mode: str | None = None
    ends: Counter[str] = field(default_factory=Counter)

    def to_dict(self) -> dict[str, Any]:
        """The history as JSON."""
        return {"runs": self.runs, "last": self.last, "mode": self.mode, "purchases": dict(self.ends)}


@dataclass(frozen=True, slots=True)
class Recorded:
    """A run: its id, how it began, its summary at the end, which a run that was killed has not, and the exit code of
    its verdict, if it was judged."""

    run: str
    start: dict[str, Any]
    summary: dict[str, Any] | None
    exit_code: int | None = None


def runs_of(slug: str, reports: Path) -> Runs:
    """The recorded runs in ``reports`` that had the listing ``slug``. What cannot be read is passed over."""
    return _gathered("slug", slug, reports)


def runs_at(host: str, reports: Path) -> Runs:
    """The recorded runs in ``reports`` that had listings of ``host``, likewise."""
    return _gathered("host", host, reports)


def recorded(reports: Path) -> list[Recorded]:
    """The runs in ``reports``, the latest first: at most fifty, and none that cannot be read."""
    return [found for journal in journals(reports) if (found := _ends(journal)) is not None]


def journals(reports: Path) -> list[Path]:
    """The journals in ``reports`` that are looked into, that of the latest run first."""
    try:
        journals = sorted(reports.glob("*/events.ndjson"), key=lambda path: path.parent.name, reverse=True)
        return [path for path in journals[:_MOST] if path.stat().st_size <= _LARGEST]
    except OSError:
        return []


def _ends(journal: Path) -> Recorded | None:
    """A run by the first and the last lines of its journal: how it was judged stands behind its end."""
    try:
        with journal.open("rb") as file:
            first = json.loads(file.readline(_LONGEST))
            file.seek(max(file.tell(), journal.stat().st_size - _LONGEST))
            lines = file.read().split(b"\n")
        if first["event"] != "run.start":
            return None
        return Recorded(
            journal.parent.name, first, _last(lines, "run.end", "summary"), _last(lines, "verdict", "exit_code")
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _last(lines: list[bytes], kind: str, member: str) -> Any:
    """A member of the last event of a kind; ``None`` where there is none, or none that is whole."""
    begin = f'{{"event":"{kind}"'.encode()
    try:
        return next((json.loads(line)[member] for line in reversed(lines) if line.startswith(begin)), None)
    except (ValueError, KeyError, TypeError):
        return None


def _gathered(member: str, value: str, reports: Path) -> Runs:
    found = Runs()
    for journal in journals(reports):
        _add(found, journal, member, value)
    return found


def _add(found: Runs, journal: Path, member: str, value: str) -> None:
    numbers: set[Any] = set()
    start: dict[str, Any] = {}
    for event in _read(journal, value):
        if event["event"] == "run.start":
            start = event
        elif event["event"] == "listing" and event.get(member) == value:
            numbers.add(event["number"])
        elif event["event"] == "case.end" and event.get("listing") in numbers:
            found.ends[str(event.get("state"))] += 1
    if numbers:
        found.runs += 1
        if found.last is None:
            found.last, found.mode = start.get("run"), start.get("mode")


def _read(journal: Path, value: str) -> Iterator[dict[str, Any]]:
    try:
        if _names(journal, value):
            yield from read_events(journal)
    except (OSError, ValueError, KeyError):
        return


def _names(journal: Path, value: str) -> bool:
    """Whether the text may stand in a journal at all, which takes no parsing to see."""
    if not value.isascii():
        return True
    wanted = json.dumps(value)[1:-1].encode()
    with journal.open("rb") as file:
        return any(wanted in line for line in file)
