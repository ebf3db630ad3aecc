"""What a seller asks of a facilitator: the body of ``POST /verify`` and ``POST /settle`` (specification §7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from x402_harness.protocol.challenge import Option, read_option
from x402_harness.protocol.errors import RemoteProtocolError
from x402_harness.sandbox.facilitator.payment import Payment, read_payment


class NotAsked(Exception):
    """The body asks nothing: the specification's ``reason``, and what is wrong with it in words."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


@dataclass(frozen=True, slots=True)
class Asked:
    """A payment, and the requirements that it is for."""

    payment: Payment
    option: Option


def read_asked(body: Any) -> Asked:
    """The question in a decoded body. Raises :class:`NotAsked`.

    The version is the payment's; senders of version 1 leave it out beside it.
    """
    if not isinstance(body, dict):
        raise NotAsked("invalid_payload", "the body is no JSON object")
    message = body.get("paymentPayload")
    if not isinstance(message, dict):
        raise NotAsked("invalid_payload", "/paymentPayload is no object")
    version = message.get("x402Version")
    if type(version) is not int or version not in (1, 2):
        raise NotAsked("invalid_x402_version", "/paymentPayload/x402Version is neither 1 nor 2")
    if body.get("x402Version", version) != version:
        raise NotAsked("invalid_x402_version", "/x402Version is another than /paymentPayload/x402Version")
    try:
        payment = read_payment(message)
    except RemoteProtocolError as error:
        raise NotAsked("invalid_payload", f"/paymentPayload{error.pointer}: {error.message}") from None
    return Asked(payment, _requirements(version, body.get("paymentRequirements")))


def _requirements(version: int, entry: Any) -> Option:
    try:
        return read_option(version, entry)
    except RemoteProtocolError as error:
        where = f"/paymentRequirements{error.pointer}"
        raise NotAsked("invalid_payment_requirements", f"{where}: {error.message}") from None
