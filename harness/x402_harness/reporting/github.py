"""Findings as annotations of GitHub Actions: workflow commands on standard output.

A step shows ten annotations of each kind and a job fifty; what is beyond is lost without a word. So of each kind ten
are written, every rule gets its share, and what was left out is said in the last annotation of its rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from x402_catalog.findings import Finding, Level, Location
from x402_harness.reporting.escape import printable
from x402_harness.reporting.findings import Ending, FindingsReport, Tally, Told, rule_title, value_text
from x402_harness.reporting.gates import gate_line
from x402_harness.reporting.repository import Repository

PER_KIND = 10
_KINDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.INFO: "notice"}


class GithubReport(FindingsReport):
    """Keeps the first findings of each rule and writes the annotations at the end."""

    def __init__(self, out: TextIO, repository: Repository) -> None:
        self._out = out
        self._repository = repository
        self._tally = Tally()
        self._kept: dict[tuple[str, Level], list[Finding]] = {}

    def add(self, told: Told) -> None:
        """Keep the finding, if it may become an annotation."""
        if self._tally.count(told.finding) <= PER_KIND:
            self._kept.setdefault((told.finding.rule, told.finding.level), []).append(told.finding)

    def end(self, ending: Ending) -> None:
        """Write the annotations, worst first, and the counts."""
        for level in Level:
            for line in self._annotations(level):
                self._out.write(line + "\n")
        for gate in ending.gates:
            self._out.write(f"{'✓' if gate['passed'] else '✗'} {printable(gate_line(gate))}\n")
        self._out.write(self._tally.sentence(ending) + "\n")

    def _annotations(self, level: Level) -> Iterator[str]:
        counts = {rule: count for rule, of, count in self._tally.rows() if of is level}
        shares = _shares(counts)
        told = [rule for rule in counts if shares[rule]]
        untold = [rule for rule in counts if not shares[rule]]
        for rule in told:
            chosen = self._kept[rule, level][: shares[rule]]
            for number, finding in enumerate(chosen, 1):
                more = []
                if number == len(chosen) and counts[rule] > number:
                    more.append(f"and {counts[rule] - number} more of {rule}")
                if untold and rule == told[-1] and number == len(chosen):
                    more += [f"and {counts[other]} of {other}" for other in untold]
                yield self._annotation(finding, more)

    def _annotation(self, finding: Finding, more: list[str]) -> str:
        parts = [printable(finding.message, 600)]
        if finding.observed is not None:
            parts.append(f"observed: {printable(value_text(finding.observed))}")
        if finding.expected is not None:
            parts.append(f"expected: {printable(value_text(finding.expected))}")
        parts += [f"help: {printable(finding.help)}"] if finding.help else []
        title = f"{finding.rule} {rule_title(finding.rule)}".rstrip()
        properties = {"title": printable(title), **self._place(finding.location)}
        told = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
        return f"::{_KINDS[finding.level]} {told}::{_data(chr(10).join([*parts, *map(printable, more)]))}"

    def _place(self, location: Location) -> dict[str, str]:
        if location.file is None:
            return {}
        path = self._repository.relative(location.file)
        place = {"file": printable(location.file if path is None else path, 4096)}
        if location.line is not None:
            place["line"] = str(location.line)
            if location.column is not None:
                place["col"] = str(location.column)
        return place


def _shares(counts: dict[str, int]) -> dict[str, int]:
    """How many annotations each rule gets: one each in turn, until none is left or no rule wants more."""
    shares = dict.fromkeys(counts, 0)
    left = PER_KIND
    while left and any(shares[rule] < counts[rule] for rule in counts):
        for rule, count in counts.items():
            if left and shares[rule] < count:
                shares[rule] += 1
                left -= 1
    return shares


def _data(text: str) -> str:
    """The message of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """The value of a workflow command's property."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
