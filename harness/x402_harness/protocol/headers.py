"""Header codecs: standard base64 of UTF-8 JSON, read liberally (specs/transports-v1/http.md, -v2/http.md)."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from x402_harness.protocol.errors import RemoteProtocolError
from x402_harness.protocol.parsing import loads

X_PAYMENT = "X-PAYMENT"
X_PAYMENT_RESPONSE = "X-PAYMENT-RESPONSE"
PAYMENT_REQUIRED = "PAYMENT-REQUIRED"
PAYMENT_SIGNATURE = "PAYMENT-SIGNATURE"
PAYMENT_RESPONSE = "PAYMENT-RESPONSE"

MAX_HEADER = 256 * 1024  # characters; real terms with schemas reach 90 KB


def encode(message: dict[str, Any]) -> str:
    """``message`` as a header value: compact JSON in standard base64 with padding.

    Text beyond ASCII is escaped: what was read with half a surrogate pair in it can so be echoed.
    """
    text = json.dumps(message, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(text.encode()).decode("ascii")


def decode(value: str, *, place: str = "header") -> tuple[dict[str, Any], tuple[str, ...]]:
    """The object in a header value, and what was tolerated in reading it.

    The URL-safe alphabet and missing padding are tolerated. Raises :class:`RemoteProtocolError` for anything that is
    not base64 of a JSON object.
    """
    raw, notes = unwrap(value, place=place)
    return parse_object(raw, place=place), notes


def unwrap(value: str, *, place: str = "header") -> tuple[bytes, tuple[str, ...]]:
    """The bytes in a header value, and what was tolerated in reading them; errors as :func:`decode`."""
    if len(value) > MAX_HEADER:
        raise RemoteProtocolError(
            f"longer than {MAX_HEADER} characters", place=place, observed=f"{len(value)} characters"
        )
    text, notes = _standard(value.strip())
    try:
        return base64.b64decode(text, validate=True), notes
    except (binascii.Error, ValueError) as error:
        raise RemoteProtocolError(f"not base64: {error}", place=place, observed=value[:80]) from None


def parse_object(raw: bytes, *, place: str) -> dict[str, Any]:
    """The JSON object in ``raw``. Raises :class:`RemoteProtocolError` if it is none."""
    try:
        message = loads(raw)
    except ValueError as error:
        raise RemoteProtocolError(
            f"not JSON: {error}", place=place, observed=raw[:80].decode("utf-8", "replace")
        ) from None
    if not isinstance(message, dict):
        raise RemoteProtocolError("not a JSON object", place=place, observed=type(message).__name__)
    return message


def _standard(text: str) -> tuple[str, tuple[str, ...]]:
    notes = []
    if "-" in text or "_" in text:
        notes.append("URL-safe base64 alphabet")
        text = text.replace("-", "+").replace("_", "/")
    bare = text.rstrip("=")
    if len(text) > (whole := len(bare) + -len(bare) % 4) and whole - len(bare) < 3:
        notes.append("more padding than base64 has")
        text = text[:whole]
    if len(text) % 4:
        notes.append("base64 without padding")
        text += "=" * (-len(text) % 4)
    return text, tuple(notes)
