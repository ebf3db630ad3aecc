"""Policy: what may be signed. Pure: data in, a decision with its reason out.

The order of the checks is that of the security considerations for ``exact`` on the EVM: method first, then network,
asset and domain, then amount, payee and time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from x402_catalog.addresses import ZERO, Family, family, has_valid_checksum, same_address
from x402_catalog.findings import Finding, Level
from x402_catalog.money import Money
from x402_catalog.networks import AMBIGUOUS_V1_NAMES, Method, Network, Token, network, token
from x402_catalog.rules.registry import rule
from x402_harness.protocol.challenge import Option
from x402_harness.protocol.eip3009 import Domain

MICROS = 1_000_000
MAX_WINDOW = 900  # seconds that a signed payment may stay valid


SCHEME = rule(
    "SPEND001",
    Level.ERROR,
    "scheme is not exact",
    why="Other schemes let the seller decide later what is taken.",
    basis="x402 v1 §6, v2 §6; specs/schemes",
    mend="Offer the exact scheme beside it.",
)
METHOD = rule(
    "SPEND002",
    Level.ERROR,
    "transfer method is not EIP-3009",
    why="Permit2 and delegations bind more than one payment and cannot be bounded by what is signed.",
    basis="specs/schemes/exact/scheme_exact_evm.md",
    mend="Offer an asset with EIP-3009.",
)
FLOW = rule(
    "SPEND003",
    Level.ERROR,
    "payment flow is not authorization",
    why="Upfront and escrow flows take the money before the answer exists.",
    basis="specs/schemes/exact/scheme_exact.md (paymentFlow)",
    mend="Offer the authorization flow.",
)
NETWORK = rule(
    "SPEND004",
    Level.ERROR,
    "network is unknown or ambiguous",
    why="It would be a guess which chain the signature binds.",
    basis="x402 v1 §5.1, v2 §5.1; CAIP-2",
    mend="Name the network by its CAIP-2 id.",
)
ASSET = rule(
    "SPEND005",
    Level.ERROR,
    "asset is not in the table",
    why="Its decimals and EIP-712 domain are unknown: a look-alike could take any sum.",
    basis="x402 v1 §5.1, v2 §5.1; default assets of the official SDKs",
    mend="Offer a known stablecoin of the network.",
)
DOMAIN = rule(
    "SPEND006",
    Level.ERROR,
    "EIP-712 domain differs from the token's",
    why="The signature would be void, or valid for another contract.",
    basis="EIP-712; specs/schemes/exact/scheme_exact_evm.md (extra.name, extra.version)",
    mend="Give the token's own name and version.",
)
AMOUNT = rule(
    "SPEND007",
    Level.ERROR,
    "amount is zero",
    why="There is nothing to pay, so nothing to sign.",
    basis="x402 v1 §5.1, v2 §5.1",
    mend="Answer without a 402.",
)
PLANNED = rule(
    "SPEND008",
    Level.ERROR,
    "terms are not those that were planned",
    why="The price or the payee moved between the listing and the purchase; it must be seen before it is paid.",
    basis="listing terms; plan",
    mend="Correct the listing or the endpoint, then plan again.",
)
PAYEE = rule(
    "SPEND009",
    Level.ERROR,
    "payee cannot be paid",
    why="The money would be lost, or sent in a circle.",
    basis="EIP-55; ERC-20",
    mend="Name the seller's own account.",
)
TIMEOUT = rule(
    "SPEND010",
    Level.ERROR,
    "payment window is out of range",
    why="A signature that stays valid for long can be used long after the call.",
    basis="x402 v1 §5.1, v2 §5.1 (maxTimeoutSeconds)",
    mend="Ask for 60 to 300 seconds.",
)
PER_CALL = rule(
    "SPEND011",
    Level.ERROR,
    "price is over the cap for one call",
    why="The cap is what the person who runs this agreed to.",
    basis="--per-call-max",
    mend="Raise --per-call-max if the price is meant.",
)
PER_RUN = rule(
    "SPEND012",
    Level.ERROR,
    "price is over what is left of the run's cap",
    why="The cap is what the person who runs this agreed to.",
    basis="--budget",
    mend="Raise --budget, or buy less.",
)
NO_OPTION = rule(
    "SPEND013",
    Level.ERROR,
    "no option of the challenge may be paid",
    why="None of the terms offered is the one that was planned.",
    basis="x402 v1 §5.1, v2 §5.1 (accepts)",
    mend="Offer the terms that the listing states.",
)


@dataclass(frozen=True, slots=True)
class Caps:
    """What may be spent, in millionths of a dollar: every asset of the table is a dollar stablecoin."""

    per_call: int
    per_run: int


@dataclass(frozen=True, slots=True)
class Expected:
    """What was planned: the network (CAIP-2), the asset, the payee and the most that may be asked."""

    network: str
    asset: str
    pay_to: str
    amount: int

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


@dataclass(frozen=True, slots=True)
class Policy:
    """Caps and limits of one run, and the payer, who is never paid."""

    caps: Caps
    payer: str
    max_timeout: int = MAX_WINDOW

    def decide(self, option: Option, expected: Expected) -> Approval | Refusal:
        """Whether exactly this option may be signed."""
        where = network(option.network)
        row = token(where.caip2, option.asset) if where else None
        facts = _Facts(option, expected, where, row, self)
        for check in _CHECKS:
            for finding in check(facts):
                return Refusal(finding)
        assert where is not None and where.chain_id is not None and row is not None  # the checks refused the rest
        assert row.name is not None and row.version is not None
        domain = Domain(row.name, row.version, where.chain_id, row.asset.address)
        return Approval(option, Money(option.amount, row.asset), row, domain)


def dollars_micro(money: Money) -> int:
    """The amount in millionths of a dollar, rounded up."""
    scale: int = 10**money.asset.decimals
    return -(-money.atomic * MICROS // scale)


@dataclass(frozen=True, slots=True)
class _Facts:
    option: Option
    expected: Expected
    network: Network | None
    token: Token | None
    policy: Policy


_Found = Iterator[Finding]


def _scheme(facts: _Facts) -> _Found:
    if facts.option.scheme != "exact":
        yield SCHEME.finding(f"the scheme is {facts.option.scheme!r}", observed=facts.option.scheme, expected="exact")


def _method(facts: _Facts) -> _Found:
    named = facts.option.extra.get("assetTransferMethod")
    if named not in (None, Method.EIP3009.value):
        yield METHOD.finding(f"the transfer method is {named!r}", observed=named, expected="eip3009")
    elif facts.token is not None and facts.token.method is not Method.EIP3009:
        yield METHOD.finding(f"{facts.token.asset} is paid by {facts.token.method}", observed=str(facts.token.method))


def _flow(facts: _Facts) -> _Found:
    flow = facts.option.extra.get("paymentFlow")
    if flow not in (None, "authorization"):
        yield FLOW.finding(f"the payment flow is {flow!r}", observed=flow, expected="authorization")


def _network(facts: _Facts) -> _Found:
    name = facts.option.network
    if facts.network is None:
        why = "means different chains" if name in AMBIGUOUS_V1_NAMES else "is unknown"
        yield NETWORK.finding(f"the network {name!r} {why}", observed=name)
    elif facts.network.chain_id is None:
        yield NETWORK.finding(f"{name} is not an EVM network", observed=name, expected="an eip155 network")
    elif facts.network.caip2 != facts.expected.network:
        yield PLANNED.finding("another network than planned", observed=name, expected=facts.expected.network)


def _asset(facts: _Facts) -> _Found:
    if facts.token is None:
        yield ASSET.finding(f"{facts.option.asset} is unknown on {facts.option.network}", observed=facts.option.asset)
    elif not same_address(facts.option.asset, facts.expected.asset):
        yield PLANNED.finding("another asset than planned", observed=facts.option.asset, expected=facts.expected.asset)


def _domain(facts: _Facts) -> _Found:
    if facts.token is None:
        return
    for member, wanted in (("name", facts.token.name), ("version", facts.token.version)):
        stated = facts.option.extra.get(member)
        if stated is not None and stated != wanted:
            yield DOMAIN.finding(f"extra.{member} is {stated!r}", observed=stated, expected=wanted)


def _amount(facts: _Facts) -> _Found:
    amount, planned = facts.option.amount, facts.expected.amount
    if amount == 0:
        yield AMOUNT.finding("the challenge asks for nothing", observed="0")
    elif amount > planned:
        yield PLANNED.finding(f"asks {amount} where {planned} was planned", observed=str(amount), expected=str(planned))
    elif facts.token and dollars_micro(Money(amount, facts.token.asset)) > facts.policy.caps.per_call:
        price, cap = Money(amount, facts.token.asset), facts.policy.caps.per_call
        yield PER_CALL.finding(
            f"{price} is over ${cap / MICROS:.6f}", observed=str(amount), expected=f"<= ${cap / MICROS}"
        )


def _payee(facts: _Facts) -> _Found:
    payee = facts.option.pay_to
    if family(payee) is not Family.EVM or not has_valid_checksum(payee):
        yield PAYEE.finding("no address, or one with a wrong EIP-55 checksum", observed=payee)
    elif payee.lower() in {ZERO, facts.option.asset.lower(), facts.policy.payer.lower()}:
        yield PAYEE.finding("the payee is the zero address, the token or the payer", observed=payee)
    elif not same_address(payee, facts.expected.pay_to):
        yield PLANNED.finding("another payee than planned", observed=payee, expected=facts.expected.pay_to)


def _timeout(facts: _Facts) -> _Found:
    if not 0 < facts.option.timeout <= facts.policy.max_timeout:
        limit = facts.policy.max_timeout
        yield TIMEOUT.finding(
            "the window is out of range", observed=facts.option.timeout, expected=f"1 to {limit} seconds"
        )


_CHECKS: tuple[Callable[[_Facts], _Found], ...] = (
    _scheme, _method, _flow, _network, _asset, _domain, _amount, _payee, _timeout,
)  # fmt: skip
