"""Formats by name: those of findings, and those of a run's report. Each is imported only when it is asked for."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from x402_harness.reporting.findings import FindingsReport
from x402_harness.reporting.writing import whole

if TYPE_CHECKING:
    from x402_harness.reporting.view import RunView

FORMATS = ("text", "json", "jsonl", "csv", "html", "sarif", "github")


def findings_report(format_: str, out: TextIO, command: str, *, everything: bool = False) -> FindingsReport:
    """The report of ``command`` in one of :data:`FORMATS`; ``everything`` keeps the text from leaving findings out."""
    if format_ == "json":
        from x402_harness.reporting.jsondocument import JsonDocumentReport

        return JsonDocumentReport(out, command)
    if format_ == "jsonl":
        from x402_harness.reporting.jsonlines import JsonLinesReport

        return JsonLinesReport(out)
    if format_ == "csv":
        from x402_harness.reporting.csvlines import CsvReport

        return CsvReport(out)
    if format_ == "html":
        from x402_harness.reporting.findingspage import FindingsPage

        return FindingsPage(out, command)
    if format_ in {"sarif", "github"}:
        return _for_repositories(format_, out, command)
    from x402_harness.reporting.compiler import PER_RULE, CompilerReport

    return CompilerReport(out, None if everything else PER_RULE)


def _for_repositories(format_: str, out: TextIO, command: str) -> FindingsReport:
    from x402_harness.reporting.repository import Repository

    repository = Repository.around(os.getcwd())
    if format_ == "sarif":
        from x402_harness.reporting.sarif import SarifReport

        return SarifReport(out, command, repository)
    from x402_harness.reporting.github import GithubReport

    return GithubReport(out, repository)


@dataclass(frozen=True, slots=True)
class ReportFormat:
    """A format of a run's report: its ``name``, the ``file`` that it is written to in the run's folder (``None``: to
    standard error, where a build log looks for it), and the module and function that write it."""

    name: str
    file: str | None
    module: str
    function: str

    def write(self, view: RunView, out: TextIO) -> None:
        """Write the report of a run that was judged."""
        getattr(import_module(f"x402_harness.reporting.{self.module}"), self.function)(view, out)


REPORTS = {
    one.name: one
    for one in (
        ReportFormat("html", "report.html", "html", "write_html"),
        ReportFormat("json", "report.json", "document", "write_document"),
        ReportFormat("junit", "junit.xml", "junit", "write_junit"),
        ReportFormat("sarif", "testbuy.sarif", "runfindings", "write_sarif"),
        ReportFormat("github", None, "runfindings", "write_github"),
        ReportFormat("md", "report.md", "markdown", "write_markdown"),
        ReportFormat("har", "exchanges.har", "har", "write_har"),
        ReportFormat("csv", "purchases.csv", "purchases", "write_purchases"),
    )
}


class UnknownFormat(ValueError):
    """A format that there is not; the message says which one may have been meant."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A report that is wanted, at ``path`` where that was given; ``-`` is standard output."""

    format: ReportFormat
    path: str | None = None

    def write(self, view: RunView, folder: Path) -> str | None:
        """Write it, and return where; ``None`` for a stream. Raises ``OSError``."""
        if self.path == "-":
            self._say(view, sys.stdout)
            return None
        file = self.path or (self.format.file and (folder / self.format.file).as_posix())
        if file is None:
            self._say(view, sys.stderr)
            return None
        with whole(file) as out:
            self.format.write(view, out)
        return file

    def _say(self, view: RunView, stream: TextIO) -> None:
        text, encoding = io.StringIO(newline=""), stream.encoding or "utf-8"
        self.format.write(view, text)
        stream.write(text.getvalue().encode(encoding, "backslashreplace").decode(encoding))
        stream.flush()


DEFAULT_REPORTS = (Wanted(REPORTS["html"]), Wanted(REPORTS["json"]))


def wanted_reports(texts: Iterable[str]) -> list[Wanted]:
    """The reports in texts such as ``html,junit,sarif=out.sarif``. Raises :class:`UnknownFormat`."""
    return [_wanted(part) for text in texts for part in _parts(text)]


def _parts(text: str) -> Iterator[str]:
    """The parts of a list; a part that is no name of a format belongs to the path before it."""
    part = ""
    for piece in text.split(","):
        if part and "=" in part and piece.partition("=")[0].strip() not in REPORTS:
            part += f",{piece}"
            continue
        if part.strip():
            yield part.strip()
        part = piece
    if part.strip():
        yield part.strip()


def _wanted(text: str) -> Wanted:
    name, given, path = text.partition("=")
    if name not in REPORTS:
        close = get_close_matches(name, REPORTS, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(REPORTS)}."
        raise UnknownFormat(f"no format {name!r}; {hint}")
    if given and not path:
        raise UnknownFormat(f"{name}= names no file")
    return Wanted(REPORTS[name], path or None)
