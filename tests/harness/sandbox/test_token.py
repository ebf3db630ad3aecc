"""The token: the contract's own rules, in the contract's own words, to the last atomic unit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.support.terms import (
    BASE_DOMAIN,
    KEY,
    NOW,
    PAYEE,
    PAYER,
    PRICE,
    SEPOLIA_DOMAIN,
    STRANGER,
    authorization,
)

from x402_catalog.addresses import ZERO
from x402_harness.protocol.eip3009 import digest
from x402_harness.protocol.messages import Authorization
from x402_harness.sandbox import token as contract
from x402_harness.sandbox.token import Reverted, Token
from x402_harness.wallet import ThrowawayWallet

WALLET = ThrowawayWallet(KEY)


def funded(amount: int = 10 * PRICE) -> Token:
    token = Token(BASE_DOMAIN)
    token.mint(PAYER, amount)
    return token


def signed(made: Authorization) -> bytes:
    return WALLET.sign(digest(BASE_DOMAIN, made))


def transfer(token: Token, made: Authorization, signature: bytes | None = None, now: int = NOW) -> str:
    return token.transfer_with_authorization(made, signed(made) if signature is None else signature, now)


def test_a_transfer_moves_exactly_the_value_and_uses_the_nonce() -> None:
    token, made = funded(), authorization()
    transaction = transfer(token, made)
    assert (token.balance(PAYER), token.balance(PAYEE)) == (9 * PRICE, PRICE)
    assert token.authorization_state(PAYER, made.nonce)
    assert token.authorization_state(PAYER.lower(), "0x" + made.nonce[2:].upper())
    assert len(transaction) == 66
    assert int(transaction, 16) != 0


def test_a_whole_balance_can_be_paid() -> None:
    token = funded(PRICE)
    transfer(token, authorization())
    assert (token.balance(PAYER), token.balance(PAYEE)) == (0, PRICE)


def test_every_transaction_has_a_hash_of_its_own() -> None:
    token = funded()
    assert transfer(token, authorization()) != transfer(token, authorization(nonce=b"\x08" * 32))


def test_the_first_and_the_last_second_of_the_window_are_outside_it() -> None:
    made = authorization()
    for now, text in ((int(made.valid_after), contract.NOT_YET), (int(made.valid_before), contract.EXPIRED)):
        with pytest.raises(Reverted, match=text):
            transfer(funded(), made, now=now)
    for now in (int(made.valid_after) + 1, int(made.valid_before) - 1):
        assert transfer(funded(), made, now=now)


def test_a_replay_reverts() -> None:
    token = funded()
    transfer(token, authorization())
    with pytest.raises(Reverted, match=contract.USED):
        transfer(token, authorization())
    assert token.balance(PAYEE) == PRICE


def test_a_nonce_is_used_for_any_terms_of_its_payer_only() -> None:
    token, other = funded(), ThrowawayWallet(b"\x22" * 32)
    token.mint(other.address, PRICE)
    transfer(token, authorization())
    with pytest.raises(Reverted, match=contract.USED):
        transfer(token, authorization(payee=STRANGER, value=1))
    theirs = authorization(payer=other.address)
    assert transfer(token, theirs, other.sign(digest(BASE_DOMAIN, theirs)))


FORGED: dict[str, Callable[[Authorization], bytes]] = {
    "by another key": lambda made: ThrowawayWallet(b"\x22" * 32).sign(digest(BASE_DOMAIN, made)),
    "for another token": lambda made: WALLET.sign(digest(SEPOLIA_DOMAIN, made)),
    "for another value": lambda made: signed(made.model_copy(update={"value": str(PRICE - 1)})),
    "for another payee": lambda made: signed(made.model_copy(update={"to": STRANGER})),
    "for another window": lambda made: signed(made.model_copy(update={"valid_before": str(NOW + 1)})),
    "for another nonce": lambda made: signed(made.model_copy(update={"nonce": "0x" + "09" * 32})),
    "with v of 0 or 1": lambda made: signed(made)[:64] + bytes([signed(made)[64] - 27]),
    "that is cut": lambda made: signed(made)[:64],
    "that is empty": lambda made: b"",
    "wrapped for a smart wallet": lambda made: signed(made) + b"\x64\x92" * 16,
}


@pytest.mark.parametrize("how", FORGED)
def test_a_signature_reverts(how: str) -> None:
    made = authorization()
    with pytest.raises(Reverted, match=contract.BAD_SIGNATURE):
        transfer(funded(), made, FORGED[how](made))


def test_more_than_the_balance_reverts_and_leaves_the_nonce_unused() -> None:
    token, made = funded(PRICE - 1), authorization()
    with pytest.raises(Reverted, match=contract.NO_FUNDS):
        transfer(token, made)
    assert not token.authorization_state(PAYER, made.nonce)
    token.mint(PAYER, 1)
    assert transfer(token, made)


def test_the_zero_address_is_not_paid() -> None:
    with pytest.raises(Reverted, match=contract.TO_ZERO):
        transfer(funded(), authorization(payee=ZERO))


@pytest.mark.parametrize(
    ("changes", "signature", "text"),
    [
        ({"now": NOW + 9999}, b"", contract.NOT_YET),
        ({"now": NOW - 9999}, b"", contract.EXPIRED),
        ({"value": 10**12}, b"", contract.BAD_SIGNATURE),
        ({"payee": ZERO, "value": 10**12}, None, contract.TO_ZERO),
    ],
)
def test_the_first_of_several_faults_is_told_in_the_contract_s_order(
    changes: dict[str, Any], signature: bytes | None, text: str
) -> None:
    with pytest.raises(Reverted, match=text):
        transfer(funded(), authorization(**changes), signature)


def test_a_used_nonce_is_told_before_a_bad_signature() -> None:
    token = funded()
    transfer(token, authorization())
    with pytest.raises(Reverted, match=contract.USED):
        transfer(token, authorization(), b"")


def test_a_payer_may_pay_itself_and_loses_nothing() -> None:
    token = funded()
    transfer(token, authorization(payee=PAYER))
    assert token.balance(PAYER) == 10 * PRICE


@given(st.lists(st.tuples(st.integers(1, 3 * PRICE), st.integers(0, 3), st.sampled_from([PAYEE, STRANGER, PAYER]))))
def test_money_is_neither_made_nor_lost(transfers: list[tuple[int, int, str]]) -> None:
    token, paid = funded(5 * PRICE), set()
    for value, number, payee in transfers:
        made = authorization(value=value, payee=payee, nonce=bytes([number]) * 32)
        before = token.balance(PAYER)
        if number in paid or value > before:
            with pytest.raises(Reverted, match=contract.USED if number in paid else contract.NO_FUNDS):
                transfer(token, made)
            assert token.balance(PAYER) == before
        else:
            transfer(token, made)
            paid.add(number)
            assert before - token.balance(PAYER) == (0 if payee == PAYER else value)
        assert token.balance(PAYER) + token.balance(PAYEE) + token.balance(STRANGER) == 5 * PRICE
