"""Every case in ``corpus/`` is drawn from and judged; a file dropped there is a test.

A case has ``says`` and ``schema``, and may have ``unsatisfiable``, ``distinct`` (different values at least),
``reaches`` (JSON types that must turn up), ``names`` (members that must turn up) and ``foreign``: its pattern is not
one that Python's ``re``, and so `jsonschema`, understands.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from x402_harness.generation import UnsatisfiableSchema, draw, strategy_for

CASES: dict[str, dict[str, Any]] = {
    f"{path.stem}: {case['says']}": case
    for path in sorted((Path(__file__).parent / "corpus").glob("*.json"))
    for case in json.loads(path.read_text("utf-8"))
}
TYPES = {
    str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null", list: "array", dict: "object",
}  # fmt: skip
ROWS = 40


def cases(*, having: str = "says", unsatisfiable: bool = False) -> pytest.MarkDecorator:
    """Marks a test to run with each case that has a member, of those that can be drawn from or of the others."""
    chosen = {
        name: case
        for name, case in CASES.items()
        if having in case and case.get("unsatisfiable", False) == unsatisfiable
    }
    return pytest.mark.parametrize("case", chosen.values(), ids=chosen)


@cases()
def test_every_value_satisfies_both_judges(case: dict[str, Any], judge: Any) -> None:
    verdict = judge(case["schema"], foreign=case.get("foreign", False))
    assert [wrong for value in draw(strategy_for(case["schema"]), ROWS, seed=1) if (wrong := verdict(value))] == []


@cases()
def test_open_objects_are_valid_too(case: dict[str, Any], judge: Any) -> None:
    verdict = judge(case["schema"], foreign=case.get("foreign", False))
    values = draw(strategy_for(case["schema"], closed=False), 15, seed=2)
    assert [wrong for value in values if (wrong := verdict(value))] == []


@cases(unsatisfiable=True)
def test_the_impossible_is_said_to_be_so(case: dict[str, Any]) -> None:
    with pytest.raises(UnsatisfiableSchema):
        strategy_for(case["schema"])


@cases(having="distinct")
def test_values_differ(case: dict[str, Any]) -> None:
    values = draw(strategy_for(case["schema"]), ROWS, seed=3)
    assert len({json.dumps(value, sort_keys=True) for value in values}) >= case["distinct"]


@cases(having="reaches")
def test_every_type_turns_up(case: dict[str, Any]) -> None:
    values = draw(strategy_for(case["schema"]), 3 * ROWS, seed=4)
    assert {TYPES[type(value)] for value in values} >= set(case["reaches"])


@cases(having="names")
def test_every_declared_name_turns_up(case: dict[str, Any]) -> None:
    values: list[Any] = draw(strategy_for(case["schema"]), ROWS, seed=5)
    assert {name for value in values for name in value} == set(case["names"])
