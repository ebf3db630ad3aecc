"""Policy: one guard for each thing that can be wrong with terms, and nothing signed beyond plan and caps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.support.terms import (
    BASE,
    BASE_DOMAIN,
    BASE_USDC,
    PAYEE,
    PAYER,
    PRICE,
    SEPOLIA,
    SEPOLIA_USDC,
    STRANGER,
    option,
    option_v1,
    option_v2,
)

from x402_catalog.addresses import ZERO
from x402_catalog.money import UINT256_MAX, Asset, Money
from x402_catalog.networks import Method, network, tokens
from x402_catalog.rules.registry import REGISTRY
from x402_harness.policy import MICROS, Approval, Caps, Expected, Policy, Refusal, dollars_micro

POLICY = Policy(Caps(per_call=5 * MICROS, per_run=50 * MICROS), PAYER)
PLANNED = Expected(BASE, BASE_USDC, PAYEE, PRICE)
MEGA_USD = "0xFAfDdbb3FC7688494971a79cc65DCa3EF82079E7"
SOLANA = "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"
SOLANA_USDC = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"

REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("SPEND001", {"scheme": "upto"}),
    ("SPEND001", {"scheme": "Exact"}),
    ("SPEND001", {"scheme": ""}),
    ("SPEND002", {"extra": {"assetTransferMethod": "permit2"}}),
    ("SPEND002", {"extra": {"assetTransferMethod": "erc7710"}}),
    ("SPEND002", {"extra": {"assetTransferMethod": ["eip3009"]}}),
    ("SPEND002", {"network": "eip155:4326", "asset": MEGA_USD}),
    ("SPEND003", {"extra": {"paymentFlow": "upfront"}}),
    ("SPEND003", {"extra": {"paymentFlow": "escrow"}}),
    ("SPEND003", {"extra": {"paymentFlow": {}}}),
    ("SPEND004", {"network": "eip155:999999"}),
    ("SPEND004", {"network": "story"}),
    ("SPEND004", {"network": "Base"}),
    ("SPEND004", {"network": "solana:mainnet"}),
    ("SPEND005", {"asset": STRANGER}),
    ("SPEND005", {"asset": SEPOLIA_USDC}),
    ("SPEND005", {"asset": "USDC"}),
    ("SPEND006", {"extra": {"name": "USDC", "version": "2"}}),
    ("SPEND006", {"extra": {"name": "USD Coin", "version": "1"}}),
    ("SPEND006", {"extra": {"name": "USD Coin", "version": 2}}),
    ("SPEND007", {"amount": "0"}),
    ("SPEND008", {"network": SEPOLIA, "asset": SEPOLIA_USDC}),
    ("SPEND008", {"amount": str(PRICE + 1)}),
    ("SPEND008", {"amount": str(UINT256_MAX)}),
    ("SPEND008", {"payTo": STRANGER}),
    ("SPEND009", {"payTo": PAYEE.swapcase().replace("0X", "0x")}),
    ("SPEND009", {"payTo": "merchant"}),
    ("SPEND009", {"payTo": ZERO}),
    ("SPEND009", {"payTo": BASE_USDC}),
    ("SPEND009", {"payTo": PAYER}),
    ("SPEND010", {"maxTimeoutSeconds": 0}),
    ("SPEND010", {"maxTimeoutSeconds": -60}),
    ("SPEND010", {"maxTimeoutSeconds": 901}),
    ("SPEND010", {"maxTimeoutSeconds": 31_536_000}),
]


def refused(terms: dict[str, Any], policy: Policy = POLICY, planned: Expected = PLANNED) -> str:
    decision = policy.decide(option(terms), planned)
    assert isinstance(decision, Refusal), decision
    return decision.finding.rule


@pytest.mark.parametrize(("code", "changes"), REFUSED)
def test_each_guard_refuses_with_its_own_code(code: str, changes: dict[str, Any]) -> None:
    assert refused(option_v2(**changes)) == code


def test_a_price_over_the_cap_for_one_call_is_refused() -> None:
    dear = replace(PLANNED, amount=6 * MICROS)
    assert refused(option_v2(amount=str(5 * MICROS + 1)), planned=dear) == "SPEND011"
    assert isinstance(POLICY.decide(option(option_v2(amount=str(5 * MICROS))), dear), Approval)


def test_a_network_without_eip_3009_is_refused_whatever_is_planned() -> None:
    planned = Expected(SOLANA, SOLANA_USDC, PAYEE, PRICE)
    terms = option_v2(network=SOLANA, asset=SOLANA_USDC, extra=None)
    assert refused(terms, planned=planned) == "SPEND002"


def test_another_planned_asset_of_the_same_network_is_told_apart() -> None:
    celo = "eip155:42220"
    usdc, usdt = (row.asset.address for row in tokens(celo)[:2])
    assert refused(option_v2(network=celo, asset=usdt, extra=None), planned=Expected(celo, usdc, PAYEE, PRICE)) == (
        "SPEND008"
    )


def test_every_guard_on_terms_has_a_refusal_here() -> None:
    elsewhere = {"SPEND011", "SPEND012", "SPEND013"}  # caps and whole challenges
    guards = {rule.code for rule in REGISTRY if rule.code.startswith("SPEND")}
    assert {code for code, _ in REFUSED} == guards - elsewhere


@pytest.mark.parametrize("terms", [option_v1(), option_v2(), option_v2(extra=None), option_v2(payTo=PAYEE)])
def test_planned_terms_are_approved_with_the_domain_of_the_table(terms: dict[str, Any]) -> None:
    decision = POLICY.decide(option(terms), PLANNED)
    assert isinstance(decision, Approval)
    assert decision.domain == BASE_DOMAIN
    assert (decision.price.atomic, decision.price.asset.symbol) == (PRICE, "USDC")


@pytest.mark.parametrize("extra", [{"assetTransferMethod": "eip3009"}, {"paymentFlow": "authorization"}])
def test_the_default_method_and_flow_may_be_named(extra: dict[str, Any]) -> None:
    assert isinstance(POLICY.decide(option(option_v2(extra=extra)), PLANNED), Approval)


def test_a_cheaper_price_than_planned_is_approved() -> None:
    assert isinstance(POLICY.decide(option(option_v2(amount="1")), PLANNED), Approval)


def test_a_longer_window_can_be_allowed() -> None:
    patient = replace(POLICY, max_timeout=3600)
    assert isinstance(patient.decide(option(option_v2(maxTimeoutSeconds=3600)), PLANNED), Approval)


def test_a_dollar_is_a_million_micros_in_any_decimals() -> None:
    assert dollars_micro(Money(10_000_000, Asset(BASE, BASE_USDC, "USDC", 6))) == 10 * MICROS
    assert dollars_micro(Money(10**18, Asset(BASE, BASE_USDC, "X", 18))) == MICROS
    assert dollars_micro(Money(3, Asset(BASE, BASE_USDC, "X", 0))) == 3 * MICROS


@given(st.integers(0, 10**30), st.integers(0, 24))
def test_rounding_never_makes_a_price_smaller(atomic: int, decimals: int) -> None:
    micros = dollars_micro(Money(atomic, Asset(BASE, BASE_USDC, "X", decimals)))
    assert micros * 10**decimals >= atomic * MICROS > (micros - 1) * 10**decimals


AMOUNTS = st.integers(0, 10 * MICROS).map(str) | st.sampled_from(["0", str(UINT256_MAX)])
TERMS = st.fixed_dictionaries(
    {
        "scheme": st.sampled_from(["exact", "upto"]),
        "network": st.sampled_from([BASE, "base", SEPOLIA, "story", SOLANA, "eip155:4326", "x"]),
        "amount": AMOUNTS,
        "asset": st.sampled_from([BASE_USDC, BASE_USDC.lower(), SEPOLIA_USDC, MEGA_USD, SOLANA_USDC, STRANGER]),
        "payTo": st.sampled_from([PAYEE, PAYEE.lower(), STRANGER, PAYER, ZERO, BASE_USDC, "merchant", ""]),
        "maxTimeoutSeconds": st.integers(-5, 1000),
        "extra": st.sampled_from([None, {}, {"name": "USD Coin"}, {"name": "X"}, {"assetTransferMethod": "permit2"}]),
    }
)


@given(TERMS, AMOUNTS, st.integers(0, 10 * MICROS))
def test_nothing_is_approved_beyond_plan_and_caps(terms: dict[str, Any], planned: str, cap: int) -> None:
    policy = Policy(Caps(cap, cap), PAYER)
    expected = Expected(BASE, BASE_USDC, PAYEE, int(planned))
    decision = policy.decide(option(terms), expected)
    if isinstance(decision, Refusal):
        assert decision.finding.rule.startswith("SPEND")
        return
    taken = decision.option
    where = network(taken.network)
    assert where is not None
    assert (where.caip2, taken.asset.lower(), taken.pay_to.lower()) == (BASE, BASE_USDC.lower(), PAYEE.lower())
    assert 0 < taken.amount <= int(planned)
    assert dollars_micro(decision.price) <= cap
    assert 0 < taken.timeout <= policy.max_timeout
    assert decision.token.method is Method.EIP3009
    assert decision.domain == BASE_DOMAIN
