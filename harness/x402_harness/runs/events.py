"""Events: one NDJSON stream, the truth of a run. Every report is made from it, none from anything else.

Each event is one JSON object on one line with ``event`` (its kind) and ``at`` (seconds since 1970). Kinds, in order:
``run.start``, then for what was read ``finding`` and ``listing``, then listing by listing ``skip``, ``cut``,
``case.start``, ``exchange``, ``finding`` and ``case.end`` for what was bought, ``attempt`` for each payment that must
be refused, ``coverage``, and ``invalid`` for each invalid request that was paid for; then ``plan`` with what was
planned in all, ``claims`` for each listing, and ``run.end``.
Then how the run was judged: ``suppress`` for each finding that a baseline accepts, ``baseline``, ``gate`` for each
gate, and ``verdict``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

from x402_harness.protocol.parsing import loads

SCHEMA_VERSION = 1
Event = dict[str, Any]
Listener = Callable[[Event], None]


class Stream:
    """Dates events with ``clock`` and hands them to every listener in turn."""

    def __init__(self, clock: Callable[[], float], listeners: tuple[Listener, ...]) -> None:
        self._clock = clock
        self._listeners = listeners

    def emit(self, event: str, **content: Any) -> None:
        """Hand out one event."""
        dated: Event = {"event": event, "at": round(self._clock(), 3), **content}
        for listener in self._listeners:
            listener(dated)


class Journal:
    """A listener that writes each event as a line, at once, so that a killed run leaves all that happened."""

    def __init__(self, path: Path, *, more: bool = False) -> None:
        """A new file, or with ``more`` one that is there already, to which lines are added."""
        self._file: TextIO = path.open("a" if more else "x", encoding="utf-8", newline="\n")

    def __call__(self, event: Event) -> None:
        """Write one line."""
        self._file.write(json.dumps(event, ensure_ascii=True, separators=(",", ":")) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class BrokenJournal(ValueError):
    """A file that is no journal; the message says which line is wrong."""


def read_events(path: Path) -> Iterator[Event]:
    """The events of a journal; a last line that was cut by a crash is left out.

    Raises :class:`BrokenJournal` for any other line that is no event, and ``OSError``.
    """
    broken = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if broken:
                raise BrokenJournal(f"line {broken} is no event")
            event = _event(line)
            if event is None:
                broken = number
            else:
                yield event
    if broken and line.endswith(b"\n"):  # whole, and yet no event: this was not cut
        raise BrokenJournal(f"line {broken} is no event")


def _event(line: bytes) -> Event | None:
    try:
        value = loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) and isinstance(value.get("event"), str) else None
