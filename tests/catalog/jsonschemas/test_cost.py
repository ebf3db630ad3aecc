"""The bound on what a judgement costs: honest schemas stay far below it, and none that explodes does."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest

from x402_catalog.cost import Costs, size, weight

SHOP = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "price": {"type": "number"}, "tags": {"items": {"type": "string"}}},
    "required": ["name"],
}
TREE = {"properties": {"name": {"type": "string"}, "children": {"items": {"$ref": "#"}}}}
BINARY = {"properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}}
TWICE = [{"items": {"$ref": "#"}}, {"items": {"$ref": "#"}, "title": "b"}]


def nested(times: int, core: Any) -> Any:
    for _ in range(times):
        core = [core]
    return core


def cost(schema: Any, value: Any) -> float:
    return Costs(schema).of(size(value))


@pytest.mark.parametrize(
    ("value", "nodes", "depth", "longest"),
    [(1, 1, 1, 0), ("ab", 1, 1, 2), ([1, 2], 3, 1, 0), ({"a": ["bcd"]}, 4, 3, 3), ("a" * 640, 11, 1, 640)],
)
def test_a_value_is_measured(value: Any, nodes: int, depth: int, longest: int) -> None:
    found = size(value)
    assert (found.nodes, found.depth, found.longest) == (nodes, depth, longest)


def test_a_value_beyond_measure_has_no_bound() -> None:
    assert size([[0]] * 600_000).nodes == inf
    assert cost({"type": "array"}, [[0]] * 600_000) == inf


def test_an_honest_schema_costs_in_proportion_to_the_value() -> None:
    small, large = [{"name": "x", "price": 1}] * 10, [{"name": "x", "price": 1}] * 1000
    schema = {"items": SHOP}
    assert cost(schema, large) < 110 * cost(schema, small) < 1_000_000


@pytest.mark.parametrize("schema", [TREE, BINARY])
def test_honest_recursion_costs_no_more_than_its_depth(schema: Any) -> None:
    value: Any = {"name": "x", "children": [], "left": {}, "right": {}}
    for _ in range(8):
        value = {"name": "x", "children": [value, value], "left": value, "right": {}}
    assert cost(schema, value) < 500 * size(value).nodes


@pytest.mark.parametrize("key", ["allOf", "anyOf", "oneOf"])
def test_recursion_that_doubles_costs_twice_as_much_a_level(key: str) -> None:
    assert cost({key: TWICE}, nested(30, 1)) > 2**30


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$ref": "other"},
        {"$ref": "#anchor"},
        {"$dynamicRef": "#a"},
        {"$recursiveRef": "#"},
        {"allOf": [{"$id": "urn:x", "$ref": "#/a"}]},
    ],
)
def test_what_is_not_followed_has_no_bound(schema: Any) -> None:
    assert cost(schema, 1) == inf


def test_unevaluated_keywords_inside_each_other_multiply() -> None:
    schema: Any = {"type": "object"}
    for _ in range(20):
        schema = {"anyOf": [schema], "unevaluatedProperties": False}
    assert cost(schema, {"a": 1}) > 2**20


def test_a_pattern_costs_by_its_states_and_the_text() -> None:
    assert weight("a{1000}") > 1000 * weight("a") / 2
    assert weight("(a{1000}){1000}") > 10**6
    assert weight("a{99999999999}") == inf
    hexadecimal = {"pattern": "^0x[0-9a-f]{40}$"}
    assert cost(hexadecimal, "0x" + "a" * 40) < 10_000
    assert cost(hexadecimal, "a" * 10_000_000) > 10**9
