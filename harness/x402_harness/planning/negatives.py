"""Negative requests: each breaks what is declared in one way, and is proven to. They are sent without payment.

Values are broken keyword by keyword (`mutations`); the body's text as well: no JSON, no UTF-8, another media type, more
than anybody sends. In a query, a path, a form or a header everything is text, so what counts there is how a server that
reads the text by its declared type would see it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from x402_catalog.hints import RequestShape
from x402_catalog.hints.references import Unfolder
from x402_catalog.jsonschemas import Checker
from x402_catalog.models import Json, Listing
from x402_harness.generation.encoding import Values, encode
from x402_harness.generation.requests import is_sent, is_valid
from x402_harness.planning.mutations import OVERSIZE, Mutation, mutations
from x402_harness.planning.rows import rows_for
from x402_harness.protocol.exchange import Request

_JSON = "application/json"
_ROWS = 12  # valid requests that are broken: together they have every field in them


@dataclass(frozen=True, slots=True)
class Negative:
    """A request that must not be served: ``keyword`` is what it breaks, a keyword of JSON Schema or of the encoding
    (``syntax``, ``charset``, ``media type``, ``size``); ``part`` and ``pointer`` say where that is declared."""

    keyword: str
    part: str
    pointer: str
    what: str
    request: Request


def negatives_for(listing: Listing, shape: RequestShape, seed: int, most: int | None = None) -> list[Negative]:
    """At most ``most`` requests that break what is declared, each in another way, the plainest ways first.

    Every keyword is broken once before any is broken at another place. The same arguments give the same requests.
    Raises :class:`~x402_harness.generation.requests.Unrequestable`.
    """
    found: dict[tuple[str, str, str], Negative] = {}
    for valid in (row.candidate.values for row in rows_for(listing, shape, _ROWS, seed).rows):
        for negative in (*_broken_values(shape, valid), *_broken_text(shape, valid)):
            found.setdefault((negative.part, negative.pointer, negative.what), negative)
    distinct = {_key(negative.request): negative for negative in reversed(found.values())}
    return _spread([negative for negative in found.values() if distinct[_key(negative.request)] is negative])[:most]


def _key(request: Request) -> tuple[str, bytes, tuple[tuple[str, str], ...]]:
    return request.url, request.body, request.headers


def _spread(negatives: list[Negative]) -> list[Negative]:
    """One of each keyword, then the second of each, and so on."""
    seen: dict[str, int] = {}
    ranks = []
    for negative in negatives:
        ranks.append(seen.get(negative.keyword, 0))
        seen[negative.keyword] = ranks[-1] + 1
    order = sorted(range(len(negatives)), key=lambda index: (ranks[index], index))
    return [negatives[index] for index in order]


def _broken_values(shape: RequestShape, valid: Values) -> Iterator[Negative]:
    for part, schema in shape.parts.items():
        whole = Unfolder(schema).unfold(schema, "")[0] if isinstance(schema, dict) else schema
        for mutation in mutations(whole, _part(valid, part)):
            values = _with_part(valid, part, mutation.value)
            if values is not None and _is_broken(shape, part, schema, mutation):
                yield Negative(mutation.keyword, part, mutation.pointer, mutation.what, encode(shape, values))


def _part(values: Values, part: str) -> Json:
    return {"path": values.path, "query": values.query, "headers": values.headers, "body": values.body}[part]


def _with_part(values: Values, part: str, value: Json) -> Values | None:
    if part == "body":
        return replace(values, body=value)
    if not isinstance(value, dict) or (part == "path" and value.keys() != values.path.keys()):
        return None
    if part == "path":
        return None if any(one in ("", ".", "..") for one in value.values()) else replace(values, path=value)
    if part == "headers":
        return replace(values, headers=value) if all(map(_is_sendable, value.items())) else None
    return replace(values, query=value)


def _is_sendable(header: tuple[str, Json]) -> bool:
    name, value = header
    text = value if isinstance(value, str) else json.dumps(value)
    return is_sent(name) and text.isascii() and text.isprintable() and text == text.strip() != ""


def _is_broken(shape: RequestShape, part: str, schema: Any, mutation: Mutation) -> bool:
    """Whether the part, as a server reads it, is invalid."""
    if Checker(schema).is_valid(mutation.value):
        return False
    if part == "body" and shape.media_type == _JSON:
        return True
    return all(not Checker(schema).is_valid(read) for read in _readings(mutation.value, schema))


def _readings(value: Json, schema: Any) -> Iterator[Json]:
    """What may be read from ``value`` where everything is sent as text: each member as text, and as what it spells."""
    if not isinstance(value, dict):
        text = value if isinstance(value, str) else json.dumps(value)
        yield from (text, _spelled(text))
        return
    sent = {name: child for name, child in value.items() if child is not None and child != []}
    declared = schema.get("properties", {}) if isinstance(schema, dict) else {}
    yield {name: _as_text(child) for name, child in sent.items()}
    yield {name: _read(child, declared.get(name)) for name, child in sent.items()}


def _read(value: Json, declared: Any) -> Json:
    """A member as its declared type would be read from its text; as text where that is no such thing."""
    if isinstance(value, list):
        one = len(value) == 1 and not Checker(True if declared is None else declared).is_valid(value)
        return _read(value[0], declared) if one else value
    text = _as_text(value)
    readings = (text, _spelled(text), [text], [_spelled(text)])
    return next((one for one in readings if declared is not None and Checker(declared).is_valid(one)), text)


def _as_text(value: Json) -> Json:
    return value if isinstance(value, (str, list)) else json.dumps(value)


def _spelled(text: str) -> Json:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _broken_text(shape: RequestShape, valid: Values) -> Iterator[Negative]:
    """The body broken as a text; only JSON has a syntax that a text can break."""
    if not valid.has_body or shape.media_type != _JSON or not is_valid(shape, valid):
        return
    request = encode(shape, valid)
    for what, body in _malformed(request.body):
        yield Negative("syntax", "body", "", what, replace(request, body=body))
    not_utf8 = request.body[:-1] + b', "\xff\xfe": "\xc3\x28"' + request.body[-1:]
    yield Negative("charset", "body", "", "the body is not UTF-8", replace(request, body=not_utf8))
    other = request.with_header("content-type", "text/plain; charset=utf-8")
    yield Negative("media type", "body", "", "a text instead of JSON", replace(other, body=b"not JSON at all"))
    padded = json.dumps({"testbuy-padding": "a" * OVERSIZE}).encode()
    if isinstance(shape.body, dict) and not Checker(shape.body).is_valid({"testbuy-padding": "a" * OVERSIZE}):
        yield Negative(
            "size", "body", "", f"an undeclared member of {OVERSIZE} characters", replace(request, body=padded)
        )


def _malformed(body: bytes) -> Iterator[tuple[str, bytes]]:
    yield "the body ends in the middle", body[: max(1, len(body) - 1)] if len(body) > 1 else b"{"
    yield "the body is no JSON", b"{testbuy}"
    yield "no body at all", b""
