"""Opening a shopper from a program, with everything that it needs."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from x402_harness.policy import Caps
from x402_harness.runs.config import MOCK_CAPS
from x402_harness.runs.endpoints import is_on_this_machine
from x402_harness.runs.sandboxes import Sandbox, open_sandbox
from x402_harness.runs.venue import EndpointVenue, MockVenue, Venue
from x402_harness.sandbox.app import PORT
from x402_harness.sandbox.world import World
from x402_harness.shopping.loops import OwnLoop
from x402_harness.shopping.shopper import Budget, Shopper
from x402_harness.shopping.venues import HERE, AppVenue


@contextmanager
def open_shopper(
    *, url: str | None = None, app: Callable[..., Any] | None = None, sandbox: Sandbox | None = None,
    port: int = PORT, caps: Caps = MOCK_CAPS, seed: int = 402, folder: Path | str | None = None,
) -> Iterator[Shopper]:  # fmt: skip
    """A shopper with sandbox money: at the server ``url`` on this machine, at an ASGI or WSGI ``app``, or where there
    is neither, at sellers made from the listings.

    A server or application settles in ``sandbox``; one is opened on ``port`` unless given. ``folder`` keeps the ledger.
    Raises ``ValueError`` for a URL of another machine, or for a server and an application at once, and
    :class:`~x402_harness.sandbox.server.CannotServe`.
    """
    if url is not None and app is not None:
        raise ValueError("a server and an application are two sellers: give one")
    if url is not None and not is_on_this_machine(url):
        raise ValueError(f"{url!r} is not on this machine: sandbox money is not offered to any other")
    with ExitStack() as opened:
        if folder is None:
            folder = opened.enter_context(TemporaryDirectory(prefix="testbuy-"))
        venue: Venue
        if url is None and app is None:
            world = World(time.time, seed=seed)
            opened.callback(world.close)
            venue = MockVenue(world)
        else:
            sandbox = sandbox or opened.enter_context(open_sandbox(port, seed=seed, clock=time.time))
            chain = sandbox.chain
            venue = AppVenue(app, chain) if app is not None else EndpointVenue(str(url), chain)
        loop = OwnLoop()
        opened.callback(loop.close, venue.close if isinstance(venue, AppVenue) else None)
        budget = Budget(Path(folder) / "ledger.db", "shopping", time.time, caps)
        yield Shopper(venue, budget, os.urandom, seed, run=loop.run, base=url or (HERE if app else None))
