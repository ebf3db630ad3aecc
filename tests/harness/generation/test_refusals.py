"""What is not understood is refused by keyword and place, and nothing is fetched."""

from __future__ import annotations

from typing import Any

import pytest

from x402_harness.generation import GenerationError, UnsatisfiableSchema, UnsupportedSchema, draw, strategy_for

OUTSIDE = {"$ref": "https://elsewhere.example/x.json#/a"}
REFUSED: dict[str, tuple[Any, str, str]] = {
    "a remote reference": ({"properties": {"a": {"items": OUTSIDE}}}, "$ref", "/properties/a/items"),
    "a relative reference that leads out": (
        {"$id": "https://here.example/", "properties": {"a~/b": {"$ref": "other.json"}}}, "$ref", "/properties/a~0~1b",
    ),
    "the right one of two references": (
        {"allOf": [{"$ref": "#/$defs/a"}, OUTSIDE], "$defs": {"a": {}}}, "$ref", "/allOf/1",
    ),
    "a reference to nowhere": ({"properties": {"a": {"$ref": "#/$defs/gone"}}}, "$ref", "/properties/a"),
    "an anchor that is not there": ({"not": {"$ref": "#gone"}}, "$ref", "/not"),
    "another dialect": ({"$schema": "https://elsewhere.example/schema"}, "$schema", ""),
    "a type that is none": ({"properties": {"a": {"type": "strin"}}}, "type", "/properties/a"),
    "required that is no list": ({"type": "object", "required": "a"}, "required", ""),
    "a pattern that is none": ({"properties": {"a": {"pattern": "(a"}}}, "pattern", "/properties/a"),
    "a document that is too large": (
        {"type": "array", "minItems": 10_000, "uniqueItems": True, "items": {"type": "integer"}}, "minItems", "",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("schema", "keyword", "pointer"), REFUSED.values(), ids=REFUSED)
def test_the_keyword_and_its_place_are_named(schema: Any, keyword: str, pointer: str) -> None:
    with pytest.raises(UnsupportedSchema) as refusal:
        strategy_for(schema)
    assert (refusal.value.keyword, refusal.value.pointer) == (keyword, pointer)


def test_a_remote_reference_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedSchema, match=r"https://elsewhere\.example/x.*remote references are refused"):
        strategy_for({"$ref": "https://elsewhere.example/x"})


def test_a_reference_inside_a_constant_is_a_plain_value() -> None:
    value = {"$ref": "https://elsewhere.example/x"}
    assert draw(strategy_for({"const": value}), 1, seed=1) == [value]


def test_an_unknown_draft_is_refused() -> None:
    with pytest.raises(GenerationError, match="unknown draft '3'"):
        strategy_for({}, draft="3")


def test_the_schema_decides_the_draft_before_the_caller() -> None:
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "array",
        "items": [{"const": 1}],
        "minItems": 1,
    }
    values: list[Any] = draw(strategy_for(schema, draft="2020-12"), 10, seed=1)
    assert {value[0] for value in values} == {1}


def test_nothing_found_is_not_nothing_there() -> None:
    impossible_format = {"type": "string", "format": "uuid", "pattern": "x"}
    with pytest.raises(UnsatisfiableSchema, match="no value was found"):
        draw(strategy_for(impossible_format), 1, seed=1)
