"""Redaction: exchanges as JSON without anything that could be spent or abused.

Header values are shown by an allow-list. A payment header is told as what it authorizes, never as its signature; should
a server echo header or signature, in whichever usual spelling, they are withheld there too.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

from x402_harness.protocol.errors import RemoteProtocolError
from x402_harness.protocol.exchange import Exchange, Failure, Headers, Request, Response
from x402_harness.protocol.headers import decode
from x402_harness.protocol.withholding import PAYMENT_HEADERS, WITHHELD, Secrets

MAX_TEXT = 16 * 1024  # characters of a body that an event keeps; its digest stands for the rest

_SHOWN = frozenset(
    [
        "accept",
        "accept-ranges",
        "access-control-allow-origin",
        "access-control-expose-headers",
        "age",
        "allow",
        "cache-control",
        "connection",
        "content-encoding",
        "content-language",
        "content-length",
        "content-type",
        "date",
        "etag",
        "expires",
        "last-modified",
        "link",
        "location",
        "payment-required",
        "payment-response",
        "retry-after",
        "server",
        "user-agent",
        "vary",
        "x-payment-response",
        "x-request-id",
    ]
)
NO_SECRETS = Secrets()

Keep = Callable[[bytes], str]  # stores a body beside, and tells the name that it has there


def exchange_to_dict(exchange: Exchange, keep: Keep | None = None) -> dict[str, Any]:
    """An exchange as events and cassettes keep it: both messages, secrets withheld, long bodies cut with their digest.

    ``keep`` stores what was cut whole, without its secrets; ``stored`` then says where.
    """
    secrets = Secrets(exchange.request)
    request, response, failure = exchange.request, exchange.response, exchange.failure
    return {
        "leg": str(exchange.leg),
        "started": round(exchange.started, 6),
        "elapsed": round(exchange.elapsed, 6),
        "request": _message(request, secrets, keep) | {"method": request.method, "url": request.url},
        "response": _response(response, secrets, keep) if response else None,
        "failure": _failure(failure, secrets, keep) if failure else None,
    }


def _response(response: Response, secrets: Secrets, keep: Keep | None) -> dict[str, Any]:
    told = _message(response, secrets, keep) | {"status": response.status, "truncated": response.truncated}
    return told | {"undecoded": secrets.scrub(response.undecoded), "received": response.received}


def _failure(failure: Failure, secrets: Secrets, keep: Keep | None) -> dict[str, Any]:
    message = secrets.scrub(failure.message)
    told: dict[str, Any] = {"cause": failure.cause, "message": message, "may_have_sent": failure.may_have_sent}
    return told | {"partial": _response(failure.partial, secrets, keep)} if failure.partial else told


def _message(message: Request | Response, secrets: Secrets, keep: Keep | None) -> dict[str, Any]:
    return {"headers": _headers(message.headers, secrets), "body": body_to_dict(message.body, secrets, keep)}


def _headers(headers: Headers, secrets: Secrets) -> list[list[str]]:
    return [[secrets.scrub(name), _header(name.lower(), value, secrets)] for name, value in headers]


def _header(name: str, value: str, secrets: Secrets) -> str:
    if name in PAYMENT_HEADERS:
        return secrets.scrub(_payment(value))
    return _shown(value, secrets) if name in _SHOWN else WITHHELD


def _shown(value: str, secrets: Secrets) -> str:
    try:
        inside = json.dumps(decode(value)[0])
    except RemoteProtocolError:
        return secrets.scrub(value)
    return value if secrets.scrub(inside) == inside else WITHHELD


def _payment(value: str) -> str:
    try:
        message, _ = decode(value)
        terms = message["payload"]["authorization"]
        told = f"{terms['value']} from {terms['from']} to {terms['to']}, nonce {terms['nonce']}"
    except (RemoteProtocolError, KeyError, TypeError):
        return WITHHELD
    return f"(authorization of {told}; signature withheld)"


def body_to_dict(body: bytes, secrets: Secrets = NO_SECRETS, keep: Keep | None = None) -> dict[str, Any]:
    """A body: its size and digest, and its text, or its first bytes in base64 where it is no text."""
    told: dict[str, Any] = {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    shown = secrets.scrub_bytes(body)
    try:
        text = shown.decode("utf-8")
        told |= {"text": text[:MAX_TEXT], "cut": len(text) > MAX_TEXT}
    except UnicodeDecodeError:
        told |= {"base64": base64.b64encode(shown[:MAX_TEXT]).decode("ascii"), "cut": len(shown) > MAX_TEXT}
    return told | {"stored": keep(shown)} if told["cut"] and keep is not None else told
