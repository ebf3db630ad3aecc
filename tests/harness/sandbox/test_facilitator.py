"""The facilitator: the reference's checks in the reference's order, and money moved once."""

from __future__ import annotations

from typing import Any

import pytest
from tests.harness.support.buying import clock
from tests.harness.support.terms import (
    BASE,
    BASE_DOMAIN,
    BASE_USDC,
    KEY,
    NOW,
    PAYEE,
    PAYER,
    PRICE,
    STRANGER,
    authorization,
    option,
    option_v1,
    option_v2,
)

from x402_harness.protocol.eip3009 import digest
from x402_harness.protocol.errors import RemoteProtocolError
from x402_harness.protocol.messages import Authorization
from x402_harness.sandbox.chains import Chains, Sender
from x402_harness.sandbox.facilitator import Facilitator, Payment, read_payment
from x402_harness.wallet import ThrowawayWallet

WALLET = ThrowawayWallet(KEY)
OPTION = option(option_v2())
OTHER_WALLET = ThrowawayWallet(b"\x22" * 32)


def world(funds: int = PRICE) -> tuple[Facilitator, Chains]:
    chains = Chains(clock())
    found = chains.token(BASE, BASE_USDC)
    assert found is not None
    found.mint(PAYER, funds)
    return Facilitator(chains, clock(), Sender(b"\x33" * 32)), chains


def message(made: Authorization, signer: ThrowawayWallet = WALLET, **changes: Any) -> dict[str, Any]:
    signature = "0x" + signer.sign(digest(BASE_DOMAIN, made)).hex()
    payload = {"signature": signature, "authorization": made.wire()}
    return {"x402Version": 2, "payload": payload, "accepted": option_v2(), **changes}


def payment(signer: ThrowawayWallet = WALLET, accepted: dict[str, Any] | None = None, **changes: Any) -> Payment:
    return read_payment(message(authorization(**changes), signer, accepted=accepted or option_v2()))


REFUSED: dict[str, tuple[Payment, str]] = {
    "another scheme": (payment(accepted=option_v2(scheme="upto")), "unsupported_scheme"),
    "another network": (payment(accepted=option_v2(network="eip155:84532")), "network_mismatch"),
    "another payee": (payment(payee=STRANGER), "invalid_exact_evm_payload_recipient_mismatch"),
    "less": (payment(value=PRICE - 1), "invalid_exact_evm_payload_authorization_value_mismatch"),
    "more": (payment(value=PRICE + 1), "invalid_exact_evm_payload_authorization_value_mismatch"),
    "expired": (payment(now=NOW - 1000), "invalid_exact_evm_payload_authorization_valid_before"),
    "about to expire": (payment(timeout=5), "invalid_exact_evm_payload_authorization_valid_before"),
    "not yet valid": (payment(now=NOW + 700), "invalid_exact_evm_payload_authorization_valid_after"),
    "signed by another": (payment(OTHER_WALLET), "invalid_exact_evm_payload_signature"),
}
IN_ORDER = [
    ({"scheme": "upto", "network": "eip155:84532"}, {}, "unsupported_scheme"),
    ({"network": "eip155:84532"}, {"payee": STRANGER}, "network_mismatch"),
    ({}, {"payee": STRANGER, "value": 1}, "invalid_exact_evm_payload_recipient_mismatch"),
    ({}, {"value": 1, "timeout": 1}, "invalid_exact_evm_payload_authorization_value_mismatch"),
    ({}, {"now": NOW - 1000}, "invalid_exact_evm_payload_authorization_valid_before"),
    ({}, {"now": NOW + 1000}, "invalid_exact_evm_payload_authorization_valid_after"),
    ({}, {}, "invalid_exact_evm_payload_signature"),
]


def test_a_good_payment_is_valid_and_settles() -> None:
    facilitator, chains = world()
    verified = facilitator.verify(payment(), OPTION)
    assert (verified.is_valid, verified.invalid_reason, verified.payer) == (True, None, PAYER)
    settled = facilitator.settle(payment(), OPTION)
    assert (settled.success, settled.network, settled.payer) == (True, BASE, PAYER)
    balances = chains.balances(BASE, BASE_USDC, PAYER, PAYEE)
    assert (balances.payer, balances.payee) == (0, PRICE)
    assert chains.nonce_used("base", BASE_USDC.lower(), PAYER, authorization().nonce)


def test_verifying_moves_nothing() -> None:
    facilitator, chains = world()
    facilitator.verify(payment(), OPTION)
    assert chains.balances(BASE, BASE_USDC, PAYER, PAYEE).payee == 0


def test_version_1_is_settled_on_the_same_chain_by_its_name() -> None:
    facilitator, chains = world()
    made = message(authorization())
    v1 = read_payment({"x402Version": 1, "scheme": "exact", "network": "base", "payload": made["payload"]})
    settled = facilitator.settle(v1, option(option_v1()))
    assert (settled.success, settled.network) == (True, "base")
    assert chains.balances(BASE, BASE_USDC, PAYER, PAYEE).payee == PRICE


@pytest.mark.parametrize("what", REFUSED)
def test_a_payment_is_refused_with_the_reason_of_the_specification(what: str) -> None:
    refused, reason = REFUSED[what]
    facilitator, chains = world()
    assert facilitator.verify(refused, OPTION).invalid_reason == reason
    settled = facilitator.settle(refused, OPTION)
    assert (settled.success, settled.error_reason, settled.transaction) == (False, reason, "")
    assert chains.balances(BASE, BASE_USDC, PAYER, PAYEE) == chains.balances(BASE, BASE_USDC, PAYER, PAYEE)
    assert chains.balances(BASE, BASE_USDC, PAYER, PAYEE).payer == PRICE


def test_a_payment_without_funds_is_refused() -> None:
    facilitator, _ = world(PRICE - 1)
    assert facilitator.verify(payment(), OPTION).invalid_reason == "invalid_exact_evm_insufficient_balance"


def test_a_replay_is_refused() -> None:
    facilitator, chains = world(5 * PRICE)
    assert facilitator.settle(payment(), OPTION).success
    again = facilitator.settle(payment(), OPTION)
    assert (again.success, again.error_reason) == (False, "invalid_exact_evm_nonce_already_used")
    assert chains.balances(BASE, BASE_USDC, PAYER, PAYEE).payee == PRICE


@pytest.mark.parametrize(("accepted", "changes", "reason"), IN_ORDER)
def test_of_several_faults_the_first_of_the_reference_is_told(
    accepted: dict[str, Any], changes: dict[str, Any], reason: str
) -> None:
    facilitator, _ = world(0)  # without funds and signed by another as well: those come last
    faulty = payment(OTHER_WALLET, option_v2(**accepted), **changes)
    assert facilitator.verify(faulty, OPTION).invalid_reason == reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"asset": STRANGER}, "asset_not_deployed_contract"),
        ({"network": "eip155:999999"}, "invalid_network"),
        ({"network": "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp"}, "invalid_network"),
        (
            {"network": "eip155:4326", "asset": "0xFAfDdbb3FC7688494971a79cc65DCa3EF82079E7"},
            "asset_not_deployed_contract",
        ),
    ],
)
def test_where_no_token_stands_nothing_is_settled(changes: dict[str, Any], reason: str) -> None:
    terms = option_v2(**changes)
    facilitator, _ = world()
    settled = facilitator.settle(payment(accepted=terms), option(terms))
    assert (settled.success, settled.error_reason) == (False, reason)


def test_chains_do_not_know_each_other_s_nonces_and_balances() -> None:
    _, chains = world()
    sepolia = "0x036CbD53842c5426634e7929541eC2318f3dCF7e"
    assert chains.balances("base-sepolia", sepolia, PAYER, PAYEE).payer == 0
    assert not chains.nonce_used("base-sepolia", sepolia, PAYER, authorization().nonce)
    with pytest.raises(KeyError):
        chains.balances(BASE, STRANGER, PAYER, PAYEE)


@pytest.mark.parametrize(
    "changes",
    [
        {"x402Version": 3}, {"x402Version": True}, {"x402Version": "2"}, {"x402Version": None}, {"accepted": None},
        {"accepted": "exact"}, {"payload": None}, {"payload": {"signature": "0x00"}},
        {"payload": {"transaction": "AAAA"}},
    ],
)  # fmt: skip
def test_what_is_no_payment_is_their_fault(changes: dict[str, Any]) -> None:
    with pytest.raises(RemoteProtocolError):
        read_payment(message(authorization(), **changes))


@pytest.mark.parametrize("member", ["scheme", "network", "payload"])
def test_a_payment_of_version_1_is_whole(member: str) -> None:
    whole = {"x402Version": 1, "scheme": "exact", "network": "base", "payload": message(authorization())["payload"]}
    assert read_payment(whole).version == 1
    del whole[member]
    with pytest.raises(RemoteProtocolError):
        read_payment(whole)
