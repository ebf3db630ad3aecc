"""Incoming requests: what was encoded is read back, and what breaks the declared fields is refused in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.harness.support.listings import PATHS, hints, listing, load, offer

from x402_catalog.hints import RequestShape, request_shape
from x402_harness.generation.encoding import Values, encode
from x402_harness.planning.rows import rows_for
from x402_harness.protocol.exchange import Request
from x402_harness.sandbox.incoming import BadRequest, read_values

INTEGER, TEXT = {"type": "integer"}, {"type": "string"}


def shape(**members: Any) -> RequestShape:
    made = listing(offer(hints=hints(**members)), url=str(members.pop("url", "https://shop.example/gen")))
    return request_shape(made, made.offers[0])


def read(declared: RequestShape, **values: Any) -> Values:
    made = Values(**values, has_body="body" in values)
    return read_values(declared, encode(declared, made))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_request_that_is_generated_for_a_listing_is_read_back_as_it_was_meant(path: Path) -> None:
    made = load(path)
    declared = request_shape(made, made.offers[0])
    for candidate in (row.candidate for row in rows_for(made, declared, 12, 7).rows):
        got = read_values(declared, candidate.request)
        assert (got.path, got.query, got.body) == (
            candidate.values.path, candidate.values.query, candidate.values.body,
        )  # fmt: skip


def test_a_query_is_read_by_the_types_of_its_fields() -> None:
    fields = {"n": INTEGER, "zip": TEXT, "on": {"type": "boolean"}, "tags": {"type": "array", "items": TEXT}}
    declared = shape(method="GET", queryParams=fields)
    values = {"n": 3, "zip": "01234", "on": True, "tags": ["a"]}
    assert read(declared, query=values).query == values


@pytest.mark.parametrize("kind", ["form", "form-data"])
def test_a_form_is_read_by_the_types_of_its_fields(kind: str) -> None:
    declared = shape(method="POST", bodyType=kind, bodyFields={"n": INTEGER, "name": TEXT})
    assert read(declared, body={"n": 3, "name": "Ünï & co"}).body == {"n": 3, "name": "Ünï & co"}


REFUSED: dict[str, tuple[dict[str, Any], Request, str]] = {
    "a missing query field": (
        {"method": "GET", "queryParams": {"n": {**INTEGER, "required": True}}},
        Request("GET", "https://shop.example/gen"), "query",
    ),
    "a query field of another type": (
        {"method": "GET", "queryParams": {"n": INTEGER}}, Request("GET", "https://shop.example/gen?n=many"), "query/n",
    ),
    "a missing body": (
        {"method": "POST", "bodyFields": {"n": {**INTEGER, "required": True}}},
        Request("POST", "https://shop.example/gen"), "body",
    ),
    "a body that is no JSON": (
        {"method": "POST", "bodyFields": {"n": INTEGER}}, Request("POST", "https://shop.example/gen", (), b"{"),
        "not JSON",
    ),
    "a body of another type": (
        {"method": "POST", "bodyFields": {"n": INTEGER}},
        Request("POST", "https://shop.example/gen", (), b'{"n": "3"}'), "body/n",
    ),
    "a missing header": (
        {"method": "GET", "headerFields": {"X-Key": {**TEXT, "required": True}}},
        Request("GET", "https://shop.example/gen"), "headers/X-Key",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_breaks_the_declared_fields_is_refused_and_named(what: str) -> None:
    members, request, named = REFUSED[what]
    with pytest.raises(BadRequest, match=named):
        read_values(shape(**members), request)


def test_no_body_is_as_good_as_an_empty_one_where_nothing_is_required() -> None:
    declared = shape(method="POST", bodyFields={"n": INTEGER})
    assert not read_values(declared, Request("POST", "https://shop.example/gen")).has_body


@pytest.mark.parametrize("body", [b"\xff\xfe", b"[" * 50_000, b'{"n":1e999}', b"--x", b""])
@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data", "multipart/form-data; boundary=x", "a/b"])
def test_no_body_at_all_raises_anything_else(body: bytes, kind: str) -> None:
    declared = shape(method="POST", bodyFields={"n": {**INTEGER, "required": True}})
    with pytest.raises(BadRequest):
        read_values(declared, Request("POST", "https://shop.example/gen", (("content-type", kind),), body))
