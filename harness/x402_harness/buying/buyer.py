"""The buyer: drives the purchase machine over a client, with policy, ledger and wallet in their order.

Policy approves, the ledger reserves, the wallet signs, the ledger notes that it is about to be sent, the client sends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from x402_catalog.findings import Finding, Location
from x402_harness.edge.client import Client
from x402_harness.ledger import CapReached, Entry, Ledger
from x402_harness.planning.cases import Case
from x402_harness.policy import Approval, Policy
from x402_harness.policy.rules import NO_OPTION, PER_RUN
from x402_harness.protocol.challenge import Challenge, Option
from x402_harness.protocol.eip3009 import authorize, digest
from x402_harness.protocol.exchange import Balances, ChainView, Exchange, Failure, Leg, Request, Response, Transcript
from x402_harness.protocol.purchase import Purchase, State
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


@dataclass(frozen=True, slots=True)
class Bought:
    """One purchase as it went: the case, the machine at its end, the transcript, and what a guard refused."""

    case: Case
    purchase: Purchase
    transcript: Transcript
    refusal: Finding | None = None
    entry: Entry | None = None

    @property
    def url(self) -> str:
        """The URL that was requested."""
        return self.case.candidate.request.url


@dataclass(frozen=True, slots=True)
class Buyer:
    """What every purchase of a run shares. ``clock`` gives seconds, ``nonce`` fresh 32 bytes."""

    run: str
    wallet: Wallet
    policy: Policy
    ledger: Ledger
    clock: Callable[[], float]
    nonce: Callable[[], bytes]
    chain: ChainReader | None = None

    async def buy(self, case: Case, client: Client) -> Bought:
        """Buy one case. Never raises for what the seller does."""
        return await _Buy(self, case, client).run()


class _Buy:
    def __init__(self, buyer: Buyer, case: Case, client: Client) -> None:
        self._buyer = buyer
        self._case = case
        self._client = client
        self._exchanges: list[Exchange] = []
        self._purchase = Purchase(case.candidate.request)
        self._refusal: Finding | None = None
        self._entry: Entry | None = None
        self._chain: ChainView | None = None

    async def run(self) -> Bought:
        answer = await self._send(Leg.UNPAID, self._purchase.ask())
        if isinstance(answer, Failure):
            self._purchase.unanswered(answer)
        else:
            self._purchase.answered(answer)
        if self._purchase.state is State.CHALLENGED and self._purchase.challenge is not None:
            approval = self._approve(self._purchase.challenge)
            if approval is not None:
                await self._pay(approval)
        transcript = Transcript(tuple(self._exchanges), self._chain)
        return Bought(self._case, self._purchase, transcript, self._refusal, self._entry)

    def _approve(self, challenge: Challenge) -> Approval | None:
        expected = self._case.expected
        refusals: list[Finding] = []
        for option in sorted(challenge.options, key=lambda option: not expected.is_met_by(option)):
            decision = self._buyer.policy.decide(option, expected)
            if isinstance(decision, Approval):
                return decision
            refusals.append(decision.finding)
        self._refuse(refusals[0] if refusals else NO_OPTION.finding("the challenge holds no option that can be read"))
        return None

    async def _pay(self, approval: Approval) -> None:
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
            self._refuse(PER_RUN.finding(str(error), observed=str(approval.price)))
            return
        before = self._balances(option)
        self._purchase.authorize(option, authorization)
        request = self._purchase.pay(buyer.wallet.sign(hashed))
        buyer.ledger.move(entry, Entry.SIGNED, Entry.SENT)
        try:
            answer = await self._send(Leg.PAID, request)
        except BaseException:
            # Stopped in the middle: the signature may be out, so the books must say so before we go.
            buyer.ledger.move(entry, Entry.UNKNOWN, reason="stopped while the payment was under way")
            raise
        self._conclude(entry, answer, Secrets(request))
        self._look(option, before)
        self._reconcile(entry)

    def _conclude(self, entry: int, answer: Response | Failure, secrets: Secrets) -> None:
        if isinstance(answer, Failure):
            self._purchase.lost(answer)
        else:
            self._purchase.paid(answer)
        self._entry = _BOOKED[self._purchase.state]
        self._buyer.ledger.move(entry, self._entry, reason=secrets.scrub(self._purchase.reason))

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
            self._entry = Entry.SETTLED
            self._buyer.ledger.move(entry, Entry.SETTLED, reason="the chain shows the transfer")

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


_BOOKED = {State.SETTLED: Entry.SETTLED, State.UNKNOWN: Entry.UNKNOWN, State.NOT_SETTLED: Entry.REFUSED}
