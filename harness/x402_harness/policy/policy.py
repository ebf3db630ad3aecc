"""The policy of a run: data in, a decision with its reason out."""

from __future__ import annotations

from dataclasses import dataclass

from x402_catalog.money import Money
from x402_catalog.networks import network, token
from x402_harness.policy.decision import Approval, Caps, Expected, Refusal
from x402_harness.policy.guards import GUARDS, Facts
from x402_harness.policy.modes import Mode, allowed_networks
from x402_harness.policy.resource import objections
from x402_harness.protocol.challenge import Option
from x402_harness.protocol.eip3009 import Domain

MAX_WINDOW = 900  # seconds that a signed payment may stay valid


@dataclass(frozen=True, slots=True)
class Policy:
    """Caps and limits of one run, and the payer, who is never paid.

    ``networks`` narrows or widens where the mode pays, see :func:`~x402_harness.policy.modes.allowed_networks`, whose
    ``ValueError`` it raises; so do testnet and live runs without a cap for 24 hours.
    """

    caps: Caps
    payer: str
    max_timeout: int = MAX_WINDOW
    mode: Mode = Mode.MOCK
    networks: frozenset[str] | None = None

    def __post_init__(self) -> None:
        if self.mode is not Mode.MOCK and self.caps.per_day is None:
            raise ValueError(f"{self.mode} runs need a cap for 24 hours")
        object.__setattr__(self, "networks", allowed_networks(self.mode, self.networks))

    def place(self, url: str) -> Refusal | None:
        """Why nothing may be bought at ``url``, the one that is requested; ``None`` if it may.

        Real money is spent over https at public names only.
        """
        found = next(objections(url), None) if self.mode is Mode.LIVE else None
        return Refusal(found) if found else None

    def decide(self, option: Option, expected: Expected) -> Approval | Refusal:
        """Whether exactly this option may be signed."""
        where = network(option.network)
        row = token(where.caip2, option.asset) if where else None
        assert self.networks is not None  # made so when the policy was
        facts = Facts(
            option, expected, where, row, self.payer, self.caps, self.max_timeout, self.networks,
            sandbox=self.mode is Mode.MOCK,
        )  # fmt: skip
        for guard in GUARDS:
            for finding in guard(facts):
                return Refusal(finding)
        assert where is not None and where.chain_id is not None and row is not None  # the guards refused the rest
        assert row.name is not None and row.version is not None
        domain = Domain(row.name, row.version, where.chain_id, row.asset.address)
        return Approval(option, Money(option.amount, row.asset), row, domain)
