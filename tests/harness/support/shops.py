"""Shops: sellers made from listings, each behind a real socket, with the sandbox that they settle in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from x402_catalog.models import Listing, listing_of
from x402_catalog.reading import read
from x402_harness.sandbox.app import sandbox_app
from x402_harness.sandbox.server import Deferred, Serving
from x402_harness.sandbox.street import Street
from x402_harness.sandbox.world import World

REFERENCE = "api-venice-ai-api-v1-images-generations"


def listing_in(path: Path) -> Listing:
    """The one listing of a file."""
    (record,) = read([path])
    return listing_of(record)


@contextmanager
def shop(*paths: Path) -> Iterator[str]:
    """A sandbox with a seller for each listing file; its URL."""
    world, app = World(time.time), Deferred()
    street = Street([listing_in(path) for path in paths], world)
    try:
        with Serving(app) as serving:
            app.become(sandbox_app(world, street, serving.url, time.time))
            yield serving.url
    finally:
        world.close()
