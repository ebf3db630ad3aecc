"""Whole runs in process, with everything passed in, and what a run found, told apart by purchase."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from x402_catalog.models import Listing
from x402_harness.edge.client import Client, Limits
from x402_harness.policy import MICROS, Caps
from x402_harness.protocol.withholding import PAYMENT_HEADERS
from x402_harness.runs.cassettes.keeping import Keeping
from x402_harness.runs.cassettes.recorder import Recorder
from x402_harness.runs.cassettes.recording import Recording
from x402_harness.runs.cassettes.store import Store
from x402_harness.runs.config import RunConfig, Surroundings
from x402_harness.runs.events import Event, Stream
from x402_harness.runs.outcome import Summary
from x402_harness.runs.replay import Replayer
from x402_harness.runs.runner import Runner
from x402_harness.runs.venue import MockVenue
from x402_harness.sandbox.behaviour import Fault
from x402_harness.sandbox.seller import Validates
from x402_harness.sandbox.world import World

NOW = 1_800_000_000.0
CAPS = Caps(100 * MICROS, 10_000 * MICROS)


class Street(MockVenue):
    """Mock sellers with these faults; ``visits`` counts what they were asked, ``payments`` are those that came."""

    def __init__(self, *faults: Fault, version: int | None = None, validates: Validates = Validates.AFTER) -> None:
        super().__init__(World(lambda: NOW))
        self._validates = validates
        self._faults = faults
        self._version = version
        self.visits = 0
        self.payments: list[str] = []

    def client(self, listing: Listing) -> Client:
        """A client on which every host is the faulty seller."""
        seller = self._world.seller(listing, version=self._version, faults=self._faults, validates=self._validates)

        async def counted(scope: Any, receive: Any, send: Any) -> None:
            self.visits += 1
            self.payments += [value.decode() for name, value in scope["headers"] if name.decode() in PAYMENT_HEADERS]
            await seller(scope, receive, send)

        transport = httpx.ASGITransport(app=counted, raise_app_exceptions=False)
        return Client(transport, Limits(timeout=0.1, total=0.2))


@dataclass(frozen=True)
class Ran:
    """A run that is over."""

    summary: Summary
    events: list[Event]

    def of(self, kind: str) -> list[Event]:
        """The events of one kind."""
        return [event for event in self.events if event["event"] == kind]

    @property
    def judged(self) -> dict[str, Any]:
        """What is the same whenever a purchase is judged: ends, findings, claims."""
        ends = {
            one["case"]: {k: one[k] for k in ("state", "reason", "passed", "failed")} for one in self.of("case.end")
        }
        return {
            "ends": ends,
            "findings": [(one["listing"], one["case"], one["finding"]) for one in self.of("finding")],
            "claims": [one["claims"] for one in self.of("claims")],
            "exchanges": [(one["case"], one["exchange"]) for one in self.of("exchange")],
        }


def ran(
    folder: Path, listings: Iterable[Listing], *, venue: Street | None = None, rows: int | None = 2,
    keeping: Keeping = Keeping.ALL, listen: Callable[[Event], None] = lambda _: None, caps: Caps = CAPS,
    confirm: int = 0,
    shrink: int = 0,
    invalid: int = 0,
) -> Ran:  # fmt: skip
    """A run over ``listings`` that keeps its cassettes in ``folder``/tapes."""
    return _ran(
        folder, listen,
        lambda around, stream: Runner(
            RunConfig((), rows=rows, caps=caps, confirm=confirm, shrink=shrink, invalid=invalid),
            around, stream, listings, venue or Street(),
            recorder=Recorder(Store(folder / "tapes"), keeping, around.run_id, around.clock),
        ),
    )  # fmt: skip


def replayed(folder: Path, now: Iterable[Listing] | None = None) -> Ran:
    """What was kept there, judged again."""
    recordings: list[Recording] = list(Store(folder / "tapes").recordings())
    config = RunConfig((), command="replay")
    return _ran(folder, lambda _: None, lambda around, stream: Replayer(config, around, stream, recordings, now))


def _ran(folder: Path, listen: Callable[[Event], None], made: Callable[[Surroundings, Stream], Runner]) -> Ran:
    events: list[Event] = []
    count = itertools.count(1)

    def randomness(size: int) -> bytes:
        return next(count).to_bytes(size, "big")

    number = sum(1 for _ in folder.glob("run-*"))
    home = folder / f"run-{number}"
    home.mkdir()
    around = Surroundings(home.name, home, lambda: NOW, randomness)
    runner = made(around, Stream(around.clock, (events.append, listen)))
    return Ran(asyncio.run(runner.run()), events)
