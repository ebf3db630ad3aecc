"""Negative requests: each breaks what is declared, and what an endpoint makes of it is judged by the answer alone."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema
import pytest
from tests.harness.support.listings import FOLDER, load, with_input

from x402_catalog.hints import RequestShape, request_shape
from x402_catalog.models import Listing
from x402_harness.planning.mutations import mutations
from x402_harness.planning.negatives import Negative, negatives_for
from x402_harness.planning.refusals import Refusal, judge_refusals, refusal
from x402_harness.protocol.exchange import Exchange, Failure, Leg, Request, Response

TEXTUAL = {"syntax", "charset", "media type", "size"}
CASES: dict[str, tuple[dict[str, Any], Any, set[str]]] = {
    "a number": (
        {"type": "integer", "minimum": 1, "maximum": 9, "multipleOf": 2},
        4,
        {"type", "minimum", "maximum", "multipleOf"},
    ),
    "open bounds": (
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        0.5,
        {"type", "exclusiveMinimum", "exclusiveMaximum"},
    ),
    "a text": (
        {"type": "string", "minLength": 2, "maxLength": 4, "pattern": "^[a-z]+$"},
        "abc",
        {"type", "minLength", "maxLength", "pattern"},
    ),
    "a format": ({"type": "string", "format": "date"}, "2026-01-01", {"type", "format"}),
    "a choice": ({"enum": [1, 2]}, 1, {"enum"}),
    "one value": ({"const": "a"}, "a", {"const"}),
    "a list": (
        {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 3, "uniqueItems": True},
        [1],
        {"type", "minItems", "maxItems", "uniqueItems"},
    ),
    "an object": (
        {
            "type": "object",
            "properties": {"a": {"type": "boolean"}},
            "required": ["a"],
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 2,
        },
        {"a": True},
        {"type", "required", "additionalProperties", "minProperties", "maxProperties"},
    ),
    "members that need each other": (
        {"type": "object", "properties": {"a": {}, "b": {}}, "dependentRequired": {"a": ["b"]}},
        {"a": 1, "b": 2},
        {"type", "dependentRequired"},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_every_keyword_is_broken_and_what_breaks_it_is_invalid(name):
    schema, value, keywords = CASES[name]
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)
    assert validator.is_valid(value)
    made = [mutation for mutation in mutations(schema, value) if not validator.is_valid(mutation.value)]
    assert {mutation.keyword for mutation in made} == keywords
    assert all(f"/{mutation.keyword}" in mutation.pointer for mutation in made)


def made(listing: Listing, most: int | None = None) -> tuple[RequestShape, list[Negative]]:
    shape = request_shape(listing, listing.offers[0])
    return shape, negatives_for(listing, shape, 402, most)


@pytest.fixture(scope="module")
def reference() -> tuple[RequestShape, list[Negative]]:
    return made(load(FOLDER / "api-venice-ai-api-v1-images-generations.json"))


def test_no_negative_request_for_the_reference_listing_is_valid(reference):
    shape, negatives = reference
    validator = jsonschema.Draft202012Validator(shape.body)
    for negative in negatives:
        if negative.keyword in TEXTUAL - {"size"}:
            with pytest.raises(ValueError):  # noqa: PT011  (no JSON, or no UTF-8)
                json.loads(negative.request.body.decode("utf-8"))
        else:
            assert not validator.is_valid(json.loads(negative.request.body)), negative


def test_every_way_of_breaking_the_reference_listing_comes_once_before_any_comes_twice(reference):
    keywords = [negative.keyword for negative in reference[1]]
    distinct = {"required", "type", "enum", "additionalProperties", *TEXTUAL}
    assert set(keywords) == distinct
    assert set(keywords[: len(distinct)]) == distinct
    assert any(one.pointer == "/properties/size/enum" for one in reference[1])


def test_fewer_negative_requests_are_the_beginning_of_more(reference):
    assert made(load(FOLDER / "api-venice-ai-api-v1-images-generations.json"), 5)[1] == reference[1][:5]


def test_a_value_that_a_query_spells_like_a_valid_one_is_no_negative():
    fields = {"n": {"type": "integer", "required": True}, "q": {"type": "string"}, "b": {"type": "boolean"}}
    _, negatives = made(with_input(queryParams=fields))
    for negative in negatives:
        sent = dict(parse_qsl(urlsplit(negative.request.url).query))
        n_is_wrong = not sent.get("n", "").lstrip("-").isdigit()
        b_is_wrong = sent.get("b", "true") not in ("true", "false")
        assert n_is_wrong or b_is_wrong or set(sent) - set(fields), negative


def test_the_same_seed_gives_the_same_negative_requests(reference):
    assert made(load(FOLDER / "api-venice-ai-api-v1-images-generations.json")) == reference


def exchange(status: int | None) -> Exchange:
    answer = None if status is None else Response(status)
    failure = Failure("closed", "the connection was closed", True) if status is None else None
    return Exchange(Leg.UNPAID, REQUEST, answer, failure)


REQUEST = Request("POST", "https://shop.example/gen", (), b"{")
NEGATIVE = Negative("syntax", "body", "", "the body is no JSON", REQUEST)


@pytest.mark.parametrize(
    ("status", "kind", "rules"),
    [
        (400, Refusal.REFUSED, []), (422, Refusal.REFUSED, []), (413, Refusal.REFUSED, []), (404, Refusal.REFUSED, []),
        (402, Refusal.PAYMENT_FIRST, ["REQ012"]), (200, Refusal.SERVED, ["REQ010"]), (204, Refusal.SERVED, ["REQ010"]),
        (500, Refusal.BROKEN, ["REQ011"]), (502, Refusal.BROKEN, ["REQ011"]), (503, Refusal.UNCLEAR, []),
        (429, Refusal.UNCLEAR, []), (302, Refusal.UNCLEAR, []), (None, Refusal.UNCLEAR, []),
    ],
)  # fmt: skip
def test_an_answer_to_an_invalid_request_is_judged_by_its_status(status, kind, rules):
    assert refusal(exchange(status)) is kind
    assert [found.rule for found in judge_refusals("slug", [(NEGATIVE, exchange(status))])] == rules


def test_what_is_answered_alike_is_one_finding():
    answers = [(NEGATIVE, exchange(status)) for status in (200, 402, 402, 402, 402, 402, 400)]
    served, first = judge_refusals("slug", answers)
    assert (served.rule, str(served.level), first.rule, str(first.level)) == ("REQ010", "error", "REQ012", "info")
    assert first.message.endswith("and 2 more")
    assert first.location.url == "https://shop.example/gen"
