"""``testbuy search`` and ``show`` as a user runs them."""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from x402_harness.reporting.document import document_schema

SLUG = "api-venice-ai-api-v1-images-generations"
Run = Callable[..., subprocess.CompletedProcess[str]]


def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(done.stdout)
    jsonschema_rs.validator_for(document_schema()).validate(told)
    return told


SNAPSHOTS = {
    "store-search": ("search", "image"),
    "store-search-phrase": ("search", '"image generation"', "--columns", "price,amount,symbol,slug,title"),
    "store-search-typo": ("search", "imgae"),
    "store-search-nothing": ("search", "xyzzy"),
    "store-search-csv": ("search", "image", "--format", "csv"),
    "store-search-jsonl": (
        "search",
        "--sort",
        "-price",
        "--limit",
        "2",
        "--format",
        "jsonl",
        "--columns",
        "price,slug",
    ),
    "store-show-curl": ("show", SLUG, "--curl"),
    "store-usage-column": ("search", "--columns", "prize"),
    "store-usage-raw": ("show", SLUG, "--raw", "--curl"),
}
CODES = {"store-search-nothing": 3, "store-usage-column": 2, "store-usage-raw": 2}


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_a_command_prints_what_its_snapshot_shows(name: str, testbuy: Run, matches_snapshot: Any) -> None:
    done = testbuy(*SNAPSHOTS[name])
    assert done.returncode == CODES.get(name, 0), done.stderr
    matches_snapshot(name, done.stdout + ("--- stderr\n" + done.stderr if done.stderr else ""))


def test_the_document_has_rows_facets_and_prices(testbuy: Run) -> None:
    told = document(testbuy("search", "--network", "base", "--price", "<=0.005", "--sort", "price", "--limit", 3,
                            "--format", "json"))  # fmt: skip
    assert told["summary"] == {"listings": 3, "errors": 0, "warnings": 0, "matched": 6, "of": 17}
    assert [one["price"] for one in told["listings"]] == ["0", "0.0018", "0.0035"]
    assert told["listings"][1]["offers"][0]["amount"] == "1800"
    assert told["facets"]["network"] == {"eip155:8453": 6, "eip155:43114": 1}
    assert (told["median"], told["next_offset"], told["corrected"]) == ("0.0035", 3, None)
    more = document(testbuy("search", "--network", "base", "--price", "<=0.005", "--sort", "price", "--limit", 9,
                            "--offset", 3, "--format", "json"))  # fmt: skip
    assert len(more["listings"]) == 3
    assert more["next_offset"] is None


def test_csv_and_lines_hold_the_same_rows(testbuy: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(testbuy("search", "--format", "csv").stdout)))
    lines = [json.loads(line) for line in testbuy("search", "--format", "jsonl").stdout.splitlines()]
    assert [row["slug"] for row in rows] == [line["slug"] for line in lines]
    assert [row["amount"] for row in rows] == [line["amount"] or "" for line in lines]
    assert len(rows) == 17


HOSTILE = {
    "slug": "=cmd|' /C calc'!A0", "title": "\x1b[2J\u202e<script>\n##[group]", "url": "https://a.example/\x1b[31m'; rm",
    "summary": "@SUM(1)", "category": "-1+1", "accepts": [], "trust_tier": "\t=1",
}  # fmt: skip


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A catalogue of one listing that means ill, and one with a slug that a shell would act on."""
    path = tmp_path / "hostile.jsonl"
    others = [{"slug": "$(touch owned)", "title": "b"}, {"slug": "fine-one", "title": "c"}, {"slug": "fine\nother"}]
    path.write_text("\n".join(map(json.dumps, (HOSTILE, *others))))
    return path


@pytest.mark.parametrize(
    "command", [("search",), ("stats",), ("show", HOSTILE["slug"]), ("compare", "fine-one", HOSTILE["slug"])]
)
def test_text_of_a_listing_cannot_drive_a_terminal(testbuy: Run, hostile: Path, command: tuple[str, ...]) -> None:
    done = testbuy(*command, "--catalogue", hostile)
    assert done.returncode == 0, done.stderr
    assert not {"\x1b", "\u202e", "\x07"} & set(done.stdout + done.stderr)
    assert "##[" not in done.stdout


def test_text_of_a_listing_is_no_formula_of_a_spreadsheet(testbuy: Run, hostile: Path) -> None:
    done = testbuy("search", "--catalogue", hostile, "--format", "csv", "--columns", "slug,summary,category,tier,ratio")
    cells = [cell for row in csv.reader(io.StringIO(done.stdout)) for cell in row]
    assert "'" + HOSTILE["slug"] in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))]


def test_a_curl_command_is_one_for_a_shell_whatever_the_listing_says(testbuy: Run, hostile: Path) -> None:
    line = testbuy("show", HOSTILE["slug"], "--catalogue", hostile, "--curl").stdout
    assert shlex.split(line)[-1] == "https://a.example/%1B[31m';%20rm"
    assert line.isascii()


def test_a_table_fits_the_terminal_and_a_pipe_gets_it_whole(root: Path) -> None:
    import pty

    command = [sys.executable, "-m", "x402_harness", "search", "image"]
    environment = {**os.environ, "COLUMNS": "60", "PYTHONUTF8": "1"}
    leader, follower = pty.openpty()
    done = subprocess.run(command, stdout=follower, stderr=subprocess.DEVNULL, cwd=root, env=environment, check=True)
    os.close(follower)
    shown = os.read(leader, 100_000).decode()
    os.close(leader)
    assert done.returncode == 0
    assert max(map(len, shown.splitlines())) <= 60
    assert "…" in shown
    assert "$10.00" in shown
    piped = subprocess.run(command, capture_output=True, text=True, cwd=root, env=environment, check=True).stdout
    assert SLUG in piped


def test_show_says_where_a_price_stands_and_what_was_bought(testbuy: Run, tmp_path: Path) -> None:
    assert testbuy("run", f"listings/{SLUG}.json", "--rows", 2, "--reports", tmp_path).returncode == 0
    (told,) = document(testbuy("show", SLUG, "--reports", tmp_path, "--format", "json"))["listings"]
    assert told["runs"]["purchases"] == {"settled": 2}
    assert (told["runs"]["runs"], told["runs"]["mode"]) == (1, "mock")
    position = told["price_position"]
    assert (position["price"], position["rank"], position["peers"]) == ("10", 3, 3)
    text = testbuy("show", SLUG, "--reports", tmp_path).stdout
    assert "Runs      1 (mock), 2 settled" in text
    assert "b64_json* string" in text
    (none,) = document(testbuy("show", SLUG, "--reports", tmp_path / "none", "--format", "json"))["listings"]
    assert none["runs"] is None


def test_show_prints_schemas_that_are_json(testbuy: Run) -> None:
    told = json.loads(testbuy("show", SLUG, "--schema").stdout)
    assert told["offers"][0]["request"]["parts"]["body"]["required"] == ["prompt"]
    assert told["offers"][0]["response"]["schema"]["properties"]["created"]["type"] == "integer"


def test_an_earlier_snapshot_is_looked_at_when_asked(testbuy: Run, tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / "a.json").write_text(json.dumps({"slug": "a", "title": f"state {number}", "accepts": []}))
        assert testbuy("import", tmp_path / "a.json", "--db", tmp_path / "c.db").returncode == 0
    where = ("--catalogue", tmp_path / "c.db", "--snapshot")
    assert "state 1" in testbuy("search", "--columns", "title", *where, 1).stdout
    assert "state 1" in testbuy("show", "a", *where, 1).stdout
    assert "state 2" in testbuy("show", "a", *where, 2).stdout
    missing = testbuy("search", *where, 9)
    assert (missing.returncode, "has no snapshot 9" in missing.stderr) == (2, True)


def completed(testbuy: Run, *words: str) -> list[str]:
    """What a shell is offered for the last of ``words``."""
    done = testbuy(COMP_WORDS=shlex.join(["testbuy", *words]), COMP_CWORD=str(len(words)),
                   _TESTBUY_COMPLETE="bash_complete")  # fmt: skip
    assert done.stderr == ""
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


def test_slugs_hosts_and_categories_are_completed(testbuy: Run) -> None:
    assert completed(testbuy, "show", "api-ven") == [SLUG]
    assert completed(testbuy, "compare", SLUG, "render") == ["render-plotpress-example-v1-chart"]
    assert completed(testbuy, "search", "--category", "m") == ["media"]
    assert completed(testbuy, "validate", "listings", "--host", "api.v") == ["api.venice.ai"]


def test_nothing_is_completed_that_a_shell_would_act_on(testbuy: Run, hostile: Path) -> None:
    assert completed(testbuy, "show", "--catalogue", str(hostile), "") == ["fine-one"]


def test_a_catalogue_that_is_not_there_completes_nothing_and_says_nothing(testbuy: Run, tmp_path: Path) -> None:
    assert completed(testbuy, "show", "--catalogue", str(tmp_path / "none"), "a") == []
    (tmp_path / "bad.db").write_bytes(b"SQLite format 3\x00 and more")
    assert completed(testbuy, "show", "--catalogue", str(tmp_path / "bad.db"), "a") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_completion_script(testbuy: Run, shell: str) -> None:
    done = testbuy("completion", shell)
    assert done.returncode == 0
    assert f"_TESTBUY_COMPLETE={shell}_complete" in done.stdout
