"""Buy from a mock seller with policy, durable ledger and all checks, next to the same two requests with a signature.

    python bench/buy.py [purchases [folder]]

Goal: at most 3 times the bare requests, on a folder of a real disk. Both go over the same transport to a seller that
settles in memory; the bare one signs the same authorization, and looks at nothing. Then what the ledger alone takes.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from x402_catalog.models import Listing, listing_of
from x402_catalog.records import Record
from x402_catalog.rules.judge import Evidence
from x402_harness.buying.buyer import Buyer
from x402_harness.buying.scenes import scene_of
from x402_harness.checks import examine
from x402_harness.edge.client import Client
from x402_harness.ledger import Entry, Ledger
from x402_harness.planning.cases import Case, plan_listing
from x402_harness.policy import Caps, Policy
from x402_harness.protocol.eip3009 import Domain, authorize, digest
from x402_harness.protocol.exchange import Response
from x402_harness.protocol.purchase import Purchase
from x402_harness.sandbox.reader import Reader
from x402_harness.sandbox.world import World
from x402_harness.wallet import ThrowawayWallet

CAPS = Caps(10**15, 10**15, 10**15)
WALLET = ThrowawayWallet(os.urandom(32))
DOMAIN = Domain("USD Coin", "2", 8453, "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913")


def reference() -> Listing:
    """The project's reference listing."""
    path = next((Path(__file__).parents[1] / "listings").glob("api-venice-ai-api-v1-images-generations.json"))
    raw = path.read_bytes()
    return listing_of(Record(json.loads(raw), raw, path.name))


def main(count: int, folder: Path) -> None:
    """Print the figures."""
    listing = reference()
    (case,) = plan_listing(listing, rows=1, seed=0, caps=CAPS)  # type: ignore[misc]
    print(f"{count} purchases, ledger in {folder}\n{'':>34} {'wall µs':>9} {'cpu µs':>9}")
    bare = told("two requests, one signature", count, lambda: requests(listing, case, count))
    ours = told("testbuy buy, ledger and checks", count, lambda: purchases(listing, case, count, folder))
    print(f"ratio of wall times {ours[0] / bare[0]:.2f}, of CPU times {ours[1] / bare[1]:.2f} (goal 3)\n")
    told("ledger: reserve, sent, settled", count, lambda: books(case, count, folder))
    told("a commit to the disk, alone", count, lambda: commits(count, folder))


def told(name: str, count: int, work: Callable[[], Awaitable[None]]) -> tuple[float, float]:
    """The best of three times, each in microseconds a purchase: wall and CPU."""
    best = (float("inf"), float("inf"))
    for _ in range(3):
        wall, cpu = time.perf_counter(), time.process_time()
        asyncio.run(work())  # type: ignore[arg-type]
        best = min(best, ((time.perf_counter() - wall) / count * 1e6, (time.process_time() - cpu) / count * 1e6))
    print(f"{name:>34} {best[0]:9.0f} {best[1]:9.0f}", flush=True)
    return best


async def requests(listing: Listing, case: Case, count: int, world: World | None = None) -> None:
    """Ask, sign what is asked for, ask again."""
    world = world or World(time.time)
    for _ in range(count):
        world.fund(WALLET.address, case.price)
        async with Client(world.transport(listing)) as client:
            purchase = Purchase(case.candidate.request)
            answer = await client.send(purchase.ask())
            assert isinstance(answer, Response)
            purchase.answered(answer)
            assert purchase.challenge is not None
            option = purchase.challenge.options[0]
            made = authorize(
                payer=WALLET.address, payee=option.pay_to, value=option.amount, now=int(time.time()),
                timeout=option.timeout, nonce=os.urandom(32),
            )  # fmt: skip
            purchase.authorize(option, made)
            paid = await client.send(purchase.pay(WALLET.sign(digest(DOMAIN, made))))
            assert isinstance(paid, Response)
            assert paid.status == 200


async def purchases(listing: Listing, case: Case, count: int, folder: Path, world: World | None = None) -> None:
    """What a run does for each purchase."""
    world, runs = world or World(time.time), itertools.count()
    with tempfile.TemporaryDirectory(dir=folder) as inner, Ledger(Path(inner) / "ledger.db", time.time) as ledger:
        for _ in range(count):
            world.fund(WALLET.address, case.price)
            buyer = Buyer(
                f"{next(runs)}", WALLET, Policy(CAPS, WALLET.address), ledger, time.time, lambda: os.urandom(32),
                Reader(world),
            )  # fmt: skip
            async with Client(world.transport(listing)) as client:
                bought = await buyer.buy(case, client)
            assert bought.entry is Entry.SETTLED
            scene = scene_of(bought, Evidence.SIMULATED)
            examine(scene)
            assert not scene.judge.findings


async def books(case: Case, count: int, folder: Path) -> None:
    """The ledger's part alone."""
    with tempfile.TemporaryDirectory(dir=folder) as inner, Ledger(Path(inner) / "ledger.db", time.time) as ledger:
        for number in range(count):
            nonce = number.to_bytes(32, "big")
            made = authorize(
                payer=WALLET.address, payee=str(case.offer.pay_to), value=case.price.atomic, now=1, timeout=60,
                nonce=nonce,
            )  # fmt: skip
            entry = ledger.reserve(
                run="run", case=str(number), price=case.price, caps=CAPS, authorization=made, digest=nonce
            )
            ledger.move(entry, Entry.SIGNED, Entry.SENT)
            ledger.move(entry, Entry.SETTLED, reason="receipt of success")


async def commits(count: int, folder: Path) -> None:
    """As many waits for the disk as there are purchases: what durability costs at least."""
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(count):
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 300,
        Path(sys.argv[2]) if len(sys.argv) > 2 else Path.cwd(),
    )
