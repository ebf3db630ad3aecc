"""A facilitator in process: verifies and settles ``exact`` EIP-3009 payments on the sandbox's chains.

The order of the checks is that of the reference implementation; reasons are those of specification §9.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from x402_catalog.addresses import same_address
from x402_catalog.networks import network
from x402_harness.protocol.challenge import Option
from x402_harness.protocol.messages import (
    ExactPayload,
    PaymentPayloadV1,
    PaymentPayloadV2,
    SettlementResponse,
    VerifyResponse,
    parse,
)
from x402_harness.sandbox import token as contract
from x402_harness.sandbox.chain import Chains

MARGIN = 6  # seconds that must remain before validBefore

_REASONS = {
    contract.NOT_YET: "invalid_exact_evm_payload_authorization_valid_after",
    contract.EXPIRED: "invalid_exact_evm_payload_authorization_valid_before",
    contract.USED: "invalid_exact_evm_nonce_already_used",
    contract.BAD_SIGNATURE: "invalid_exact_evm_payload_signature",
    contract.NO_FUNDS: "invalid_exact_evm_insufficient_balance",
}


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as it came: version, scheme and network that it names, what it accepted (v2), and its payload."""

    version: int
    scheme: str
    network: str
    accepted: dict[str, Any] | None
    payload: ExactPayload


def read_payment(message: dict[str, Any]) -> Payment:
    """The payment in a decoded header. Raises :class:`RemoteProtocolError` if it is none."""
    if message.get("x402Version") == 1:
        v1 = parse(PaymentPayloadV1, message, place="payment")
        return Payment(1, v1.scheme, v1.network, None, v1.payload)
    v2 = parse(PaymentPayloadV2, message, place="payment")
    return Payment(2, str(v2.accepted.get("scheme")), str(v2.accepted.get("network")), v2.accepted, v2.payload)


class Facilitator:
    """``clock`` gives the chain's time in seconds since 1970."""

    def __init__(self, chains: Chains, clock: Callable[[], float]) -> None:
        self._chains = chains
        self._clock = clock

    @property
    def now(self) -> float:
        """The chain's time in seconds since 1970."""
        return self._clock()

    def verify(self, payment: Payment, option: Option) -> VerifyResponse:
        """Whether the payment would settle the option now."""
        payer = payment.payload.authorization.from_
        reason = self._reason(payment, option)
        return VerifyResponse(is_valid=reason is None, invalid_reason=reason, payer=payer)

    def settle(self, payment: Payment, option: Option) -> SettlementResponse:
        """Verify again, then move the money."""
        authorization = payment.payload.authorization
        reason = self._reason(payment, option)
        found = self._chains.token(option.network, option.asset)
        if reason is not None or found is None:
            return SettlementResponse(
                success=False, transaction="", network=option.network, payer=authorization.from_,
                error_reason=reason or "invalid_network",
            )  # fmt: skip
        signature = bytes.fromhex(payment.payload.signature[2:])
        transaction = found.transfer_with_authorization(authorization, signature, int(self._clock()))
        return SettlementResponse(
            success=True, transaction=transaction, network=option.network, payer=authorization.from_
        )

    def _reason(self, payment: Payment, option: Option) -> str | None:
        authorization = payment.payload.authorization
        if payment.scheme != option.scheme or option.scheme != "exact":
            return "unsupported_scheme"
        if network(payment.network) != network(option.network):
            return "network_mismatch"
        found = self._chains.token(option.network, option.asset)
        if found is None:
            return "invalid_network"
        if not same_address(authorization.to, option.pay_to):
            return "invalid_exact_evm_payload_recipient_mismatch"
        if int(authorization.value) != option.amount:
            return "invalid_exact_evm_payload_authorization_value_mismatch"
        now = int(self._clock())
        if int(authorization.valid_before) < now + MARGIN:
            return "invalid_exact_evm_payload_authorization_valid_before"
        return _refusal(found, payment.payload, now)


def _refusal(found: contract.Token, payload: ExactPayload, now: int) -> str | None:
    try:
        found.check(payload.authorization, bytes.fromhex(payload.signature[2:]), now)
    except contract.Reverted as error:
        return _REASONS.get(str(error), "invalid_exact_evm_transaction_simulation_failed")
    return None
