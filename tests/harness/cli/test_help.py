"""Help: every command has its usage, examples that are good, its options in sections, and the exit codes."""

from __future__ import annotations

import re
import shlex

import click
import pytest
from click.testing import CliRunner

from x402_harness.cli.app import app, every_command
from x402_harness.cli.configuration.keys import keys_of, leaves
from x402_harness.cli.helping import SECTIONS, Command, Group

with click.Context(app) as _ctx:
    EVERY = every_command(_ctx)
LEAVES = dict(leaves(EVERY))
GROUPS = {(): app} | {(name,): command for name, command in EVERY.items() if isinstance(command, click.Group)}
TOLD = LEAVES | GROUPS


def named(path: tuple[str, ...]) -> str:
    return " ".join(path) or "testbuy"


@pytest.mark.parametrize("path", TOLD, ids=named)
def test_a_command_tells_everything_about_itself(path: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, [*path, "--help"], prog_name="testbuy")
    assert done.exit_code == 0
    usage, what, *_ = done.stdout.split("\n\n")
    assert usage.startswith(f"Usage: {' '.join(('testbuy', *path))} [OPTIONS]")
    assert len(what.split()) >= 4
    examples = done.stdout.partition("\nExamples:\n")[2].partition("\n\n")[0]
    assert len(re.findall(r"\btestbuy\b", examples)) >= 1
    assert "Exit codes: 0 clean" in " ".join(done.stdout.split())


@pytest.mark.parametrize("path", LEAVES, ids=named)
def test_an_example_is_a_call_of_the_command_that_its_options_allow(path: tuple[str, ...]) -> None:
    command = LEAVES[path]
    assert isinstance(command, Command)
    for example in command.examples:
        inner = re.search(r"\$\((.*)\)", example)
        words = shlex.split((inner[1] if inner else example).split(" | ")[0].split(" > ")[0])
        assert words[: len(path) + 1] == ["testbuy", *path]
        with command.make_context(" ".join(path), words[len(path) + 1 :], parent=click.Context(app)) as ctx:
            assert not ctx.args


@pytest.mark.parametrize("path", GROUPS, ids=named)
def test_an_example_of_a_group_is_one_of_its_commands(path: tuple[str, ...]) -> None:
    group = GROUPS[path]
    assert isinstance(group, Group)
    known = {*group.list_commands(click.Context(group)), "COMMAND"}
    assert all(shlex.split(example)[len(path) + 1] in known for example in group.examples)


def test_sections_name_options_that_there_are() -> None:
    keys = {key for command in LEAVES.values() for key in keys_of(command)}
    assert {key for names in SECTIONS.values() for key in names} <= keys


def test_no_option_is_lost_between_sections() -> None:
    for path, command in LEAVES.items():
        told = CliRunner().invoke(app, [*path, "--help"]).stdout
        assert all(f"--{key}" in told for key in keys_of(command))
