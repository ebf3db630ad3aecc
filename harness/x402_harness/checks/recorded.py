"""Recorded exchanges: this project's own small JSON form, and HAR 1.2.

The own form is ``{"request": {"method", "url", "headers", "body"}, "response": {"status", "headers", "body"}}``, alone,
in a list, or one a line. Headers are an object or a list of ``[name, value]`` or ``{"name", "value"}``; a body is text,
a JSON object (sent as JSON) or ``body_base64``. Of the request only ``url`` is required.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from x402_catalog.models import mapping, member
from x402_harness.protocol.exchange import Exchange, Headers, Leg, Request, Response
from x402_harness.protocol.parsing import loads


class NotRecorded(ValueError):
    """The text holds no recorded exchange; the message says where and why."""


def load_exchanges(data: bytes) -> list[Exchange]:
    """The exchanges in ``data``; of a HAR, its entries with status 402 and those with terms in their header.

    Raises :class:`NotRecorded` where there is none or one is malformed.
    """
    value = _parsed(data)
    entries = member(value, "log", "entries")
    if isinstance(entries, list):
        found = [_har(entry, f"/log/entries/{index}") for index, entry in enumerate(entries) if _is_challenge(entry)]
        if not found:
            raise NotRecorded(f"the HAR has {len(entries)} entries, none of them a 402")
        return found
    rows = value if isinstance(value, list) else [value]
    if not rows:
        raise NotRecorded("the list of exchanges is empty")
    return [_own(row, f"/{index}" if isinstance(value, list) else "") for index, row in enumerate(rows)]


def _parsed(data: bytes) -> Any:
    try:
        return loads(data)
    except ValueError as error:
        lines = [line for line in data.splitlines() if line.strip()]
        try:
            if len(lines) > 1:
                return [loads(line) for line in lines]
        except ValueError:
            pass
        raise NotRecorded(f"not JSON: {error}") from None


def _own(row: Any, at: str) -> Exchange:
    request, response = (_object(row, name, at) for name in ("request", "response"))
    status = response.get("status")
    if type(status) is not int or not 100 <= status <= 599:
        raise NotRecorded(f"{at}/response/status: not an HTTP status: {status!r}")
    return Exchange(
        Leg.UNPAID,
        Request(_text(request, "method", "GET", at), _url(request, at), _headers(request, at), _body(request, at)),
        Response(status, _headers(response, at), _body(response, at)),
    )


def _object(row: Any, name: str, at: str) -> dict[str, Any]:
    found = member(row, name)
    if not isinstance(found, dict):
        raise NotRecorded(f"{at}/{name}: not an object; an exchange has a request and a response")
    return found


def _url(request: dict[str, Any], at: str) -> str:
    found = request.get("url")
    if not isinstance(found, str) or "://" not in found:
        raise NotRecorded(f"{at}/request/url: not an absolute URL: {found!r}")
    return found


def _text(row: dict[str, Any], name: str, default: str, at: str) -> str:
    found = row.get(name, default)
    if not isinstance(found, str):
        raise NotRecorded(f"{at}/request/{name}: not a string")
    return found


def _headers(row: dict[str, Any], at: str) -> Headers:
    found = row.get("headers") or []
    pairs = list(found.items()) if isinstance(found, dict) else found
    rows: list[tuple[str, str]] = []
    for pair in pairs if isinstance(pairs, list) else [None]:
        name, value = (pair.get("name"), pair.get("value")) if isinstance(pair, dict) else _pair(pair)
        if not isinstance(name, str) or not isinstance(value, str):
            raise NotRecorded(f"{at or '/'}: headers are an object or a list of names and values, all strings")
        rows.append((name, value))
    return tuple(rows)


def _pair(pair: Any) -> tuple[Any, Any]:
    return (pair[0], pair[1]) if isinstance(pair, (list, tuple)) and len(pair) == 2 else (None, None)


def _body(row: dict[str, Any], at: str) -> bytes:
    if "body_base64" in row:
        return _decoded(row["body_base64"], f"{at}/body_base64")
    found = row.get("body")
    if found is None:
        return b""
    return found.encode("utf-8", "surrogatepass") if isinstance(found, str) else json.dumps(found).encode()


def _decoded(text: Any, at: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise NotRecorded(f"{at}: not base64: {error}") from None


def _is_challenge(entry: Any) -> bool:
    if member(entry, "response", "status") == 402:
        return True
    headers = member(entry, "response", "headers")
    return any(str(mapping(row).get("name")).lower() == "payment-required" for row in headers or ())


def _har(entry: Any, at: str) -> Exchange:
    request, response = (_object(entry, name, at) for name in ("request", "response"))
    content = mapping(response.get("content"))
    sent = {**request, "body": mapping(request.get("postData")).get("text")}
    key = "body_base64" if content.get("encoding") == "base64" else "body"
    return _own({"request": sent, "response": {**response, key: content.get("text")}}, at)
