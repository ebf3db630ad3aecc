"""Purses: whose money a run spends, on which networks, and the books that it stands in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from x402_harness.ledger import Ledger
from x402_harness.policy import Caps, Mode, Policy
from x402_harness.wallet import ThrowawayWallet, Wallet

MONEY = {Mode.MOCK: "sandbox money", Mode.TESTNET: "test money", Mode.LIVE: "real money"}


@dataclass(frozen=True, slots=True)
class Purse:
    """The ``wallet`` that signs, the ``ledger`` file, and the name by which the run stands in it.

    ``networks`` are those that may be paid on, the mode's own if ``None``.
    """

    mode: Mode
    wallet: Wallet
    ledger: Path
    run: str
    networks: frozenset[str] | None = None

    def open(self, clock: Callable[[], float]) -> Ledger:
        """The books. Raises :class:`~x402_harness.ledger.Unusable`."""
        return Ledger(self.ledger, clock, sandbox=self.mode is Mode.MOCK)

    def policy(self, caps: Caps) -> Policy:
        """What may be signed. Raises ``ValueError`` for caps or networks that the mode does not have."""
        return Policy(caps, self.wallet.address, mode=self.mode, networks=self.networks)


def throwaway(run: str, folder: Path, entropy: bytes) -> Purse:
    """Sandbox money with a key made from 32 random bytes, booked in the run's own ``folder``."""
    return Purse(Mode.MOCK, ThrowawayWallet(entropy), folder / "ledger.db", run)
