"""Sandboxes for sellers of one's own: one that is opened for a run, or one that is running already."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from x402_catalog.networks import network
from x402_harness.buying.remote import RemoteSandbox
from x402_harness.edge.client import Client
from x402_harness.runs.venue import SandboxChain
from x402_harness.sandbox.app import FACILITATOR, PORT, RPC, sandbox_app
from x402_harness.sandbox.reader import Reader
from x402_harness.sandbox.server import Deferred, Serving
from x402_harness.sandbox.street import Street
from x402_harness.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A facilitator and the chains that it settles on, at ``url``; ``chain`` is how a buyer asks and funds them."""

    url: str
    chain: SandboxChain

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
def open_sandbox(port: int = PORT, *, seed: int = 402, clock: Callable[[], float]) -> Iterator[Sandbox]:
    """Open a sandbox without sellers on ``port`` (0 for any free one); it is closed at the end.

    ``clock`` gives seconds since 1970. Raises :class:`~x402_harness.sandbox.server.CannotServe`.
    """
    world, app = World(clock, seed=seed), Deferred()
    try:
        with Serving(app, port) as serving:
            app.become(sandbox_app(world, Street([], world), serving.url, clock))
            yield Sandbox(serving.url, Reader(world))
    finally:
        world.close()


async def running_sandbox(url: str) -> Sandbox:
    """The sandbox that runs at ``url``. Raises :class:`~x402_harness.buying.remote.NoSandbox`."""
    remote = RemoteSandbox(url, Client())
    await remote.check()
    return Sandbox(url.rstrip("/"), remote)
