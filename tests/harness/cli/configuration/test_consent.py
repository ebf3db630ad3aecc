"""No file and no variable agrees to anything, names a key or chooses whose money is spent."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from x402_harness.cli.app import COMMANDS, app, every_command
from x402_harness.cli.configuration.folders import REBASE
from x402_harness.cli.configuration.keys import CLOSED, SHARED, closed, keys_of, leaves, variable
from x402_harness.cli.configuration.schema import schema
from x402_harness.cli.configuration.values import schema_of

with click.Context(app) as _ctx:
    EVERY = every_command(_ctx)
LEAVES = list(leaves(EVERY))
Case = tuple[tuple[str, ...], str]


def cases() -> Iterator[Case]:
    """Every command with every option of it that is closed to files; the doctor tells of files and goes on."""
    for path, command in LEAVES:
        if path == ("doctor",):
            continue
        yield from ((path, key) for key in keys_of(command) if closed(path, key) is not None)


def named(case: Case) -> str:
    return f"{' '.join(case[0])} --{case[1]}"


def literal(path: tuple[str, ...], key: str) -> str:
    kind = schema_of(keys_of(dict(LEAVES)[path])[key])
    choices = kind.get("enum", ["1"])
    return "true" if kind == {"type": "boolean"} else f'"{choices[-1]}"'


def run(folder: Path, path: tuple[str, ...], **variables: str) -> Result:
    environment = {name: None for name in os.environ if name.startswith("TESTBUY_")} | variables
    return CliRunner().invoke(app, ["--config", str(folder / "testbuy.toml"), *path, "x", "y"], env=environment)


@pytest.mark.parametrize("case", list(cases()), ids=named)
def test_a_file_cannot_give_it(case: Case, tmp_path: Path) -> None:
    path, key = case
    (tmp_path / "testbuy.toml").write_text(f"[{'.'.join(path)}]\n{key} = {literal(path, key)}\n")
    done = run(tmp_path, path)
    assert (done.exit_code, f"[{'.'.join(path)}] {key}: is taken from no file: " in done.stderr) == (2, True)


@pytest.mark.parametrize("case", list(cases()), ids=named)
def test_the_top_of_a_file_cannot_give_it_either(case: Case, tmp_path: Path) -> None:
    path, key = case
    (tmp_path / "testbuy.toml").write_text(f"{key} = {literal(path, key)}\n")
    done = run(tmp_path, path)
    assert done.exit_code == 2
    assert f"testbuy.toml:1:1: {key}: " in done.stderr


@pytest.mark.parametrize("case", list(cases()), ids=named)
def test_a_variable_cannot_give_it(case: Case, tmp_path: Path) -> None:
    path, key = case
    (tmp_path / "testbuy.toml").write_text("")
    why = closed(path, key)
    assert why is not None
    value = literal(path, key).strip('"')
    names = [variable(path, key)] if why.environment else []
    names += [variable((), key)] if why.environment and why.consent else []
    for name in names:
        done = run(tmp_path, path, **{name: value})
        assert (done.exit_code, f"testbuy: {name}: is taken from no variable: " in done.stderr) == (2, True)
    assert why.environment or key in {"anvil", "sandbox"}


def test_whatever_is_about_money_keys_or_consent_is_closed() -> None:
    about = re.compile(
        r"mode|approve|yes|force|allow|unsafe|key|password|secret|account|payer|budget|per-.*max|active|no-input|rpc|"
        r"replace|write|reason|header|data\b|anvil|sandbox|ledger"
    )  # fmt: skip
    open_ones = {
        (path[0], key) for path, command in LEAVES for key in keys_of(command)
        if about.search(key) and closed(path, key) is None
    }  # fmt: skip
    # Caps of sandbox money.
    assert open_ones == {(command, key) for command in ("run", "check") for key in ("budget", "per-call-max")}


def test_everything_that_is_closed_is_an_option_of_its_commands() -> None:
    keys = defaultdict(set)
    for path, command in LEAVES:
        for key in keys_of(command):
            keys[key].add(path[0])
    assert set(CLOSED) <= set(keys)
    assert all(why.commands <= keys[key] for key, why in CLOSED.items())


def test_no_command_asks_with_an_option_that_answers_itself() -> None:
    """A prompt with a default, or an option that click confirms, would be consent without a word."""
    for _, command in LEAVES:
        assert not any(option.prompt for option in keys_of(command).values())


def test_a_closed_key_is_in_no_schema() -> None:
    made = schema(EVERY)["properties"]
    for path, key in cases():
        table = made
        for name in path:
            table = table.get(name, {}).get("properties", {})
        assert key not in table


def test_a_shared_key_is_the_same_for_each_command_and_no_command() -> None:
    for key in SHARED:
        options = [keys_of(command)[key] for _, command in LEAVES if key in keys_of(command)]
        assert len(options) > 1
        assert len({str(schema_of(option)) for option in options}) == 1
        assert not any(variable((), key).startswith(variable((name,), "")) for name in COMMANDS)
    assert not set(SHARED) & (set(COMMANDS) | set(CLOSED))


def test_every_option_that_takes_a_path_is_led_to_from_its_file() -> None:
    shown = {
        option.metavar for path, command in LEAVES for key, option in keys_of(command).items()
        if option.metavar and closed(path, key) is None and re.search(r"FILE|DIR|PATH|SRC|DB", option.metavar)
    }  # fmt: skip
    assert shown <= set(REBASE)
    untold = [
        key for path, command in LEAVES for key, option in keys_of(command).items()
        if isinstance(option.type, click.Path) and not option.metavar
    ]  # fmt: skip
    assert untold == []
