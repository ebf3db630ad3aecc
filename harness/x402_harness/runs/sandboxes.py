"""Sandboxes for sellers of one's own: one that is opened for a run, or one that is running already."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from x402_catalog.models import Listing
from x402_catalog.networks import network
from x402_harness.buying.remote import RemoteSandbox
from x402_harness.edge.client import Client
from x402_harness.runs.venue import SandboxChain
from x402_harness.sandbox.app import FACILITATOR, PORT, RPC, sandbox_app
from x402_harness.sandbox.reader import Reader
from x402_harness.sandbox.server import Deferred, Serving
from x402_harness.sandbox.street import Street, addresses
from x402_harness.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A facilitator and the chains that it settles on, at ``url``; ``chain`` is how a buyer asks and funds them.

    ``sellers`` are the URLs of sellers made from listings, by their slugs.
    """

    url: str
    chain: SandboxChain
    sellers: dict[str, str] = field(default_factory=dict)

    @property
    def facilitator(self) -> str:
        """The facilitator's URL, which a seller is configured with."""
        return self.url + FACILITATOR

    def rpc(self, name: str) -> str:
        """The JSON-RPC endpoint of a network, by whichever name. Raises ``ValueError`` for one that is not EVM."""
        found = network(name)
        if found is None or found.chain_id is None:
            raise ValueError(f"{name!r} is no EVM network of the table")
        return f"{self.url}{RPC}/{found.chain_id}"


@contextmanager
def open_sandbox(
    port: int = PORT, listings: Iterable[Listing] = (), *, seed: int = 402, clock: Callable[[], float] = time.time
) -> Iterator[Sandbox]:
    """Open a sandbox on ``port`` (0 for any free one), with a seller for each listing; it is closed at the end.

    ``clock`` gives seconds since 1970. Raises :class:`~x402_harness.sandbox.server.CannotServe`.
    """
    world, app = World(clock, seed=seed), Deferred()
    try:
        with Serving(app, port) as serving:
            street = Street(listings, world)
            app.become(sandbox_app(world, street, serving.url, clock))
            sellers = {house.listing.slug: url for house, url in addresses(street, serving.url)}
            yield Sandbox(serving.url, Reader(world), sellers)
    finally:
        world.close()


async def running_sandbox(url: str) -> Sandbox:
    """The sandbox that runs at ``url``. Raises :class:`~x402_harness.buying.remote.NoSandbox`."""
    remote = RemoteSandbox(url, Client())
    return Sandbox(url.rstrip("/"), remote, await remote.sellers())
