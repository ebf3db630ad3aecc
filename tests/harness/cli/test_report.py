"""``testbuy report``, and the reports and gates of a run, as a user meets them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from x402_harness.cli.app import app

FILING = "listings/api-filingdesk-example-v1-company-report.json"  # whose price is contradicted
GAS = "listings/api-blockpulse-example-base-gas.json"
FREE = "listings/free-promptyard-example-v1-moderate.json"


@pytest.fixture
def testbuy(root, monkeypatch) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run ``testbuy`` in the project's folder, in this process: so many runs would take long in one each."""
    monkeypatch.chdir(root)

    def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        given = [str(one) for one in arguments]
        env = {"COLUMNS": "160", "NO_COLOR": "1", "GITHUB_STEP_SUMMARY": None, **environment}
        done = CliRunner().invoke(app, given, prog_name="testbuy", env=env)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return subprocess.CompletedProcess(given, done.exit_code, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="module")
def recorded(root, tmp_path_factory) -> Path:
    """A folder of reports with one run, which failed."""
    folder = tmp_path_factory.mktemp("reports")
    given = ["run", str(root / FILING), "--rows", "2", "-q", "--reports", str(folder), "--report", "json"]
    assert CliRunner().invoke(app, given).exit_code == 1
    return folder


def only(folder: Path) -> Path:
    (run,) = (path for path in folder.iterdir() if path.is_dir())
    return run


def test_several_reports_are_written_and_none_changes_the_exit_code(testbuy, tmp_path):
    summary, sarif = tmp_path / "summary.md", tmp_path / "out.sarif"
    wanted = f"html,junit,md,har,csv,github,json,sarif={sarif}"
    done = testbuy(
        "run", FILING, "--rows", 1, "-q", "--reports", tmp_path / "r", "--report", wanted, "--format", "json",
        GITHUB_STEP_SUMMARY=str(summary),
    )  # fmt: skip
    assert done.returncode == 1
    assert json.loads(done.stdout)["exit_code"] == 1
    assert done.stderr.startswith("::error title=PRICE001")
    assert summary.read_text().startswith("## ✗ failed")
    assert json.loads(sarif.read_text())["runs"][0]["invocations"][0]["exitCode"] == 1
    files = {path.name for path in only(tmp_path / "r").iterdir()}
    assert {"report.html", "junit.xml", "report.md", "exchanges.har", "purchases.csv", "report.json"} <= files


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--max-p95", "60", "--max-spend", "1"), 0, "gate       ✓ max-spend: at most $1.00 is spent ($0.0018)"),
        (("--min-coverage", "1%"), 3, "–, nothing to evaluate"),
        (("--max-spend", "0.001"), 1, "gate       ✗ max-spend: at most $0.001 is spent ($0.0018)"),
        (("--max-p95", "0.0000001"), 1, "gate       ✗ max-p95"),
        (("--max-p95", "soon"), 2, "is no number such as 2.5"),
        (("--min-coverage", "101"), 2, "more than all"),
        (("--report", "htlm"), 2, "did you mean html?"),
        (("--report", "junit=nowhere/a.xml"), 2, "the folder of nowhere/a.xml is not there"),
    ],
)
def test_gates_and_reports_are_asked_for_by_options(testbuy, tmp_path, arguments, code, told):
    done = testbuy("run", GAS, "-q", "--reports", tmp_path, *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert told in done.stdout + done.stderr


def test_a_gate_that_evaluated_nothing_fails_the_run(testbuy, tmp_path):
    done = testbuy("run", FREE, "-q", "--reports", tmp_path, "--max-p95", "60")
    assert done.returncode == 3
    assert "✗ max-p95: 95 of 100 purchases take at most 60 s (–, nothing to evaluate)" in done.stdout


def test_a_baseline_keeps_a_run_quiet_and_says_what_is_stale(testbuy, tmp_path):
    baseline, folder = tmp_path / "baseline.json", tmp_path / "r"
    first = testbuy("run", FILING, "--rows", 1, "-q", "--reports", folder, "--write-baseline", baseline)
    assert first.returncode == 0, first.stdout
    second = testbuy("run", FILING, "--rows", 1, "-q", "--reports", folder, "--baseline", baseline, "--format", "json")
    told = json.loads(second.stdout)
    assert second.returncode == 0
    assert told["findings"] == []
    assert {found["rule"] for found in told["suppressed"]} == {"PRICE001"}
    assert told["summary"]["errors"] == 0
    third = testbuy("run", GAS, "-q", "--reports", folder, "--baseline", baseline)
    assert third.returncode == 0
    assert "baseline entry is stale" in third.stderr
    again = testbuy("report", "show", "last", "--reports", folder, "--format", "json")
    assert again.returncode == 0


def test_a_baseline_of_validate_holds_for_a_run(testbuy, tmp_path):
    baseline = tmp_path / "baseline.json"
    testbuy("validate", FILING, "--write-baseline", baseline)
    done = testbuy("run", FILING, "--rows", 1, "-q", "--reports", tmp_path / "r", "--baseline", baseline)
    assert done.returncode == 0, done.stdout


def test_a_run_is_shown_as_it_was_printed_by_id_folder_or_file(testbuy, recorded):
    run = only(recorded)
    first = testbuy("report", "show", run.name, "--reports", recorded)
    assert first.returncode == 1
    assert "gate       ✗ fail-on: no finding of level error (2 found)" in first.stdout
    assert first.stdout.endswith("exit 1\n")
    for other in (run, run / "events.ndjson"):
        assert testbuy("report", "show", other).stdout.count("PRICE001 error") == 2


def test_a_converted_report_is_the_one_that_the_run_wrote(testbuy, recorded):
    run = only(recorded)
    before = (run / "report.json").read_bytes()
    done = testbuy("report", "convert", run, "--to", "json,junit")
    assert done.returncode == 0, done.stderr
    assert (run / "report.json").read_bytes() == before
    assert (run / "junit.xml").exists()
    out = testbuy("report", "convert", run, "--to", "csv=-")
    assert out.stdout.startswith("run,mode,evidence,case,")


def test_a_run_that_was_killed_is_shown_as_far_as_it_went(testbuy, recorded, tmp_path):
    killed = tmp_path / "killed"
    shutil.copytree(only(recorded), killed)
    journal = killed / "events.ndjson"
    whole = journal.read_bytes()
    journal.write_bytes(whole[: whole.index(b'"event":"case.end"') + 300])
    done = testbuy("report", "show", killed)
    assert done.returncode == 6  # a purchase was under way
    assert "✗ finished: the run went to its end (the record ends before the run)" in done.stdout
    assert testbuy("report", "convert", killed, "--to", "html,junit,sarif,md,har,csv").returncode == 0


def test_two_runs_are_compared(testbuy, recorded, tmp_path):
    other = tmp_path / "other"
    testbuy("run", GAS, "-q", "--reports", other, "--report", "json")
    better = testbuy("report", "diff", only(recorded), only(other), "--format", "json")
    told = json.loads(better.stdout)
    assert better.returncode == 0
    assert [found["rule"] for found in told["gone"]] == ["PRICE001", "PRICE001"]
    worse = testbuy("report", "diff", only(other), only(recorded))
    assert worse.returncode == 1
    assert "NEW 2" in worse.stdout


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("not json\n", 2, "line 1 is no event"),
        ('{"event": "listing", "number": 0}\n', 2, "it does not begin with the start of a run"),
        ('{"event": "run.start"}\n{"event": "skip", "listing": 7}\n', 2, "an event lacks what its kind has"),
        (None, 3, "no run"),
    ],
)
def test_what_is_no_run_is_told(testbuy, tmp_path, text, code, told):
    journal = tmp_path / "events.ndjson"
    if text is not None:
        journal.write_text(text)
    done = testbuy("report", "show", tmp_path, "--reports", tmp_path / "none")
    assert done.returncode == code
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["", "show", "convert", "diff"])
def test_help_says_what_there_is(root, matches_snapshot, name):
    command = [sys.executable, "-m", "x402_harness", "report", *filter(None, [name]), "--help"]
    environment = {**os.environ, "COLUMNS": "160", "NO_COLOR": "1", "PYTHONUTF8": "1"}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=60, check=True)
    matches_snapshot(f"report-{name or 'group'}-help", done.stdout)
