"""The facilitator on every backend: one order of checks, one set of reasons, and money moved once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.harness.support.buying import clock
from tests.harness.support.chains import Account
from tests.harness.support.terms import BASE, BASE_DOMAIN, BASE_USDC, NOW, PRICE, STRANGER, option, option_v2

from x402_harness.protocol.eip3009 import authorize, digest
from x402_harness.protocol.messages import Authorization
from x402_harness.sandbox.chains import Chains, Token
from x402_harness.sandbox.facilitator import Facilitator, Payment, read_payment

FACILITATOR = Account("a facilitator on every backend")
Sign = Callable[[bytes], bytes]


@pytest.fixture
def facilitator(chains: Chains) -> Facilitator:
    """The facilitator of these chains."""
    return Facilitator(chains, clock(), FACILITATOR.sender)


def paid(payer: Account, payee: Account, *, to: str | None = None, sign: Sign | None = None, **changes: Any) -> Payment:
    """A payment of the price, as it comes from a buyer; ``to`` is whom it pays instead of the payee of the terms."""
    terms = {"value": PRICE, "now": NOW, "timeout": 300, "nonce": b"\x07" * 32, **changes}
    made: Authorization = authorize(payer=payer.address, payee=to or payee.address, **terms)
    signature = (sign or payer.wallet.sign)(digest(BASE_DOMAIN, made))
    payload = {"signature": "0x" + signature.hex(), "authorization": made.wire()}
    return read_payment({"x402Version": 2, "payload": payload, "accepted": option_v2(payTo=payee.address)})


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "another payee": ({"to": STRANGER}, "invalid_exact_evm_payload_recipient_mismatch"),
    "less": ({"value": PRICE - 1}, "invalid_exact_evm_payload_authorization_value_mismatch"),
    "about to expire": ({"timeout": 5}, "invalid_exact_evm_payload_authorization_valid_before"),
    "not yet valid": ({"now": NOW + 601}, "invalid_exact_evm_payload_authorization_valid_after"),
    # The reference lets this second pass, and the contract does not.
    "valid in a second": ({"now": NOW + 600}, "invalid_exact_evm_payload_authorization_valid_after"),
    "signed by another": ({"sign": Account("another").wallet.sign}, "invalid_exact_evm_payload_signature"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_payment_is_refused_for_one_reason_wherever_it_is_settled(
    facilitator: Facilitator, token: Token, payer: Account, payee: Account, what: str
) -> None:
    changes, reason = REFUSED[what]
    payment, terms = paid(payer, payee, **changes), option(option_v2(payTo=payee.address))
    assert facilitator.verify(payment, terms).invalid_reason == reason
    assert facilitator.settle(payment, terms).error_reason == reason
    assert token.balance(payer.address) == 10 * PRICE


def test_a_payment_is_settled_once(
    facilitator: Facilitator, chains: Chains, token: Token, payer: Account, payee: Account
) -> None:
    payment, terms = paid(payer, payee), option(option_v2(payTo=payee.address))
    assert facilitator.verify(payment, terms).is_valid
    settled = facilitator.settle(payment, terms)
    receipt = token.chain.receipt(settled.transaction)
    assert settled.success
    assert receipt is not None
    assert token.moved(receipt, payment.payload.authorization)
    assert receipt.sender == FACILITATOR.address.lower()
    assert facilitator.settle(payment, terms).error_reason == "invalid_exact_evm_nonce_already_used"
    balances = chains.balances(BASE, BASE_USDC, payer.address, payee.address)
    assert (balances.payer, balances.payee) == (9 * PRICE, PRICE)


def test_what_the_payer_does_not_have_is_not_settled(
    facilitator: Facilitator, token: Token, payee: Account, request: pytest.FixtureRequest
) -> None:
    poor = Account(f"poor payer in {request.node.name}")
    token.mint(poor.address, PRICE - 1)
    payment, terms = paid(poor, payee), option(option_v2(payTo=payee.address))
    assert facilitator.settle(payment, terms).error_reason == "invalid_exact_evm_insufficient_balance"
    token.mint(poor.address, 1)
    assert facilitator.settle(payment, terms).success


def test_a_receipt_without_the_transfer_is_no_settlement(token: Token, payer: Account, payee: Account) -> None:
    payment = paid(payer, payee)
    sent = token.transfer_with_authorization(payment.payload.authorization, payment.signature, FACILITATOR.sender)
    receipt = token.chain.receipt(sent)
    assert receipt is not None
    assert token.moved(receipt, payment.payload.authorization)
    for changes in ({"value": 1}, {"to": STRANGER}):
        assert not token.moved(receipt, paid(payer, payee, **changes).payload.authorization)
    assert not token.moved(receipt, paid(payee, payer).payload.authorization)
