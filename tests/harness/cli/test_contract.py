"""The output contract: one JSON document on stdout, exit codes, nothing said twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema_rs
import pytest

from x402_harness.reporting.document import document_schema
from x402_harness.runs.events import read_events

SLUG = "api-venice-ai-api-v1-images-generations"
REFERENCE = f"listings/{SLUG}.json"


def document(done: subprocess.CompletedProcess[str]) -> dict:
    told = json.loads(done.stdout)
    jsonschema_rs.validator_for(document_schema()).validate(told)
    return told


@pytest.mark.parametrize(
    "arguments",
    [
        ("search", "image"),
        ("show", SLUG),
        ("claims", SLUG),
        ("validate", "listings"),
        ("fix", "listings"),
        ("explain", "PRICE003"),
        ("run", REFERENCE),
    ],
    ids=lambda arguments: arguments[0],
)
def test_every_command_prints_one_document_and_nothing_else(arguments, testbuy, tmp_path):
    extra = ("--reports", tmp_path) if arguments[0] == "run" else ()
    told = document(testbuy(*arguments, "--format", "json", *extra))
    assert (told["command"], told["tool"], told["schema_version"]) == (arguments[0], "testbuy", 1)


def test_the_shipped_schema_is_the_one_that_the_models_make(root):
    shipped = root / "harness" / "x402_harness" / "reporting" / "schemas" / "output.schema.json"
    assert json.loads(shipped.read_text()) == document_schema()


def test_a_run_buys_every_buyable_listing_and_tells_what_it_spent(testbuy, tmp_path):
    told = document(testbuy("run", "listings", "--format", "json", "--reports", tmp_path))
    assert told["summary"]["purchases"] == {"planned": 60, "settled": 60, "refused": 0, "unknown": 0, "unsold": 0}
    skipped = {listing["slug"]: listing["skipped"] for listing in told["listings"] if listing["skipped"]}
    assert skipped == {"free-promptyard-example-v1-moderate": ["offer 0: free: there is nothing to buy"]}
    errors = {found["location"]["listing"] for found in told["findings"] if found["level"] == "error"}
    assert errors == {"api-filingdesk-example-v1-company-report"}
    paid = sum(int(case["amount"]) for listing in told["listings"] for case in listing["purchases"])
    assert sum(int(row["atomic"]) for row in told["summary"]["spent"]) == paid


def test_the_same_seed_buys_the_same_requests_and_another_seed_others(testbuy, tmp_path):
    def bodies(seed: int) -> list[str]:
        done = testbuy("run", REFERENCE, "--seed", seed, "--format", "json", "--reports", tmp_path)
        return [case["request"]["body"]["text"] for case in json.loads(done.stdout)["listings"][0]["purchases"]]

    first = bodies(7)
    assert first == bodies(7)
    assert first != bodies(8)
    assert json.loads(first[0]) == json.loads(Path(REFERENCE).read_text())["example_request_body"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((REFERENCE,), 0),
        ((REFERENCE, "--fail-on", "warning"), 1),
        ((REFERENCE, "--category", "nothing"), 3),
        ((REFERENCE, "--per-call-max", "1"), 0),
        (("listings", "--fail-on", "never"), 0),
    ],
    ids=["clean", "a warning fails when asked to", "nothing matches", "all over the cap is skipped", "report only"],
)
def test_exit_codes_follow_the_findings(arguments, code, testbuy, tmp_path):
    assert testbuy("run", *arguments, "-q", "--reports", tmp_path).returncode == code


def test_a_budget_is_never_exceeded_and_what_it_leaves_out_is_said(testbuy, tmp_path):
    told = document(testbuy("run", REFERENCE, "--budget", "25", "--format", "json", "--reports", tmp_path))
    assert told["summary"]["purchases"]["settled"] == 2
    assert told["summary"]["spent"][0]["amount"] == "20.000000"


def test_an_empty_folder_is_said_to_hold_nothing(testbuy, tmp_path):
    (tmp_path / "empty").mkdir()
    done = testbuy("run", tmp_path / "empty", "--reports", tmp_path / "out")
    assert done.returncode == 3
    assert "0 read" in done.stdout


def test_ctrl_c_leaves_a_readable_run(root, tmp_path):
    many = tmp_path / "many.jsonl"
    line = json.dumps(json.loads((root / REFERENCE).read_text()))
    many.write_text("\n".join(line.replace(SLUG, f"{SLUG}-{number}") for number in range(200)))
    command = [sys.executable, "-m", "x402_harness", "run", str(many), "--rows", "20"]
    command += ["--reports", str(tmp_path / "out")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    folder = wait_for_purchase(tmp_path / "out")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "interrupted" in out
    events = list(read_events(folder / "events.ndjson"))
    last = next(event for event in events if event["event"] == "run.end")
    assert events[-1] == {**events[-1], "event": "verdict", "exit_code": 130, "passed": False}
    assert last["summary"]["interrupted"] is True
    assert last["summary"]["purchases"]["settled"] >= 1
    assert (folder / "report.html").exists()


def wait_for_purchase(reports: Path) -> Path:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for journal in reports.glob("*/events.ndjson"):
            if '"case.end"' in journal.read_text():
                return journal.parent
        time.sleep(0.05)
    raise AssertionError("no purchase was made in time")


def test_a_killed_run_leaves_every_finished_purchase_in_its_journal(root, tmp_path):
    command = [sys.executable, "-m", "x402_harness", "run", "listings", "--rows", "50", "--reports", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=root)
    folder = wait_for_purchase(tmp_path)
    process.kill()
    process.wait(timeout=30)
    kinds = [event["event"] for event in read_events(folder / "events.ndjson")]
    assert kinds[0] == "run.start"
    assert "case.end" in kinds
    assert "run.end" not in kinds


def test_version_costs_less_than_a_tenth_of_a_second_of_cpu(root):
    before = os.times()
    for _ in range(5):
        subprocess.run([sys.executable, "-m", "x402_harness", "--version"], check=True, capture_output=True, cwd=root)
    after = os.times()
    spent = (after.children_user + after.children_system) - (before.children_user + before.children_system)
    assert spent / 5 < 0.1
