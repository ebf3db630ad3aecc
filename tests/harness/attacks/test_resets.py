"""A connection that ends at any byte of either leg: one payment at most, and the books say what is known.

With the receipt whole the money counts as settled; before that, whatever came, nobody knows.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.harness.support.buying import books, buyer, case, challenge, clock, paid
from tests.harness.support.listings import listing
from tests.harness.support.servers import Raw, Shop, Step

from x402_harness.buying.buyer import Bought
from x402_harness.edge.client import Limits
from x402_harness.edge.direct import guarded_client
from x402_harness.edge.guard import Guard
from x402_harness.ledger import Entry, Ledger
from x402_harness.protocol.purchase import State

TERMS, ANSWER = challenge(), paid()
LIMITS = Limits(timeout=5, total=10)
SAMPLE = 40  # bytes between the cuts that every run tries


def bought(ledger: Path, unpaid: Step, answer: Step) -> tuple[Bought, int, int]:
    """A purchase, how many payments came, and how many connections."""

    async def run() -> tuple[Bought, int, int]:
        async with Shop(unpaid, answer) as shop, guarded_client(Guard(anywhere=True), LIMITS) as client:
            with Ledger(ledger, clock()) as opened:
                made = await buyer(opened).buy(case(listing(url=shop.url)), client)
            return made, len(shop.payments), shop.connections

    return asyncio.run(run())


def assert_paid_once(folder: Path, cut: int) -> None:
    whole = ANSWER.wire()
    made, payments, connections = bought(folder / f"{cut}.db", TERMS, Raw(whole[:cut]))
    has_receipt = cut >= whole.index(b"\r\n\r\n") + 4
    assert (payments, connections) == (1, 2), cut
    assert made.purchase.state is (State.SETTLED if has_receipt else State.UNKNOWN), cut
    (row,) = books(folder / f"{cut}.db").rows
    assert row.state is (Entry.SETTLED if has_receipt else Entry.UNKNOWN), cut


def assert_not_paid(folder: Path, cut: int) -> None:
    whole = TERMS.wire()
    made, payments, connections = bought(folder / f"{cut}.db", Raw(whole[:cut]), ANSWER)
    assert (payments, connections) == (0, 1), cut
    assert made.purchase.state is State.ABANDONED, cut
    assert books(folder / f"{cut}.db").rows == [], cut


def test_a_paid_answer_may_end_at_any_byte(tmp_path: Path) -> None:
    for cut in range(0, len(ANSWER.wire()), SAMPLE):
        assert_paid_once(tmp_path, cut)


def test_terms_may_end_at_any_byte(tmp_path: Path) -> None:
    for cut in range(0, len(TERMS.wire()), SAMPLE):
        assert_not_paid(tmp_path, cut)


@pytest.mark.long
def test_a_paid_answer_may_end_at_every_byte(tmp_path: Path) -> None:
    for cut in range(len(ANSWER.wire())):
        assert_paid_once(tmp_path, cut)


@pytest.mark.long
def test_terms_may_end_at_every_byte(tmp_path: Path) -> None:
    for cut in range(len(TERMS.wire())):
        assert_not_paid(tmp_path, cut)
