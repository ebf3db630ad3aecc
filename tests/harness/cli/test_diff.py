"""``testbuy diff`` as a user runs it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from x402_harness.reporting.document import document_schema

Run = Callable[..., subprocess.CompletedProcess[str]]
USDC = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"


def listing(slug: str, amount: str = "10000", pay_to: str = "0xa", **more: Any) -> dict[str, Any]:
    offer = {
        "scheme": "exact",
        "network": "base",
        "asset": USDC,
        "max_amount_required_atomic": amount,
        "pay_to": pay_to,
    }
    return {"slug": slug, "title": slug, "url": f"https://{slug}.example/", "accepts": [{**offer, **more}]}


BEFORE = [listing("stays"), listing("goes"), listing("dearer"), listing("moves"), listing("reshaped")]
AFTER = [
    listing("stays") | {"summary": "new words"}, listing("dearer", "20000"), listing("moves", pay_to="0xb"),
    listing("reshaped", hints={"output": {"type": "json"}}), listing("comes"),
]  # fmt: skip


@pytest.fixture
def db(testbuy: Run, tmp_path: Path) -> Path:
    """A catalogue file with two snapshots."""
    for name, values in (("old", BEFORE), ("new", AFTER)):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, values)))
        assert testbuy("import", tmp_path / f"{name}.jsonl", "--db", tmp_path / "c.db").returncode == 0
    return tmp_path / "c.db"


SNAPSHOTS = {
    "diff": (),
    "diff-kind": ("--kind", "price", "--columns", "slug,before,after"),
    "diff-all": ("--all", "--format", "csv", "--columns", "change,slug,pointer"),
    "diff-list": ("--list",),
}


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_a_command_prints_what_its_snapshot_shows(name: str, testbuy: Run, db: Path, matches_snapshot: Any) -> None:
    done = testbuy("diff", db, *SNAPSHOTS[name])
    assert done.returncode == 0, done.stderr
    text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "TIME", done.stdout).replace(str(db.parent), "FOLDER")
    matches_snapshot(name, text + ("--- stderr\n" + done.stderr if done.stderr else ""))


def test_two_files_or_two_snapshots_differ_alike(testbuy: Run, db: Path, tmp_path: Path) -> None:
    arguments = [(db,), (db, "--from", 1, "--to", 2), (tmp_path / "old.jsonl", tmp_path / "new.jsonl"),
                 (tmp_path / "old.jsonl", db)]  # fmt: skip
    told = [json.loads(testbuy("diff", *each, "--format", "json").stdout) for each in arguments]
    for each in told:
        jsonschema_rs.validator_for(document_schema()).validate(each)
    assert all(each["changes"] == told[0]["changes"] for each in told)
    counts = {"vanished": 1, "appeared": 1, "price": 1, "payee": 1, "schema": 1}
    assert told[0]["summary"] == {"listings": 5, "errors": 0, "warnings": 0, "before": 5, "changes": counts}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("{db}", "--from", "2"), 0, "no changes"),
        (("{db}", "--to", "1"), 3, "has 2 snapshots, not the two"),
        (("{db}", "--from", "7"), 3, "not the two"),
        (("listings",), 2, "no catalogue file"),
        (("a", "b", "c"), 2, "Two catalogues"),
        (("{db}", "listings", "--from", "1"), 2, "snapshots of one"),
    ],
)
def test_what_cannot_be_compared_is_told(
    testbuy: Run, db: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    done = testbuy("diff", *(one.format(db=db) for one in arguments))
    assert (done.returncode, message in done.stderr) == (code, True), done.stderr
