"""Settled purchases from a sandbox seller for each CPU-second: every chain backend, by three clients, in one run.

    TESTBUY_ANVIL=…/anvil python bench/sandbox.py [purchases]

All over the same in-process transport, seller, facilitator and chain included: the bare two requests with a signature,
testbuy's buyer with policy, durable ledger and all checks, and the official SDK's client. Ratios are to the SDK's.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
from bench import buy

from x402_catalog.models import Listing
from x402_catalog.money import Money
from x402_harness.planning.cases import Case, plan_listing
from x402_harness.sandbox.chains import Backend
from x402_harness.sandbox.world import World

Work = Callable[[World, Listing, Case, int], Awaitable[None]]


async def _bare(world: World, listing: Listing, case: Case, count: int) -> None:
    await buy.requests(listing, case, count, world)


async def _testbuy(world: World, listing: Listing, case: Case, count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        await buy.purchases(listing, case, count, Path(folder), world)


async def _sdk(world: World, listing: Listing, case: Case, count: int) -> None:
    from eth_account import Account
    from x402 import x402Client
    from x402.http.clients.httpx import x402AsyncTransport
    from x402.mechanisms.evm.exact import register_exact_evm_client

    key = os.urandom(32)
    account = Account.from_key(key)
    sdk = register_exact_evm_client(x402Client(), account)
    sdk.set_spend_controls(False)
    world.fund(account.address, Money(case.price.atomic * count, case.price.asset))
    request = case.candidate.request
    for _ in range(count):
        transport = x402AsyncTransport(sdk, world.transport(listing))
        async with httpx.AsyncClient(transport=transport) as client:
            answer = await client.request(request.method, request.url, content=request.body, headers=request.headers)
            assert answer.status_code == 200, answer.text


CLIENTS: dict[str, Work] = {"the official SDK": _sdk, "bare requests": _bare, "testbuy buy": _testbuy}


def main(count: int) -> None:
    """Print the table."""
    listing = buy.reference()
    (case,) = plan_listing(listing, rows=1, seed=0, caps=buy.CAPS)  # type: ignore[misc]
    print(f"{count} purchases of {listing.slug}\n{'':>10} {'':>18} {'buys/CPU-s':>11} {'× SDK':>7}")
    for backend in Backend:
        anvil = os.environ.get("TESTBUY_ANVIL") or shutil.which("anvil")
        if backend is Backend.ANVIL and anvil is None:
            continue
        rates: dict[str, float] = {}
        for name, work in CLIENTS.items():
            world = World(time.time, backend=backend, anvil=anvil)
            asyncio.run(work(world, listing, case, 2))  # what is made once is not counted
            started = time.process_time()
            asyncio.run(work(world, listing, case, count))
            rates[name] = count / (time.process_time() - started)
            world.close()
            ratio = rates[name] / rates["the official SDK"]
            print(f"{backend:>10} {name:>18} {rates[name]:11.0f} {ratio:7.2f}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
