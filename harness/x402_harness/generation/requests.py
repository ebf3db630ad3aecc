"""Requests: values for the parts of a request, and whether they satisfy what is declared."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from x402_catalog.hints import Field, RequestShape, examples_of, object_schema, request_shape, suggestions
from x402_catalog.jsonschemas import Checker
from x402_catalog.models import Listing
from x402_harness.generation.encoding import Values, encode
from x402_harness.generation.narrowing import narrowed
from x402_harness.protocol.exchange import Request

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

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
HEADER_VALUE = {"pattern": "^[!-~]+( [!-~]+)*$"}

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


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


def requests_for(listing: Listing, *, offer: int = 0) -> SearchStrategy[Request]:
    """A Hypothesis strategy of requests that satisfy what ``listing`` declares for its offer of that index.

    Parameters of the path are filled in, query and body are encoded as declared; prose is heeded ("only supports 1").
    Nothing is sent. Raises :class:`Unrequestable`, and ``IndexError`` where there is no such offer.
    """
    from hypothesis import strategies as st

    shape = request_shape(listing, listing.offers[offer])
    if not shape.parts:
        return st.just(encode(shape, Values()))
    return drawn_values(shape).map(lambda values: encode(shape, values))


def drawn_values(shape: RequestShape) -> SearchStrategy[Values]:
    """A strategy of values for all parts of a request, each draw valid. Raises :class:`Unrequestable`."""
    from x402_harness.generation import GenerationError, strategy_for

    advice = suggestions(shape)
    schemas = {part: narrowed(part, schema, advice) for part, schema in shape.parts.items()}
    schemas["headers"] = object_schema(sent_headers(shape))
    document = {
        "type": "object", "properties": schemas, "required": sorted(schemas), "additionalProperties": False,
    }  # fmt: skip
    try:
        return strategy_for(document).map(_values).filter(lambda values: is_valid(shape, values))
    except GenerationError as error:
        raise Unrequestable(str(error)) from error


def _values(parts: dict[str, Any]) -> Values:
    return Values(
        path=parts.get("path", {}),
        query=parts.get("query", {}),
        headers=parts.get("headers", {}),
        body=parts.get("body"),
        has_body="body" in parts,
    )


def is_valid(shape: RequestShape, values: Values) -> bool:
    """Whether ``values`` satisfy what is declared; headers of transport or payment are not among them."""
    parts = {"path": values.path, "query": values.query, "headers": values.headers}
    schemas = {**shape.parts, "headers": object_schema(sent_headers(shape, optional=True), closed=False)}
    if (shape.body is not None) != values.has_body:
        return False
    if values.has_body:
        parts["body"] = values.body
    return all(Checker(schema).is_valid(parts[name]) for name, schema in schemas.items())


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
    checked = {"path": values.path, "query": values.query, "body": values.body}
    held = all(Checker(schema).is_valid(checked[name]) for name, schema in shape.parts.items() if name in checked)
    return values if held and None not in values.path.values() else None


def with_headers(shape: RequestShape, values: Values, seed: int) -> Values:
    """``values`` with the headers that are required: as they are shown, else drawn. Raises :class:`Unrequestable`."""
    sent = sent_headers(shape)
    if not sent:
        return values
    from x402_harness.generation import GenerationError, draw, strategy_for

    try:
        drawn = draw(strategy_for(object_schema(sent)), 1, seed)[0]
    except GenerationError as error:
        raise Unrequestable(str(error)) from error
    shown = {field.name: _shown(field) for field in shape.headers if field.name in drawn}
    kept = {name: value for name, value in shown.items() if isinstance(value, str) and value.isascii()}
    return replace(values, headers=drawn | kept)


def sent_headers(shape: RequestShape, *, optional: bool = False) -> tuple[Field, ...]:
    """The declared headers that a request carries, required ones or all, with values that a header can carry."""
    sent = (f for f in shape.headers if (f.required or optional) and is_sent(f.name))
    return tuple(replace(field, schema=sendable(field.schema)) for field in sent)


def is_sent(name: str) -> bool:
    """Whether a declared header is sent: its name can be one (RFC 9110 §5.6.2), and is not one of `TRANSPORT`."""
    return name.lower() not in TRANSPORT and _TOKEN.fullmatch(name) is not None


def sendable(schema: Any) -> Any:
    """A header's schema, of whose values only those are left that a header can carry."""
    return {"allOf": [schema, HEADER_VALUE]}


def _shown(field: Field) -> Any:
    return next(iter(examples_of(field.schema)), None)
