"""Each message of the page of questions is one that the program has."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from x402_harness.rulebook import every_rule

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "faq.md").read_text(encoding="utf-8")
MESSAGES = re.findall(r"^### `(.+)`$", PAGE, flags=re.M)


@pytest.fixture(scope="module")
def literals():
    """Every string of the source, with a hole for each value that it takes."""
    found = []
    for path in (*ROOT.glob("catalog/**/*.py"), *ROOT.glob("harness/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                found.append(
                    "".join(str(part.value) if isinstance(part, ast.Constant) else "\0" for part in node.values)
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return found


def _is_text(part):
    return isinstance(part, ast.Constant)


def test_the_page_has_the_twenty_and_more_that_people_meet_most():
    assert len(MESSAGES) == len(set(MESSAGES)) >= 20


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_is_one_that_the_program_has(message, literals):
    parts = [re.escape(part) for part in message.split("…")]
    assert sum(len(part) for part in message.split("…")) >= 12
    wanted = re.compile(".*".join(parts), flags=re.S)
    assert [one for one in literals if wanted.search(one)], f"no string of the source reads like {message!r}"


def test_codes_and_commands_of_the_page_are_there():
    codes = {rule.code for rule in every_rule()}
    named = set(re.findall(r"\b([A-Z]{3,5}\d{3})\b", PAGE))
    assert named <= codes
    commands = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    for command in set(re.findall(r"`testbuy (\w+)", PAGE)):
        assert f"## testbuy {command}" in commands


def test_options_of_the_page_are_there():
    source = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("harness/x402_harness/pytest_plugin/*.py"))
    commands = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    for option in set(re.findall(r"(--[a-z][a-z-]+)", PAGE)):
        if option.startswith("--testbuy-"):
            assert f'"{option.removeprefix("--testbuy-")}"' in source or option in source
        else:
            assert option in commands, option
