"""A file that cannot be read is told of by every command that takes one, with its place."""

from __future__ import annotations

import pytest

SLUG = "api-venice-ai-api-v1-images-generations"
CUT = '{"accepts": 3'
PLAN = (
    "--mode", "testnet", "--payer", "0x" + "1" * 40, "--output", "never.json", "--per-call-max", "1", "--budget", "1",
    "--per-day-max", "1",
)  # fmt: skip
TOLD = "testbuy: not read: {path}:1:14: the text ends in the middle of a record\n"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("show", "FILE"), 3), (("show", "FILE", "--curl"), 3), (("claims", "FILE"), 1), (("generate", "FILE"), 3),
        (("buy", "FILE"), 3), (("init", "FILE"), 2), (("plan", "FILE", *PLAN), 3),
        (("sandbox", "FILE"), 3), (("check", "http://127.0.0.1:9/x", "--listing", "FILE", "--wait", "0"), 2),
    ],
    ids=lambda value: "-".join(value[:1] + value[2:3]) if isinstance(value, tuple) else str(value),
)  # fmt: skip
def test_a_command_tells_what_it_could_not_read_and_where(testbuy, tmp_path, arguments, code):
    path = tmp_path / "cut.json"
    path.write_text(CUT)
    done = testbuy(*(str(path) if word == "FILE" else word for word in arguments))
    assert TOLD.format(path=path) in done.stderr
    assert done.returncode == code


def test_the_rest_of_a_file_is_used_all_the_same(testbuy, tmp_path, listings):
    path = tmp_path / "two.jsonl"
    good = (listings / f"{SLUG}.json").read_bytes().replace(b"\n", b" ")
    path.write_bytes(good + b"\n" + b'{"resource": }\n')
    done = testbuy("generate", path, "-n", "1")
    assert done.returncode == 0
    assert f"testbuy: not read: {path}:2:" in done.stderr
    assert SLUG in done.stdout


def test_a_strangers_words_are_escaped(testbuy, tmp_path):
    path = tmp_path / "cut\x1b[2J.json"
    path.write_text(CUT)
    done = testbuy("show", path)
    assert "\x1b" not in done.stderr
    assert "not read" in done.stderr
