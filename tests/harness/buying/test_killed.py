"""A buyer that is killed, at every step it takes and at any moment: what may have been paid is in the books, held.

Whoever opens the ledger afterwards finds it whole, and cannot be brought to sign for the same case again.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.harness.support.buying import buyer, cases, challenge, clock, nonces, paid
from tests.harness.support.servers import Received, Shop
from tests.harness.support.terms import PRICE

from x402_harness.edge.client import Limits
from x402_harness.edge.direct import guarded_client
from x402_harness.edge.guard import Guard
from x402_harness.ledger import OPEN, Entry, Ledger, Row, Sighting, Verdict, reconcile, spent
from x402_harness.protocol.headers import decode

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes to be forked")
ROOT = Path(__file__).parents[3]
MAY_BE_PAID = {Entry.SENT, Entry.UNKNOWN, Entry.SETTLED}
KILLED = signal.SIGKILL


@contextlib.asynccontextmanager
async def victims() -> AsyncIterator[Any]:
    """A function that has an order carried out by a process of its own, and tells how it ended."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.harness.support.victim",
        cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None

    async def order(**members: Any) -> int:
        process.stdin.write(json.dumps(members).encode() + b"\n")
        return int(await process.stdout.readline())

    try:
        yield order
    finally:
        process.stdin.close()
        await process.wait()


def authorization(payment: Received) -> dict[str, Any]:
    return decode(str(payment.header("payment-signature")))[0]["payload"]["authorization"]


def look(path: Path, shop: Shop) -> list[Row]:
    """The books after a kill, which must be whole and must know of every payment that the shop has seen."""
    with Ledger(path, clock()) as ledger:
        rows = ledger.rows()
        assert all(ledger.history(row.id)[-1][1] is row.state for row in rows)
        seen = [authorization(payment) for payment in shop.payments]
        booked = {row.nonce: row for row in rows}
        for one in seen:
            assert booked[one["nonce"]].state in MAY_BE_PAID
            assert ledger.authorization(booked[one["nonce"]].id).wire() == one
        held = sum(atomic for _, atomic in spent(rows))
        assert held == PRICE * len(rows) >= PRICE * len(seen)
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return rows


async def buy_again(path: Path, shop: Shop, rows: list[Row], count: int) -> None:
    """Another run of the same cases: whatever is open is refused, and all else is bought, once."""
    with Ledger(path, clock()) as ledger:
        async with guarded_client(Guard(anywhere=True), Limits()) as client:
            again = buyer(ledger, run="again", nonce=nonces(1_000_000))
            done = [await again.buy(one, client) for one in cases(shop.url, count)]
    open_cases = {row.case for row in rows if row.state in OPEN}
    refused = {one.case.id for one in done if one.refusal is not None}
    assert refused == open_cases
    assert {one.refusal.rule for one in done if one.refusal} <= {"SPEND022"}
    # What the first run had sent may only be read by now.
    known = {row.nonce for row in rows if row.state in MAY_BE_PAID}
    new = [payment for payment in shop.payments if authorization(payment)["nonce"] not in known]
    assert len(new) == count - len(refused)


class Chain:
    """A chain that has used the nonces which a shop has seen, and is past every window."""

    def __init__(self, shop: Shop) -> None:
        self._used = {authorization(payment)["nonce"] for payment in shop.payments}

    async def look(self, network: str, asset: str, payer: str, nonce: str, transaction: str | None) -> Sighting:
        return Sighting(Verdict.USED if nonce in self._used else Verdict.UNUSED, 2**40)


async def end_all(path: Path, shop: Shop) -> None:
    """Reconciling ends whatever is open, as settled where the shop was paid and as expired elsewhere."""
    with Ledger(path, clock()) as ledger:
        await reconcile(ledger, Chain(shop))
        paid_for = {authorization(payment)["nonce"] for payment in shop.payments}
        for row in ledger.rows():
            assert row.state is (Entry.SETTLED if row.nonce in paid_for else Entry.EXPIRED)


async def story(order: Any, path: Path, count: int, **kill: Any) -> tuple[int, set[Entry]]:
    """One buyer that is killed, and everything that comes after it; how it ended, and where it left its entries."""
    async with Shop(challenge(), paid()) as shop:
        status = await order(url=shop.url, ledger=str(path), run="first", cases=count, **kill)
        assert status in (0, KILLED), status
        rows = look(path, shop)
        await buy_again(path, shop, rows, count)
        await end_all(path, shop)
    for name in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        name.unlink(missing_ok=True)
    return status, {row.state for row in rows}


@pytest.mark.parametrize(("count", "stride"), [(1, 1), (3, 11)], ids=["one purchase", "three at once"])
def test_a_buyer_may_be_killed_at_each_of_its_steps(tmp_path: Path, count: int, stride: int) -> None:
    async def run() -> tuple[int, set[Entry]]:
        left: set[Entry] = set()
        async with victims() as order:
            for step in range(1, 1000, stride):
                status, states = await story(order, tmp_path / "ledger.db", count, step=step)
                left |= states
                if status == 0:
                    return step, left
        raise AssertionError("the buyer never got to its end")

    steps, left = asyncio.run(run())
    assert steps > 15 * count
    assert left >= ({Entry.RESERVED, Entry.SENT, Entry.SETTLED} if stride == 1 else {Entry.SENT, Entry.SETTLED})


@pytest.mark.long
def test_a_buyer_may_be_killed_at_any_moment_500_times(tmp_path: Path) -> None:
    moments = random.Random(402)

    async def run() -> tuple[int, set[Entry]]:
        killed, left = 0, set[Entry]()
        async with victims() as order:
            for _ in range(500):
                moment = {"step": moments.randint(1, 60), "after": moments.uniform(0.0001, 0.004)}
                status, states = await story(order, tmp_path / "ledger.db", 3, **moment)
                killed += status == KILLED
                left |= states
        return killed, left

    killed, left = asyncio.run(run())
    assert killed > 250
    assert left >= {Entry.SENT, Entry.SETTLED}
