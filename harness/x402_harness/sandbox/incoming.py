"""Incoming: whether a request that came in satisfies the listing's own fields."""

from __future__ import annotations

from collections.abc import Iterator

from x402_catalog.hints import RequestShape
from x402_catalog.jsonschemas import BadSchema, Checker, Schema
from x402_catalog.models import Json
from x402_harness.generation.decoding import Undecodable, body_of, headers_of, path_of, query_of
from x402_harness.generation.encoding import Values
from x402_harness.generation.requests import TRANSPORT
from x402_harness.protocol.exchange import Request


class BadRequest(ValueError):
    """The request cannot be read, or breaks the declared fields; the message says which part and why."""


def read_values(shape: RequestShape, request: Request) -> Values:
    """The request's values by part. Raises :class:`BadRequest` for what breaks the declared fields."""
    try:
        values = Values(
            path=path_of(shape, request),
            query=query_of(shape, request),
            headers=headers_of(shape, request),
            body=body_of(shape, request),
            has_body=bool(request.body),
        )
    except Undecodable as error:
        raise BadRequest(str(error)) from None
    for part, problem in _problems(shape, values):
        raise BadRequest(f"{part}{problem}")
    return values


def _problems(shape: RequestShape, values: Values) -> Iterator[tuple[str, str]]:
    given = {"path": values.path, "query": values.query, "body": values.body}
    for part, schema in shape.parts.items():
        if part == "headers":
            yield from _missing_headers(shape, values)
        elif part == "body" and not values.has_body:
            if not _takes(schema, {}):
                yield "body", ": missing"
        elif (problem := Checker(schema).problem(given[part])) is not None and not problem.is_undecided:
            yield part, f"{problem.pointer}: {problem.message}"


def _missing_headers(shape: RequestShape, values: Values) -> Iterator[tuple[str, str]]:
    for field in shape.headers:
        if field.required and field.name.lower() not in TRANSPORT and field.name.lower() not in values.headers:
            yield "headers", f"/{field.name}: missing"


def _takes(schema: Schema, value: Json) -> bool:
    try:
        return Checker(schema).is_valid(value)
    except BadSchema:
        return True
