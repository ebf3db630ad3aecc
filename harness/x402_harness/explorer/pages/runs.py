"""The pages of recorded runs: which there are, and each as its report tells it."""

from __future__ import annotations

from pathlib import Path

from x402_harness.explorer.answers import Answer, NotThere
from x402_harness.explorer.asked import Asked
from x402_harness.explorer.commands import line
from x402_harness.explorer.shelf import Shelf
from x402_harness.reporting.document import document, run_document
from x402_harness.reporting.html import report_context
from x402_harness.reporting.recorded import read_run
from x402_harness.reporting.view import RunView
from x402_harness.runs.events import BrokenJournal
from x402_harness.runs.history import Recorded, journals, recorded
from x402_harness.runs.outcome import Exit, exit_of

NAMES: tuple[str, ...] = ()
RUN_NAMES = ("id",)


def page(asked: Asked, shelf: Shelf) -> Answer:
    """The runs, the latest first."""
    found = recorded(shelf.reports)
    rows = [(run, _told(run), Asked("/run", (("id", run.run),)).href()) for run in found]
    summary = {"listings": 0, "errors": 0, "warnings": 0, "runs": len(found)}
    return Answer(
        title="Runs",
        template="runs.html.j2",
        context={"runs": rows, "folder": str(shelf.reports)},
        document=lambda: document("runs", summary, [], runs=[_as_json(run) for run in found]),
    )


def run_page(asked: Asked, shelf: Shelf) -> Answer:
    """One run."""
    view = _view(_journal(asked.one("id"), shelf))
    return Answer(
        title="Run",
        template="run.html.j2",
        context=report_context(view),
        document=lambda: run_document(view),
        command=line("run", words=tuple(map(str, view.started.get("sources", ())))),
    )


def _journal(run: str, shelf: Shelf) -> Path:
    # The name is looked for among those that are there, so that it leads to no other file.
    for journal in journals(shelf.reports):
        if journal.parent.name == run:
            return journal
    raise NotThere(f"there is no run {run} in {shelf.reports}")


def _view(journal: Path) -> RunView:
    try:
        return read_run(journal)
    except (OSError, BrokenJournal) as error:
        raise NotThere(f"the journal {journal} cannot be read as that of a run") from error


def _told(run: Recorded) -> dict[str, str]:
    if run.summary is None:
        return {"listings": "", "findings": "", "purchases": "", "verdict": "? not finished"}
    bought = run.summary.get("purchases", {})
    code = exit_of(run.summary) if run.exit_code is None else run.exit_code
    return {
        "listings": str(run.summary.get("listings", "")),
        "findings": f"{run.summary.get('errors', 0)} errors, {run.summary.get('warnings', 0)} warnings",
        "purchases": f"{bought.get('settled', 0)} of {bought.get('planned', 0)} settled",
        "verdict": "✓ passed" if code == Exit.CLEAN else f"✗ exit {int(code)}",
    }


def _as_json(run: Recorded) -> dict[str, object]:
    return {
        "run": run.run, "at": run.start.get("at"), "mode": run.start.get("mode"), "sources": run.start.get("sources"),
        "summary": run.summary,
    }  # fmt: skip
