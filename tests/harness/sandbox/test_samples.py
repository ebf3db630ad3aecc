"""Samples: a value that satisfies its schema, always the same one, or an honest refusal."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from x402_catalog.hints import Declared, ResponseShape
from x402_catalog.jsonschemas import BadSchema, Checker
from x402_harness.sandbox.answers import answer
from x402_harness.sandbox.samples import Unanswerable, sample

TREE = {"type": "object", "properties": {"next": {"$ref": "#"}, "n": {"type": "integer"}}, "required": ["n"]}
CORPUS: dict[str, Any] = {
    "anything": {},
    "true": True,
    "object": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a", "b"]},
    "closed": {"type": "object", "properties": {"a": {"type": "null"}}, "additionalProperties": False},
    "array": {"type": "array", "items": {"type": "number", "exclusiveMinimum": 5}, "minItems": 3},
    "tuple": {"prefixItems": [{"type": "string"}, {"const": 2}], "items": False, "minItems": 2},
    "unique": {"type": "array", "items": {"type": "integer"}, "minItems": 4, "uniqueItems": True},
    "enum": {"enum": ["b", "a"]},
    "const": {"const": {"deep": [None]}},
    "example that fits": {"type": "integer", "examples": [7]},
    "example that does not fit": {"type": "integer", "examples": ["seven"], "minimum": 3},
    "default": {"type": "string", "default": "x"},
    "length": {"type": "string", "minLength": 50, "maxLength": 60},
    "short": {"type": "string", "maxLength": 2},
    "pattern": {"type": "string", "pattern": "^0x[0-9a-f]{8}$"},
    "date-time": {"type": "string", "format": "date-time"},
    "uri": {"type": "string", "format": "uri"},
    "ipv6": {"type": "string", "format": "ipv6"},
    "range": {"type": "number", "minimum": -3.5, "maximum": -3.25},
    "multiple": {"type": "integer", "multipleOf": 7, "minimum": 8},
    "open minimum": {"type": "integer", "exclusiveMinimum": 10, "maximum": 11},
    "nullable": {"type": ["null", "integer"]},
    "one of": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
    "any of that narrows": {"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
    "all of": {"allOf": [{"properties": {"a": {"type": "integer"}}}, {"required": ["a"]}], "type": "object"},
    "reference": {"$defs": {"id": {"type": "integer"}}, "properties": {"id": {"$ref": "#/$defs/id"}}},
    "recursion": TREE,
    "escaped reference": {"$defs": {"a/b": {"const": 1}}, "$ref": "#/$defs/a~1b"},
    "conditional": {"type": "object", "if": {"required": ["a"]}, "then": {"required": ["b"]}, "required": ["a"]},
    "not": {"type": "string", "not": {"const": "sample"}},
}
IMPOSSIBLE: dict[str, Any] = {
    "false": False,
    "contradiction": {"type": "string", "minLength": 5, "maxLength": 2},
    "without end": {"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#"}}},
    "without end and wide": {
        "type": "object",
        "required": list("abcdefgh"),
        "properties": {name: {"$ref": "#"} for name in "abcdefgh"},
    },
    "wide and deep": {"prefixItems": [{"$ref": "#"}] * 12, "minItems": 12, "type": "array"},
}


@pytest.mark.parametrize("name", CORPUS)
def test_a_sample_satisfies_its_schema_and_is_always_the_same(name: str) -> None:
    schema = CORPUS[name]
    value = sample(schema, seed=1)
    assert Checker(schema).problem(value) is None
    assert json.dumps(sample(schema, seed=1)) == json.dumps(value)


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_where_nothing_satisfies_the_schema_that_is_said_and_soon(name: str) -> None:
    started = time.process_time()
    with pytest.raises(Unanswerable):
        sample(IMPOSSIBLE[name])
    assert time.process_time() - started < 10, "a schema of a stranger must not hold the run"


@pytest.mark.parametrize("schema", [{"type": "strnig"}, {"$ref": "https://elsewhere.example/schema"}, {"items": 3}])
def test_what_is_no_usable_schema_is_said_to_be_none(schema: dict[str, Any]) -> None:
    with pytest.raises(BadSchema):
        sample(schema)


def test_what_the_schema_shows_is_shown() -> None:
    schema = {"properties": {"a": {"type": "integer", "examples": [42]}, "b": {"type": "string", "default": "x"}}}
    assert sample(schema) == {"a": 42, "b": "x"}


def test_optional_members_are_shown_too_as_far_as_that_ends() -> None:
    assert sample(TREE)["next"]["n"] == 1


LEAVES = st.sampled_from(list(CORPUS.values()))
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda item, least: {"type": "array", "items": item, "minItems": least}, inner, st.integers(0, 2)),
        st.builds(
            lambda members, required: {"type": "object", "properties": members, "required": required},
            st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
            st.lists(st.sampled_from("abc"), unique=True),
        ),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"anyOf": parts}),
    ),
    max_leaves=4,
)


@given(SCHEMAS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.nested_given])  # samples may be drawn
def test_any_sample_is_valid_or_refused(schema: Any) -> None:
    try:
        value = sample(schema)
    except (Unanswerable, BadSchema):
        return
    assert Checker(schema).is_valid(value)


@pytest.mark.parametrize(
    ("media_type", "start"),
    [
        ("image/png", b"\x89PNG\r\n\x1a\n"), ("image/gif", b"GIF89a"), ("image/webp", b"RIFF"),
        ("application/pdf", b"%PDF-"), ("image/svg+xml", b"<svg"), ("text/html", b"<!doctype html>"),
        ("application/json", b"{}"), ("application/problem+json", b"{}"), ("text/plain", b"sample"),
    ],
)  # fmt: skip
def test_a_bare_media_type_is_answered_with_the_smallest_file_of_its_kind(media_type: str, start: bytes) -> None:
    made = answer(ResponseShape(Declared.MEDIA_TYPE, "", media_type=media_type))
    assert made.media_type == media_type
    assert made.body.startswith(start)


def test_a_range_of_media_types_is_answered_with_one_of_them() -> None:
    assert answer(ResponseShape(Declared.MEDIA_TYPE, "", media_type="image/*")).media_type == "image/png"


def test_a_declared_example_is_the_answer() -> None:
    shape = ResponseShape(Declared.EXAMPLE, "", example={"a": "ü"}, media_type="application/json")
    assert json.loads(answer(shape).body) == {"a": "ü"}
    text = ResponseShape(Declared.EXAMPLE, "", example="deleted", media_type="text/plain")
    assert answer(text).body == b"deleted"


def test_nothing_declared_is_answered_with_an_empty_object() -> None:
    made = answer(ResponseShape(Declared.NOTHING, ""))
    assert (made.media_type, made.body) == ("application/json", b"{}")


def test_a_schema_by_which_nothing_can_be_judged_in_time_gets_no_sample() -> None:
    schema: dict[str, Any] = {"type": "object"}
    for _ in range(40):
        schema = {"anyOf": [schema], "unevaluatedProperties": False, "properties": {"a": True}}
    with pytest.raises(Unanswerable):
        sample(schema)
