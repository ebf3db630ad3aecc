"""The ledger under any sequence of reservations and moves: the books agree, and the cap holds."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule
from tests.harness.support.terms import BASE, BASE_USDC, NOW, authorization

from x402_catalog.money import Asset, Money
from x402_harness.ledger import HOLDING, MOVES, CapReached, Entry, Ledger, LedgerError
from x402_harness.policy import Caps

USDC = Asset(BASE, BASE_USDC, "USDC", 6)
CAPS = Caps(per_call=60, per_run=100)


class AnySequence(RuleBasedStateMachine):
    """Two openings of one file, as two processes have them."""

    entries: Bundle[int] = Bundle("entries")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "ledger.db"
        self.ledgers = [Ledger(self.path, lambda: NOW) for _ in range(2)]
        self.known: dict[int, tuple[int, Entry]] = {}
        self.count = 0

    def teardown(self) -> None:
        for ledger in self.ledgers:
            ledger.close()
        self.folder.cleanup()

    def held(self) -> int:
        return sum(amount for amount, state in self.known.values() if state in HOLDING)

    @rule(target=entries, amount=st.integers(1, 70), which=st.integers(0, 1))
    def reserves(self, amount: int, which: int) -> int:
        self.count += 1
        nonce = self.count.to_bytes(32, "big")
        try:
            entry = self.ledgers[which].reserve(
                run="run", case=str(self.count), price=Money(amount, USDC), caps=CAPS,
                authorization=authorization(nonce=nonce), digest=nonce,
            )  # fmt: skip
        except CapReached:
            assert amount > CAPS.per_call or self.held() + amount > CAPS.per_run
            return 0
        assert entry not in self.known
        self.known[entry] = (amount, Entry.RESERVED)
        return entry

    @rule(entry=entries, state=st.sampled_from(Entry), which=st.integers(0, 1))
    def moves(self, entry: int, state: Entry, which: int) -> None:
        amount, before = self.known.get(entry, (0, None))
        try:
            self.ledgers[which].move(entry, state)
        except LedgerError:
            assert before is None or state not in MOVES[before]
            return
        assert before is not None
        assert state in MOVES[before]
        self.known[entry] = (amount, state)

    @rule(which=st.integers(0, 1))
    def reopens(self, which: int) -> None:
        self.ledgers[which].close()
        self.ledgers[which] = Ledger(self.path, lambda: NOW)

    @invariant()
    def the_cap_holds(self) -> None:
        assert self.held() <= CAPS.per_run

    @invariant()
    def the_books_agree(self) -> None:
        for ledger in self.ledgers:
            assert {row.id: (row.amount, row.state) for row in ledger.rows()} == self.known


TestAnySequence = AnySequence.TestCase
TestAnySequence.settings = settings(max_examples=12, stateful_step_count=15, deadline=None)
