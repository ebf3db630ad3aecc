"""pytest inside pytest: listings in a project of their own, and everything imported once."""

from __future__ import annotations

import os
import time

import pytest
from tests.harness.support.testnet import Place, Testnet, place, testnet

from x402_harness import load_listings, open_shopper
from x402_harness.probing.targets import Target
from x402_harness.pytest_plugin import collecting, counter, hookspecs, money, parametrizing, summary  # noqa: F401
from x402_harness.rulebook import every_rule
from x402_harness.runs.endpoints import typed_client
from x402_harness.runs.inspection import Inspector

REFERENCE = "api-venice-ai-api-v1-images-generations"
CONTRADICTORY = "api-filingdesk-example-v1-company-report"
FREE = "free-promptyard-example-v1-moderate"
ALONE = ("-p", "no:randomly", "-p", "no:asyncio")  # without what changes the order, or warns of what was not set
CAPS = ("--testbuy-per-call-max", "0.05", "--testbuy-budget", "1", "--testbuy-per-day-max", "5")


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
        return pytester.runpytest_inprocess("-p", "no:cacheprovider", *ALONE, *map(str, arguments))

    return call


@pytest.fixture(scope="session")
def here():
    """A server on this machine."""
    with place() as found:
        yield found


@pytest.fixture
def net(pytester, here: Place, monkeypatch):
    """A test network on this machine, its listings in the inner project, and its user's home that of the test."""
    folder = pytester.mkdir("net")
    with testnet(folder, here) as found:
        monkeypatch.setenv("TESTBUY_HOME", str(found.home))
        yield found


@pytest.fixture
def spend(run, net: Testnet):
    """Run the inner project with test money."""

    def call(*more, caps=CAPS, key=None, mode="testnet"):
        paying = key or ("--testbuy-account", "main", "--testbuy-password-file", net.home / "password")
        where = () if "--testbuy-plan" in more else ("--testbuy-listings", "net/shops.json", "--testbuy-allow-private")
        return run("--testbuy-mode", mode, *where, *caps, *paying, *more)

    return call
