"""``testbuy replay``: purchases that were recorded, judged again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

LISTING = "listings/api-blockpulse-example-base-gas.json"


@pytest.fixture
def run(testbuy, tmp_path):
    """A run that was recorded, and the folder of its reports."""
    reports = tmp_path / "reports"
    done = testbuy("run", LISTING, "--reports", reports, "--format", "json", "-q")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), reports


def replay(testbuy, *arguments):
    return testbuy("replay", *arguments, "-q")


def test_a_run_is_judged_again_by_its_name(run, testbuy, matches_snapshot):
    told, reports = run
    done = replay(testbuy, told["run"], "--reports", reports)
    assert done.returncode == 0
    matches_snapshot("replay", done.stdout)


def test_a_case_is_judged_again_as_it_was_wherever_it_is_found(run, testbuy, tmp_path):
    told, reports = run
    case = told["listings"][0]["purchases"][0]["case"]
    for extra in (
        ("--reports", reports),
        ("--reports", tmp_path / "empty", "--cassettes", next(reports.glob("*/cassettes"))),
    ):
        again = json.loads(replay(testbuy, case, "--format", "json", *extra).stdout)
        assert [one["case"] for one in again["listings"][0]["purchases"]] == [case]
        assert (again["command"], again["findings"]) == ("replay", told["findings"])
        assert again["summary"]["purchases"] == told["summary"]["purchases"]
        assert again["summary"]["spent"] == []


def test_against_a_listing_that_changed_the_recordings_are_stale(run, testbuy, tmp_path):
    told, reports = run
    changed = json.loads(Path(LISTING).read_text(encoding="utf-8"))
    for entry in changed["accepts"]:
        entry["max_timeout_seconds"] = 7
    (tmp_path / "listing.json").write_text(json.dumps(changed), encoding="utf-8")
    done = replay(
        testbuy, told["run"], "--reports", reports, "--against", tmp_path / "listing.json", "--format", "json"
    )
    reasons = json.loads(done.stdout)["listings"][0]["skipped"]
    assert reasons
    assert all("is stale: the terms are others now" in reason for reason in reasons)


def test_what_was_never_recorded_is_not_found(testbuy, tmp_path, matches_snapshot):
    done = replay(testbuy, "0123456789ab", "--reports", tmp_path)
    assert done.returncode == 3
    matches_snapshot("replay-nothing", done.stdout + "--- stderr\n" + done.stderr)


def test_the_help_of_replay_is_pinned(testbuy, matches_snapshot):
    matches_snapshot("replay-help", testbuy("replay", "--help").stdout)


def test_recordings_are_shared_between_runs_and_nothing_is_bought_twice(testbuy, tmp_path):
    def bought() -> dict:
        done = testbuy(
            "run", LISTING, "--reports", tmp_path / "reports", "--cassettes", tmp_path / "tapes", "--record", "new",
            "--format", "json", "-q",
        )  # fmt: skip
        return json.loads(done.stdout)["summary"]

    first, second = bought(), bought()
    assert first["purchases"] == second["purchases"]
    assert first["spent"]
    assert second["spent"] == []
