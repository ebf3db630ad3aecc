"""Every file of the hostile corpus is a schema, a value and the ways in which holding one against the other may end:
``bad schema``, ``valid``, ``invalid`` or ``undecided``. Dropping one in adds a case; all end soon, in little memory.

So that large cases stay small files, an object with one name that begins with % stands for what it makes:
``{"%text": [piece, times, end]}``, ``{"%list": [item, times]}``, ``{"%names": [times, child]}``, ``{"%numbers": n}``,
``{"%texts": n}``, ``{"%pairs": n}``, ``{"%power": [base, exponent]}`` and ``{"%nest": [times, wrapper, core]}``, whose
wrapper has ``"%"`` where the next one goes.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from x402_catalog.jsonschemas import BadSchema, Checker

FILES = sorted((Path(__file__).parent / "corpus" / "hostile").glob("*.json"))
ENOUGH = 5.0  # seconds in which a judgement has ended
MEMORY = 300  # megabytes that judging the whole corpus may add to this process at its peak, its own values included


def wrapped(wrapper: Any, core: Any) -> Any:
    if wrapper == "%":
        return core
    if isinstance(wrapper, dict):
        return {name: wrapped(child, core) for name, child in wrapper.items()}
    return [wrapped(child, core) for child in wrapper] if isinstance(wrapper, list) else wrapper


def nested(times: int, wrapper: Any, core: Any) -> Any:
    for _ in range(times):
        core = wrapped(wrapper, core)
    return core


MAKERS: dict[str, Callable[..., Any]] = {
    "%text": lambda piece, times, end: piece * times + end,
    "%list": lambda item, times: [item] * times,
    "%names": lambda times, child: {f"p{number}": child for number in range(times)},
    "%numbers": lambda times: list(range(times)),
    "%texts": lambda times: [f"p{number}" for number in range(times)],
    "%pairs": lambda times: [[number, {"a": number}] for number in range(times)],
    "%power": lambda base, exponent: base**exponent,
    "%nest": nested,
}


def made(node: Any) -> Any:
    if isinstance(node, list):
        return [made(child) for child in node]
    if not isinstance(node, dict):
        return node
    name, child = next(iter(node.items()), ("", None))
    if name in MAKERS:
        arguments = made(child)
        return MAKERS[name](*(arguments if isinstance(arguments, list) else [arguments]))
    return {name: made(child) for name, child in node.items()}


def ending(schema: Any, value: Any) -> str:
    try:
        checker = Checker(schema)
    except BadSchema:
        return "bad schema"
    problem = checker.problem(value)
    if problem is None:
        return "valid"
    assert len(problem.message) <= 301
    return "undecided" if problem.is_undecided else "invalid"


def peak() -> float:
    """Megabytes that this process has used at most."""
    resource = pytest.importorskip("resource", reason="memory is only measured where the system tells it")
    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_hostile_schema_ends_soon_and_as_it_should(path: Path) -> None:
    case = json.loads(path.read_bytes())
    schema, value = made(case["schema"]), made(case["value"])
    before, begun = peak(), time.perf_counter()
    end = ending(schema, value)
    assert time.perf_counter() - begun < ENOUGH
    assert peak() - before < MEMORY
    assert end in case["ends"]


@pytest.mark.parametrize(
    "name", ["pattern-look-ahead", "pattern-trap-under-not", "unevaluated-nested", "value-nested-deep"]
)
def test_what_is_undecided_is_not_called_valid(name: str) -> None:
    (path,) = (path for path in FILES if path.stem == name)
    case = json.loads(path.read_bytes())
    assert case["ends"] == ["undecided"]
    assert not Checker(made(case["schema"])).is_valid(made(case["value"]))
