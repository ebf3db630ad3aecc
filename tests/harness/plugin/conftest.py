"""pytest inside pytest: listings in a project of their own, and everything imported once."""

from __future__ import annotations

import os
import time

import pytest

from x402_harness import load_listings, open_shopper
from x402_harness.probing.targets import Target
from x402_harness.pytest_plugin import collecting, hookspecs, parametrizing, summary  # noqa: F401
from x402_harness.rulebook import every_rule
from x402_harness.runs.endpoints import typed_client
from x402_harness.runs.inspection import Inspector

REFERENCE = "api-venice-ai-api-v1-images-generations"
CONTRADICTORY = "api-filingdesk-example-v1-company-report"
FREE = "free-promptyard-example-v1-moderate"


@pytest.fixture(scope="session", autouse=True)
def imported(listings):
    """What an inner session would import for itself, and drop, each time: a purchase and a probe need all of it."""
    every_rule()
    (listing,) = load_listings(listings / f"{REFERENCE}.json")
    with open_shopper() as shopper:
        shopper.try_refusals(listing)

    async def never(seconds):
        raise AssertionError("nothing is waited for")

    async def probe():
        async with typed_client("http://127.0.0.1:9", 1) as client:
            await Inspector(client, time.time, never, os.urandom).prober().probe(Target("http://127.0.0.1:9/x"))

    import asyncio

    asyncio.run(probe())


@pytest.fixture
def shop(pytester, listings):
    """A folder of three listings in the inner project: a good one, a contradictory one, a free one."""
    folder = pytester.mkdir("shop")
    for slug in (REFERENCE, CONTRADICTORY, FREE):
        (folder / f"{slug}.json").write_bytes((listings / f"{slug}.json").read_bytes())
    return folder


@pytest.fixture
def run(pytester):
    """Run pytest in this process, over the inner project."""

    def call(*arguments):
        return pytester.runpytest_inprocess("-p", "no:cacheprovider", *map(str, arguments))

    return call
