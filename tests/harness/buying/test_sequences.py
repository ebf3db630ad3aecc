"""Any sequence of purchases, whatever sellers do and whenever the books are opened anew: no cap is passed, nothing is
signed that was not reserved, and what may have moved is never signed for again.

The shop is the worst there can be: whatever it was once sent it may settle, until a chain is past its window.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tests.harness.support.buying import buyer, cases, challenge, moved, paid
from tests.harness.support.servers import Raw, Reply, Shop, Stall, Step
from tests.harness.support.terms import NOW, PRICE, STRANGER, header, option_v1, option_v2, receipt, required_v1

from x402_harness.buying.buyer import Bought
from x402_harness.edge.client import Limits
from x402_harness.edge.direct import guarded_client
from x402_harness.edge.guard import Guard
from x402_harness.ledger import OPEN, Entry, Ledger, LedgerError, Sighting, Verdict, reconcile
from x402_harness.policy import Caps
from x402_harness.protocol.headers import decode
from x402_harness.protocol.purchase import State

CAPS = Caps(per_call=PRICE, per_run=3 * PRICE, per_day=5 * PRICE)
CASES = cases("http://shop.example/gen", 4)
UNPAID: dict[str, Step] = {
    "terms": challenge(),
    "cheaper": challenge(option_v2(amount="7")),
    "the second option": challenge(option_v2(network="eip155:1"), option_v2(scheme="upto"), option_v2()),
    "version 1": Reply(402, (), json.dumps(required_v1(option_v1())).encode()),
    "dearer": challenge(option_v2(amount=str(PRICE + 1))),
    "another payee": challenge(option_v2(payTo=STRANGER)),
    "a year": challenge(option_v2(maxTimeoutSeconds=31_536_000)),
    "no terms": Reply(402),
    "free": Reply(200, (), b"{}"),
    "broken": Reply(500),
    "gone": Raw(),
    "elsewhere": Reply(307, (("location", "http://127.0.0.1:9/"),)),
    "slow": Stall(),
}
PAID: dict[str, Step] = {
    "receipt": paid(),
    "receipt of failure": paid(402, success=False, transaction=""),
    "pending": paid(402, success=False, transaction="", errorReason="settlement_pending"),
    "receipt for somebody else": paid(payer=STRANGER),
    "receipt of another amount": paid(amount="1"),
    "no receipt": Reply(200, (), b'{"ok": true}'),
    "a second 402": challenge(),
    "a dearer 402": challenge(option_v2(amount=str(PRICE + 1))),
    "broken": Reply(500),
    "gone": Raw(),
    "elsewhere": Reply(307, (("location", "http://127.0.0.1:9/"),)),
    "slow": Stall(),
    "receipt and no body": Raw(
        f"HTTP/1.1 200 OK\r\nPAYMENT-RESPONSE: {header(receipt())}\r\ncontent-length: 9\r\n\r\n".encode()
    ),
}


class Clock:
    """A clock that only goes on."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return float(self.now)


class Chain:
    """A chain that settles what it is told to, and knows its own time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.used: set[str] = set()

    async def look(self, network: str, asset: str, payer: str, nonce: str, transaction: str | None) -> Sighting:
        return Sighting(Verdict.USED if nonce in self.used else Verdict.UNUSED, self._clock.now)


class AnySequence(RuleBasedStateMachine):
    """Two runs, four cases, one ledger, one shop."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.chain = Chain(self.clock)
        self.runner = asyncio.Runner()
        self.nonces = itertools.count(1)
        self.seen: dict[str, dict[str, Any]] = {}  # by nonce, the authorizations that the shop was sent
        self.run_of: dict[str, str] = {}
        self.runner.run(self.begin())
        self.ledger = self.open()

    async def begin(self) -> None:
        self.shop = Shop(challenge(), paid())
        await self.shop.__aenter__()
        self.cases = [moved(one, self.shop.url) for one in CASES]

    def open(self) -> Ledger:
        return Ledger(Path(self.folder.name) / "ledger.db", self.clock)

    def teardown(self) -> None:
        self.ledger.close()
        self.runner.run(self.shop.__aexit__())
        self.runner.close()
        self.folder.cleanup()

    async def send(self, run: str, case: int, unpaid: str, answer: str, entry: int | None = None) -> Bought:
        self.shop.unpaid, self.shop.paid = UNPAID[unpaid], PAID[answer]
        made = buyer(self.ledger, caps=CAPS, run=run, now=self.clock, nonce=self.nonce)
        async with guarded_client(Guard(anywhere=True), Limits(timeout=0.05, total=0.1)) as client:
            if entry is None:
                return await made.buy(self.cases[case], client)
            return await made.resend(entry, self.cases[case], client)

    def nonce(self) -> bytes:
        return next(self.nonces).to_bytes(32, "big")

    def sent(self) -> list[str]:
        """The nonces of the payments that have come since the last time."""
        came = []
        for payment in self.shop.payments:
            name = "payment-signature" if payment.header("payment-signature") else "x-payment"
            terms = decode(str(payment.header(name)))[0]["payload"]["authorization"]
            self.seen[terms["nonce"]] = terms
            came.append(terms["nonce"])
        self.shop.requests.clear()
        return came

    @rule(
        run=st.sampled_from(["one", "two"]), case=st.integers(0, len(CASES) - 1),
        unpaid=st.sampled_from(["terms"] * 12 + sorted(UNPAID)), answer=st.sampled_from(sorted(PAID)),
    )  # fmt: skip
    def buys(self, run: str, case: int, unpaid: str, answer: str) -> None:
        one = self.cases[case]
        open_before = [row for row in self.ledger.rows() if row.case == one.id and row.state in OPEN]
        bought = self.runner.run(self.send(run, case, unpaid, answer))
        came = self.sent()
        assert len(came) <= 1, "one purchase is at most one payment"
        if open_before:
            assert came == []
        for nonce in came:
            self.run_of[nonce] = run
            (row,) = [row for row in self.ledger.rows() if row.nonce == nonce]
            assert (row.run, row.case) == (run, one.id)
            settled = answer in ("receipt", "receipt and no body")
            assert row.state is (Entry.SETTLED if settled else Entry.UNKNOWN)
            assert bought.purchase.state is (State.SETTLED if settled else State.UNKNOWN)

    @rule(which=st.integers(0, 9), unpaid=st.sampled_from(sorted(UNPAID)), answer=st.sampled_from(sorted(PAID)))
    def sends_again(self, which: int, unpaid: str, answer: str) -> None:
        unknown = [row for row in self.ledger.rows() if row.state is Entry.UNKNOWN]
        if not unknown:
            return
        row = unknown[which % len(unknown)]
        case = next(number for number, one in enumerate(self.cases) if one.id == row.case)
        try:
            self.runner.run(self.send(row.run, case, unpaid, answer, row.id))
        except LedgerError:
            assert self.clock.now >= (row.valid_before or 0)
        assert self.sent() in ([], [row.nonce])
        assert self.ledger.row(row.id).state in (Entry.UNKNOWN, Entry.SETTLED)

    @rule(seconds=st.sampled_from([1, 299, 300, 86_400]))
    def time_passes(self, seconds: int) -> None:
        self.clock.now += seconds

    @rule(which=st.integers(0, 99))
    def the_shop_settles(self, which: int) -> None:
        live = [one for one in self.seen.values() if int(one["validBefore"]) > self.clock.now]
        if live:
            self.chain.used.add(live[which % len(live)]["nonce"])

    @rule()
    def reconciles(self) -> None:
        self.runner.run(reconcile(self.ledger, self.chain))
        for row in self.ledger.rows():
            if row.nonce in self.chain.used:
                assert row.state is Entry.SETTLED

    @rule()
    def reopens(self) -> None:
        self.ledger.close()
        self.ledger = self.open()

    def may_have_moved(self) -> list[dict[str, Any]]:
        """What the shop has settled, or still can."""
        return [
            one for nonce, one in self.seen.items()
            if nonce in self.chain.used or int(one["validBefore"]) > self.clock.now
        ]  # fmt: skip

    @invariant()
    def no_run_may_have_spent_more_than_its_cap(self) -> None:
        for run in set(self.run_of.values()):
            spent = sum(int(one["value"]) for one in self.may_have_moved() if self.run_of[one["nonce"]] == run)
            assert spent <= CAPS.per_run

    @invariant()
    def no_day_may_have_more_than_its_cap(self) -> None:
        since = self.clock.now - 86_400
        spent = sum(int(one["value"]) for one in self.may_have_moved() if int(one["validBefore"]) > since)
        assert spent <= (CAPS.per_day or 0)

    @invariant()
    def what_was_sent_stands_in_the_books(self) -> None:
        booked = {row.nonce: row for row in self.ledger.rows()}
        for nonce, one in self.seen.items():
            assert booked[nonce].state in (Entry.SENT, Entry.UNKNOWN, Entry.SETTLED, Entry.EXPIRED)
            assert self.ledger.authorization(booked[nonce].id).wire() == one

    @invariant()
    def every_case_has_one_open_entry_at_most(self) -> None:
        still = [row.case for row in self.ledger.rows() if row.state in OPEN]
        assert len(still) == len(set(still))


TestAnySequence = AnySequence.TestCase
TestAnySequence.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
