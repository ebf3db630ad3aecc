"""The buyer: drives the purchase machine over a client, with policy, ledger and wallet in their order.

Policy approves, the ledger reserves, the wallet signs, the ledger notes that it is about to be sent, the client sends.
Whose money it is decides what may stand together: a throwaway key with mock runs only, a user's key never with them,
and real money with a client that connects to public addresses only.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from x402_catalog.addresses import same_address
from x402_catalog.findings import Finding, Location
from x402_catalog.rules.registry import Rule
from x402_harness.edge.client import Client
from x402_harness.ledger import AlreadySigned, Cap, CapReached, Entry, Ledger, LedgerError, Row, Unusable
from x402_harness.planning.cases import Case
from x402_harness.policy import Approval, Mode, Policy
from x402_harness.policy.rules import ALREADY_SIGNED, NO_OPTION, PER_CALL, PER_DAY, PER_RUN
from x402_harness.protocol.challenge import Challenge, Option
from x402_harness.protocol.eip3009 import authorize, digest
from x402_harness.protocol.exchange import Balances, ChainView, Exchange, Failure, Leg, Request, Response, Transcript
from x402_harness.protocol.messages import Authorization
from x402_harness.protocol.purchase import Purchase, State
from x402_harness.protocol.receipts import is_transaction
from x402_harness.protocol.withholding import Secrets
from x402_harness.wallet import Wallet


class ChainReader(Protocol):
    """Something that can be asked about accounts and nonces."""

    def balances(self, network: str, asset: str, payer: str, payee: str) -> Balances:
        """What payer and payee hold."""
        ...

    def nonce_used(self, network: str, asset: str, payer: str, nonce: str) -> bool:
        """Whether the payer's nonce is used."""
        ...


class Mismatch(TypeError):
    """A wallet, a policy or a client that do not belong to the same kind of money were put together."""


@dataclass(frozen=True, slots=True)
class Bought:
    """One purchase as it went: the case, the machine at its end, the transcript, and what a guard refused.

    ``entry`` is where it stands in the books; ``unbooked`` says why its end could not be written there.
    """

    case: Case
    purchase: Purchase
    transcript: Transcript
    refusal: Finding | None = None
    entry: Entry | None = None
    unbooked: str | None = None

    @property
    def url(self) -> str:
        """The URL that was requested."""
        return self.case.candidate.request.url


@dataclass(frozen=True, slots=True)
class Buyer:
    """What every purchase of a run shares. ``clock`` gives seconds, ``nonce`` fresh 32 bytes.

    Raises :class:`Mismatch` for a wallet that is not of the policy's mode, or not its payer's.
    """

    run: str
    wallet: Wallet
    policy: Policy
    ledger: Ledger
    clock: Callable[[], float]
    nonce: Callable[[], bytes]
    chain: ChainReader | None = None

    def __post_init__(self) -> None:
        if not self.wallet.may_pay(self.policy.mode):
            raise Mismatch(f"{self.wallet!r} does not pay in {self.policy.mode} runs")
        if not same_address(self.wallet.address, self.policy.payer):
            raise Mismatch("the wallet is not the policy's payer")

    async def buy(self, case: Case, client: Client) -> Bought:
        """Buy one case. Never raises for what the seller does.

        Raises :class:`Mismatch` for real money and a client that reaches more than public addresses, and
        :class:`~x402_harness.ledger.Unusable` while nothing has been sent.
        """
        self._require(client)
        return await _Buy(self, case, client).run()

    async def resend(self, entry: int, case: Case, client: Client) -> Bought:
        """Send the payment of an entry whose end is unknown again: the same authorization with the same signature.

        It can move money once only, so what it may cost is reserved already. Raises as :meth:`buy` does, and
        :class:`~x402_harness.ledger.LedgerError` if the entry is not of this case and payer, is not unknown, or its
        window is over.
        """
        self._require(client)
        return await _Resend(self, case, client, self._unknown(entry, case)).run()

    def _require(self, client: Client) -> None:
        if self.policy.mode is Mode.LIVE and not client.public_only:
            raise Mismatch("real money needs a client that connects to public addresses only")

    def _unknown(self, entry: int, case: Case) -> Row:
        row = self.ledger.row(entry)
        if row.state not in (Entry.SENT, Entry.UNKNOWN):
            raise LedgerError(f"entry {entry} is {row.state}: there is no payment to send again")
        if row.case != case.id or not same_address(row.payer or "", self.wallet.address):
            raise LedgerError(f"entry {entry} is of another case or payer")
        if self.clock() >= (row.valid_before or 0):
            raise LedgerError(f"entry {entry} can no longer be settled: its window is over")
        return row


@dataclass(frozen=True, slots=True)
class _Booked:
    """An entry with what is signed for it."""

    entry: int
    authorization: Authorization
    digest: bytes


class _Buy:
    def __init__(self, buyer: Buyer, case: Case, client: Client) -> None:
        self._buyer = buyer
        self._case = case
        self._client = client
        self._exchanges: list[Exchange] = []
        self._purchase = Purchase(case.candidate.request)
        self._refusal: Finding | None = None
        self._entry: Entry | None = None
        self._unbooked: str | None = None
        self._chain: ChainView | None = None

    async def run(self) -> Bought:
        refusal = self._buyer.policy.place(self._case.candidate.request.url)
        if refusal is not None:
            self._refuse(refusal.finding)
        else:
            await self._ask()
        if self._purchase.state is State.CHALLENGED and self._purchase.challenge is not None:
            approval = self._approve(self._purchase.challenge)
            if approval is not None:
                await self._pay(approval)
        if self._purchase.state in (State.FREE, State.ABANDONED):
            self._buyer.ledger.decline(self._buyer.run, self._case.id, self._purchase.reason)
        transcript = Transcript(tuple(self._exchanges), self._chain)
        return Bought(self._case, self._purchase, transcript, self._refusal, self._entry, self._unbooked)

    async def _ask(self) -> None:
        answer = await self._send(Leg.UNPAID, self._purchase.ask())
        if isinstance(answer, Failure):
            self._purchase.unanswered(answer)
        else:
            self._purchase.answered(answer)

    def _approve(self, challenge: Challenge) -> Approval | None:
        expected = self._case.expected
        refusals: list[Finding] = []
        for option in sorted(challenge.options, key=lambda option: not expected.is_met_by(option)):
            decision = self._buyer.policy.decide(option, expected)
            if isinstance(decision, Approval):
                return decision
            refusals.append(decision.finding)
        self._refuse(refusals[0] if refusals else _unreadable(challenge))
        return None

    async def _pay(self, approval: Approval) -> None:
        option = approval.option
        before = self._balances(option)
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
        self._look(option, before)
        self._reconcile(booked.entry)

    def _book(self, approval: Approval) -> _Booked | None:
        buyer, option = self._buyer, approval.option
        authorization = authorize(
            payer=buyer.wallet.address, payee=option.pay_to, value=option.amount,
            now=int(buyer.clock()), timeout=option.timeout, nonce=buyer.nonce(),
        )  # fmt: skip
        hashed = digest(approval.domain, authorization)
        try:
            entry = buyer.ledger.reserve(
                run=buyer.run, case=self._case.id, price=approval.price, caps=buyer.policy.caps,
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
            return self._purchase.pay(self._buyer.wallet.sign(booked.digest))
        except Exception:
            self._unsigned(booked.entry)
            raise

    def _unsigned(self, entry: int) -> None:
        with suppress(LedgerError):
            self._buyer.ledger.move(entry, Entry.REFUSED, reason="the wallet did not sign")

    def _journal(self, entry: int) -> None:
        self._buyer.ledger.move(entry, Entry.SIGNED, Entry.SENT)

    def _close(self, entry: int, state: Entry, reason: str, transaction: str | None = None) -> None:
        self._buyer.ledger.move(entry, state, reason=reason, transaction=transaction)
        self._entry = state

    def _conclude(self, entry: int, answer: Response | Failure, secrets: Secrets) -> None:
        if isinstance(answer, Failure):
            self._purchase.lost(answer)
        else:
            self._purchase.paid(answer)
        told = self._purchase.receipt.response if self._purchase.receipt else None
        named = told.transaction if told and is_transaction(secrets.scrub(told.transaction)) else None
        self._entry = Entry.SENT
        self._end(entry, _BOOKED[self._purchase.state], secrets.scrub(self._purchase.reason), named)

    def _balances(self, option: Option) -> Balances | None:
        if self._buyer.chain is None:
            return None
        return self._buyer.chain.balances(option.network, option.asset, self._buyer.wallet.address, option.pay_to)

    def _look(self, option: Option, before: Balances | None) -> None:
        chain, authorization = self._buyer.chain, self._purchase.authorization
        after = self._balances(option)
        if chain is None or before is None or after is None or authorization is None:
            return
        used = chain.nonce_used(option.network, option.asset, authorization.from_, authorization.nonce)
        self._chain = ChainView(before, after, used)

    def _reconcile(self, entry: int) -> None:
        if self._purchase.state is State.UNKNOWN and self._chain is not None and self._chain.nonce_used:
            self._purchase.shown_by_chain()
            self._end(entry, Entry.SETTLED, "the chain shows the transfer")

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
        started = self._buyer.clock()
        answer = await self._client.send(request)
        elapsed = self._buyer.clock() - started
        response, failure = (None, answer) if isinstance(answer, Failure) else (answer, None)
        self._exchanges.append(Exchange(leg, request, response, failure, started, elapsed))
        return answer


class _Resend(_Buy):
    """The same road with an authorization that stands in the books; nothing new is reserved or signed."""

    def __init__(self, buyer: Buyer, case: Case, client: Client, row: Row) -> None:
        super().__init__(buyer, case, client)
        self._row = row
        self._entry = row.state

    def _book(self, approval: Approval) -> _Booked | None:
        authorization = self._buyer.ledger.authorization(self._row.id)
        hashed = digest(approval.domain, authorization)
        agreed = (str(approval.option.amount), approval.option.pay_to.lower(), "0x" + hashed.hex())
        if agreed == (authorization.value, authorization.to.lower(), self._row.digest):
            return _Booked(self._row.id, authorization, hashed)
        self._refuse(ALREADY_SIGNED.finding("other terms than those that were signed for", observed=self._row.id))
        return None

    def _unsigned(self, entry: int) -> None:
        """The signature of the first time is out: the entry stays as it is."""

    def _journal(self, entry: int) -> None:
        self._buyer.ledger.note(entry, "the same payment is sent again")

    def _close(self, entry: int, state: Entry, reason: str, transaction: str | None = None) -> None:
        # Whatever became of the second time, the first one may have been settled.
        end = Entry.SETTLED if state is Entry.SETTLED else Entry.UNKNOWN
        if end is self._buyer.ledger.row(entry).state:
            self._buyer.ledger.note(entry, reason)
            self._entry = end
        else:
            super()._close(entry, end, reason, transaction)


def _unreadable(challenge: Challenge) -> Finding:
    why = "".join(f": {one.error.message} at {one.error.pointer}" for one in challenge.unreadable[:1])
    return NO_OPTION.finding(f"the challenge holds no option that can be read{why}")


_BOOKED = {State.SETTLED: Entry.SETTLED, State.UNKNOWN: Entry.UNKNOWN, State.NOT_SETTLED: Entry.REFUSED}
_CAPS: dict[Cap, Rule] = {Cap.CALL: PER_CALL, Cap.RUN: PER_RUN, Cap.DAY: PER_DAY}
