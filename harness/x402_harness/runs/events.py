"""Events: one NDJSON stream, the truth of a run. Every report is made from it, none from anything else.

Each event is one JSON object on one line with ``event`` (its kind) and ``at`` (seconds since 1970). Kinds, in order:
``run.start``, then for what was read ``finding`` and ``listing``, then listing by listing ``skip``, ``cut``,
``case.start``, ``exchange``, ``finding`` and ``case.end`` for what was bought, ``attempt`` for each payment that must
be refused, and ``coverage``; then ``plan`` with what was planned in all, ``claims`` for each listing, and ``run.end``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

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

    def __init__(self, path: Path) -> None:
        self._file: TextIO = path.open("x", encoding="utf-8", newline="\n")

    def __call__(self, event: Event) -> None:
        """Write one line."""
        self._file.write(json.dumps(event, ensure_ascii=True, separators=(",", ":")) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_events(path: Path) -> Iterator[Event]:
    """The events of a journal; a last line that was cut by a crash is left out."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            try:
                yield json.loads(line)
            except ValueError:
                return
