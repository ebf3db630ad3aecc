"""The findings of a run in the formats that findings have: SARIF and GitHub's annotations."""

from __future__ import annotations

import os
from typing import TextIO

from x402_harness.reporting.findings import Ending, FindingsReport
from x402_harness.reporting.gates import gate_line
from x402_harness.reporting.github import GithubReport
from x402_harness.reporting.repository import Repository
from x402_harness.reporting.sarif import SarifReport
from x402_harness.reporting.view import RunView


def write_sarif(view: RunView, out: TextIO) -> None:
    """SARIF 2.1.0. What was found at an endpoint is placed at its listing's file, as code scanning needs a file."""
    files = [listing.about["file"] for listing in view.listings.values() if listing.about["file"]]
    fallback = files[0] if files else None
    command = str(view.started.get("command", "run"))
    _tell(view, SarifReport(out, command, Repository.around(os.getcwd()), fallback=fallback))


def write_github(view: RunView, out: TextIO) -> None:
    """Annotations of GitHub Actions."""
    _tell(view, GithubReport(out, Repository.around(os.getcwd())))


def _tell(view: RunView, report: FindingsReport) -> None:
    accepted = {id(finding): why for finding, why in view.suppressed}
    for told in view.told:
        if (why := accepted.get(id(told.finding))) is not None:
            report.suppress(told, why)
        else:
            report.add(told)
    notices = tuple(f"gate failed: {gate_line(gate)}" for gate in view.gates if not gate["passed"])
    code = view.exit_code or 0
    report.end(Ending(len(view.listings), code, len(accepted), notices, view.baseline, tuple(view.gates)))
