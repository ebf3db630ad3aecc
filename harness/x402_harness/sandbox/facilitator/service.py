"""The facilitator in process: asked by sellers whether a payment is good, and to take the money."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any

from x402_catalog.networks import Method, Network, all_networks, tokens
from x402_harness.protocol.challenge import Option
from x402_harness.protocol.messages import SettlementResponse, VerifyResponse
from x402_harness.sandbox.chains import Chains, Rejected, Reverted, Sender, Token
from x402_harness.sandbox.facilitator.payment import Payment
from x402_harness.sandbox.facilitator.verification import refusal

PENDING = "settlement_pending"


class Facilitator:
    """``clock`` gives seconds since 1970; ``sender`` sends the transfers as transactions of its own.

    One payment is settled at a time. A payment that was settled is refused from then on, as its nonce is used; one
    whose transaction has no receipt yet is never sent a second time.
    """

    def __init__(self, chains: Chains, clock: Callable[[], float], sender: Sender) -> None:
        self._chains = chains
        self._clock = clock
        self._sender = sender
        self._lock = Lock()
        self._pending: dict[str, str] = {}
        self._asked: set[str] = set()

    def verify(self, payment: Payment, option: Option) -> VerifyResponse:
        """Whether the payment would settle the option now."""
        self._asked.add(payment.payload.authorization.nonce.lower())
        reason = refusal(payment, option, self._chains, int(self._clock()))
        payer = payment.payload.authorization.from_
        return VerifyResponse(is_valid=reason is None, invalid_reason=reason, payer=payer)

    def settle(self, payment: Payment, option: Option) -> SettlementResponse:
        """Verify again, then move the money.

        Asked again while its transaction is pending, the same payment is answered from that transaction's receipt.
        """
        self._asked.add(payment.payload.authorization.nonce.lower())
        with self._lock:
            token = self._chains.token(option.network, option.asset)
            sent = self._pending.pop(payment.payload.signature, None)
            if sent is not None and token is not None:
                return self._outcome(payment, option, token, sent)
            reason = refusal(payment, option, self._chains, int(self._clock()))
            if reason is not None or token is None:
                return _response(payment, option, reason or "invalid_network")
            return self._send(payment, option, token)

    @property
    def chains(self) -> Chains:
        """The chains that it settles on."""
        return self._chains

    def seize(self, payment: Payment) -> tuple[str, ...]:
        """Move money on every chain on which the signature is good for it, whatever was offered: as a thief would.

        Returns the hashes of the transactions that moved some.
        """
        self._asked.add(payment.payload.authorization.nonce.lower())
        with self._lock:
            return tuple(self._seized(payment))

    def _seized(self, payment: Payment) -> Iterator[str]:
        authorization = payment.payload.authorization
        for token in self._chains.standing():
            try:
                token.simulate(authorization, payment.signature)
                yield token.transfer_with_authorization(authorization, payment.signature, self._sender)
            except (Reverted, Rejected):
                continue

    def was_asked(self, nonce: str) -> bool:
        """Whether a seller asked about a payment with that nonce."""
        return nonce.lower() in self._asked

    def supported(self) -> dict[str, Any]:
        """The answer of ``GET /supported``: every EVM network of the table with an EIP-3009 token, in both versions."""
        payable = [where for where in all_networks() if _has_eip3009(where)]
        kinds = [{"x402Version": 2, "scheme": "exact", "network": where.caip2} for where in payable]
        named = [where.v1_name for where in payable if where.v1_name]
        kinds += [{"x402Version": 1, "scheme": "exact", "network": name} for name in named]
        return {"kinds": kinds, "extensions": [], "signers": {"eip155:*": [self._sender.address]}}

    def _send(self, payment: Payment, option: Option, token: Token) -> SettlementResponse:
        authorization = payment.payload.authorization
        try:
            sent = token.transfer_with_authorization(authorization, payment.signature, self._sender)
        except Rejected:
            return _response(payment, option, "transaction_failed")
        return self._outcome(payment, option, token, sent)

    def _outcome(self, payment: Payment, option: Option, token: Token, sent: str) -> SettlementResponse:
        receipt = token.chain.receipt(sent)
        if receipt is None:
            self._pending[payment.payload.signature] = sent
            return _response(payment, option, PENDING, sent)
        if not receipt.success:
            return _response(payment, option, "transaction_failed", sent)
        if not token.moved(receipt, payment.payload.authorization):
            return _response(payment, option, "invalid_exact_evm_transfer_event_mismatch", sent)
        return _response(payment, option, None, sent)


def _response(payment: Payment, option: Option, reason: str | None, transaction: str = "") -> SettlementResponse:
    return SettlementResponse(
        success=reason is None, transaction=transaction, network=option.network,
        payer=payment.payload.authorization.from_, error_reason=reason,
    )  # fmt: skip


def _has_eip3009(where: Network) -> bool:
    return any(row.method is Method.EIP3009 for row in tokens(where.caip2))
