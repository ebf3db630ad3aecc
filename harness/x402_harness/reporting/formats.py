"""Formats of findings by name, each imported only when it is asked for."""

from __future__ import annotations

import os
from typing import TextIO

from x402_harness.reporting.findings import FindingsReport

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
