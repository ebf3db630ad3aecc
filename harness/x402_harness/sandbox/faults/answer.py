"""Faults in the paid answer: it is not what was declared, or not what was asked for."""

from __future__ import annotations

import json
from typing import Any

from x402_catalog.hints import Declared, ResponseShape, response_shape
from x402_catalog.hints.references import Unfolder
from x402_catalog.jsonschemas import BadSchema, Checker
from x402_catalog.models import Json, Listing
from x402_harness.planning.mutations import Mutation, mutations
from x402_harness.protocol.exchange import Response
from x402_harness.sandbox.answers import Answer, answer
from x402_harness.sandbox.asgi import Pace
from x402_harness.sandbox.behaviour import Fault, Side, Visit
from x402_harness.sandbox.faults.terms import entry
from x402_harness.sandbox.samples import Unanswerable


def _fault(name: str, summary: str, *caught_by: str, **hooks: Any) -> Fault:
    return Fault(name, Side.ANSWER, summary, caught_by, **hooks)


def _declared_json(listing: Listing, version: int) -> bool:
    shape = response_shape(listing, listing.offers[0])
    return shape.declared in {Declared.SCHEMA, Declared.EXAMPLE} and _is_json(shape)


def _declared_type(listing: Listing, version: int) -> bool:
    return response_shape(listing, listing.offers[0]).media_type is not None


def _cacheable(response: Response, visit: Visit) -> Response:
    rows = tuple(row for row in response.headers if row[0] != "cache-control")
    return Response(response.status, (*rows, ("cache-control", "public, max-age=86400")), response.body)


def _broken(keyword: str) -> Fault:
    return _fault(
        f"answer-breaks-{_hyphens(keyword)}",
        f"breaks {keyword} of the declared output",
        "RESP003",
        fits=lambda listing, version: _breaks(response_shape(listing, listing.offers[0]), keyword),
        answer=lambda made, visit: _breaking(made, visit, keyword),
    )


def _hyphens(keyword: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in keyword)


def _breaks(shape: ResponseShape, keyword: str) -> bool:
    """Whether an answer of that shape can break the keyword."""
    if shape.declared is not Declared.SCHEMA or not _is_json(shape):
        return False
    try:
        return _spoilt(shape, json.loads(answer(shape).body), keyword) is not None
    except (Unanswerable, BadSchema):
        return False


def _breaking(made: Answer, visit: Visit, keyword: str) -> Answer:
    assert visit.declared is not None  # an answer is made from it
    found = _spoilt(visit.declared, json.loads(made.body), keyword)
    return made if found is None else Answer(made.media_type, json.dumps(found.value).encode())


def _spoilt(shape: ResponseShape, value: Json, keyword: str) -> Mutation | None:
    schema = shape.schema
    if not isinstance(schema, dict):
        return None
    checker = Checker(schema)
    found = (one for one in mutations(Unfolder(schema).unfold(schema, "")[0], value) if one.keyword == keyword)
    return next((one for one in found if not checker.is_valid(one.value)), None)


def _is_json(shape: ResponseShape) -> bool:
    kind = (shape.media_type or "application/json").split(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def _is_image(listing: Listing, version: int) -> bool:
    return (response_shape(listing, listing.offers[0]).media_type or "").startswith("image/")


def _other_charset(made: Answer, visit: Visit) -> Answer:
    bare = made.media_type.split(";")[0]
    return Answer(f"{bare}; charset=utf-8", made.body.rstrip(b"}") + b' , "caf\xe9": 1}')


def _other_shape(made: Answer, visit: Visit) -> Answer:
    return Answer(made.media_type, b'[["unexpected"]]')


def _coded(response: Response, visit: Visit) -> Response:
    return Response(response.status, (*response.headers, ("content-encoding", "br")), response.body)


KEYWORDS = (
    "type", "required", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    "minLength", "maxLength", "pattern", "format", "minItems", "maxItems", "uniqueItems", "additionalProperties",
    "minProperties", "maxProperties",
)  # fmt: skip

FAULTS = (
    _fault("answer-media-type", "sends another media type than declared", "RESP001", fits=_declared_type,
           answer=lambda made, visit: Answer("application/x-surprise", made.body)),
    _fault("answer-empty", "sends nothing", "RESP005", fits=_declared_json,
           answer=lambda made, visit: Answer(made.media_type, b"")),
    _fault("answer-cut", "sends JSON that ends too early", "RESP002", fits=_declared_json,
           answer=lambda made, visit: Answer(made.media_type, made.body[:-1])),
    _fault("answer-error-page", "sends an error page with status 200", "RESP001", "RESP002", fits=_declared_json,
           answer=lambda made, visit: Answer("text/html", b"<h1>Something went wrong</h1>")),
    _fault("answer-other-shape", "sends another kind of value than declared", "RESP003", "RESP004",
           fits=_declared_json, answer=_other_shape),
    _fault("answer-charset", "names a charset that its bytes are not in", "RESP002", "RESP014", fits=_declared_json,
           answer=_other_charset),
    _fault("answer-not-an-image", "sends something else as an image", "RESP015", fits=_is_image,
           answer=lambda made, visit: Answer(made.media_type, b"<html>no picture today</html>")),
    _fault("answer-coding", "compresses the answer in a way that nobody asked for", "RESP010", deliver=_coded),
    *(_broken(keyword) for keyword in KEYWORDS),
    _fault("answer-late", "answers when the payment is no longer valid", "PAY012",
           message=entry(maxTimeoutSeconds=10), pace=Pace(delay=11.0)),
    _fault("answer-cacheable", "lets shared caches store what was paid for", "PAY011", deliver=_cacheable),
)  # fmt: skip
