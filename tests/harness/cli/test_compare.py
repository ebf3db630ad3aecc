"""``testbuy compare`` as a user runs it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from x402_harness.reporting.document import document_schema

LISTINGS = Path(__file__).parents[3] / "listings"
VENICE = "api-venice-ai-api-v1-images-generations"
PLOT = "render-plotpress-example-v1-chart"
Run = Callable[..., subprocess.CompletedProcess[str]]

SNAPSHOTS = {
    "compare": ("compare", VENICE, PLOT),
    "compare-like": ("compare", "--like", VENICE, "-n", "1"),
    "compare-usage-one": ("compare", VENICE),
    "compare-usage-both": ("compare", VENICE, "--like", PLOT),
    "compare-unknown": ("compare", VENICE, "render-plotpres-example-v1-chart"),
}
CODES = {"compare-usage-one": 2, "compare-usage-both": 2, "compare-unknown": 3}


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_a_command_prints_what_its_snapshot_shows(name: str, testbuy: Run, matches_snapshot: Any) -> None:
    done = testbuy(*SNAPSHOTS[name])
    assert done.returncode == CODES.get(name, 0), done.stderr
    matches_snapshot(name, done.stdout + ("--- stderr\n" + done.stderr if done.stderr else ""))


def test_the_document_says_in_what_they_differ(testbuy: Run) -> None:
    told = json.loads(testbuy("compare", VENICE, PLOT, "--format", "json").stdout)
    jsonschema_rs.validator_for(document_schema()).validate(told)
    rows = {row["what"]: row for row in told["rows"]}
    assert told["slugs"] == [VENICE, PLOT]
    assert rows["price"] == {"what": "price", "same": False, "values": ["$10.00", "$0.01"]}
    assert rows["atomic units"]["values"] == ["10000000 USDC", "10000 USDC"]
    assert rows["category"]["same"]
    assert (told["summary"]["listings"], told["summary"]["warnings"]) == (2, 1)


def test_copies_stand_first_and_the_cheapest_is_named(testbuy: Run, tmp_path: Path) -> None:
    venice = json.loads((LISTINGS / f"{VENICE}.json").read_bytes())
    copies = []
    for name, amount in (("twin", "20000"), ("cheap", "10000")):
        offer = {**venice["accepts"][0], "max_amount_required_atomic": amount, "pay_to": f"0x{name}"}
        copies.append({**venice, "slug": name, "url": f"https://{name}.example/", "accepts": [offer]})
    (tmp_path / "some.jsonl").write_text("".join(json.dumps(one) + "\n" for one in (venice, *copies)))
    told = json.loads(
        testbuy("compare", "--like", VENICE, "--catalogue", str(tmp_path / "some.jsonl"), "--format", "json").stdout
    )
    assert told["slugs"] == [VENICE, "cheap", "twin"]
    assert told["rows"][0] == {
        "what": "copy", "same": False, "values": ["2 copies", "same content, the cheapest", "same content"],
    }  # fmt: skip
    first = json.loads(
        testbuy("compare", "--like", "cheap", "--catalogue", str(tmp_path / "some.jsonl"), "--format", "json").stdout
    )
    assert first["rows"][0]["values"] == ["2 copies, the cheapest", "same content", "same content"]
    assert "copy" not in testbuy("compare", "--like", VENICE).stdout
