"""``testbuy stats`` as a user runs it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from x402_harness.reporting.document import document_schema

Run = Callable[..., subprocess.CompletedProcess[str]]
USDC = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Twenty listings at one to twenty cents, and one at ten dollars."""
    path = tmp_path / "priced.jsonl"
    amounts = [*(number * 10_000 for number in range(1, 21)), 10_000_000]
    rows = [
        {"slug": f"s{amount}", "category": "media", "url": f"https://h{amount % 3}.example/",
         "accepts": [{"network": "base", "asset": USDC, "max_amount_required_atomic": str(amount)}]}
        for amount in amounts
    ]  # fmt: skip
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


SNAPSHOTS = {
    "stats": (),
    "stats-network": ("--by", "network", "--outliers", "0"),
    "stats-host-csv": ("--by", "host", "--format", "csv"),
    "stats-filtered": ("s1", "--price", "<1"),
    "stats-nothing": ("xyzzy",),
    "stats-usage": ("--limit", "3"),
}
CODES = {"stats-nothing": 3, "stats-usage": 2}


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_a_command_prints_what_its_snapshot_shows(name: str, testbuy: Run, source: Path, matches_snapshot: Any) -> None:
    done = testbuy("stats", *SNAPSHOTS[name], "--catalogue", source)
    assert done.returncode == CODES.get(name, 0), done.stderr
    matches_snapshot(name, done.stdout + ("--- stderr\n" + done.stderr if done.stderr else ""))


def test_the_document_has_exact_prices(testbuy: Run, source: Path) -> None:
    told = json.loads(testbuy("stats", "--catalogue", source, "--format", "json").stdout)
    jsonschema_rs.validator_for(document_schema()).validate(told)
    (group,) = told["groups"]
    assert group == {"name": "media", "n": 21, "unpriced": 0, "p5": "0.02", "median": "0.11", "p95": "0.2",
                     "spread": "10", "outliers": 1}  # fmt: skip
    (far,) = told["outliers"]
    assert (far["slug"], far["price"], far["times_median"]) == ("s10000000", "10", "90.9091")
