"""Incoming: the values in a request that came in, and what is wrong with them by the listing's own fields.

The inverse of :mod:`x402_harness.generation.encoding`. Text that stands for a number, a boolean or a list is read as
what its field declares, as the frameworks do that sellers use.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from x402_catalog.hints import Field, RequestShape
from x402_catalog.jsonschemas import BadSchema, Checker, Schema
from x402_catalog.models import mapping
from x402_harness.generation.encoding import Values
from x402_harness.generation.requests import TRANSPORT
from x402_harness.protocol.exchange import Request
from x402_harness.protocol.parsing import loads

Pairs = list[tuple[str, str]]


class BadRequest(ValueError):
    """The request cannot be read, or breaks the declared fields; the message says which part and why."""


def read_values(shape: RequestShape, request: Request) -> Values:
    """The request's values by part. Raises :class:`BadRequest` for what breaks the declared fields."""
    query = _typed(parse_qsl(_own_query(shape, request), keep_blank_values=True), {f.name: f for f in shape.query})
    headers = [(name, value) for name, value in request.headers if name.lower() not in TRANSPORT]
    values = Values(
        path=_path(shape, request),
        query=query,
        headers=_typed(headers, {field.name.lower(): field for field in shape.headers}),
        body=_body(shape, request),
        has_body=bool(request.body),
    )
    for part, problem in _problems(shape, values):
        raise BadRequest(f"{part}{problem}")
    return values


def _problems(shape: RequestShape, values: Values) -> Iterator[tuple[str, str]]:
    given = {"path": values.path, "query": values.query, "body": values.body}
    for part, schema in shape.parts.items():
        if part == "headers":
            yield from _missing_headers(shape, values)
        elif part == "body" and not values.has_body:
            if not _valid(schema, {}):
                yield "body", ": missing"
        elif (problem := Checker(schema).problem(given[part])) is not None and not problem.is_undecided:
            yield part, f"{problem.pointer}: {problem.message}"


def _missing_headers(shape: RequestShape, values: Values) -> Iterator[tuple[str, str]]:
    for field in shape.headers:
        if field.required and field.name.lower() not in TRANSPORT and field.name.lower() not in values.headers:
            yield "headers", f"/{field.name}: missing"


def _own_query(shape: RequestShape, request: Request) -> str:
    # What the listing's URL itself carries is the endpoint's address, not one of its fields.
    fixed = urlsplit(shape.url).query
    query = urlsplit(request.url).query
    return query[len(fixed) :].lstrip("&") if fixed and query.startswith(fixed) else query


def _path(shape: RequestShape, request: Request) -> dict[str, Any]:
    if not shape.path:
        return {}
    template = urlsplit(shape.url).path
    pattern = re.sub(r"\\\{(.+?)\\\}", "([^/]*)", re.escape(template)).rstrip("/") + "/?"
    names = re.findall(r"\{(.+?)\}", template)
    found = re.search(pattern + "$", urlsplit(request.url).path)  # a seller may stand below any other path
    if found is None:
        raise BadRequest(f"path: does not match {template}")
    pairs = [(name, unquote(text)) for name, text in zip(names, found.groups(), strict=True)]
    return _typed(pairs, {field.name: field for field in shape.path})


def _typed(pairs: Pairs, fields: dict[str, Field]) -> dict[str, Any]:
    grouped: dict[str, list[str]] = {}
    for name, text in pairs:
        key = name if name in fields else name.lower() if name.lower() in fields else name
        grouped.setdefault(key, []).append(text)
    return {name: _value(texts, fields[name].schema if name in fields else True) for name, texts in grouped.items()}


def _value(texts: list[str], schema: Schema) -> Any:
    """What the field's schema takes of the texts' readings; the plainest where it takes none."""
    parsed = [_parsed(text) for text in texts]
    readings: list[Any] = [parsed, texts] if len(texts) > 1 else [texts[0], parsed[0], texts, parsed]
    return next((reading for reading in readings if _valid(schema, reading)), readings[0])


def _parsed(text: str) -> Any:
    try:
        return loads(text.encode())
    except ValueError:
        return text


def _valid(schema: Schema, value: Any) -> bool:
    try:
        return Checker(schema).is_valid(value)
    except BadSchema:
        return True


def _body(shape: RequestShape, request: Request) -> Any:
    if not request.body:
        return None
    kind = _media_type(request)
    properties = mapping(mapping(shape.body).get("properties")) if isinstance(shape.body, dict) else {}
    if kind == "application/x-www-form-urlencoded":
        return _form(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True), properties)
    if kind == "multipart/form-data":
        return _form(_parts(request), properties)
    if kind.startswith("text/") or kind == "application/octet-stream":
        return request.body.decode("utf-8", "replace")
    try:
        return loads(request.body)
    except ValueError as error:
        raise BadRequest(f"body: not JSON: {error}") from None


def _media_type(request: Request) -> str:
    value = next((value for name, value in request.headers if name.lower() == "content-type"), "application/json")
    return value.split(";", 1)[0].strip().lower()


def _form(pairs: Pairs, properties: dict[str, Any]) -> dict[str, Any]:
    grouped: dict[str, list[str]] = {}
    for name, text in pairs:
        grouped.setdefault(name, []).append(text)
    return {name: _value(texts, properties.get(name, True)) for name, texts in grouped.items()}


def _parts(request: Request) -> Pairs:
    value = next(value for name, value in request.headers if name.lower() == "content-type")
    head = f"Content-Type: {value}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=HTTP).parsebytes(head + request.body)
    pairs = []
    for part in message.iter_parts() if message.is_multipart() else ():
        name, content = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        pairs.append((unquote(str(name)), bytes(content or b"").decode("utf-8", "replace")))
    return pairs


def canonical(values: Values) -> str:
    """The values as one text, equal for equal requests."""
    return json.dumps([values.path, values.query, values.body], sort_keys=True, default=str)
