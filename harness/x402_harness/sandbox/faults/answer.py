"""Faults in the paid answer: it is not what was declared, or not what was asked for."""

from __future__ import annotations

from typing import Any

from x402_catalog.hints import Declared, response_shape
from x402_catalog.models import Listing
from x402_harness.protocol.exchange import Response
from x402_harness.sandbox.answers import Answer
from x402_harness.sandbox.behaviour import Fault, Side, Visit


def _fault(name: str, summary: str, *caught_by: str, **hooks: Any) -> Fault:
    return Fault(name, Side.ANSWER, summary, caught_by, **hooks)


def _declared_json(listing: Listing, version: int) -> bool:
    shape = response_shape(listing, listing.offers[0])
    kind = (shape.media_type or "application/json").split(";")[0].strip().lower()
    return shape.declared in {Declared.SCHEMA, Declared.EXAMPLE} and (
        kind == "application/json" or kind.endswith("+json")
    )


def _declared_type(listing: Listing, version: int) -> bool:
    return response_shape(listing, listing.offers[0]).media_type is not None


def _cacheable(response: Response, visit: Visit) -> Response:
    rows = tuple(row for row in response.headers if row[0] != "cache-control")
    return Response(response.status, (*rows, ("cache-control", "public, max-age=86400")), response.body)


FAULTS = (
    _fault("answer-media-type", "sends another media type than declared", "RESP001", fits=_declared_type,
           answer=lambda made, visit: Answer("application/x-surprise", made.body)),
    _fault("answer-empty", "sends nothing", "RESP005", fits=_declared_json,
           answer=lambda made, visit: Answer(made.media_type, b"")),
    _fault("answer-cut", "sends JSON that ends too early", "RESP002", fits=_declared_json,
           answer=lambda made, visit: Answer(made.media_type, made.body[:-1])),
    _fault("answer-error-page", "sends an error page with status 200", "RESP001", "RESP002", fits=_declared_json,
           answer=lambda made, visit: Answer("text/html", b"<h1>Something went wrong</h1>")),
    _fault("answer-cacheable", "lets shared caches store what was paid for", "PAY011", deliver=_cacheable),
)  # fmt: skip
