"""Venues for a shopper: an application in this process, besides those of a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from x402_catalog.models import Listing
from x402_harness.edge.apps import Hosted
from x402_harness.edge.client import Client, Limits
from x402_harness.runs.venue import EndpointVenue, SandboxChain

HERE = "http://localhost"  # where an application seems to be; nothing is connected to


class AppVenue(EndpointVenue):
    """A seller's own application, asked without a socket and paid with sandbox money."""

    def __init__(self, app: Callable[..., Any], chain: SandboxChain, base: str = HERE, limits: Limits | None = None):
        super().__init__(base, chain, limits)
        self._app = Hosted(app)
        self._app_limits = limits

    def client(self, listing: Listing) -> Client:
        """Reaches the application alone."""
        return self._app.client(self._app_limits)

    async def close(self) -> None:
        """End the application's lifespan."""
        await self._app.close()
