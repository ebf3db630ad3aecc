"""Two runs side by side: findings by their identity, claims by their place, figures by name."""

from __future__ import annotations

import io
from typing import Any

from tests.harness.support.runs import judged

from x402_harness.reporting.rundiff import compare_runs
from x402_harness.reporting.runprint import print_diff
from x402_harness.reporting.terminal import console
from x402_harness.reporting.view import RunView
from x402_harness.runs.outcome import Summary


def found(rule: str, pointer: str, message: str = "m") -> dict[str, Any]:
    location = {"listing": "s", "file": "a.json", "pointer": pointer}
    finding = {"rule": rule, "level": "error", "message": message, "observed": None, "expected": None, "help": ""}
    return {"event": "finding", "listing": 0, "case": None, "finding": {**finding, "location": location}}


def run(*findings: dict[str, Any], at: str = "", verdicts: tuple[str, ...] = ()) -> RunView:
    """A run over one listing that stands at ``at`` in its file."""
    claims = [{"pointer": "/a", "statement": "a is\x1b[31m b", "verdict": verdict} for verdict in verdicts]
    listing = {"event": "listing", "number": 0, "slug": "s", "file": "a.json", "pointer": at, "offers": []}
    return judged(
        [
            {"event": "run.start", "at": 0.0},
            listing,
            *findings,
            {"event": "claims", "listing": 0, "claims": claims, "totals": {}},
            {"event": "run.end", "at": 1.0, "summary": Summary(listings=1).to_dict()},
        ]
    )


def test_a_finding_is_the_same_when_it_is_worded_otherwise_or_its_listing_has_moved():
    before = run(found("CAT003", "/accepts/0"), found("CAT004", "/url"))
    after = run(found("CAT003", "/7/accepts/0", "other words"), found("CAT005", "/7/url"), at="/7")
    diff = compare_runs(before, after)
    assert [finding.rule for finding in diff.new] == ["CAT005"]
    assert [finding.rule for finding in diff.gone] == ["CAT004"]
    assert diff.kept == 1


def test_findings_of_one_identity_are_counted():
    one, three = run(found("CAT003", "/a")), run(*[found("CAT003", "/a")] * 3)
    assert len(compare_runs(one, three).new) == 2
    assert len(compare_runs(three, one).gone) == 2


def test_what_a_baseline_accepts_is_not_new():
    after = run(found("CAT003", "/a"))
    after({"event": "suppress", "finding": 0, "reason": "", "expires": None})
    assert compare_runs(run(), after).new == ()


def test_claims_that_turned_are_told_each_by_its_place():
    diff = compare_runs(run(verdicts=("held", "held")), run(verdicts=("held", "contradicted", "not tested")))
    assert [(one.before, one.after) for one in diff.turned] == [("held", "contradicted"), (None, "not tested")]


def test_a_run_differs_in_nothing_from_itself():
    view = run(found("CAT003", "/a"), verdicts=("held",))
    diff = compare_runs(view, view)
    assert (diff.new, diff.gone, diff.turned, diff.kept) == ((), (), (), 1)
    assert all(before == after for before, after in diff.figures.values())


def test_a_difference_is_printed_without_what_would_move_a_cursor():
    out = io.StringIO()
    many = [found("CAT003", f"/{number}", "bad\x1b[2J") for number in range(60)]
    print_diff(compare_runs(run(verdicts=("held",)), run(*many, verdicts=("contradicted",))), console(file=out))
    text = out.getvalue()
    assert "\x1b" not in text
    assert "… and 20 more" in text
    assert "held → contradicted" in text
    assert "60 new · 0 gone · 0 kept · 1 claims turned" in text
