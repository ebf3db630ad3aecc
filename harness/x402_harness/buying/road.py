"""The road of one purchase, once with a new authorization and again with one that stands in the books.

Policy approves, the ledger reserves, the wallet signs, the ledger notes that it is about to be sent, the client sends.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from x402_catalog.findings import Finding, Location
from x402_catalog.rules.registry import Rule
from x402_harness.buying.means import Bought, Means
from x402_harness.edge.client import Client
from x402_harness.ledger import AlreadySigned, Cap, CapReached, Entry, LedgerError, Row, Unusable
from x402_harness.planning.cases import Case
from x402_harness.policy import Approval, choose
from x402_harness.policy.rules import ALREADY_SIGNED, PER_CALL, PER_DAY, PER_RUN
from x402_harness.protocol.challenge import Challenge, Option
from x402_harness.protocol.eip3009 import authorize, digest
from x402_harness.protocol.exchange import Balances, ChainView, Exchange, Failure, Leg, Request, Response, Transcript
from x402_harness.protocol.messages import Authorization
from x402_harness.protocol.onchain import Settlement, Verdict
from x402_harness.protocol.purchase import Purchase, State
from x402_harness.protocol.receipts import is_transaction
from x402_harness.protocol.withholding import Secrets


@dataclass(frozen=True, slots=True)
class _Booked:
    """An entry with what is signed for it."""

    entry: int
    authorization: Authorization
    digest: bytes


class Buying:
    """One purchase on its way. ``run`` is to be called once."""

    def __init__(self, means: Means, case: Case, client: Client) -> None:
        self._means = means
        self._case = case
        self._client = client
        self._exchanges: list[Exchange] = []
        self._purchase = Purchase(case.candidate.request)
        self._refusal: Finding | None = None
        self._entry: Entry | None = None
        self._unbooked: str | None = None
        self._chain: ChainView | None = None
        self._settlement: Settlement | None = None

    async def run(self) -> Bought:
        """Walk the road to its end. Raises nothing for what the seller does."""
        refusal = self._means.policy.place(self._case.candidate.request.url)
        if refusal is not None:
            self._refuse(refusal.finding)
        else:
            await self._ask()
        if self._purchase.state is State.CHALLENGED and self._purchase.challenge is not None:
            approval = self._approve(self._purchase.challenge)
            if approval is not None:
                await self._pay(approval)
        if self._purchase.state in (State.FREE, State.ABANDONED):
            self._means.ledger.decline(self._means.run, self._case.id, self._purchase.reason)
        transcript = Transcript(tuple(self._exchanges), self._chain, self._settlement)
        return Bought(self._case, self._purchase, transcript, self._refusal, self._entry, self._unbooked)

    async def _ask(self) -> None:
        answer = await self._send(Leg.UNPAID, self._purchase.ask())
        if isinstance(answer, Failure):
            self._purchase.unanswered(answer)
        else:
            self._purchase.answered(answer)

    def _approve(self, challenge: Challenge) -> Approval | None:
        decision = choose(self._means.policy, challenge, self._case.expected)
        if isinstance(decision, Approval):
            return decision
        self._refuse(decision)
        return None

    async def _pay(self, approval: Approval) -> None:
        option, witness = approval.option, self._means.witness
        objection = await witness.objection(approval, self._means.wallet.address) if witness else None
        if objection is not None:
            self._refuse(objection)
            return
        before = await self._balances(option)
        booked = self._book(approval)
        if booked is None:
            return
        self._purchase.authorize(option, booked.authorization)
        request = self._signed(booked)
        self._journal(booked.entry)
        try:
            answer = await self._send(Leg.PAID, request)
        except BaseException:
            # Stopped in the middle: the signature may be out, so the books must say so before we go. Where they
            # cannot, they say that it was sent.
            with suppress(LedgerError):
                self._close(booked.entry, Entry.UNKNOWN, "stopped while the payment was under way")
            raise
        self._conclude(booked.entry, answer, Secrets(request))
        await self._look(option, before)
        await self._hear(approval)
        self._reconcile(booked.entry)

    def _book(self, approval: Approval) -> _Booked | None:
        means, option = self._means, approval.option
        authorization = authorize(
            payer=means.wallet.address, payee=option.pay_to, value=option.amount,
            now=int(means.clock()), timeout=option.timeout, nonce=means.nonce(),
        )  # fmt: skip
        hashed = digest(approval.domain, authorization)
        try:
            entry = means.ledger.reserve(
                run=means.run, case=self._case.id, price=approval.price, caps=means.policy.caps,
                authorization=authorization, digest=hashed,
            )  # fmt: skip
        except CapReached as error:
            self._refuse(_CAPS[error.cap].finding(str(error), observed=str(approval.price)))
        except AlreadySigned as error:
            self._refuse(ALREADY_SIGNED.finding(str(error), observed=error.entry))
        else:
            return _Booked(entry, authorization, hashed)
        return None

    def _signed(self, booked: _Booked) -> Request:
        try:
            return self._purchase.pay(self._means.wallet.sign(booked.digest))
        except Exception:
            self._unsigned(booked.entry)
            raise

    def _unsigned(self, entry: int) -> None:
        with suppress(LedgerError):
            self._means.ledger.move(entry, Entry.REFUSED, reason="the wallet did not sign")

    def _journal(self, entry: int) -> None:
        self._means.ledger.move(entry, Entry.SIGNED, Entry.SENT)

    def _close(self, entry: int, state: Entry, reason: str, transaction: str | None = None) -> None:
        self._means.ledger.move(entry, state, reason=reason, transaction=transaction)
        self._entry = state

    def _conclude(self, entry: int, answer: Response | Failure, secrets: Secrets) -> None:
        if isinstance(answer, Failure):
            self._purchase.lost(answer)
        else:
            self._purchase.paid(answer)
        self._entry, named = Entry.SENT, self._named(secrets)
        self._end(entry, _BOOKED[self._purchase.state], secrets.scrub(self._purchase.reason), named)

    def _named(self, secrets: Secrets) -> str | None:
        """The transaction that the receipt names, if it is one."""
        told = self._purchase.receipt.response if self._purchase.receipt else None
        return told.transaction if told and is_transaction(secrets.scrub(told.transaction)) else None

    async def _hear(self, approval: Approval) -> None:
        witness, signed = self._means.witness, self._purchase.authorization
        if witness is None or signed is None or self._purchase.state is State.NOT_SETTLED:
            return
        asset, paid = approval.price.asset, self._exchanges[-1]
        # A seller that refuses does not settle later, unless it says so.
        refused = paid.response is not None and 400 <= paid.response.status < 500
        self._settlement = await witness.settlement(
            asset.network, asset.address, signed, self._named(Secrets(paid.request)),
            patient=self._purchase.state is State.SETTLED or not refused or "pending" in self._purchase.reason,
        )  # fmt: skip

    async def _balances(self, option: Option) -> Balances | None:
        if self._means.chain is None:
            return None
        return await self._means.chain.balances(option.network, option.asset, self._means.wallet.address, option.pay_to)

    async def _look(self, option: Option, before: Balances | None) -> None:
        chain, authorization = self._means.chain, self._purchase.authorization
        after = await self._balances(option)
        if chain is None or before is None or after is None or authorization is None:
            return
        asked = (option.network, option.asset, authorization.from_, authorization.nonce)
        used = await chain.nonce_used(*asked)
        self._chain = ChainView(before, after, used, await chain.settlement(*asked) if used else None)

    def _reconcile(self, entry: int) -> None:
        if self._purchase.state is not State.UNKNOWN:
            return
        seen = self._settlement
        moved = seen is not None and seen.verdict is Verdict.SETTLED
        if moved or (self._chain is not None and self._chain.nonce_used):
            self._purchase.shown_by_chain()
            self._end(entry, Entry.SETTLED, "the chain shows the transfer", seen.transaction if seen else None)

    def _end(self, entry: int, state: Entry, reason: str, transaction: str | None = None) -> None:
        if self._unbooked is not None:
            return
        try:
            self._close(entry, state, reason, transaction)
        except Unusable as error:
            # The money may have moved, and the books still say that it was sent: what is known must not be lost too.
            self._unbooked = str(error)

    def _refuse(self, finding: Finding) -> None:
        case = self._case
        place = Location(listing=case.listing.slug, url=case.candidate.request.url, leg=Leg.UNPAID)
        self._refusal = finding.at(place)
        self._purchase.refuse(finding.message)

    async def _send(self, leg: Leg, request: Request) -> Response | Failure:
        started = self._means.clock()
        answer = await self._client.send(request)
        elapsed = self._means.clock() - started
        response, failure = (None, answer) if isinstance(answer, Failure) else (answer, None)
        self._exchanges.append(Exchange(leg, request, response, failure, started, elapsed))
        return answer


class Resending(Buying):
    """The same road with an authorization that stands in the books; nothing new is reserved or signed."""

    def __init__(self, means: Means, case: Case, client: Client, row: Row) -> None:
        super().__init__(means, case, client)
        self._row = row
        self._entry = row.state

    def _book(self, approval: Approval) -> _Booked | None:
        authorization = self._means.ledger.authorization(self._row.id)
        hashed = digest(approval.domain, authorization)
        agreed = (str(approval.option.amount), approval.option.pay_to.lower(), "0x" + hashed.hex())
        if agreed == (authorization.value, authorization.to.lower(), self._row.digest):
            return _Booked(self._row.id, authorization, hashed)
        self._refuse(ALREADY_SIGNED.finding("other terms than those that were signed for", observed=self._row.id))
        return None

    def _unsigned(self, entry: int) -> None:
        """The signature of the first time is out: the entry stays as it is."""

    def _journal(self, entry: int) -> None:
        self._means.ledger.note(entry, "the same payment is sent again")

    def _close(self, entry: int, state: Entry, reason: str, transaction: str | None = None) -> None:
        # Whatever became of the second time, the first one may have been settled.
        end = Entry.SETTLED if state is Entry.SETTLED else Entry.UNKNOWN
        if end is self._means.ledger.row(entry).state:
            self._means.ledger.note(entry, reason)
            self._entry = end
        else:
            super()._close(entry, end, reason, transaction)


_BOOKED = {State.SETTLED: Entry.SETTLED, State.UNKNOWN: Entry.UNKNOWN, State.NOT_SETTLED: Entry.REFUSED}
_CAPS: dict[Cap, Rule] = {Cap.CALL: PER_CALL, Cap.RUN: PER_RUN, Cap.DAY: PER_DAY}
