"""Findings as CSV (RFC 4180) for spreadsheets, a finding a row."""

from __future__ import annotations

import csv
from typing import Any, TextIO

from x402_harness.reporting.escape import printable
from x402_harness.reporting.findings import Ending, FindingsReport, Told, value_text

COLUMNS = ("rule", "level", "listing", "file", "line", "column", "pointer", "message", "observed", "expected", "help")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LONGEST = 2000


class CsvReport(FindingsReport):
    """Writes each finding as a row. What a spreadsheet would take for a formula gets a ``'`` before it."""

    def __init__(self, out: TextIO) -> None:
        self._writer = csv.writer(out, lineterminator="\n")
        self._writer.writerow(COLUMNS)

    def add(self, told: Told) -> None:
        """Write the finding."""
        flat = told.finding.to_dict()
        flat |= flat.pop("location")
        self._writer.writerow([_cell(flat.get(name)) for name in COLUMNS])

    def end(self, ending: Ending) -> None:
        """Nothing: a row is a finding."""


def _cell(value: Any) -> str:
    text = printable("" if value is None else value_text(value), _LONGEST)
    return f"'{text}" if text.startswith(_FORMULA) else text
