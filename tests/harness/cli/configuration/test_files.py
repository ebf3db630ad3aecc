"""Configuration files: a folder of valid and one of invalid ones; a file dropped into them is a case."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import click
import jsonschema_rs
import pytest
from click.testing import CliRunner, Result

from x402_harness.cli.app import app, every_command
from x402_harness.cli.configuration.places import places
from x402_harness.cli.configuration.schema import schema
from x402_harness.reporting.document import document_schema

CORPUS = Path(__file__).parent / "corpus"
VALID, INVALID = (sorted((CORPUS / kind).glob("*.toml")) for kind in ("valid", "invalid"))
# What a schema does not say: only words of commands themselves, or what TOML's reader refuses.
BEYOND_SCHEMA = {"broken", "control", "nul", "outside", "twice", "unfinished", "values"}


def config(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["config", *map(str, arguments)])


@pytest.fixture(scope="module")
def validator() -> jsonschema_rs.Validator:
    with click.Context(app) as ctx:
        return jsonschema_rs.validator_for(schema(every_command(ctx)))


def named(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("path", VALID, ids=named)
def test_a_valid_file_has_no_problem(path: Path, validator: jsonschema_rs.Validator) -> None:
    done = config("check", path)
    assert (done.exit_code, "every key and value is valid" in done.stderr) == (0, True), done.stderr
    validator.validate(tomllib.loads(path.read_text()))


@pytest.mark.parametrize("path", INVALID, ids=named)
def test_each_problem_of_an_invalid_file_is_told_with_its_place(path: Path) -> None:
    expected = re.findall(r"^# expect: (.+)$", path.read_text(), flags=re.M)
    done = config("check", path)
    assert done.exit_code == 2
    told = [line.replace(str(path), "").partition(f"{path.name}:")[2].strip() for line in done.stderr.splitlines()]
    for one in expected:
        assert any(line.startswith(one) for line in told), (one, told)
    assert len(told) == len(expected), told


@pytest.mark.parametrize("path", [path for path in INVALID if path.stem not in BEYOND_SCHEMA], ids=named)
def test_the_schema_refuses_what_the_command_refuses(path: Path, validator: jsonschema_rs.Validator) -> None:
    assert not validator.is_valid(tomllib.loads(path.read_text()))


@pytest.mark.parametrize("path", INVALID, ids=named)
def test_the_json_document_has_the_same_problems(path: Path) -> None:
    told = json.loads(config("check", path, "--format", "json").stdout)
    jsonschema_rs.validator_for(document_schema()).validate(told)
    assert told["summary"]["errors"] == len(told["problems"]) > 0
    assert all(problem["message"] and problem["file"].endswith(path.name) for problem in told["problems"])


@pytest.mark.parametrize("path", VALID, ids=named)
def test_every_key_of_a_file_has_a_place(path: Path) -> None:
    text, found = path.read_text(), places(path.read_text())

    def paths(table: dict[str, object], above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
        inner = [key for name, one in table.items() if isinstance(one, dict) for key in paths(one, (*above, name))]
        return [*((*above, name) for name in table), *inner]

    for key in paths(tomllib.loads(text)):
        outer = next(key[:depth] for depth in range(len(key), 0, -1) if key[:depth] in found)
        line, column = found[outer]
        assert outer[-1] in text.splitlines()[line - 1][column - 1 :]


def test_a_file_that_is_no_text_is_told_with_the_line(tmp_path: Path) -> None:
    (tmp_path / "testbuy.toml").write_bytes(b"seed = 1\n# caf\xe9\n")
    done = config("check", tmp_path / "testbuy.toml")
    assert (done.exit_code, "testbuy.toml:2: is not UTF-8 (byte 0xe9)" in done.stderr) == (2, True)


def test_a_mark_that_an_editor_puts_first_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "testbuy.toml").write_bytes(b"\xef\xbb\xbfseed = 1\r\nquiet = true\r\n")
    assert config("check", tmp_path / "testbuy.toml").exit_code == 0


def test_a_file_of_a_hundred_megabytes_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "testbuy.toml"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    done = config("check", path)
    assert (done.exit_code, "has more than 1,048,576 bytes" in done.stderr) == (2, True)


def test_a_folder_and_a_file_that_is_not_there_are_told(tmp_path: Path) -> None:
    for path, why in ((tmp_path, "is a directory"), (tmp_path / "none.toml", "no such file")):
        done = config("check", path)
        assert (done.exit_code, why in done.stderr) == (2, True)


def test_a_file_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "testbuy.toml").write_text('"\\u001b[2Jseed" = 1\n')
    done = config("check", tmp_path / "testbuy.toml")
    assert done.exit_code == 2
    assert "\x1b" not in done.stderr
