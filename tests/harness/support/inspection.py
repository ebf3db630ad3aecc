"""Everything that there is to say about one seller: a probe, purchases, and payments that it must refuse."""

from __future__ import annotations

import asyncio
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from x402_catalog.findings import Finding
from x402_catalog.models import Listing
from x402_harness.checks.exchange import judge_exchange
from x402_harness.edge.client import Limits
from x402_harness.edge.direct import guarded_client
from x402_harness.edge.guard import Guard
from x402_harness.planning.forgeries import Forgery, forge
from x402_harness.probing.asking import Asker
from x402_harness.probing.prober import Prober, Settings
from x402_harness.probing.targets import Target
from x402_harness.protocol.exchange import Exchange
from x402_harness.runs.config import RunConfig, Surroundings
from x402_harness.runs.events import Stream
from x402_harness.runs.runner import Runner
from x402_harness.runs.venue import EndpointVenue
from x402_harness.sandbox.reader import Reader
from x402_harness.sandbox.server import Serving
from x402_harness.sandbox.street import FAULTY, Street
from x402_harness.sandbox.world import World

QUICK = Limits(body=1024 * 1024, timeout=0.5, total=1.0)  # for sellers that never answer
PATIENT = Limits(body=1024 * 1024, timeout=20.0, total=30.0)


@dataclass(frozen=True)
class Place:
    """A street with its world, on a port of this machine."""

    url: str
    street: Street
    world: World

    def of(self, listing: Listing, *faults: str) -> str:
        """The URL of a listing's seller, with faults."""
        house = next(one for one in self.street.houses if one.listing is listing)
        return self.url + (f"/{FAULTY}/{','.join(faults)}" if faults else "") + house.path


@contextmanager
def opened(listings: list[Listing], protocol: int) -> Iterator[Place]:
    """A street for these listings, all sellers speaking one version."""
    world = World(time.time)
    street = Street(listings, world, protocol=protocol)
    with Serving(street) as serving:
        yield Place(serving.url, street, world)
    world.close()


def bought(
    place: Place, listing: Listing, url: str, *, tries_refusals: bool = True, rows: int = 1, limits: Limits = PATIENT
) -> list[Finding]:
    """What a run finds that buys from the seller at ``url``, findings about the listing itself apart."""
    events: list[dict[str, Any]] = []
    venue = EndpointVenue(url, Reader(place.world), limits)
    venue.tries_refusals = tries_refusals
    config = RunConfig(sources=(), command="buy", rows=rows)
    with tempfile.TemporaryDirectory() as folder:
        around = Surroundings("run", Path(folder), time.time, os.urandom)
        asyncio.run(Runner(config, around, Stream(time.time, (events.append,)), [listing], venue).run())
    faults = [event for event in events if event["event"] == "fault"]
    assert [fault["message"] for fault in faults] == []
    return [Finding.from_dict(one["finding"]) for one in events if one["event"] == "finding" and one["case"]]


def probed(listing: Listing, url: str, *, active: bool = True, limits: Limits = PATIENT) -> list[Finding]:
    """What a probe finds at ``url``."""

    def forged(exchange: Exchange) -> Iterator[Forgery]:
        return forge(exchange, now=int(time.time()), entropy=secrets.token_bytes)

    async def run() -> list[Finding]:
        async with guarded_client(Guard(frozenset({"127.0.0.1"})), limits) as client:
            prober = Prober(
                Asker(client.send, asyncio.sleep, time.time),
                judge_exchange,
                Settings(active=active, slow=0.2 if limits is QUICK else 5.0),
                forged,
            )
            return list((await prober.probe(Target(url, True, listing=listing))).findings)

    return asyncio.run(run())
