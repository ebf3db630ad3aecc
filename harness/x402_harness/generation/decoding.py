"""Decoding: a request that came in, made into the values of its parts again: the inverse of :mod:`encoding`.

Text that stands for a number, a boolean or a list is read as what its field declares, as the frameworks do that sellers
use. Nothing is validated here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from x402_catalog.hints import Field, RequestShape
from x402_catalog.jsonschemas import BadSchema, Checker, Schema
from x402_catalog.models import mapping
from x402_harness.generation.requests import TRANSPORT
from x402_harness.protocol.exchange import Request
from x402_harness.protocol.parsing import loads

Pairs = list[tuple[str, str]]
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
_MOST = 1000  # fields of a query or a form


class Undecodable(ValueError):
    """A part of a request cannot be read; the message says which and why."""


def query_of(shape: RequestShape, request: Request) -> dict[str, Any]:
    """The query's values, those apart that the listing's URL itself carries. Raises :class:`Undecodable`."""
    fixed, query = urlsplit(shape.url).query, urlsplit(request.url).query
    own = query[len(fixed) :].lstrip("&") if fixed and query.startswith(fixed) else query
    return _typed(_pairs(own, "query"), {field.name: field for field in shape.query})


def headers_of(shape: RequestShape, request: Request) -> dict[str, Any]:
    """The headers' values by their names in lower case, those of transport and payment apart."""
    sent = [(name.lower(), value) for name, value in request.headers if name.lower() not in TRANSPORT]
    return _typed(sent, {field.name.lower(): field for field in shape.headers})


def path_of(shape: RequestShape, request: Request) -> dict[str, Any]:
    """The values of the path's parameters. Raises :class:`Undecodable` for another path; one may stand before it."""
    template = urlsplit(shape.url).path
    names = re.findall(r"\{([^{}/]+)\}", template)
    if not names:
        return {}
    pattern = "([^/]*)".join(re.escape(part) for part in re.split(r"\{[^{}/]+\}", template.rstrip("/"))) + "/?$"
    found = re.search(pattern, urlsplit(request.url).path)
    if found is None:
        raise Undecodable(f"path: does not match {template}")
    pairs = [(name, unquote(text)) for name, text in zip(names, found.groups(), strict=True)]
    return _typed(pairs, {field.name: field for field in shape.path})


def body_of(shape: RequestShape, request: Request) -> Any:
    """The body's value; ``None`` where there is none. Raises :class:`Undecodable`."""
    if not request.body:
        return None
    kind = media_type(request)
    properties = mapping(mapping(shape.body).get("properties")) if isinstance(shape.body, dict) else {}
    if kind == FORM:
        return _values(_pairs(request.body.decode("utf-8", "replace"), "body"), properties)
    if kind == MULTIPART:
        return _values(_parts(request), properties)
    if kind.startswith("text/") or kind == "application/octet-stream":
        return request.body.decode("utf-8", "replace")
    try:
        return loads(request.body)
    except ValueError as error:
        raise Undecodable(f"body: not JSON: {error}") from None


def media_type(request: Request) -> str:
    """The media type of the body, JSON where none is named."""
    value = next((value for name, value in request.headers if name.lower() == "content-type"), "application/json")
    return value.split(";", 1)[0].strip().lower()


def _pairs(text: str, part: str) -> Pairs:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST)
    except ValueError as error:
        raise Undecodable(f"{part}: {error}") from None


def _typed(pairs: Pairs, fields: Mapping[str, Field]) -> dict[str, Any]:
    return _values(pairs, {name: field.schema for name, field in fields.items()})


def _values(pairs: Pairs, schemas: Mapping[str, Schema]) -> dict[str, Any]:
    grouped: dict[str, list[str]] = {}
    for name, text in pairs:
        grouped.setdefault(name, []).append(text)
    return {name: _value(texts, schemas.get(name, True)) for name, texts in grouped.items()}


def _value(texts: list[str], schema: Schema) -> Any:
    """What the field's schema takes of the texts' readings; the plainest where it takes none."""
    parsed = [_parsed(text) for text in texts]
    readings: list[Any] = [parsed, texts] if len(texts) > 1 else [texts[0], parsed[0], texts, parsed]
    return next((reading for reading in readings if _takes(schema, reading)), readings[0])


def _parsed(text: str) -> Any:
    try:
        return loads(text.encode())
    except ValueError:
        return text


def _takes(schema: Schema, value: Any) -> bool:
    try:
        return Checker(schema).is_valid(value)
    except BadSchema:
        return True


def _parts(request: Request) -> Pairs:
    value = next(value for name, value in request.headers if name.lower() == "content-type")
    head = f"Content-Type: {value}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=HTTP).parsebytes(head + request.body)
    pairs = []
    for part in message.iter_parts() if message.is_multipart() else ():
        name, content = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        pairs.append((unquote(str(name)), bytes(content or b"").decode("utf-8", "replace")))
    return pairs
