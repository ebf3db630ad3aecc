"""Gates: what a run must pass, what each looked at, and the exit code that follows."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from x402_catalog.findings import Level
from x402_harness.reporting.gates import Thresholds, conclude, gate_line
from x402_harness.reporting.view import RunView, fold
from x402_harness.runs.outcome import Exit, Summary

USDC = {"network": "eip155:8453", "asset": "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", "symbol": "USDC"}


def run(
    *,
    took: Sequence[float] = (),
    levels: tuple[int, int] = (0, 0),
    found: int = 0,
    spent: int = 0,
    asset: str = "",
    **more: Any,
) -> RunView:
    """A run with purchases that took so many seconds, that covered so many of so many levels, and spent."""
    summary = Summary(listings=1, planned=len(took), settled=len(took), **more)
    summary.levels["warning"] = found
    row = {**USDC, "atomic": str(spent), "amount": None} | ({"asset": asset} if asset else {})
    summary.spent = [row] if spent else []
    events: list[dict[str, Any]] = [
        {"event": "run.start", "at": 0.0, "run": "r"},
        {"event": "listing", "number": 0, "slug": "s", "file": "a.json", "pointer": "", "offers": []},
        *({"event": "finding", "listing": 0, "case": None, "finding": WARNING} for _ in range(found)),
    ]  # fmt: skip
    for number, seconds in enumerate(took):
        case = {"case": str(number), "listing": 0}
        events += [
            {"event": "case.start", **case},
            {"event": "exchange", **case, "exchange": {"elapsed": seconds}},
            {"event": "case.end", **case, "state": "settled", "failed": [], "elapsed": seconds},
        ]
    if levels[1]:
        events.append({"event": "coverage", "listing": 0, "levels": {"shown": levels[0], "of": levels[1]}})
    return fold([*events, {"event": "run.end", "at": 9.0, "summary": summary.to_dict()}])


WARNING = {
    "rule": "PRICE004", "level": "warning", "message": "m", "observed": None, "expected": None,
    "location": {"listing": "s"}, "help": "",
}  # fmt: skip


def concluded(view: RunView, **asked: Any) -> tuple[Exit, dict[str, dict[str, Any]]]:
    code = conclude(view, Thresholds(**asked), lambda event, **content: view({"event": event, **content}))
    assert view.exit_code == code
    return code, {gate["name"]: gate for gate in view.gates}


@pytest.mark.parametrize(
    ("view", "asked", "code"),
    [
        (run(took=[0.1] * 19 + [9]), {"max_p95": Decimal("0.1")}, Exit.CLEAN),
        (run(took=[0.1] * 18 + [9, 9]), {"max_p95": Decimal("0.1")}, Exit.FINDINGS),
        (run(took=[0.1], levels=(9, 10)), {"min_coverage": Decimal(90)}, Exit.CLEAN),
        (run(took=[0.1], levels=(9, 10)), {"min_coverage": Decimal("90.1")}, Exit.FINDINGS),
        (run(took=[0.1], spent=50_000), {"max_spend": 50_000}, Exit.CLEAN),
        (run(took=[0.1], spent=50_001), {"max_spend": 50_000}, Exit.FINDINGS),
        (run(took=[0.1], spent=1, asset="0x" + "1" * 40), {"max_spend": 50_000}, Exit.FINDINGS),
        (run(found=1), {}, Exit.CLEAN),
        (run(found=1), {"fail_on": Level.WARNING}, Exit.FINDINGS),
        (run(found=1), {"fail_on": None}, Exit.CLEAN),
        (run(took=[0.1], unknown=1), {}, Exit.UNKNOWN),
        (run(took=[0.1], unknown=1, faults=1, refused=1), {}, Exit.UNKNOWN),
        (run(took=[0.1], faults=1, refused=1), {}, Exit.FAULT),
        (run(took=[0.1], refused=1), {}, Exit.REFUSED),
        (run(took=[0.1], unknown=1, interrupted=True), {}, Exit.INTERRUPTED),
    ],
)
def test_the_exit_code_is_the_worst_that_a_failed_gate_asks_for(view, asked, code):
    assert concluded(view, **asked)[0] is code


@pytest.mark.parametrize("asked", [{"max_p95": Decimal(9)}, {"min_coverage": Decimal(0)}, {"max_spend": 10**9}])
def test_a_gate_that_evaluated_nothing_fails(asked):
    code, gates = concluded(run(), **asked)
    assert code is Exit.NOTHING
    (failed,) = (gate for gate in gates.values() if not gate["passed"])
    assert "nothing to evaluate" in gate_line(failed)


def test_a_run_over_nothing_passes_no_gate_that_looks_at_listings():
    view = fold([{"event": "run.start", "at": 0.0}, {"event": "run.end", "at": 1.0, "summary": Summary().to_dict()}])
    code, gates = concluded(view)
    assert code is Exit.NOTHING
    assert not gates["tested"]["passed"]
    assert not gates["fail-on"]["passed"]


def test_gates_say_what_the_summary_says_without_them():
    for more in ({}, {"unknown": 1}, {"refused": 1}, {"faults": 1}, {"interrupted": True}):
        view = run(took=[0.1], found=1, **more)
        summary = Summary(listings=1, levels={"error": 0, "warning": 1, "info": 0}, **more)
        for level in (None, *Level):
            assert concluded(run(took=[0.1], found=1, **more), fail_on=level)[0] is summary.exit_code(level)
        assert view.gates == []


def test_a_run_that_was_killed_fails_and_a_purchase_under_way_is_of_unknown_outcome():
    events = [
        {"event": "run.start", "at": 0.0},
        {"event": "listing", "number": 0, "slug": "s", "pointer": ""},
        {"event": "plan", "cases": 2},
        {"event": "case.start", "case": "a", "listing": 0},
    ]
    code, gates = concluded(fold(events))
    assert code is Exit.UNKNOWN
    assert gates["unknown"]["observed"] == "1 of 2"
    assert not gates["finished"]["passed"]
    assert concluded(fold(events[:3]))[0] is Exit.FAULT


def test_a_finding_that_a_baseline_accepts_fails_nothing_and_is_counted():
    view = run(found=2)
    view({"event": "suppress", "finding": 0, "reason": "meant", "expires": None})
    view({"event": "baseline", "baseline": {"file": "b.json", "stale": [], "expired": [], "entries": 1}})
    assert view.summary["warnings"] == 1
    assert view.summary["suppressed"] == 1
    assert len(view.all_findings) == 1
    view({"event": "suppress", "finding": 1, "reason": "meant", "expires": None})
    assert concluded(view, fail_on=Level.WARNING)[0] is Exit.CLEAN
