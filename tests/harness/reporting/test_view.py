"""Views are made from events alone, and terminals are safe from what events hold."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from x402_harness.reporting.escape import printable
from x402_harness.reporting.progress import Progress
from x402_harness.reporting.view import fold
from x402_harness.runs.events import Journal, Stream, read_events

FINDING = {
    "rule": "CAT003", "level": "error", "message": "not JSON", "observed": None, "expected": None,
    "location": {"file": "a.json", "line": 3}, "help": "",
}  # fmt: skip


def test_a_finding_of_the_reading_belongs_to_no_listing():
    view = fold([{"event": "finding", "at": 1, "listing": None, "case": None, "finding": FINDING}])
    assert [finding.to_dict() for finding in view.findings] == [FINDING]
    assert view.levels["error"] == 1


def test_events_of_later_versions_are_passed_over():
    assert fold([{"event": "something.new", "at": 1}]).ended is None


def test_a_journal_is_read_up_to_a_line_that_was_cut(tmp_path):
    journal = Journal(tmp_path / "events.ndjson")
    stream = Stream(lambda: 5.0, (journal,))
    stream.emit("run.start", run="r", text="line\nbreak \u2028 and \udcff")
    stream.emit("plan", cases=1)
    journal.close()
    path = tmp_path / "events.ndjson"
    path.write_bytes(path.read_bytes()[:-4])
    assert [event["event"] for event in read_events(path)] == ["run.start"]


def test_a_journal_never_overwrites_another(tmp_path):
    Journal(tmp_path / "events.ndjson").close()
    with pytest.raises(FileExistsError):
        Journal(tmp_path / "events.ndjson")


@given(st.text(st.characters(codec=None)))
def test_printable_text_has_no_control_or_direction_characters(text):
    shown = printable(text)
    assert "\n" not in shown
    assert all(character.isprintable() for character in shown)
    assert not set(shown) & set("\u202a\u202e\u2066\u2069\u200b\ufeff")


def test_progress_off_a_terminal_is_a_line_per_tenth_of_the_listings():
    out = io.StringIO()
    progress = Progress(out)
    for number in range(50):
        progress({"event": "listing", "number": number})
    for number in range(50):
        for _ in range(2):
            progress({"event": "case.start", "listing": number})
            progress({"event": "case.end", "state": "settled"})
    progress({"event": "plan", "cases": 100, "cost": "1.000000"})
    progress({"event": "run.end"})
    lines = out.getvalue().splitlines()
    assert len(lines) == 11
    assert lines[-2:] == [
        "listing 50/50 · 100 bought · 100 settled",
        "100 purchases planned, 1.000000 dollars of sandbox money",
    ]
    assert "\x1b" not in out.getvalue()
