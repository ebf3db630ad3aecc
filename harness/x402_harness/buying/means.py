"""What a purchase is made with, and what comes of it.

Whose money it is decides what may stand together: a throwaway key with mock runs only, a user's key never with them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from x402_catalog.addresses import same_address
from x402_catalog.findings import Finding
from x402_harness.ledger import Entry, Ledger
from x402_harness.planning.cases import Case
from x402_harness.policy import Approval, Policy
from x402_harness.protocol.exchange import Balances, Transcript
from x402_harness.protocol.messages import Authorization
from x402_harness.protocol.onchain import Settlement
from x402_harness.protocol.purchase import Purchase
from x402_harness.wallet import Wallet


class ChainReader(Protocol):
    """Something that can be asked about accounts and nonces."""

    async def balances(self, network: str, asset: str, payer: str, payee: str) -> Balances:
        """What payer and payee hold."""
        ...

    async def nonce_used(self, network: str, asset: str, payer: str, nonce: str) -> bool:
        """Whether the payer's nonce is used."""
        ...

    async def settlement(self, network: str, asset: str, payer: str, nonce: str) -> str | None:
        """The hash of the transaction that used the payer's nonce; ``None`` if none did or the chain does not tell."""
        ...


class Witness(Protocol):
    """What is asked of public chains about a purchase."""

    async def objection(self, approval: Approval, payer: str) -> Finding | None:
        """Why an approved option must not be signed after all."""
        ...

    async def settlement(
        self, network: str, asset: str, signed: Authorization, transaction: str | None, *, patient: bool = True
    ) -> Settlement | None:
        """What became of a payment for which ``transaction`` is claimed; ``None`` where nobody can be asked.

        ``patient`` says that it may yet come, and is worth waiting for. Raises nothing for what a node does.
        """
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
class Means:
    """What every purchase of a run shares. ``clock`` gives seconds, ``nonce`` fresh 32 bytes.

    ``chain`` is a sandbox's, whose balances nobody else moves; ``witness`` speaks for public ones.

    Raises :class:`Mismatch` for a wallet that is not of the policy's mode, or not its payer's.
    """

    run: str
    wallet: Wallet
    policy: Policy
    ledger: Ledger
    clock: Callable[[], float]
    nonce: Callable[[], bytes]
    chain: ChainReader | None = None
    witness: Witness | None = None

    def __post_init__(self) -> None:
        if not self.wallet.may_pay(self.policy.mode):
            raise Mismatch(f"{self.wallet!r} does not pay in {self.policy.mode} runs")
        if not same_address(self.wallet.address, self.policy.payer):
            raise Mismatch("the wallet is not the policy's payer")
