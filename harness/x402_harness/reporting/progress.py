"""Progress on stderr: one live line on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from typing import TextIO

from x402_harness.runs.events import Event


class Progress:
    """A listener that tells how far the purchases are. Off a terminal it writes a line per tenth of the listings."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._listings = self._at = self._done = self._settled = self._told = 0

    def __call__(self, event: Event) -> None:
        """Take in one event."""
        kind = event["event"]
        self._listings += kind == "listing"
        if kind in {"skip", "case.start"}:
            self._at = event["listing"]  # those before it are done
        elif kind in {"case.end", "fault"}:
            self._done += 1
            self._settled += event.get("state") == "settled"
            self._tell()
        elif kind == "plan":
            self._at = self._listings
            self._tell()
            self._write(f"{event['cases']} purchases planned, {event['cost']} dollars of sandbox money", end=True)

    def _tell(self) -> None:
        tenth = 10 * self._at // max(1, self._listings)
        if self._live or tenth > self._told:
            self._told = tenth
            told = f"listing {self._at}/{self._listings} · {self._done} bought · {self._settled} settled"
            self._write(told, end=not self._live)

    def _write(self, text: str, *, end: bool) -> None:
        lead = "\r\x1b[2K" if self._live else ""
        self._stream.write(f"{lead}{text}" + ("\n" if end else ""))
        self._stream.flush()
