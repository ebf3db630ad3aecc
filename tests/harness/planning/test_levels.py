"""Levels: what is worth telling apart in a field, and which of it a seller may refuse."""

from __future__ import annotations

from typing import Any

import pytest
from tests.harness.support.listings import with_input

from x402_catalog.hints import request_shape
from x402_harness.planning.factors import Factor, factors_of, holds

DATE = {"type": "string", "description": "ISO date, YYYY-MM-DD"}


def factors(risky: bool = False, shown: Any = None, **fields: Any) -> dict[str, Factor]:
    listing = with_input(method="POST", bodyFields=fields)
    shape = request_shape(listing, listing.offers[0])
    made = factors_of(shape, {} if shown is None else {"body": shown}, risky=risky, seed=402)
    return {factor.name.removeprefix("body/"): factor for factor in made}


def labels(schema: dict[str, Any], risky: bool = False, shown: Any = None) -> list[str]:
    factor = factors(risky, None if shown is None else {"f": shown}, f=schema)["f"]
    return [level.label for level in factor.levels]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "boolean"}, ["absent", "= true", "= false"]),
        ({"type": "boolean", "required": True}, ["= true", "= false"]),
        ({"type": "string", "enum": ["a", "b"]}, ["absent", '= "a"', '= "b"']),
        ({"const": 5}, ["absent", "= 5"]),
        ({"type": "integer"}, ["absent", "= 1", "2 or more"]),
        ({"type": "integer", "minimum": 1, "maximum": 9}, ["absent", "= 1, the least", "= 9, the most", "in between"]),
        ({"type": "integer", "exclusiveMinimum": 1, "multipleOf": 4, "maximum": 20},
         ["absent", "= 4, the least", "= 20, the most", "in between"]),
        ({"type": "integer", "minimum": 3}, ["absent", "= 3, the least", "more"]),
        ({"type": "number", "minimum": 0, "maximum": 1}, ["absent", "= 0, the least", "= 1, the most", "in between"]),
        ({"type": "number"}, ["absent", "= 1", "fraction", "2 or more"]),
        ({"type": "string"}, ["absent", "text", "text in another script"]),
        ({"type": "string", "minLength": 2, "maxLength": 5},
         ["absent", "shortest: 2 characters", "longest: 5 characters", "text", "text in another script"]),
        ({"type": "string", "format": "date"}, ["absent", "date"]),
        ({"type": "string", "pattern": "^[a-z]{2}$"}, ["absent", "text of the pattern"]),
        ({"type": "array", "items": {"type": "string"}}, ["absent", "1 item", "2 items or more"]),
        ({"type": "array", "items": {"enum": ["x", "y"]}}, ["absent", 'only "x"', 'only "y"', "2 items or more"]),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 5},
         ["absent", "2 items or more", "5 items, the most"]),
        ({"type": ["string", "null"], "enum": ["a", None]}, ["absent", '= "a"', "= null"]),
        ({"type": ["boolean", "null"]}, ["absent", "= true", "= false", "= null"]),
        ({"anyOf": [{"type": "boolean"}, {"enum": ["auto"]}]}, ["absent", "1: = true", "1: = false", '2: = "auto"']),
    ],
)  # fmt: skip
def test_each_type_has_its_levels(schema, expected):
    assert labels(schema) == expected


@pytest.mark.parametrize(
    ("schema", "risky"),
    [
        ({"type": "integer"}, {"= 0", "negative", "very large"}),
        ({"type": "string"}, {"empty text"}),
        ({"type": "array", "items": {"type": "string"}}, {"empty list"}),
        ({"type": "integer", "description": "Only supports 1."}, {"= 0", "negative", "very large", "2 or more"}),
        (DATE, {"text", "text in another script", "empty text"}),
        ({"type": "string", "maxLength": 5000}, {"longest: 5000 characters", "empty text"}),
    ],
)
def test_what_may_be_refused_is_left_out_unless_asked_for(schema, risky):
    assert set(labels(schema, risky=True)) - set(labels(schema)) == risky


@pytest.mark.parametrize(
    ("schema", "level"),
    [
        ({"type": "integer", "description": "Presently only supports 1 image per request."}, "= 1"),
        (DATE, "ISO date"),
        ({"type": "string", "description": "The 0x contract address"}, "hex address"),
        ({"type": "string", "description": "Comma separated list of symbols"}, "comma separated"),
        ({"type": "string", "description": "json | xml | csv"}, '= "xml"'),
        ({"type": "integer", "description": "Page size (default 20, max 100)"}, "= 20, the default"),
        ({"type": "integer", "description": "Page size (default 20, max 100)"}, "= 100, the most"),
    ],
)
def test_prose_is_heeded(schema, level):
    assert level in labels(schema)


def test_what_is_called_not_used_gets_one_value():
    factor = factors(f={"type": "string", "enum": ["a", "b"], "description": "This parameter is not used."})["f"]
    assert factor.unused
    assert [level.label for level in factor.levels] == ["absent", '= "a"']


def test_a_value_that_the_listing_shows_is_a_level_whatever_it_is():
    assert labels({"type": "integer"}, shown=0) == ["absent", "= 0", "= 1", "2 or more"]
    assert labels({"type": "string"}, shown="a, b\tc") == ["absent", "text", "text in another script"]


def test_members_of_nested_objects_are_fields_of_their_own():
    inner = {"type": "object", "properties": {"b": {"type": "boolean"}}, "required": ["b"]}
    made = factors(a=inner)
    assert {name: factor.under for name, factor in made.items()} == {"a": None, "a/b": (0, 1)}
    assert [level.label for level in made["a/b"].levels] == ["= true", "= false"]


def test_every_level_has_values_that_are_in_it_and_satisfy_the_field():
    schemas = [{"type": "string", "minLength": 3}, {"type": "number"}, {"type": "array", "items": {"type": "integer"}}]
    for schema in schemas:
        factor = factors(risky=True, f=schema)["f"]
        for level in factor.levels[1:]:
            assert level.values
            assert all(holds(level.schema, value) and holds(schema, value) for value in level.values)


def test_huge_enums_and_recursion_come_to_an_end():
    assert len(labels({"type": "string", "enum": [f"v{number}" for number in range(5000)]})) == 102
    tree = {"type": "object", "properties": {"child": {"$ref": "#/properties/body"}, "n": {"type": "integer"}}}
    assert factors(body=tree)
    many = factors(**{f"f{number}": {"type": "boolean"} for number in range(500)})
    assert len(many) <= 81
