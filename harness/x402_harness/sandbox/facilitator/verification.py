"""Why a payment would not settle: the checks of the reference implementation in its order, its reasons for each.

Reasons are those of specification §9. The last check is the transfer itself, tried on the chain.
"""

from __future__ import annotations

from x402_catalog.addresses import same_address
from x402_catalog.networks import network
from x402_harness.protocol.challenge import Option
from x402_harness.protocol.eip3009 import digest
from x402_harness.sandbox.chains import Chains, Reverted, Token
from x402_harness.sandbox.facilitator.payment import Payment
from x402_harness.wallet import recover

MARGIN = 6  # seconds that must remain before validBefore
VALID_AFTER = "invalid_exact_evm_payload_authorization_valid_after"
VALID_BEFORE = "invalid_exact_evm_payload_authorization_valid_before"
SIGNATURE = "invalid_exact_evm_payload_signature"
SIMULATION_FAILED = "invalid_exact_evm_transaction_simulation_failed"

# What contracts say, and what it means; the reference looks for the same words.
_MEANINGS = (
    ("authorization is expired", VALID_BEFORE),
    ("authorization is not yet valid", VALID_AFTER),
    ("authorization is used", "invalid_exact_evm_nonce_already_used"),
    ("transfer amount exceeds balance", "invalid_exact_evm_insufficient_balance"),
    ("invalid signature", SIGNATURE),
)


def refusal(payment: Payment, option: Option, chains: Chains, now: int) -> str | None:
    """Why the payment would not settle the option at ``now``; ``None`` if it would."""
    if payment.scheme != option.scheme or option.scheme != "exact":
        return "unsupported_scheme"
    if network(payment.network) != network(option.network):
        return "network_mismatch"
    if chains.chain(option.network) is None:
        return "invalid_network"
    return _terms(payment, option, now) or _transfer(payment, option, chains)


def _terms(payment: Payment, option: Option, now: int) -> str | None:
    authorization = payment.payload.authorization
    if not all(isinstance(option.extra.get(member), str) for member in ("name", "version")):
        return "missing_eip712_domain"
    if not same_address(authorization.to, option.pay_to):
        return "invalid_exact_evm_payload_recipient_mismatch"
    if int(authorization.value) != option.amount:
        return "invalid_exact_evm_payload_authorization_value_mismatch"
    if int(authorization.valid_before) < now + MARGIN:
        return VALID_BEFORE
    if int(authorization.valid_after) > now:
        return VALID_AFTER
    return None


def _transfer(payment: Payment, option: Option, chains: Chains) -> str | None:
    token = chains.token(option.network, option.asset)
    if token is None:
        return "asset_not_deployed_contract"
    if not token.chain.code(payment.payload.authorization.from_) and not _is_signed(payment, option, token):
        return SIGNATURE
    try:
        token.simulate(payment.payload.authorization, payment.signature)
    except Reverted as error:
        return meaning(error.reason) or SIMULATION_FAILED
    return None


def _is_signed(payment: Payment, option: Option, token: Token) -> bool:
    # Terms that name another domain than the token's ask for a signature that the token does not take.
    if (option.extra["name"], option.extra["version"]) != (token.domain.name, token.domain.version):
        return False
    signer = recover(digest(token.domain, payment.payload.authorization), payment.signature)
    return signer is not None and same_address(signer, payment.payload.authorization.from_)


def meaning(reason: str) -> str | None:
    """The specification's reason for what a contract said; ``None`` if it has none."""
    return next((found for words, found in _MEANINGS if words in reason), None)
