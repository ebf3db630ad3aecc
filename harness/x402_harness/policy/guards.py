"""The guards over one option: each yields a finding where the option must not be signed.

Their order is that of the security considerations for ``exact`` on the EVM: method first, then network, asset and
domain, then amount, payee and time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from x402_catalog.addresses import ZERO, Family, family, has_valid_checksum, same_address
from x402_catalog.findings import Finding
from x402_catalog.money import Money
from x402_catalog.networks import AMBIGUOUS_V1_NAMES, Method, Network, Token
from x402_harness.policy import rules
from x402_harness.policy.decision import MICROS, Caps, Expected, dollars_micro
from x402_harness.policy.testkeys import is_test_account
from x402_harness.protocol.challenge import Option

# What is recognised, and refused by its name.
SCHEMES = {
    "upto": "the seller decides afterwards what is taken, by Permit2",
    "batch-settlement": "a voucher that is settled later, with others",
    "auth-capture": "money is held first and captured later",
    "escrow": "money is held by a contract",
    "deferred": "a promise that is settled later",
}
METHODS = {
    Method.PERMIT2.value: "an allowance to a contract that serves every token",
    "erc7710": "a delegation, which may be used again",
    Method.SPL.value: "a Solana transaction",
}
FLOWS = {
    "upfront": "the money is taken before the answer exists",
    "escrow": "the money is taken before and after the answer",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the guards look at: the option, what was planned, the table's rows, and the run's limits."""

    option: Option
    expected: Expected
    network: Network | None
    token: Token | None
    payer: str
    caps: Caps
    max_timeout: int
    networks: frozenset[str]
    sandbox: bool


_Found = Iterator[Finding]


def _scheme(facts: Facts) -> _Found:
    named = facts.option.scheme
    if named != "exact":
        yield rules.SCHEME.finding(f"the scheme is {_named(named, SCHEMES)}", observed=named, expected="exact")


def _method(facts: Facts) -> _Found:
    named = facts.option.extra.get("assetTransferMethod")
    if named not in (None, Method.EIP3009.value):
        yield rules.METHOD.finding(
            f"the transfer method is {_named(named, METHODS)}", observed=named, expected="eip3009"
        )
    elif facts.token is not None and facts.token.method is not Method.EIP3009:
        method = facts.token.method.value
        yield rules.METHOD.finding(f"{facts.token.asset} is paid by {_named(method, METHODS)}", observed=method)


def _flow(facts: Facts) -> _Found:
    flow = facts.option.extra.get("paymentFlow")
    if flow not in (None, "authorization"):
        yield rules.FLOW.finding(f"the payment flow is {_named(flow, FLOWS)}", observed=flow, expected="authorization")


def _named(value: Any, known: dict[str, str]) -> str:
    what = known.get(value) if isinstance(value, str) else None
    return f"{value!r}: {what}" if what else f"{value!r}, which is unknown"


def _network(facts: Facts) -> _Found:
    name = facts.option.network
    if facts.network is None:
        why = "means different chains" if name in AMBIGUOUS_V1_NAMES else "is unknown"
        yield rules.NETWORK.finding(f"the network {name!r} {why}", observed=name)
    elif facts.network.chain_id is None:
        yield rules.NETWORK.finding(f"{name} is a Solana network", observed=name, expected="an eip155 network")
    elif facts.network.caip2 not in facts.networks:
        allowed = ", ".join(sorted(facts.networks)[:10])
        yield rules.MODE.finding(f"this run does not pay on {name}", observed=name, expected=allowed)
    elif facts.network.caip2 != facts.expected.network:
        yield rules.PLANNED.finding("another network than planned", observed=name, expected=facts.expected.network)


def _payer(facts: Facts) -> _Found:
    if facts.sandbox or facts.network is None or facts.network.testnet:
        return
    if is_test_account(facts.payer):
        yield rules.TEST_KEY.finding(f"{facts.payer} belongs to everybody", observed=facts.payer)


def _asset(facts: Facts) -> _Found:
    asset = facts.option.asset
    if facts.token is None:
        yield rules.ASSET.finding(f"{asset} is unknown on {facts.option.network}", observed=asset)
    elif not same_address(asset, facts.expected.asset):
        yield rules.PLANNED.finding("another asset than planned", observed=asset, expected=facts.expected.asset)


def _domain(facts: Facts) -> _Found:
    if facts.token is None or facts.network is None:
        return
    own = {"name": facts.token.name, "version": facts.token.version, "chainId": facts.network.chain_id}
    for member, wanted in own.items():
        stated = facts.option.extra.get(member)
        if stated is not None and (type(stated), stated) != (type(wanted), wanted):
            yield rules.DOMAIN.finding(f"extra.{member} is {stated!r}", observed=stated, expected=wanted)
    contract = facts.option.extra.get("verifyingContract")
    if contract is not None and not (isinstance(contract, str) and same_address(contract, facts.token.asset.address)):
        yield rules.DOMAIN.finding(
            "extra.verifyingContract is another contract", observed=contract, expected=facts.token.asset.address
        )


def _decimals(facts: Facts) -> _Found:
    stated = facts.option.extra.get("decimals")
    if facts.token is None or stated is None:
        return
    own = facts.token.asset.decimals
    if isinstance(stated, bool) or stated not in (own, str(own)):
        yield rules.DECIMALS.finding(f"extra.decimals is {stated!r}", observed=stated, expected=own)


def _form(facts: Facts) -> _Found:
    written = facts.option.raw.get("maxAmountRequired" if facts.option.version == 1 else "amount")
    if written != str(facts.option.amount):
        yield rules.AMOUNT_FORM.finding(
            f"the amount is written {written!r}", observed=written, expected=str(facts.option.amount)
        )


def _amount(facts: Facts) -> _Found:
    amount, planned = facts.option.amount, facts.expected.amount
    if amount == 0:
        yield rules.AMOUNT.finding("the challenge asks for nothing", observed="0")
    elif amount > planned or (facts.expected.exact and amount != planned):
        yield rules.PLANNED.finding(
            f"asks {amount} where {planned} was planned", observed=str(amount), expected=str(planned)
        )
    elif facts.token and dollars_micro(Money(amount, facts.token.asset)) > facts.caps.per_call:
        price, cap = Money(amount, facts.token.asset), facts.caps.per_call / MICROS
        yield rules.PER_CALL.finding(f"{price} is over ${cap:.6f}", observed=str(amount), expected=f"<= ${cap}")


def _payee(facts: Facts) -> _Found:
    payee = facts.option.pay_to
    if family(payee) is not Family.EVM or not has_valid_checksum(payee):
        yield rules.PAYEE.finding("no address, or one with a wrong EIP-55 checksum", observed=payee)
    elif payee.lower() in {ZERO, facts.option.asset.lower(), facts.payer.lower()}:
        yield rules.PAYEE.finding("the payee is the zero address, the token or the payer", observed=payee)
    elif not same_address(payee, facts.expected.pay_to):
        yield rules.PLANNED.finding("another payee than planned", observed=payee, expected=facts.expected.pay_to)


def _timeout(facts: Facts) -> _Found:
    if not 0 < facts.option.timeout <= facts.max_timeout:
        yield rules.TIMEOUT.finding(
            "the window is out of range",
            observed=facts.option.timeout,
            expected=f"1 to {facts.max_timeout} seconds",
        )


GUARDS: tuple[Callable[[Facts], _Found], ...] = (
    _scheme, _method, _flow, _network, _payer, _asset, _domain, _decimals, _form, _amount, _payee, _timeout,
)  # fmt: skip
