"""Hostile and outsized schemas end quickly: with values, or with a refusal."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import pytest

from x402_harness.generation import GenerationError, UnsupportedSchema, draw, strategy_for

TEXT = {"type": "string"}
DEEP = 25
SECONDS = 10  # of processor time: a ceiling against runaways, twice the slowest and more; not a measure


def chain(step: Any) -> dict[str, Any]:
    """Definitions that each use the next one, as ``step`` says."""
    links = {f"a{i}": step({"$ref": f"#/$defs/a{i + 1}"}) for i in range(DEEP)}
    return {"$ref": "#/$defs/a0", "$defs": {**links, f"a{DEEP}": TEXT}}


def nested_if(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "required": ["a"]}
    for i in range(depth):
        schema = {"if": schema, "then": {"required": [f"r{i}"]}, "else": {"properties": {f"x{i}": TEXT}}}
    return schema


def nested_items(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = TEXT
    for _ in range(depth):
        schema = {"items": schema}
    return schema


def members(names: str, schema: Any) -> dict[str, Any]:
    """An object with a member for each letter."""
    return {"type": "object", "properties": dict.fromkeys(names, schema)}


def either(number: int) -> dict[str, Any]:
    return {"anyOf": [{"required": [f"a{number}"]}, {"required": [f"b{number}"]}]}


HOSTILE = {
    "allOf of the same twice": chain(lambda link: {"allOf": [link, link]}),
    "anyOf of the same, bare and in a list": chain(lambda link: {"anyOf": [link, {"type": "array", "items": link}]}),
    "oneOf of the same, bare and in an object": chain(lambda link: {"oneOf": [link, members("x", link)]}),
    "not of the same": chain(lambda link: {"not": {"anyOf": [link, members("x", link)]}}),
    "two required members each": chain(lambda link: {"required": ["x", "y"], **members("xy", link)}),
    "eleven optional members each": chain(lambda link: members("abcdefghijk", link)),
    "if inside if": nested_if(40),
    "lists in lists": nested_items(240),
    "members of many cases": {"allOf": [members("k", either(i)) for i in range(20)]},
    "a catastrophic pattern": {"type": "string", "pattern": "^(a+)+$", "not": {"pattern": "aaa$"}},
    "a pattern of many states": {"type": "string", "pattern": "^(a|b|c){0,900}x{0,900}$", "minLength": 900},
    "a thousand required members": {"type": "object", "required": [f"r{i}" for i in range(1000)]},
}


@pytest.mark.parametrize("schema", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_schema_ends(schema: Any) -> None:
    began = time.process_time()
    with suppress(GenerationError):
        draw(strategy_for(schema), 10, seed=1)
    assert time.process_time() - began < SECONDS


def test_a_hundred_thousand_values_are_drawn_from() -> None:
    values = draw(strategy_for({"enum": [f"v{i}" for i in range(100_000)]}), 20, seed=1)
    assert len(set(values)) == 20


def test_a_bomb_is_refused_by_what_it_would_cost() -> None:
    with pytest.raises(UnsupportedSchema, match="checking one value takes more than"):
        strategy_for(HOSTILE["allOf of the same twice"])


def test_a_document_without_bounds_stays_small() -> None:
    values: list[Any] = draw(strategy_for(HOSTILE["eleven optional members each"]), 20, seed=1)
    assert all(len(str(value)) < 20_000 for value in values)
