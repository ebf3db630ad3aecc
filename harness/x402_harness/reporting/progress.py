"""Progress on stderr: one live line on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from typing import TextIO

from x402_harness.reporting.evidence import money
from x402_harness.runs.events import Event


class Progress:
    """A listener that tells how far the purchases are. Off a terminal it writes a line per tenth of the plan."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._total = self._done = self._settled = 0
        self._money = ""

    def __call__(self, event: Event) -> None:
        """Take in one event."""
        if event["event"] == "run.start":
            self._money = money(event)
        elif event["event"] == "plan":
            self._total = event["cases"]
            self._write(f"{event['cases']} purchases planned, {event['cost']} dollars of {self._money}", end=True)
        elif event["event"] in {"case.end", "fault"}:
            self._done += 1
            self._settled += event.get("state") == "settled"
            self._tell()
        elif event["event"] == "run.end" and self._live and self._total:
            self._write("", end=False)

    def _tell(self) -> None:
        step = max(1, self._total // 10)
        if self._live or self._done % step == 0 or self._done == self._total:
            self._write(f"buying {self._done}/{self._total} · {self._settled} settled", end=not self._live)

    def _write(self, text: str, *, end: bool) -> None:
        lead = "\r\x1b[2K" if self._live else ""
        self._stream.write(f"{lead}{text}" + ("\n" if end else ""))
        self._stream.flush()
