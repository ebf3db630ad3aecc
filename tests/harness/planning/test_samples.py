"""Samples: values of simple schemas are made at once, and are valid; of anything else none are made."""

from __future__ import annotations

import json

import pytest

from x402_catalog.hints.suggestions import Kind
from x402_catalog.jsonschemas import Checker
from x402_harness.generation.narrowing import FORMATS, READABLE
from x402_harness.planning.dice import Dice
from x402_harness.planning.level import Level
from x402_harness.planning.levels import OTHER_SCRIPTS, PRINTABLE
from x402_harness.planning.pools import filled
from x402_harness.planning.samples import NotSimple, samples


def made(schema, count=20, seed=1, pool=lambda schema: ()):
    return samples(schema, count, Dice(seed), pool)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string"},
        {"type": "string", "pattern": READABLE, "minLength": 40, "maxLength": 41},
        {"type": "string", "pattern": READABLE, "maxLength": 1},
        {"type": "string", "pattern": PRINTABLE, "description": "annotations change nothing"},
        {"type": "string", "pattern": OTHER_SCRIPTS, "minLength": 3, "maxLength": 12},
        *({"type": "string", **shape} for shape in FORMATS.values()),
        *({"type": "string", "format": name} for name in ("uuid", "email", "hostname", "ipv4", "time", "date-time")),
        {"type": "integer"},
        {"type": "integer", "minimum": 2, "maximum": 2},
        {"type": "integer", "exclusiveMinimum": 1, "maximum": 100, "multipleOf": 7},
        {"type": "integer", "maximum": -5},
        {"type": "number", "minimum": 0.5, "maximum": 1.5},
        {"type": "number", "minimum": 0.25, "maximum": 100, "multipleOf": 0.25},
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        {"type": "boolean"},
        {"type": "null"},
        {"type": "string", "enum": ["a", "b"]},
        {"enum": [None, 1, {}]},
        {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 3}, "minItems": 2, "maxItems": 4},
        {"type": "array", "items": {"enum": [1, 2, 3]}, "minItems": 3, "maxItems": 3, "uniqueItems": True},
        {"type": "object", "properties": {"a": {"type": "boolean"}, "b": {"type": "integer"}}, "required": ["a"]},
    ],
    ids=json.dumps,
)
def test_samples_of_a_simple_schema_are_valid_and_the_same_for_the_same_seed(schema):
    values = made(schema)
    assert all(map(Checker(schema).is_valid, values))
    assert values == made(schema)


@pytest.mark.parametrize(
    "schema",
    [
        True, {}, {"type": "string", "pattern": "^[a-z]{2}$"}, {"type": "string", "format": "regex"},
        {"type": "string", "pattern": PRINTABLE, "format": "uuid"}, {"type": "string", "pattern": ["^a"]},
        {"type": "string", "minLength": 5, "maxLength": 4}, {"type": "string", "minLength": 10**9},
        {"type": "string", "minLength": -1}, {"type": "string", "minLength": "5"},
        {"type": "integer", "minimum": 5, "maximum": 4}, {"type": "integer", "multipleOf": -1},
        {"type": "number", "maximum": 1e308}, {"type": "number", "not": {"multipleOf": 2}},
        {"type": ["integer", "null"]}, {"type": {}}, {"enum": []}, {"enum": {}}, {"type": "unheard"},
        {"type": "array", "minItems": 10**6}, {"type": "array", "items": {"$ref": "#"}},
        {"type": "object", "properties": {"a": {"not": {}}}}, {"type": "object", "required": ["a"]},
        {"type": "object", "properties": []}, {"anyOf": [{"type": "string"}]}, {"type": "object", "minProperties": 1},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_of_what_is_not_simple_no_samples_are_made(schema):
    with pytest.raises(NotSimple):
        made(schema)


def test_a_schema_that_is_too_deep_is_not_simple():
    schema = {"type": "string"}
    for _ in range(10_000):
        schema = {"type": "array", "items": schema}
    with pytest.raises(NotSimple):
        made(schema)


def test_members_that_are_not_simple_come_from_the_pool_and_the_rest_is_made():
    asked = []

    def pool(schema):
        asked.append(schema)
        return ["EUR", "USD"]

    code = {"type": "string", "pattern": "^[A-Z]{3}$"}
    schema = {"type": "object", "properties": {"code": code, "n": {"type": "integer"}}, "required": ["code", "n"]}
    assert {value["code"] for value in made({"type": "array", "items": schema, "minItems": 1}, pool=pool)[0]} <= {
        "EUR",
        "USD",
    }
    assert asked == [code]


def test_fractions_are_asked_for_by_what_they_are_not():
    schema = {"type": "number", "not": {"multipleOf": 1}, "minimum": 0.25, "maximum": 100, "multipleOf": 0.25}
    assert any(map(Checker(schema).is_valid, made(schema)))


@pytest.mark.parametrize(
    "schema",
    [{"type": "string", "pattern": "^[a-z]{2}$"}, {"type": "integer", "multipleOf": 3},
     {"type": "string", "format": "date"},
     {"type": "array", "items": {"anyOf": [{"const": 1}, {"const": 2}]}, "minItems": 2}],
    ids=json.dumps,
)  # fmt: skip
def test_a_level_has_valid_values_wherever_they_come_from(schema):
    level = filled(Level("any", schema, schema), schema, 402, "body", "x")
    assert 1 <= len(level.values) <= 3
    assert all(map(Checker(schema).is_valid, level.values))
    assert level.values == filled(Level("any", schema, schema), schema, 402, "body", "x").values


def test_a_date_in_prose_is_a_date_of_this_century():
    assert all(value.startswith("20") for value in made({"type": "string", **FORMATS[Kind.DATE]}))
