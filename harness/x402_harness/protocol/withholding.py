"""Withholding: live signatures taken out of whatever is kept or told, wherever a server may have echoed them."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

from x402_harness.protocol.errors import RemoteProtocolError
from x402_harness.protocol.exchange import Request
from x402_harness.protocol.headers import PAYMENT_SIGNATURE, X_PAYMENT, decode

WITHHELD = "(withheld)"
PAYMENT_HEADERS = frozenset({X_PAYMENT.lower(), PAYMENT_SIGNATURE.lower()})

# How JSON, URLs and the other base64 alphabet spell what base64 is made of.
_SPELLINGS = {
    "+": r"(?:\+|-|%2B|\\{1,9}u002b)",
    "/": r"(?:\\{0,9}/|_|%2F|\\{1,9}u002f)",
    "=": r"(?:=|%3D|\\{1,9}u003d)?",
}
_TELLING = 16  # hex digits by which a signature is known


class Secrets:
    """What must not be told of requests with payment: the headers as sent, and the signatures in them."""

    def __init__(self, *requests: Request) -> None:
        payments = dict.fromkeys(
            value
            for request in requests
            for name, value in request.headers
            if name.lower() in PAYMENT_HEADERS and value
        )
        self._payments = tuple(payments)
        self._signatures = tuple(made for value in payments if (made := _signature(value)))
        self._shortest = min((len(value.rstrip("=")) for value in payments), default=0)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        # Long, and so made where it may find something only.
        spellings = [_spelled(value) for value in self._payments]
        for made in self._signatures:
            spellings += [
                f"(?:0x)?{made.hex()[:_TELLING]}[0-9a-f]*",
                re.escape(made.decode("latin-1")),
            ]  # cut short too
        return re.compile("|".join(spellings), re.IGNORECASE | re.ASCII)

    def _may_hold(self, text: str) -> bool:
        if not self._payments or len(text) >= self._shortest:
            return bool(self._payments)
        lowered = text.lower()
        return any(
            made.hex()[:_TELLING] in lowered or made.decode("latin-1").lower() in lowered for made in self._signatures
        )

    def scrub(self, text: str) -> str:
        """``text`` with every secret withheld."""
        return self._pattern.sub(WITHHELD, text) if self._may_hold(text) else text

    def scrub_bytes(self, data: bytes) -> bytes:
        """``data`` with every secret withheld."""
        return self.scrub(data.decode("latin-1")).encode("latin-1")  # every secret is ASCII, or the signature's bytes

    def scrub_json(self, value: Any) -> Any:
        """A JSON value with every secret withheld, in names of members too."""
        if isinstance(value, str):
            return self.scrub(value)
        if isinstance(value, (list, tuple)):
            return [self.scrub_json(item) for item in value]
        if isinstance(value, dict):
            return {self.scrub(name): self.scrub_json(item) for name, item in value.items()}
        return value


def _spelled(value: str) -> str:
    return "".join(_SPELLINGS.get(character) or re.escape(character) for character in value)


def _signature(value: str) -> bytes | None:
    try:
        signature = str(decode(value)[0]["payload"]["signature"])
        return bytes.fromhex(signature.removeprefix("0x"))
    except (RemoteProtocolError, KeyError, TypeError, ValueError):
        return None
