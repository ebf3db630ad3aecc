"""Withholding: live signatures taken out of whatever is kept or told, wherever a server may have echoed them."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
        spellings = dict.fromkeys(found for request in requests for found in _spellings(request))
        self._pattern = re.compile("|".join(spellings), re.IGNORECASE | re.ASCII) if spellings else None

    def scrub(self, text: str) -> str:
        """``text`` with every secret withheld."""
        return self._pattern.sub(WITHHELD, text) if self._pattern else text

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


def _spellings(request: Request) -> Iterator[str]:
    for name, value in request.headers:
        if name.lower() not in PAYMENT_HEADERS or not value:
            continue
        yield "".join(_SPELLINGS.get(character) or re.escape(character) for character in value)
        try:
            signature = str(decode(value)[0]["payload"]["signature"])
            made = bytes.fromhex(signature.removeprefix("0x"))
        except (RemoteProtocolError, KeyError, TypeError, ValueError):
            continue
        if made:
            yield f"(?:0x)?{made.hex()[:_TELLING]}[0-9a-f]*"  # one that was cut short too
            yield re.escape(made.decode("latin-1"))
