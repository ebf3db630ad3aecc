"""Requests: the listing's own example first, then values drawn from its declared fields."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from x402_catalog.hints import Field, RequestShape, examples_of, object_schema, suggestions
from x402_catalog.jsonschemas import Checker
from x402_catalog.models import Listing
from x402_harness.generation.encoding import Values, encode
from x402_harness.generation.narrowing import narrowed
from x402_harness.protocol.exchange import Request

# Headers that belong to the transport or to the payment: a listing's word does not change them.
TRANSPORT = frozenset(
    [
        "accept",
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "host",
        "transfer-encoding",
        "user-agent",
        "x-payment",
        "payment-signature",
        "authorization",
        "cookie",
    ]
)
# What a header can carry whatever stands between: visible ASCII, with single blanks inside (RFC 9110 §5.5).
_FIELD_VALUE = {"pattern": "^[!-~]+( [!-~]+)*$"}
_SPARE = 4  # draws for each row wanted: small models repeat themselves


class Source(StrEnum):
    """Where a request's values come from."""

    EXAMPLE = "example"
    GENERATED = "generated"
    BARE = "bare"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A request that satisfies the declared fields, and where its values come from."""

    source: Source
    values: Values
    request: Request


class Unrequestable(ValueError):
    """No request can be made from what is declared; the message says why."""


def requests_for(listing: Listing, shape: RequestShape, count: int, seed: int) -> list[Candidate]:
    """At most ``count`` different requests: the listing's example verbatim, then generated ones.

    The same arguments give the same requests. Raises :class:`Unrequestable`.
    """
    found: dict[tuple[str, bytes], Candidate] = {}
    for candidate in _candidates(listing, shape, count, seed):
        found.setdefault((candidate.request.url, candidate.request.body), candidate)
        if len(found) >= count:
            break
    return list(found.values())


def _candidates(listing: Listing, shape: RequestShape, count: int, seed: int) -> Iterator[Candidate]:
    shown = example_values(listing, shape)
    if shown is not None:
        shown = replace(shown, headers=_header_values(shape, seed))
        yield Candidate(Source.EXAMPLE, shown, encode(shape, shown))
    if not shape.parts:
        if shown is None:
            yield Candidate(Source.BARE, Values(), encode(shape, Values()))
        return
    for values in _generated(shape, count, seed):
        yield Candidate(Source.GENERATED, values, encode(shape, values))


def example_values(listing: Listing, shape: RequestShape) -> Values | None:
    """The listing's example as the parts of a request; ``None`` if it has none, or one that breaks its own fields."""
    example = listing.example if listing.example is not None else shape.example
    if example is None:
        return None
    fields = {field.name for field in (*shape.path, *shape.query)}
    if shape.body is not None:
        path = {field.name: _shown(field) for field in shape.path}
        values = Values(path=path, body=example, has_body=True)
    elif isinstance(example, dict) and set(example) <= fields:
        path = {field.name: example.get(field.name, _shown(field)) for field in shape.path}
        values = Values(path=path, query={k: v for k, v in example.items() if k not in path})
    else:
        return None
    return values if _is_valid(shape, values) and None not in values.path.values() else None


def _shown(field: Field) -> Any:
    return next(iter(examples_of(field.schema)), None)


def _is_valid(shape: RequestShape, values: Values) -> bool:
    parts = {"path": values.path, "query": values.query, "body": values.body}
    return all(Checker(schema).is_valid(parts[name]) for name, schema in shape.parts.items() if name in parts)


def _generated(shape: RequestShape, count: int, seed: int) -> Iterator[Values]:
    advice = suggestions(shape)
    schemas = {part: narrowed(part, schema, advice) for part, schema in shape.parts.items()}
    schemas["headers"] = object_schema(_sent_headers(shape))
    document = {
        "type": "object", "properties": schemas, "required": sorted(schemas), "additionalProperties": False,
    }  # fmt: skip
    drawn = _drawn(document, count * _SPARE, seed)
    for parts in sorted(drawn, key=_size):
        yield Values(
            path=parts.get("path", {}),
            query=parts.get("query", {}),
            headers=parts["headers"],
            body=parts.get("body"),
            has_body="body" in parts,
        )


def _drawn(schema: dict[str, Any], count: int, seed: int) -> list[Any]:
    from x402_harness.generation import UnsatisfiableSchema, UnsupportedSchema, draw, strategy_for

    try:
        return draw(strategy_for(schema), count, seed)
    except (UnsupportedSchema, UnsatisfiableSchema) as error:
        raise Unrequestable(str(error)) from error


def _sent_headers(shape: RequestShape) -> tuple[Field, ...]:
    # Required ones only, and of their values only those that a header can carry.
    sent = (field for field in shape.headers if field.required and field.name.lower() not in TRANSPORT)
    return tuple(replace(field, schema={"allOf": [field.schema, _FIELD_VALUE]}) for field in sent)


def _header_values(shape: RequestShape, seed: int) -> dict[str, Any]:
    sent = _sent_headers(shape)
    values: dict[str, Any] = _drawn(object_schema(sent), 1, seed)[0] if sent else {}
    shown = {field.name: _shown(field) for field in shape.headers if field.name in values}
    return values | {name: value for name, value in shown.items() if isinstance(value, str) and value.isascii()}


def _size(value: Any) -> tuple[bool, int, str]:
    # Requests that say something come first, short ones before long ones.
    text = json.dumps(value, sort_keys=True)
    return (_is_empty(value), abs(len(text) - 200), text)


def _is_empty(value: Any) -> bool:
    return all(not part for part in value.values())
