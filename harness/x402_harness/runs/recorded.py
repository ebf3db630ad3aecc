"""Recorded runs: where a run's journal is, by its folder, its file or its id."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

JOURNAL = "events.ndjson"


class NoSuchRun(LookupError):
    """There is no run of that name; the message says where it was looked for."""


def journal_of(run: str, reports: Path) -> Path:
    """The journal of ``run``: a file, a folder that has one, or the id of a run in ``reports``; ``last`` is the latest
    there. Raises :class:`NoSuchRun`."""
    known = _ids(reports)
    if run == "last" and known:
        return reports / known[-1] / JOURNAL
    for path in (Path(run), Path(run) / JOURNAL, reports / run / JOURNAL):
        if path.is_file():
            return path
    close = get_close_matches(run, known, n=1)
    hint = f" Did you mean {close[0]}?" if close else f" The latest is {known[-1]}." if known else ""
    raise NoSuchRun(f"no run {run!r}: neither a journal, nor a folder with {JOURNAL}, nor an id in {reports}.{hint}")


def _ids(reports: Path) -> list[str]:
    try:
        return sorted(path.parent.name for path in reports.glob(f"*/{JOURNAL}"))
    except OSError:
        return []
