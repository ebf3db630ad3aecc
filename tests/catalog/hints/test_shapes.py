"""What holds for every declaration: the schemas are valid, no field is lost, and nothing is too odd to be read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from x402_catalog.hints import Origin, RequestShape, request_shape, response_shape
from x402_catalog.hints.request import BODY, FIELD_MAPS, HEADERS, QUERY
from x402_catalog.hints.words import choices, is_placeholder, is_prose, named_type, named_value
from x402_catalog.jsonschemas import Checker, problem_of
from x402_catalog.models import Listing, listing_of
from x402_catalog.records import Record

DATA = os.environ.get("TESTBUY_DATA")

WORDS = ["string", "integer", "int", "string?", "string[]", "file", "any", "a|b", "the a of x", "0x...", "text", "json"]
KEYS = [
    "type", "required", "properties", "items", "enum", "example", "examples", "input", "output", "method", "bodyFields",
    "body", "queryParams", "headerFields", "pathParams", "bodyType", "anyOf", "allOf", "oneOf", "not", "nullable", "if",
    "format", "$defs", "definitions", "minimum", "exclusiveMinimum", "maxLength", "multipleOf", "patternProperties",
    "const", "default", "additionalProperties", "dependencies", "dependentSchemas", "dependentRequired", "prefixItems",
    "additionalItems", "contains", "propertyNames", "uniqueItems", "$id", "$schema", "$anchor", "$vocabulary", "schema",
    "readOnly", "minContains", "fields", "contentType", "contentSchema", "title", "description",
]  # fmt: skip
leaves = (
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5) | st.sampled_from(WORDS)
)  # fmt: skip
anything = st.recursive(
    leaves,
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(st.text(max_size=3) | st.sampled_from(KEYS), children, max_size=5)
    ),
    max_leaves=20,
)
names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6)


def offering(hints: Any) -> Listing:
    raw = {"url": "https://api.example/{id}", "accepts": [{"hints": hints}]}
    return listing_of(Record(raw, b"{}", "listing.json"))


def request_of(hints: Any) -> RequestShape:
    listing = offering(hints)
    return request_shape(listing, listing.offers[0])


def every_schema(hints: Any) -> Iterator[Any]:
    listing = offering(hints)
    shape = request_shape(listing, listing.offers[0])
    yield from shape.parts.values()
    answer = response_shape(listing, listing.offers[0]).schema
    if answer is not None:
        yield answer


def as_hints(value: Any) -> list[Any]:
    field = {"f": value}
    return [
        value,
        {"input": value, "output": value},
        {"input": {"bodyFields": value, "queryParams": value, "headerFields": value, "pathParams": value}},
        {"input": {"bodyFields": field}, "output": {"type": "object", "properties": field}},
        {"input": {"method": "POST"}, "output": {"input": value, **(value if isinstance(value, dict) else {})}},
    ]


@settings(max_examples=300, deadline=None)
@example({"dependencies": {"": None}, "dependentSchemas": None})
@given(anything)
def test_whatever_is_declared_the_schemas_satisfy_the_metaschema(value: Any) -> None:
    for hints in as_hints(value):
        for schema in every_schema(hints):
            jsonschema_rs.meta.validate(schema)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([*QUERY, *BODY, *HEADERS]), st.dictionaries(names, anything, min_size=1, max_size=4))
def test_no_declared_field_is_lost_without_a_note(part: str, fields: dict[str, Any]) -> None:
    shape = request_of({"input": {"method": "POST", part: fields}})
    declared = {name for schema in shape.parts.values() for name in property_names(schema)}
    noted = " ".join(
        note.pointer for note in shape.notes if note.kind in {"part-unusable", "part-ignored", "part-doubled"}
    )
    whole_body = part in BODY and part not in FIELD_MAPS and set(fields) <= set(KEYS)
    assert set(fields) <= declared or part in noted or whole_body or set(fields) & {"properties", "required", "type"}


def property_names(schema: Any) -> set[str]:
    return set(schema.get("properties", {})) if isinstance(schema, dict) else set()


@given(st.dictionaries(names.filter(lambda name: name not in KEYS), leaves, min_size=1, max_size=4))
def test_a_flat_example_fits_the_schema_that_is_made_from_it(example: dict[str, Any]) -> None:
    shape = request_of({"input": {"method": "POST", "body": example}})
    assert property_names(shape.body) == set(example)
    if shape.example is not None:
        assert shape.example == example
        choice = any(isinstance(value, str) and choices(value) for value in example.values())
        assert choice or Checker(shape.body).is_valid(example)  # type: ignore[arg-type]


@given(st.dictionaries(names, st.sampled_from(["string", "integer", "boolean"]), min_size=1, max_size=5))
def test_a_map_of_type_names_is_an_object_of_those_fields(fields: dict[str, str]) -> None:
    shape = request_of({"input": {"method": "POST", "bodyFields": fields}})
    if set(fields) <= {"type", "properties"}:
        return
    assert shape.body == {
        "type": "object",
        "properties": {name: {"type": kind} for name, kind in fields.items()},
        "additionalProperties": False,
    }


@pytest.mark.parametrize("depth", [60, 190])
def test_deep_declarations_are_read(depth: int) -> None:
    schema: Any = {"type": "string"}
    example: Any = "x"
    for _ in range(depth // 2):
        schema, example = {"type": "object", "properties": {"a": schema}}, [{"a": example}]
    for hints in (
        {"input": {"body": schema}, "output": schema},
        {"input": {"bodyFields": {"a": example}}, "output": example},
    ):
        for made in every_schema(hints):
            jsonschema_rs.meta.validate(made)


def test_an_offer_without_hints_borrows_those_of_another_offer(listing: Callable[..., Listing]) -> None:
    hints = {"input": {"method": "POST", "bodyFields": {"a": "string"}}, "output": {"type": "object"}}
    made = listing({"url": "https://api.example", "accepts": [{"hints": {}}, {"hints": hints}]})
    assert request_shape(made, made.offers[0]).parts == request_shape(made, made.offers[1]).parts
    assert response_shape(made, made.offers[0]).pointer == "/accepts/1/hints/output"


def test_offers_with_different_methods_keep_their_own(listing: Callable[..., Listing]) -> None:
    hints = [{"input": {"method": method}} for method in ("GET", "POST")]
    made = listing({"url": "https://api.example", "accepts": [{"hints": each} for each in hints]})
    assert [request_shape(made, offer).method for offer in made.offers] == ["GET", "POST"]


def test_a_field_knows_where_it_was_declared_and_from_what_it_was_made() -> None:
    query = {"a/b": {"type": "string"}, "n": "integer", "p": "Optional name of a thing", "x": "zen"}
    shape = request_of({"input": {"queryParams": query}})
    assert [field.pointer for field in shape.query] == [
        f"/accepts/0/hints/input/queryParams/{name}" for name in ("a~1b", "n", "p", "x")
    ]
    assert [field.origin for field in shape.query] == [
        Origin.DEFINITION,
        Origin.SHORTHAND,
        Origin.PROSE,
        Origin.EXAMPLE,
    ]
    assert [field.origin for field in shape.path] == [Origin.TEMPLATE]


def test_reading_a_declaration_does_not_change_it() -> None:
    hints = {"input": {"bodyFields": {"a": {"type": "string", "required": True}}}, "output": {"type": "object"}}
    before = json.dumps(hints)
    list(every_schema(hints))
    assert json.dumps(hints) == before


@pytest.mark.parametrize("word", ["string", "Integer", "int", "string?", "int[]", "number parameter", "json[]", "url?"])
def test_a_type_name_is_one_also_where_a_value_may_stand(word: str) -> None:
    assert named_type(word)
    assert named_value(word)


@pytest.mark.parametrize("word", ["json", "date", "text", "long", "URL", "email", "map"])
def test_a_common_word_is_a_type_only_where_types_stand(word: str) -> None:
    assert named_type(word)
    assert not named_value(word)


@pytest.mark.parametrize("word", ["", "zen", "strings", "string or number", "integer!", "x" * 50, None, 5, ["string"]])
def test_other_words_are_no_types(word: object) -> None:
    assert not named_type(word)


@pytest.mark.parametrize(
    "text", ["Ethereum address to receive payment", "Amount to sell (human-readable)", "A list of ids"]
)
def test_a_sentence_about_a_value_is_prose(text: str) -> None:
    assert is_prose(text)


@pytest.mark.parametrize(
    "text", ["zen", "+1 (555) 867-5309", "5xx spike after deploy", "What is the capital of France?"]
)
def test_a_value_is_no_prose(text: str) -> None:
    assert not is_prose(text)


@pytest.mark.parametrize("text", ["0x...", "0x…", "<key>", "{id}", "[address]", "your-key", "YOUR_API_KEY"])
def test_a_value_to_be_filled_in_is_a_placeholder(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize("text", ["0x12", "a<b>c", "yourself", "plain"])
def test_a_plain_value_is_no_placeholder(text: str) -> None:
    assert not is_placeholder(text)


@pytest.mark.parametrize(
    ("text", "expected"), [("a|b", ["a", "b"]), ("1h | 24h", ["1h", "24h"]), ("a||b", None), ("a", None)]
)
def test_alternatives_are_split_at_their_bars(text: str, expected: list[str] | None) -> None:
    assert choices(text) == expected


def bazaar() -> list[dict[str, Any]]:
    lines = (Path(DATA or "") / "bazaar.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.skipif(not DATA, reason="TESTBUY_DATA names no folder with bazaar.jsonl")
def test_every_endpoint_of_a_real_catalogue_has_valid_schemas_and_keeps_its_fields(
    listing: Callable[..., Listing],
) -> None:
    items = bazaar()
    assert len(items) == 765
    for item in items:
        accepts = [{"hints": accept.get("outputSchema") or {}} for accept in item["accepts"]]
        made = listing({"url": item["resource"], "accepts": accepts})
        for offer in made.offers:
            shape = request_shape(made, offer)
            schemas = [*shape.parts.values(), response_shape(made, offer).schema]
            assert [problem_of(schema) for schema in schemas if schema is not None and problem_of(schema)] == []
            assert shape.method in {"GET", "POST"}
            source = offer.hints.get("input") or {}
            fields = {name for part in ("queryParams", "bodyFields", "body") for name in source.get(part) or {}}
            found = {name for schema in shape.parts.values() for name in property_names(schema)}
            assert fields <= found | {"queryParams"}
