"""Drawing outside a test: the same seed gives the same values, everywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from x402_harness.generation import UnsatisfiableSchema, draw, strategy_for

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "n": {"type": "integer"},
        "price": {"type": "number"},
        "text": {"type": "string"},
        "mail": {"type": "string", "format": "email"},
        "code": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "tags": {"type": "array", "items": {"enum": ["a", "b", "c"]}, "uniqueItems": True},
    },
    "required": ["n", "text"],
}
PROGRAM = "import json, sys; from x402_harness.generation import draw, strategy_for; " \
    "print(json.dumps(draw(strategy_for(json.loads(sys.argv[1])), 20, seed=7)))"  # fmt: skip


def drawn_in_a_fresh_process(tmp_path: Path, hash_seed: str, prelude: str = "") -> Any:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    command = [sys.executable, "-c", prelude + PROGRAM, json.dumps(SCHEMA)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=tmp_path)
    return json.loads(done.stdout)


def test_a_seed_gives_the_same_values_again() -> None:
    assert draw(strategy_for(SCHEMA), 30, seed=7) == draw(strategy_for(SCHEMA), 30, seed=7)


def test_another_seed_gives_other_values() -> None:
    assert draw(strategy_for(SCHEMA), 30, seed=7) != draw(strategy_for(SCHEMA), 30, seed=8)


def test_fresh_processes_agree_whatever_the_hash_seed(tmp_path: Path) -> None:
    here = draw(strategy_for(SCHEMA), 20, seed=7)
    assert drawn_in_a_fresh_process(tmp_path, "1") == drawn_in_a_fresh_process(tmp_path, "2") == here


def test_constants_of_other_modules_do_not_leak_in(tmp_path: Path) -> None:
    numbers = ", ".join(str(number) for number in range(100_000, 100_300))
    (tmp_path / "users_module.py").write_text(f"NUMBERS = [{numbers}]\nWORDS = ['leak', 'leaked']\n", "utf-8")
    assert drawn_in_a_fresh_process(tmp_path, "1", "import users_module; ") == draw(strategy_for(SCHEMA), 20, seed=7)


def test_more_values_than_there_are_come_again() -> None:
    assert sorted(set(draw(strategy_for({"enum": [1, 2]}), 9, seed=1))) == [1, 2]
    assert len(draw(strategy_for({"const": None}), 9, seed=1)) == 9


@pytest.mark.parametrize("n", [0, 1, 2, 60])
def test_as_many_values_as_asked_for(n: int) -> None:
    assert len(draw(strategy_for({"type": "integer"}), n, seed=1)) == n


def test_an_empty_strategy_is_said_to_be_empty() -> None:
    with pytest.raises(UnsatisfiableSchema):
        draw(st.integers().filter(lambda value: False), 100, seed=1)


def test_nothing_is_written_to_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    draw(strategy_for(SCHEMA), 5, seed=1)
    assert list(tmp_path.iterdir()) == []
