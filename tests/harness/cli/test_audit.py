"""``testbuy audit``: a catalogue in every format, its gates, and what filters do and do not change."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from click.testing import CliRunner, Result

from x402_harness.cli.app import app
from x402_harness.reporting.document import document_schema

ODD = "odd-one"
HOSTILE = "=cmd|' /C calc'!A0<script>alert(1)</script>\u202e\x1b[2J"


def listing(slug: str, atomic: int, category: str = "data") -> dict[str, Any]:
    return {
        "pricing_decimal_suspect": False,
        "slug": slug, "title": slug, "url": f"https://{slug}.example/v1", "category": category, "summary": HOSTILE,
        "pricing_sanity": {"flag": "normal", "ratio": 2, "median_category_atomic": 10000},
        "accepts": [
            {
                "scheme": "exact", "network": "base", "pay_to": "0x" + "1" * 40,
                "asset": "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", "max_amount_required_atomic": str(atomic),
                "hints": {"input": {"type": "http", "method": "GET"}},
            }
        ],
    }  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve listings at a cent, one at a thousand times that, and a line that is no JSON."""
    rows = [listing(f"one-{number}", 10_000) for number in range(12)] + [listing(ODD, 10_000_000)]
    for row in rows:
        row["pricing_sanity"]["ratio"] = int(row["accepts"][0]["max_amount_required_atomic"]) / 10_000
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "catalogue.jsonl").write_text(text + "{nope\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def audited(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run ``testbuy audit`` over the folder's catalogue, in this process: there is no other to start for each gate."""
    monkeypatch.chdir(folder)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["audit", "catalogue.jsonl", *arguments])

    return run


def told(done: Result) -> dict[str, Any]:
    assert done.exception is None or isinstance(done.exception, SystemExit)
    document: dict[str, Any] = json.loads(done.stdout)
    jsonschema_rs.validator_for(document_schema()).validate(document)
    return document


def test_the_document_holds_findings_groups_and_what_was_not_judged(folder, audited):
    document = told(audited("--select", "PRICE022", "--format", "json"))
    (found,) = document["findings"]
    assert (found["rule"], found["location"]["line"], found["location"]["listing"]) == ("PRICE022", 13, ODD)
    assert document["summary"]["listings"] == 13
    audit = document["audit"]
    assert (audit["judged"], audit["not_judged"]) == (13, {})
    assert {"group": "category 'data'", "median": "0.01", "sellers": 13}.items() <= audit["peer_groups"][0].items()


def test_declared_and_our_own_judgements_are_of_different_rules(folder, audited):
    document = told(audited("--format", "json", "--fail-on", "never"))
    rules = {found["rule"] for found in document["findings"] if found["location"].get("listing") == ODD}
    assert rules == {"PRICE003", "PRICE004", "PRICE022", "PRICE023"}
    assert [found["rule"] for found in document["findings"] if found["location"].get("line") == 14] == ["CAT003"]


def test_filters_choose_what_is_told_and_not_who_is_a_peer(folder, audited):
    arguments = ("--select", "PRICE022", "--price", ">=1", "--format", "json")
    document = told(audited(*arguments))
    assert document["summary"]["listings"] == 1
    assert document["audit"]["listings"] == 13
    assert len(document["findings"]) == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), 0),
        (("--fail-on", "warning"), 1),
        (("--level", "PRICE022=error"), 1),
        (("--level", "PRICE=error", "--level", "PRICE022=info", "--fail-on", "warning"), 0),
        (("--category", "nothing"), 3),
        (("--level", "PRICE022"), 2),
        (("--level", "PRIZE=error"), 2),
        (("--level", "PRICE022=fatal"), 2),
        (("--price", "cheap"), 2),
    ],
)
def test_gates_and_levels_decide_the_exit_code(arguments, code, audited):
    done = audited("--select", "PRICE022", *arguments)
    assert (done.exit_code, isinstance(done.exception, SystemExit | None)) == (code, True)


def test_rules_that_are_not_judged_here_are_no_gate(folder, audited):
    done = audited("--select", "HINT")
    assert done.exit_code == 3
    assert "none of the selected rules is judged by audit" in done.stderr


def test_accepted_findings_are_suppressed(folder, audited):
    arguments = ("--select", "PRICE022", "--fail-on", "warning")
    assert audited(*arguments, "--write-baseline", "base.json").exit_code == 0
    done = audited(*arguments, "--baseline", "base.json")
    assert done.exit_code == 0
    assert "1 suppressed by the baseline" in done.stdout


def test_standard_input_gives_the_same_findings(folder, audited):
    arguments = ("--select", "PRICE022", "--format", "json")
    with (folder / "catalogue.jsonl").open() as stream:
        command = [sys.executable, "-m", "x402_harness", "audit", "-", *arguments]
        done = subprocess.run(
            command, stdin=stream, cwd=folder, capture_output=True, text=True, check=False, timeout=120
        )
    messages = [found["message"] for found in json.loads(done.stdout)["findings"]]
    assert messages == [found["message"] for found in told(audited(*arguments))["findings"]] != []


def test_a_catalogue_file_gives_the_same_findings(folder, audited):
    arguments = ("--select", "PRICE,DUP", "--format", "json", "--fail-on", "never")
    CliRunner().invoke(app, ["import", "catalogue.jsonl"])
    done = CliRunner().invoke(app, ["audit", "catalogue.db", *arguments])
    assert told(done)["findings"] == told(audited(*arguments))["findings"] != []
    assert told(done)["audit"] == told(audited(*arguments))["audit"]


def test_a_truth_sheet_is_judged_among_peers_if_that_is_wanted(folder, audited):
    def of(*arguments: str) -> dict[str, Any]:
        claims = ["claims", "one-3", "--catalogue", "catalogue.jsonl", "--format", "json", *arguments]
        return told(CliRunner().invoke(app, claims))

    def evidence(document: dict[str, Any]) -> set[str]:
        return {claim["evidence"] for claim in document["sheets"][0]["claims"]}

    assert "catalogue" not in evidence(of())
    assert "catalogue" in evidence(of("--peers"))


class Page(HTMLParser):
    """Counts tags, and keeps the policy."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if dict(attrs).get("http-equiv") == "Content-Security-Policy":
            self.policy = dict(attrs)["content"] or ""


def test_the_page_has_no_script_and_text_of_others_is_text(folder, audited):
    for row in folder.glob("*.jsonl"):
        row.write_text(row.read_text().replace(ODD, "<script>alert(1)</script>"))
    done = audited("--format", "html", "--fail-on", "never")
    page = Page()
    page.feed(done.stdout)
    assert "script" not in page.tags
    assert page.policy == "default-src 'none'; style-src 'unsafe-inline'"
    assert {"table", "details"} <= set(page.tags)
    assert "&lt;script&gt;" in done.stdout
    assert not {"\x1b", "\u202e"} & set(done.stdout)
    assert "PRICE022" in done.stdout


def test_a_spreadsheet_gets_rows_and_no_formula(folder, audited):
    (folder / "catalogue.jsonl").write_text((folder / "catalogue.jsonl").read_text().replace(ODD, "=1+1"))
    done = audited("--format", "csv", "--fail-on", "never")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert {row["listing"] for row in rows if row["rule"] == "PRICE022"} == {"'=1+1"}
    assert all(row["message"] for row in rows)


def test_text_says_what_was_judged_and_sarif_points_at_the_line(folder, audited):
    done = audited("--select", "PRICE022")
    assert "catalogue.jsonl:13:" in done.stdout
    assert "prices of 13 of 13 listings judged among peers" in done.stderr
    sarif = json.loads(audited("--select", "PRICE022", "--format", "sarif").stdout)
    (result,) = sarif["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 13
