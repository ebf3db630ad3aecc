"""Recorded runs: their list, their report, and what they say of a listing and a host."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.harness.support.pages import Page

from x402_harness.explorer import Shelf
from x402_harness.reporting.gates import Thresholds
from x402_harness.reporting.session import run_and_report
from x402_harness.runs.config import RunConfig

SLUG, HOST = "api-blockpulse-example-base-gas", "api.blockpulse.example"


@pytest.fixture(scope="module")
def reports(tmp_path_factory, listings) -> Path:
    """A folder with a run, one that was killed, and what is none."""
    folder = tmp_path_factory.mktemp("reports")
    done = run_and_report(RunConfig(sources=(str(listings / f"{SLUG}.json"),), rows=2), folder, quiet=True)
    whole = (done.folder / "events.ndjson").read_text().splitlines(keepends=True)
    done.conclude(Thresholds())
    done.write_reports()
    for name, text in {
        "killed": "".join(whole[:4]),
        "torn": "".join(whole)[:-30],
        "other": "{}\n",
        "empty": "",
    }.items():
        (folder / name).mkdir()
        (folder / name / "events.ndjson").write_text(text)
    return folder


@pytest.fixture
def client(asking, catalogue_file, reports):
    """A client of the explorer with these runs."""
    return asking(Shelf(catalogue_file, "catalogue.db", reports))


def test_runs_are_listed_with_how_they_ended(client):
    text = Page(client.get("/runs").text).text
    assert "1 of 1 settled" in text
    assert text.count("not finished") == 2
    assert "other" not in text
    runs = client.get("/runs.json").json()["runs"]
    assert [one["summary"] is None for one in runs].count(True) == 2
    assert len(runs) == 3


def test_a_run_is_shown_as_its_report(client, reports):
    run = next(one["run"] for one in client.get("/runs.json").json()["runs"] if one["summary"])
    page = Page(client.get(f"/run?id={run}").text)
    report = (reports / run / "report.html").read_text()
    assert "says nothing about the real seller" in page.text
    assert "style" not in {tag for tag, _ in page.tags}
    assert "/static/report.css" in [one["href"] for one in page.named("link")]
    assert client.get("/static/report.css").text.strip() in report
    written = json.loads((reports / run / "report.json").read_text())
    assert client.get(f"/run.json?id={run}").json() == written


@pytest.mark.parametrize("name", ["killed", "torn"])
def test_a_run_that_was_killed_is_shown_as_far_as_it_went(client, name):
    assert "not finished" in client.get(f"/run?id={name}").text


@pytest.mark.parametrize("name", ["other", "empty", "..", "none", "killed/../killed"])
def test_what_is_no_run_is_not_shown(client, name):
    assert client.get("/run", params={"id": name}).status_code == 404


def test_a_listing_and_its_host_know_their_purchases(client):
    listing, host = client.get(f"/listing.json?slug={SLUG}").json(), client.get(f"/host.json?name={HOST}").json()
    assert listing["listings"][0]["runs"]["purchases"]["settled"] >= 1
    assert host["runs"]["purchases"] == listing["listings"][0]["runs"]["purchases"]
    assert "Not settled: 0 of" in client.get(f"/listing?slug={SLUG}").text
