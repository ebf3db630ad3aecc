"""Findings as a compiler prints them: place, level, code and message, then the line of text with a caret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from rich.cells import cell_len
from rich.text import Text

from x402_catalog.findings import Finding, Level
from x402_harness.reporting.escape import printable, printable_cells
from x402_harness.reporting.excerpts import Excerpt, Excerpts
from x402_harness.reporting.findings import Ending, FindingsReport, Tally, Told, rule_title, value_text
from x402_harness.reporting.terminal import console

PER_RULE = 10  # findings of one rule printed in full
_STYLES = {Level.ERROR: "bold red", Level.WARNING: "bold yellow", Level.INFO: "bold cyan"}
_PATH = 4096  # characters of a path: cut, it could not be opened


class CompilerReport(FindingsReport):
    """Prints findings as they come, of each rule the first ``most`` in full (``None`` for all); counts at the end."""

    def __init__(self, out: TextIO, most: int | None = PER_RULE) -> None:
        self._out = out
        self._console = console(file=out)
        self._most = most
        self._tally = Tally()
        self._excerpts = Excerpts()

    def add(self, told: Told) -> None:
        """Print the finding, unless enough of its rule were printed."""
        count = self._tally.count(told.finding)
        if self._most is None or count <= self._most:
            for line in self._lines(told):
                self._print(line)

    def end(self, ending: Ending) -> None:
        """Print what was left out, the counts by rule, and the verdict's sentence."""
        rows = list(self._tally.rows())
        for rule, _, count in rows:
            if self._most is not None and count > self._most:
                self._print(Text(f"… and {count - self._most} more of {printable(rule)} (--all shows them)"))
        if rows:
            self._print(Text())
        width = len(str(max((count for *_, count in rows), default=0)))
        for rule, level, count in rows:
            line = Text(f"{count:>{width}} × ")
            line.append(f"{printable(rule):<9}", style=_STYLES[level])
            self._print(line.append(f"{level!s:<8} {rule_title(rule)}".rstrip()))
        self._print(Text(self._tally.sentence(ending), style="bold"))

    def _lines(self, told: Told) -> Iterator[Text]:
        finding = told.finding
        yield _head(finding)
        excerpt = self._excerpts.find(finding.location, told.record)
        if excerpt is not None:
            yield from excerpt_lines(excerpt, finding.location.line or 1, _STYLES[finding.level])
        yield from _notes(finding)

    def _print(self, line: Text) -> None:
        # Without colour there is nothing for rich to do, and it takes its time.
        if self._console.color_system is None:
            encoding = self._out.encoding or "utf-8"
            self._out.write(line.plain.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        else:
            self._console.print(line)


def excerpt_lines(excerpt: Excerpt, number: int, style: str = "") -> Iterator[Text]:
    """The line of text behind its number, and below it a line of carets, which stand where a terminal shows what they
    mean: wide characters take two cells, tabs and escaped characters as many as they are printed with."""
    cells = printable_cells(excerpt.text)
    behind = excerpt.start + excerpt.length
    lead = "…" if excerpt.cut_before else ""
    gutter = f"{number:>5} | "
    yield Text(f"{gutter}{lead}{''.join(cells)}{'…' if excerpt.cut_after else ''}".rstrip())
    indent = cell_len(lead + "".join(cells[: excerpt.start]))
    carets = Text(" " * (len(gutter) - 2) + "| " + " " * indent)
    yield carets.append("^" * max(1, cell_len("".join(cells[excerpt.start : behind]))), style=style)


def _head(finding: Finding) -> Text:
    location = finding.location
    if location.file is None:
        place = "testbuy"
    else:
        place = ":".join(
            str(part) for part in (printable(location.file, _PATH), location.line, location.column) if part is not None
        )
        # A build log takes a line that begins with two colons for a command.
        place = f"./{place}" if place.lstrip().startswith("::") else place
    line = Text(f"{place}: ", style="bold")
    line.append(f"{finding.level} {printable(finding.rule)} ", style=_STYLES[finding.level])
    return line.append(printable(finding.message, 600), style="default")


def _notes(finding: Finding) -> Iterator[Text]:
    place = finding.location
    where = " in ".join(part for part in (place.pointer, place.listing) if part)
    called = " ".join(part for part in (place.url, f"({place.leg})" if place.leg else "") if part)
    notes = (("at", where), ("call", called), ("observed", finding.observed), ("expected", finding.expected))
    for name, value in notes:
        if value is not None and value != "":
            yield Text(f"  {name:<9} {printable(value_text(value))}")
    if finding.help:
        line = f"  {'help':<9} {printable(finding.help)} (testbuy explain {printable(finding.rule)})"
        yield Text(line, style="dim")
