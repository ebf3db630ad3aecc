"""Findings as the one JSON document of the output contract, suppressed ones beside the others."""

from __future__ import annotations

import json
from typing import Any, TextIO

from x402_catalog.findings import Finding, Level
from x402_harness.reporting.document import document
from x402_harness.reporting.findings import Ending, FindingsReport, Tally, Told


class JsonDocumentReport(FindingsReport):
    """Keeps every finding and writes the document at the end."""

    def __init__(self, out: TextIO, command: str) -> None:
        self._out = out
        self._command = command
        self._tally = Tally()
        self._findings: list[Finding] = []
        self._suppressed: list[dict[str, Any]] = []

    def add(self, told: Told) -> None:
        """Keep the finding."""
        self._tally.count(told.finding)
        self._findings.append(told.finding)

    def suppress(self, told: Told, reason: dict[str, Any]) -> None:
        """Keep the finding among the suppressed ones, with the reason that the baseline gives."""
        self._suppressed.append({**told.finding.to_dict(), "suppressed": reason})

    def end(self, ending: Ending) -> None:
        """Write the document."""
        counts: dict[str, Any] = {"listings": ending.listings}
        counts |= {f"{level}s": self._tally.level(level) for level in Level}
        counts |= {"suppressed": ending.suppressed, "rules": self._rules()}
        more = dict(ending.more)
        if ending.baseline is not None:
            more |= {"suppressed": self._suppressed, "baseline": ending.baseline}
        told = document(self._command, counts, self._findings, **more, exit_code=ending.exit_code)
        # The standard library writes integers of any size, which a record may hold.
        json.dump(told, self._out, indent=2, ensure_ascii=False)
        self._out.write("\n")

    def _rules(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for rule, _, count in self._tally.rows():
            counts[rule] = counts.get(rule, 0) + count
        return counts
