"""Payloads: the payment header of either version, for an option and what was signed for it."""

from __future__ import annotations

from x402_harness.protocol.challenge import Challenge, Option
from x402_harness.protocol.headers import PAYMENT_SIGNATURE, X_PAYMENT, encode
from x402_harness.protocol.messages import ExactPayload, PaymentPayloadV1, PaymentPayloadV2


def payment_header(challenge: Challenge, option: Option, payload: ExactPayload) -> tuple[str, str]:
    """Name and value of the header (specs/transports-v1/http.md, specs/transports-v2/http.md)."""
    if option.version == 1:
        v1 = PaymentPayloadV1(x402_version=1, scheme=option.scheme, network=option.network, payload=payload)
        return X_PAYMENT, encode(v1.wire())
    return PAYMENT_SIGNATURE, encode(_version_2(challenge, option, payload))


def _version_2(challenge: Challenge, option: Option, payload: ExactPayload) -> dict[str, object]:
    message = PaymentPayloadV2(x402_version=2, payload=payload, accepted=option.raw).wire()
    # Echoed verbatim, explicit nulls included: servers compare member by member.
    message["accepted"] = option.raw
    for echoed in ("resource", "extensions"):
        if challenge.message.get(echoed) is not None:
            message[echoed] = challenge.message[echoed]
    return message
