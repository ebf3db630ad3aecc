"""What a decision is made of: caps, what was planned, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass

from x402_catalog.addresses import same_address
from x402_catalog.findings import Finding
from x402_catalog.money import Money
from x402_catalog.networks import Token
from x402_harness.protocol.challenge import Option
from x402_harness.protocol.eip3009 import Domain

MICROS = 1_000_000


@dataclass(frozen=True, slots=True)
class Caps:
    """What may be spent, in millionths of a dollar: every asset of the table is a dollar stablecoin.

    ``per_day`` is for any 24 hours, over all runs of a ledger; ``None`` for none, which only mock runs may have.
    """

    per_call: int
    per_run: int
    per_day: int | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """What was planned: the network (CAIP-2), the asset, the payee and the most that may be asked.

    ``exact`` says that a person approved that very amount: less is not what was agreed either.
    """

    network: str
    asset: str
    pay_to: str
    amount: int
    exact: bool = False

    def is_met_by(self, option: Option) -> bool:
        """Whether an option is on the planned network, in the planned asset."""
        return option.caip2 == self.network and same_address(option.asset, self.asset)


@dataclass(frozen=True, slots=True)
class Approval:
    """The option may be signed: the price, and the domain from the table."""

    option: Option
    price: Money
    token: Token
    domain: Domain


@dataclass(frozen=True, slots=True)
class Refusal:
    """The option may not be signed; the finding says why."""

    finding: Finding


def dollars_micro(money: Money) -> int:
    """The amount in millionths of a dollar, rounded up."""
    scale: int = 10**money.asset.decimals
    return -(-money.atomic * MICROS // scale)
