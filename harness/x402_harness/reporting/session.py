"""A session: one run with its folder, journal, view and reports. Every face starts runs through it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from x402_catalog.findings import Finding
from x402_catalog.models import Listing
from x402_catalog.records import Record
from x402_harness.planning.cases import Plan
from x402_harness.reporting.document import run_document
from x402_harness.reporting.formats import DEFAULT_REPORTS, Wanted
from x402_harness.reporting.gates import Asked, Thresholds, conclude
from x402_harness.reporting.progress import Progress
from x402_harness.reporting.view import RunView
from x402_harness.runs.cassettes.keeping import Keeping
from x402_harness.runs.cassettes.recorder import Recorder
from x402_harness.runs.cassettes.recording import Recording
from x402_harness.runs.cassettes.store import CASSETTES, Store
from x402_harness.runs.config import RunConfig, Surroundings
from x402_harness.runs.events import Journal, Listener, Stream
from x402_harness.runs.outcome import Exit, Summary
from x402_harness.runs.purse import Purse
from x402_harness.runs.replay import Replayer
from x402_harness.runs.runner import Runner
from x402_harness.runs.venue import Venue

Accepted = Callable[[RunView, Callable[..., None]], None]  # tells by events which findings of a run are accepted


@dataclass(slots=True)
class Session:
    """A finished run: its folder, what came out, and the writers of its reports.

    ``paths`` are the files of the run by name; reports come to it as they are written.
    """

    folder: Path
    view: RunView
    summary: Summary
    clock: Callable[[], float] = time.time
    paths: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.paths["events"] = self._path("events.ndjson")
        if (self.folder / "ledger.db").exists():  # the books of test money and real money are the user's, not the run's
            self.paths["ledger"] = self._path("ledger.db")

    def conclude(
        self, thresholds: Thresholds, accepted: Accepted | None = None, more: Asked | None = None
    ) -> Exit:  # fmt: skip
        """Judge the run, once: what the baseline accepts, every gate, the verdict. All of it goes to the events.
        ``more`` are gates of a command's own.

        Raises ``OSError``.
        """
        journal = Journal(self.folder / "events.ndjson", more=True)
        stream = Stream(self.clock, (journal, self.view))
        try:
            if accepted is not None:
                accepted(self.view, stream.emit)
            return conclude(self.view, thresholds, stream.emit, more)
        finally:
            journal.close()

    def document(self) -> dict[str, Any]:
        """The run as the JSON document of the output contract; it must be concluded."""
        return run_document(self.view)

    def write_reports(self, wanted: Sequence[Wanted] = DEFAULT_REPORTS) -> None:
        """Write the reports that are wanted, beside the events unless they say where. Raises ``OSError``."""
        for one in wanted:
            path = one.write(self.view, self.folder)
            if path is not None:
                self.paths[one.format.name] = path

    def print(self) -> None:
        """Print the run on standard output."""
        from x402_harness.reporting.terminal import console, print_run

        print_run(self.view, console(), self.paths)

    def _path(self, name: str) -> str:
        return (self.folder / name).as_posix()


def run_and_report(
    config: RunConfig,
    reports: str | Path,
    *,
    quiet: bool = False,
    clock: Callable[[], float] = time.time,
    randomness: Callable[[int], bytes] = os.urandom,
    items: Iterable[Record | Finding | Listing] | None = None,
    venue: Venue | None = None,
    purse: Purse | None = None,
    planned: Plan | None = None,
    keeping: Keeping = Keeping.ALL,
    cassettes: str | Path | None = None,
) -> Session:
    """Run ``config`` in a new folder under ``reports``. SIGINT and SIGTERM end it early with what it has.

    ``items``, ``venue``, ``purse`` and ``planned`` are those of the runner. Purchases are kept in ``cassettes``, or in
    the run's own folder.

    Raises ``OSError`` if the folder cannot be made, :class:`~x402_catalog.search.BadFilter`, and
    :class:`~x402_harness.ledger.Unusable` for books that cannot be opened.
    """

    def runner(around: Surroundings, stream: Stream) -> Runner:
        store = Store(Path(cassettes) if cassettes else around.folder / CASSETTES)
        recorder = Recorder(store, keeping, around.run_id, clock)
        return Runner(config, around, stream, items, venue, purse, planned, recorder)

    return _session(runner, reports, quiet, clock, randomness)


def replay_and_report(
    config: RunConfig,
    reports: str | Path,
    recordings: Iterable[Recording],
    *,
    now: Iterable[Listing] | None = None,
    quiet: bool = False,
    clock: Callable[[], float] = time.time,
    randomness: Callable[[int], bytes] = os.urandom,
) -> Session:
    """Judge ``recordings`` again in a new folder under ``reports``; ``now`` are the listings of today, if those count.

    Raises ``OSError``, and :class:`~x402_harness.runs.cassettes.exchanges.Unplayable` where a listing cannot be read.
    """
    return _session(
        lambda around, stream: Replayer(config, around, stream, recordings, now), reports, quiet, clock, randomness
    )


def _session(
    made: Callable[[Surroundings, Stream], Runner], reports: str | Path, quiet: bool, clock: Callable[[], float],
    randomness: Callable[[int], bytes],
) -> Session:  # fmt: skip
    run_id = new_run_id(clock(), randomness(2))
    folder = Path(reports) / run_id
    folder.mkdir(parents=True)
    view, journal = RunView(), Journal(folder / "events.ndjson")
    listeners: tuple[Listener, ...] = (journal, view) if quiet else (journal, view, Progress(sys.stderr))
    try:
        runner = made(Surroundings(run_id, folder, clock, randomness), Stream(clock, listeners))
        summary = asyncio.run(_stoppable(runner))
    finally:
        journal.close()
    return Session(folder, view, summary, clock)


def new_run_id(now: float, salt: bytes) -> str:
    """A run's name: UTC date and time, and four hex digits so that two runs of one second differ."""
    return time.strftime("%Y%m%d-%H%M%S", time.gmtime(now)) + "-" + salt.hex()


async def _stoppable(runner: Runner) -> Summary:
    task = asyncio.ensure_future(runner.run())
    with _signals(task):
        return await task


@contextmanager
def _signals(task: asyncio.Task[Summary]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    taken = []
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, task.cancel)
            taken.append(number)
        except (NotImplementedError, RuntimeError, ValueError):
            pass  # Windows, or not the main thread: KeyboardInterrupt reaches the runner instead
    try:
        yield
    finally:
        for number in taken:
            loop.remove_signal_handler(number)
