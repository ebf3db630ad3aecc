"""Reconciling: a chain's word ends what is open, and nothing else does."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.harness.support.terms import BASE, BASE_USDC, NOW, PAYER, TRANSACTION, authorization

from x402_catalog.money import Asset, Money
from x402_harness.ledger import OPEN, Entry, Ledger, NonceOracle, Reconciled, Sighting, Verdict, reconcile
from x402_harness.policy import Caps

USDC = Asset(BASE, BASE_USDC, "USDC", 6)
OVER = NOW + 300
ROADS = {
    Entry.RESERVED: (),
    Entry.SIGNED: (Entry.SIGNED,),
    Entry.SENT: (Entry.SIGNED, Entry.SENT),
    Entry.UNKNOWN: (Entry.SIGNED, Entry.SENT, Entry.UNKNOWN),
    Entry.SETTLED: (Entry.SIGNED, Entry.SENT, Entry.SETTLED),
    Entry.REFUSED: (Entry.REFUSED,),
}


class Chain:
    """A chain in memory that gives the same answer to everybody and remembers what it was asked."""

    def __init__(self, sighting: Sighting) -> None:
        self._sighting = sighting
        self.asked: list[tuple[str, str, str, str, str | None]] = []

    async def look(self, network: str, asset: str, payer: str, nonce: str, transaction: str | None) -> Sighting:
        self.asked.append((network, asset, payer, nonce, transaction))
        return self._sighting


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.db", lambda: NOW) as opened:
        yield opened


COUNT = itertools.count(1)


def entry(ledger: Ledger, where: Entry) -> int:
    nonce = next(COUNT).to_bytes(32, "big")
    made = ledger.reserve(
        run="run", case=nonce.hex(), price=Money(1, USDC), caps=Caps(1, 10**6),
        authorization=authorization(nonce=nonce, value=1), digest=nonce,
    )  # fmt: skip
    ledger.move(made, *ROADS[where])
    return made


def told(ledger: Ledger, oracle: NonceOracle | None) -> list[Reconciled]:
    return asyncio.run(reconcile(ledger, oracle))


def test_the_chain_is_asked_by_payer_and_nonce(ledger: Ledger) -> None:
    made, chain = entry(ledger, Entry.SENT), Chain(Sighting(Verdict.UNCLEAR))
    ledger.move(made, Entry.UNKNOWN, transaction=TRANSACTION)
    told(ledger, chain)
    assert chain.asked == [(BASE, BASE_USDC, PAYER, ledger.row(made).nonce, TRANSACTION)]


def test_what_is_ended_is_not_asked_about(ledger: Ledger) -> None:
    entry(ledger, Entry.SETTLED)
    entry(ledger, Entry.REFUSED)
    ledger.plan("run", [("planned", Money(1, USDC))])
    chain = Chain(Sighting(Verdict.UNUSED, OVER))
    assert (told(ledger, chain), chain.asked) == ([], [])


@pytest.mark.parametrize("where", OPEN)
def test_a_used_nonce_settles(ledger: Ledger, where: Entry) -> None:
    made = entry(ledger, where)
    (done,) = told(ledger, Chain(Sighting(Verdict.USED, NOW, TRANSACTION)))
    assert (done.before.state, done.after) == (where, Entry.SETTLED)
    assert (ledger.row(made).state, ledger.row(made).transaction) == (Entry.SETTLED, TRANSACTION)


@pytest.mark.parametrize("where", OPEN)
def test_an_unused_nonce_expires_when_the_chain_is_past_its_window(ledger: Ledger, where: Entry) -> None:
    made = entry(ledger, where)
    (done,) = told(ledger, Chain(Sighting(Verdict.UNUSED, OVER)))
    assert done.after is ledger.row(made).state is Entry.EXPIRED


@pytest.mark.parametrize("where", OPEN)
@pytest.mark.parametrize(
    ("sighting", "reason"),
    [
        (Sighting(Verdict.UNUSED, OVER - 1), "unused, but its window is not over"),
        (Sighting(Verdict.UNCLEAR, OVER + 9, detail="node is behind"), "the chain could not tell: node is behind"),
    ],
)
def test_everything_else_leaves_it_as_it_is(ledger: Ledger, where: Entry, sighting: Sighting, reason: str) -> None:
    made = entry(ledger, where)
    before = ledger.history(made)
    (done,) = told(ledger, Chain(sighting))
    assert (done.after, done.reason) == (where, reason)
    assert (ledger.row(made).state, ledger.history(made)) == (where, before)


def test_our_own_clock_ends_nothing(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.db", lambda: NOW + 10**9) as ledger:
        made = entry(ledger, Entry.UNKNOWN)
        told(ledger, Chain(Sighting(Verdict.UNUSED, OVER - 1)))
        assert ledger.row(made).state is Entry.UNKNOWN


def test_without_a_chain_every_reservation_stands(ledger: Ledger) -> None:
    for where in OPEN:
        entry(ledger, where)
    assert [done.after for done in told(ledger, None)] == list(OPEN)
    assert [row.state for row in ledger.rows()] == list(OPEN)


@settings(max_examples=30)
@given(st.sampled_from(OPEN), st.sampled_from(Verdict), st.integers(NOW - 1000, NOW + 1000))
def test_money_is_only_freed_when_its_nonce_is_canceled_or_unused_after_the_window(
    tmp_path_factory: pytest.TempPathFactory, where: Entry, verdict: Verdict, time: int
) -> None:
    with Ledger(tmp_path_factory.mktemp("ledger") / "ledger.db", lambda: NOW) as ledger:
        entry(ledger, where)
        (done,) = told(ledger, Chain(Sighting(verdict, time)))
        is_over = verdict is Verdict.UNUSED and time >= OVER
        assert (done.after is Entry.EXPIRED) == (is_over or verdict is Verdict.CANCELED)
        assert (done.after is Entry.SETTLED) == (verdict is Verdict.USED)
