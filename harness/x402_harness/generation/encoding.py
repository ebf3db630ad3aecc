"""Encoding: the values of a request's parts, made into an HTTP request."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from x402_catalog.hints import RequestShape
from x402_harness.protocol.exchange import Request

_BOUNDARY = "testbuy-boundary-6f1c9a2b"  # fixed, so that the same values give the same bytes


@dataclass(frozen=True, slots=True)
class Values:
    """Values for the parts of a request. ``body`` is ``None`` where no body is sent."""

    path: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    has_body: bool = False


def encode(shape: RequestShape, values: Values) -> Request:
    """The request: path parameters filled in, query appended, the body in its media type."""
    url = _with_query(_filled(shape.url, values.path), values.query)
    headers = [("accept", "application/json, */*;q=0.5"), *((k.lower(), _text(v)) for k, v in values.headers.items())]
    body = b""
    if values.has_body:
        media_type, body = encode_body(values.body, shape.media_type or "application/json")
        headers.append(("content-type", media_type))
    return Request(shape.method, url, tuple(headers), body)


def encode_body(value: Any, media_type: str) -> tuple[str, bytes]:
    """The full content type and ``value`` in it; what a media type cannot hold is sent as JSON text."""
    if media_type == "application/x-www-form-urlencoded" and isinstance(value, dict):
        return media_type, urlencode(_pairs(value)).encode()
    if media_type == "multipart/form-data" and isinstance(value, dict):
        return f"{media_type}; boundary={_BOUNDARY}", _multipart(value)
    if media_type == "text/plain":
        return "text/plain; charset=utf-8", _text(value).encode("utf-8", "surrogatepass")
    if media_type == "application/octet-stream":
        return media_type, _text(value).encode("utf-8", "surrogatepass")
    return media_type, json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _filled(url: str, path: dict[str, Any]) -> str:
    for name, value in path.items():
        url = url.replace("{" + name + "}", quote(_text(value), safe=""))
    return url


def _with_query(url: str, query: dict[str, Any]) -> str:
    if not query:
        return url
    parts = urlsplit(url)
    joined = "&".join(part for part in (parts.query, urlencode(_pairs(query))) if part)
    return urlunsplit(parts._replace(query=joined))


def _pairs(values: dict[str, Any]) -> list[tuple[str, str]]:
    # An array repeats its name, as forms and OpenAPI's default style do.
    return [
        (name, _text(item))
        for name, value in values.items()
        for item in (value if isinstance(value, list) else [value])
        if item is not None
    ]


def _multipart(values: dict[str, Any]) -> bytes:
    parts = []
    for name, text in _pairs(values):
        disposition = f'form-data; name="{quote(name, safe=" []._-")}"'
        parts.append(f"--{_BOUNDARY}\r\nContent-Disposition: {disposition}\r\n\r\n{text}\r\n")
    return ("".join(parts) + f"--{_BOUNDARY}--\r\n").encode("utf-8", "surrogatepass")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
