"""Recorded runs, read back from their journals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from x402_harness.reporting.gates import Thresholds, conclude
from x402_harness.reporting.view import RunView, fold
from x402_harness.runs.events import BrokenJournal, read_events


def read_run(journal: Path) -> RunView:
    """The view of a recorded run. One without a verdict, such as one that was killed, is judged by the gates of every
    run. Raises :class:`~x402_harness.runs.events.BrokenJournal` and ``OSError``."""
    try:
        view = fold(read_events(journal))
        if view.exit_code is None and view.started:
            conclude(view, Thresholds(), _into(view))
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        if isinstance(error, BrokenJournal):
            raise
        raise BrokenJournal(f"an event lacks what its kind has ({type(error).__name__}: {error})") from error
    if not view.started:
        raise BrokenJournal("it does not begin with the start of a run")
    return view


def _into(view: RunView) -> Any:
    def emit(event: str, **content: Any) -> None:
        view({"event": event, **content})

    return emit
