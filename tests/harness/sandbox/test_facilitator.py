"""The facilitator: the reference's checks in the reference's order, and money moved once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
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

from x402_harness.protocol.eip3009 import Domain, digest
from x402_harness.protocol.errors import RemoteProtocolError
from x402_harness.protocol.messages import Authorization
from x402_harness.sandbox.chains import Chain, Chains, Sender, Token
from x402_harness.sandbox.chains.chain import Receipt
from x402_harness.sandbox.facilitator import Facilitator, Payment, read_payment
from x402_harness.wallet import ThrowawayWallet

WALLET = ThrowawayWallet(KEY)
Tells = Callable[[Receipt], Receipt | None]
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


class Telling:
    """A chain that tells something else of its receipts: ``tells`` makes it of the true one."""

    def __init__(self, chain: Chain, tells: Tells) -> None:
        self.tells = tells
        self.sent: list[bytes] = []
        self._chain = chain

    def send_raw_transaction(self, raw: bytes) -> str:
        self.sent.append(raw)
        return self._chain.send_raw_transaction(raw)

    def receipt(self, transaction: str) -> Receipt | None:
        found = self._chain.receipt(transaction)
        return self.tells(found) if found else None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chain, name)


class ToldChains(Chains):
    """Chains whose tokens stand on a chain that tells something else; the payer has money there."""

    def __init__(self, tells: Tells) -> None:
        super().__init__(clock())
        found = super().token(BASE, BASE_USDC)
        assert found is not None
        found.mint(PAYER, 5 * PRICE)
        self.told = Telling(found.chain, tells)
        self._token = Token(self.told, found.contract)  # type: ignore[arg-type]

    def token(self, network_name: str, asset: str) -> Token | None:
        return self._token


def test_a_payment_without_a_receipt_is_pending_and_never_sent_twice() -> None:
    chains = ToldChains(lambda receipt: None)
    facilitator = Facilitator(chains, clock(), Sender(b"\x33" * 32))
    first, again = facilitator.settle(payment(), OPTION), facilitator.settle(payment(), OPTION)
    assert (first.success, first.error_reason) == (False, "settlement_pending")
    assert again == first
    chains.told.tells = lambda receipt: receipt
    at_last = facilitator.settle(payment(), OPTION)
    assert (at_last.success, at_last.transaction) == (True, first.transaction)
    assert len(chains.told.sent) == 1
    assert facilitator.settle(payment(), OPTION).error_reason == "invalid_exact_evm_nonce_already_used"


@pytest.mark.parametrize(
    ("tells", "reason"),
    [
        (lambda receipt: replace(receipt, success=False), "transaction_failed"),
        (lambda receipt: replace(receipt, logs=()), "invalid_exact_evm_transfer_event_mismatch"),
        (lambda receipt: replace(receipt, logs=receipt.logs[:1]), "invalid_exact_evm_transfer_event_mismatch"),
    ],
)
def test_a_transaction_that_did_not_move_the_money_is_no_settlement(tells: Tells, reason: str) -> None:
    chains = ToldChains(tells)
    settled = Facilitator(chains, clock(), Sender(b"\x33" * 32)).settle(payment(), OPTION)
    assert (settled.success, settled.error_reason) == (False, reason)
    assert settled.transaction.startswith("0x")


def test_one_payment_settled_many_times_at_once_is_taken_once() -> None:
    facilitator, chains = world(5 * PRICE)
    with ThreadPoolExecutor(8) as pool:
        settled = list(pool.map(lambda _: facilitator.settle(payment(), OPTION), range(8)))
    assert [one.success for one in settled].count(True) == 1
    assert {one.error_reason for one in settled} == {None, "invalid_exact_evm_nonce_already_used"}
    assert chains.balances(BASE, BASE_USDC, PAYER, PAYEE).payee == PRICE


def test_many_payments_settled_at_once_are_all_taken() -> None:
    facilitator, chains = world(20 * PRICE)
    payments = [payment(nonce=bytes([number]) * 32) for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        settled = list(pool.map(lambda one: facilitator.settle(one, OPTION), payments))
    assert all(one.success for one in settled)
    assert len({one.transaction for one in settled}) == 20
    assert chains.balances(BASE, BASE_USDC, PAYER, PAYEE).payee == 20 * PRICE


@pytest.mark.parametrize("extra", [{}, {"name": "USD Coin"}, {"version": "2"}, {"name": 1, "version": 2}])
def test_terms_without_a_domain_are_refused(extra: dict[str, Any]) -> None:
    facilitator, _ = world()
    assert facilitator.verify(payment(), option(option_v2(extra=extra))).invalid_reason == "missing_eip712_domain"


def test_terms_with_another_domain_than_was_signed_for_are_refused() -> None:
    facilitator, _ = world()
    terms = option(option_v2(extra={"name": "USDC", "version": "2"}))
    assert facilitator.verify(payment(), terms).invalid_reason == "invalid_exact_evm_payload_signature"


def test_a_signature_for_the_domain_of_the_terms_must_be_one_for_the_token_too() -> None:
    facilitator, _ = world()
    made, told = authorization(), Domain("USDC", "2", 8453, BASE_USDC)
    signature = "0x" + WALLET.sign(digest(told, made)).hex()
    payload = {"signature": signature, "authorization": made.wire()}
    terms = option_v2(extra={"name": "USDC", "version": "2"})
    forged = read_payment({"x402Version": 2, "payload": payload, "accepted": terms})
    assert facilitator.verify(forged, option(terms)).invalid_reason == "invalid_exact_evm_payload_signature"


def test_a_blacklisted_payer_fails_in_simulation() -> None:
    facilitator, chains = world()
    token = chains.token(BASE, BASE_USDC)
    assert token is not None
    token.blacklist(PAYER)
    refused = facilitator.verify(payment(), OPTION)
    assert refused.invalid_reason == "invalid_exact_evm_transaction_simulation_failed"
