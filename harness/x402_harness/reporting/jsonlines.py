"""Findings as JSON lines: one finding a line, as they come."""

from __future__ import annotations

import json
from typing import TextIO

from x402_harness.reporting.findings import Ending, FindingsReport, Told


class JsonLinesReport(FindingsReport):
    """Writes each finding's JSON form on a line of its own, in ASCII, so that no line can be split by what is in it."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def add(self, told: Told) -> None:
        """Write the finding."""
        self._out.write(json.dumps(told.finding.to_dict()) + "\n")

    def end(self, ending: Ending) -> None:
        """Nothing: a line is a finding."""
