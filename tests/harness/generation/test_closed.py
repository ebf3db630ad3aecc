"""Closed objects carry declared names only; open ones may carry more."""

from __future__ import annotations

from typing import Any

from x402_harness.generation import draw, strategy_for

BODY: dict[str, Any] = {
    "type": "object",
    "properties": {"prompt": {"type": "string"}, "n": {"type": "integer"}, "metadata": {"type": "object"}},
    "required": ["prompt"],
}


def names(schema: Any, **options: Any) -> set[str]:
    values: list[Any] = draw(strategy_for(schema, **options), 60, seed=1)
    return {name for value in values for name in value}


def test_a_closed_object_has_no_invented_names() -> None:
    assert names(BODY) == {"prompt", "n", "metadata"}


def test_an_open_object_has_some() -> None:
    assert names(BODY, closed=False) > {"prompt", "n", "metadata"}


def test_a_schema_for_other_members_invites_none_beside_declared_ones() -> None:
    assert names({**BODY, "additionalProperties": {"type": "string"}}) == {"prompt", "n", "metadata"}


def test_a_map_without_declared_names_is_filled() -> None:
    assert names({"type": "object", "additionalProperties": {"type": "string"}})


def test_names_are_invented_where_the_schema_needs_them() -> None:
    values: list[Any] = draw(strategy_for({**BODY, "minProperties": 5}), 20, seed=1)
    assert all(len(value) >= 5 for value in values)


def test_free_form_objects_stay_empty() -> None:
    values: list[Any] = draw(strategy_for(BODY), 60, seed=1)
    assert [value["metadata"] for value in values if value.get("metadata")] == []


def test_alternatives_keep_to_their_own_names() -> None:
    either = {"type": "object", "oneOf": [{"properties": {"a": {"const": 1}}, "required": ["a"]},
                                          {"properties": {"b": {"const": 2}}, "required": ["b"]}]}  # fmt: skip
    assert names(either) == {"a", "b"}
