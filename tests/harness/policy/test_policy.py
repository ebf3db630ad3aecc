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
from x402_harness.policy import MICROS, Approval, Caps, Expected, Mode, Policy, Refusal, allowed_networks, dollars_micro
from x402_harness.policy.testkeys import is_guessable, is_test_account

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
    ("SPEND006", {"extra": {"chainId": 84532}}),
    ("SPEND006", {"extra": {"chainId": "8453"}}),
    ("SPEND006", {"extra": {"verifyingContract": SEPOLIA_USDC}}),
    ("SPEND006", {"extra": {"verifyingContract": 7}}),
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
    ("SPEND025", {"extra": {"decimals": 18}}),
    ("SPEND025", {"extra": {"decimals": "6.0"}}),
    ("SPEND025", {"extra": {"decimals": True}}),
    ("SPEND026", {"amount": f"0{PRICE}"}),
    ("SPEND026", {"amount": "00"}),
]
# What the run refuses whatever the terms are.
OF_THE_RUN = {
    "SPEND011", "SPEND012", "SPEND013", "SPEND020", "SPEND021", "SPEND022", "SPEND023", "SPEND024", "SPEND027",
    "SPEND080",
}  # fmt: skip
DAILY = Caps(per_call=5 * MICROS, per_run=50 * MICROS, per_day=50 * MICROS)
ANVIL = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
ON_SEPOLIA = option_v2(network=SEPOLIA, asset=SEPOLIA_USDC, extra={"name": "USDC", "version": "2"})
PLANNED_ON_SEPOLIA = Expected(SEPOLIA, SEPOLIA_USDC, PAYEE, PRICE)


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


@pytest.mark.parametrize("asked", [PRICE - 1, PRICE + 1])
def test_a_price_that_was_approved_is_asked_to_the_unit(asked: int) -> None:
    approved = replace(PLANNED, exact=True)
    assert refused(option_v2(amount=str(asked)), planned=approved) == "SPEND008"
    assert isinstance(POLICY.decide(option(option_v2(amount=str(PRICE))), approved), Approval)


def test_every_guard_on_terms_has_a_refusal_here() -> None:
    # From SPEND050 on they are about nodes and plans, not about terms.
    guards = {rule.code for rule in REGISTRY if "SPEND" <= rule.code < "SPEND050"}
    assert {code for code, _ in REFUSED} == guards - OF_THE_RUN


@pytest.mark.parametrize("terms", [option_v1(), option_v2(), option_v2(extra=None), option_v2(payTo=PAYEE)])
def test_planned_terms_are_approved_with_the_domain_of_the_table(terms: dict[str, Any]) -> None:
    decision = POLICY.decide(option(terms), PLANNED)
    assert isinstance(decision, Approval)
    assert decision.domain == BASE_DOMAIN
    assert (decision.price.atomic, decision.price.asset.symbol) == (PRICE, "USDC")


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"scheme": "upto"}, "Permit2"),
        ({"scheme": "batch-settlement"}, "settled later"),
        ({"scheme": "auth-capture"}, "captured later"),
        ({"scheme": "lottery"}, "unknown"),
        ({"extra": {"assetTransferMethod": "permit2"}}, "allowance"),
        ({"extra": {"assetTransferMethod": "erc7710"}}, "delegation"),
        ({"extra": {"assetTransferMethod": "telepathy"}}, "unknown"),
        ({"extra": {"paymentFlow": "upfront"}}, "before the answer"),
        ({"extra": {"paymentFlow": "escrow"}}, "before and after"),
        ({"network": SOLANA, "asset": SOLANA_USDC, "extra": None}, "Solana"),
        ({"network": SOLANA, "asset": "USDC", "extra": None}, "Solana"),
        ({"network": "eip155:4326", "asset": MEGA_USD}, "allowance"),
    ],
)
def test_other_ways_to_pay_are_recognised_and_named(changes: dict[str, Any], name: str) -> None:
    decision = POLICY.decide(option(option_v2(**changes)), PLANNED)
    assert isinstance(decision, Refusal)
    assert name in decision.finding.message


@pytest.mark.parametrize(
    "extra",
    [
        {"assetTransferMethod": "eip3009"}, {"paymentFlow": "authorization"}, {"decimals": 6}, {"decimals": "6"},
        {"chainId": 8453}, {"verifyingContract": BASE_USDC.lower()},
    ],
)  # fmt: skip
def test_what_the_table_says_too_may_be_named(extra: dict[str, Any]) -> None:
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


def in_mode(mode: Mode, payer: str = PAYER, networks: frozenset[str] | None = None) -> Policy:
    return Policy(DAILY, payer, mode=mode, networks=networks)


@pytest.mark.parametrize(
    ("mode", "terms", "planned", "allowed"),
    [
        (Mode.MOCK, option_v2(), PLANNED, True),
        (Mode.MOCK, ON_SEPOLIA, PLANNED_ON_SEPOLIA, True),
        (Mode.TESTNET, option_v2(), PLANNED, False),
        (Mode.TESTNET, ON_SEPOLIA, PLANNED_ON_SEPOLIA, True),
        (Mode.LIVE, option_v2(), PLANNED, True),
        (Mode.LIVE, ON_SEPOLIA, PLANNED_ON_SEPOLIA, False),
    ],
)
def test_each_mode_pays_with_its_own_kind_of_money(
    mode: Mode, terms: dict[str, Any], planned: Expected, allowed: bool
) -> None:
    if allowed:
        assert isinstance(in_mode(mode).decide(option(terms), planned), Approval)
    else:
        assert refused(terms, in_mode(mode), planned) == "SPEND020"


def test_live_runs_pay_on_base_and_elsewhere_only_where_it_is_named() -> None:
    polygon, usdc = "eip155:137", tokens("eip155:137")[0].asset.address
    terms, planned = option_v2(network=polygon, asset=usdc), Expected(polygon, usdc, PAYEE, PRICE)
    assert refused(terms, in_mode(Mode.LIVE), planned) == "SPEND020"
    named = in_mode(Mode.LIVE, networks=frozenset({"polygon"}))
    assert isinstance(named.decide(option(terms), planned), Approval)
    assert refused(option_v2(), named) == "SPEND020"


@pytest.mark.parametrize(
    ("mode", "chosen"),
    [(Mode.LIVE, "base-sepolia"), (Mode.TESTNET, "base"), (Mode.MOCK, "solana"), (Mode.LIVE, "nowhere")],
)
def test_a_mode_cannot_be_given_networks_of_another(mode: Mode, chosen: str) -> None:
    with pytest.raises(ValueError, match=chosen if chosen == "nowhere" else "do not pay on"):
        in_mode(mode, networks=frozenset({chosen}))


def test_the_modes_share_no_money() -> None:
    assert not allowed_networks(Mode.TESTNET) & allowed_networks(Mode.LIVE)
    assert allowed_networks(Mode.LIVE) == {BASE}


@pytest.mark.parametrize("mode", [Mode.TESTNET, Mode.LIVE])
def test_a_run_with_money_of_others_needs_a_cap_for_a_day(mode: Mode) -> None:
    with pytest.raises(ValueError, match="24 hours"):
        Policy(Caps(MICROS, MICROS), PAYER, mode=mode)


@pytest.mark.parametrize("payer", [ANVIL, ANVIL.lower()])
def test_a_well_known_key_pays_on_test_networks_only(payer: str) -> None:
    assert refused(option_v2(), in_mode(Mode.LIVE, payer)) == "SPEND027"
    assert isinstance(in_mode(Mode.TESTNET, payer).decide(option(ON_SEPOLIA), PLANNED_ON_SEPOLIA), Approval)


def test_the_accounts_of_development_mnemonics_are_known() -> None:
    from eth_account import Account

    Account.enable_unaudited_hdwallet_features()
    for words in (
        "test test test test test test test test test test test junk",
        "myth like bonus scare over problem client lizard pioneer submit female collect",
        "candy maple cake sugar pudding cream honey rich smooth crumble sweet treat",
    ):
        for number in (0, 1, 9):
            assert is_test_account(Account.from_mnemonic(words, account_path=f"m/44'/60'/0'/0/{number}").address)
    assert not is_test_account(PAYER)


def test_keys_that_anybody_can_guess_are_told_from_random_ones() -> None:
    assert is_guessable(bytes(31) + b"\1")
    assert is_guessable(b"\x11" * 32)
    assert not is_guessable(bytes(range(32)))


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://api.shop.com/gen", "SPEND023"),
        ("ftp://api.shop.com/gen", "SPEND023"),
        ("/gen", "SPEND023"),
        ("https://localhost/gen", "SPEND024"),
        ("https://LOCALHOST./gen", "SPEND024"),
        ("https://shop.localhost/gen", "SPEND024"),
        ("https://printer.local/gen", "SPEND024"),
        ("https://metadata.google.internal/", "SPEND024"),
        ("https://nas/gen", "SPEND024"),
        ("https://127.0.0.1/gen", "SPEND024"),
        ("https://8.8.8.8/gen", "SPEND024"),
        ("https://2130706433/gen", "SPEND024"),
        ("https://0x7f.1/gen", "SPEND024"),
        ("https://127.0x0.0.0x1/gen", "SPEND024"),
        ("https://[::1]/gen", "SPEND024"),
        ("https://[::ffff:10.0.0.1]/gen", "SPEND024"),
        ("https://[bad/gen", "SPEND024"),
        ("https://a..com/gen", "SPEND024"),
        ("https://api.shop.com@evil.com/gen", "SPEND024"),
        ("https://:@api.shop.com/gen", "SPEND024"),
        ("https:///gen", "SPEND024"),
        ("https://shop.localhost。/gen", "SPEND024"),
        ("https://127。0。0。1/gen", "SPEND024"),
        ("https://shop.%6cocalhost/gen", "SPEND024"),
    ],
)
def test_live_money_is_spent_over_https_at_public_names(url: str, code: str) -> None:
    refusal = in_mode(Mode.LIVE).place(url)
    assert refusal is not None
    assert refusal.finding.rule == code
    assert in_mode(Mode.TESTNET).place(url) is None


@pytest.mark.parametrize("url", ["https://api.shop.com/gen", "HTTPS://API.shop.com:8443/", "https://xn--bcher-kva.de"])
def test_a_public_name_is_a_place_to_buy(url: str) -> None:
    assert in_mode(Mode.LIVE).place(url) is None


@given(st.text(max_size=40))
def test_no_url_raises(text: str) -> None:
    for url in (text, f"https://{text}", f"https://{text}/x"):
        in_mode(Mode.LIVE).place(url)
