"""Properties over generated schemas: what is drawn satisfies them, and emptiness is not claimed lightly."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from x402_harness.generation import UnsatisfiableSchema, UnsupportedSchema, draw, strategy_for

SMALL = st.integers(-3, 6)
NAMES = st.sampled_from(["a", "b", "ab", "x-1"])
SCALARS = st.one_of(st.none(), st.booleans(), SMALL, st.sampled_from(["", "a", "abc", "x-1"]), st.just(1.5))
PATTERNS = st.sampled_from(["^a", "b$", "^[ab]{1,3}$", "x", "^x-\\d+$", "^$"])
PROBES: list[Any] = [
    None, True, False, 0, 1, 2, 3, -1, 1.5, "", "a", "ab", "abc", "x-1", [], [1], ["a"], [1, "a"], [1, 1], {}, {"a": 1},
    {"a": "a"}, {"b": 1}, {"a": 1, "b": 1}, {"ab": "a"}, {"x-1": None}, {"a": {}}, [[]], [{}],
]  # fmt: skip


def keywords(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Schema objects of some keywords around inner schemas."""
    lists = st.lists(inner, min_size=1, max_size=3)
    members = st.dictionaries(NAMES, inner, max_size=3)
    count = st.integers(0, 3)
    known: dict[str, st.SearchStrategy[Any]] = {
        "type": st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"]),
        "const": SCALARS,
        "enum": st.lists(SCALARS, min_size=1, max_size=4),
        "minimum": SMALL,
        "exclusiveMaximum": SMALL,
        "multipleOf": st.sampled_from([1, 2, 3, 0.5]),
        "minLength": count,
        "maxLength": count,
        "pattern": PATTERNS,
        "items": inner,
        "prefixItems": lists,
        "contains": inner,
        "maxContains": count,
        "uniqueItems": st.booleans(),
        "minItems": count,
        "maxItems": count,
        "unevaluatedItems": inner,
        "properties": members,
        "patternProperties": st.dictionaries(PATTERNS, inner, max_size=2),
        "additionalProperties": inner,
        "propertyNames": inner,
        "required": st.lists(NAMES, max_size=2, unique=True),
        "minProperties": count,
        "maxProperties": count,
        "dependentRequired": st.dictionaries(NAMES, st.lists(NAMES, max_size=1), max_size=2),
        "dependentSchemas": st.dictionaries(NAMES, inner, max_size=1),
        "unevaluatedProperties": inner,
        "allOf": lists,
        "anyOf": lists,
        "oneOf": lists,
        "not": inner,
        "if": inner,
        "then": inner,
        "else": inner,
    }
    some = st.lists(st.sampled_from(sorted(known)), min_size=1, max_size=4, unique=True)
    return some.flatmap(lambda chosen: st.fixed_dictionaries({keyword: known[keyword] for keyword in chosen}))


SCHEMAS: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.booleans(), keywords(st.booleans())), keywords, max_leaves=6
)


@settings(max_examples=150, database=None, deadline=None, suppress_health_check=list(HealthCheck))
@given(SCHEMAS, st.booleans())
def test_what_is_drawn_satisfies_the_schema(judge: Any, schema: Any, closed: bool) -> None:
    verdict = judge(schema)
    try:
        values = draw(strategy_for(schema, closed=closed), 5, seed=1)  # a test in a test, as callers may do
    except (UnsatisfiableSchema, UnsupportedSchema):
        return
    assert [wrong for value in values if (wrong := verdict(value))] == []


@settings(max_examples=150, database=None, deadline=None, suppress_health_check=list(HealthCheck))
@given(SCHEMAS)
def test_a_schema_that_some_value_satisfies_is_never_called_unsatisfiable(judge: Any, schema: Any) -> None:
    verdict = judge(schema)
    try:
        strategy_for(schema)
    except UnsatisfiableSchema:
        assert [value for value in PROBES if verdict(value) is None] == []
    except UnsupportedSchema:
        return


@pytest.mark.parametrize("draft", ["4", "6", "7", "2019-09", "2020-12"])
def test_the_draft_can_be_given(judge: Any, draft: str) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 3}}, "required": ["n"]}
    verdict = judge(schema, draft)
    assert [wrong for value in draw(strategy_for(schema, draft=draft), 20, seed=1) if (wrong := verdict(value))] == []
