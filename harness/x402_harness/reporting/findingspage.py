"""Findings as one self-contained HTML page: no script, nothing fetched, every text of others escaped."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, TextIO

from x402_catalog.__about__ import __version__
from x402_catalog.findings import Finding, Level
from x402_harness.reporting.findings import Ending, FindingsReport, Tally, Told, rule_of
from x402_harness.reporting.html import environment
from x402_harness.reporting.terminal import GLYPHS

PER_RULE = 200  # findings of one rule that the page shows; the JSON document holds all


class FindingsPage(FindingsReport):
    """Keeps at most :data:`PER_RULE` findings of each rule and writes the page at the end.

    The tables of :attr:`Ending.more` that are lists of objects stand below the findings.
    """

    def __init__(self, out: TextIO, command: str) -> None:
        self._out = out
        self._command = command
        self._tally = Tally()
        self._kept: dict[tuple[str, Level], list[Finding]] = defaultdict(list)

    def add(self, told: Told) -> None:
        """Keep the finding, unless enough of its rule are kept."""
        if self._tally.count(told.finding) <= PER_RULE:
            self._kept[told.finding.rule, told.finding.level].append(told.finding)

    def end(self, ending: Ending) -> None:
        """Write the page."""
        rows = [
            {
                "code": code,
                "level": str(level),
                "count": count,
                "rule": rule_of(code),
                "findings": self._kept[code, level],
            }
            for code, level, count in self._tally.rows()
        ]
        page = environment().get_template("findings.html.j2").render(
            command=self._command, version=__version__, sentence=self._tally.sentence(ending), ending=ending, rows=rows,
            glyphs=GLYPHS, tables=_tables(ending.more),
        )  # fmt: skip
        self._out.write(page)


def _tables(more: dict[str, Any]) -> list[dict[str, Any]]:
    """Every list of objects one level down, with its name and columns."""
    return [
        {"name": name.replace("_", " "), "columns": list(rows[0]), "rows": rows}
        for part in more.values()
        if isinstance(part, dict)
        for name, rows in part.items()
        if isinstance(rows, list) and rows and isinstance(rows[0], dict)
    ]
