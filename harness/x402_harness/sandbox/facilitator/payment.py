"""A payment as it comes to a seller or a facilitator, in either version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from x402_harness.protocol.messages import ExactPayload, PaymentPayloadV1, PaymentPayloadV2, parse


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as it came: version, scheme and network that it names, what it accepted (v2), and its payload."""

    version: int
    scheme: str
    network: str
    accepted: dict[str, Any] | None
    payload: ExactPayload

    @property
    def signature(self) -> bytes:
        """The payer's signature."""
        return bytes.fromhex(self.payload.signature[2:])


def read_payment(message: dict[str, Any]) -> Payment:
    """The payment in a decoded header. Raises :class:`RemoteProtocolError` if it is none."""
    if message.get("x402Version") == 1:
        v1 = parse(PaymentPayloadV1, message, place="payment")
        return Payment(1, v1.scheme, v1.network, None, v1.payload)
    v2 = parse(PaymentPayloadV2, message, place="payment")
    return Payment(2, str(v2.accepted.get("scheme")), str(v2.accepted.get("network")), v2.accepted, v2.payload)
