"""The runner: each listing is planned when its turn comes, and what was planned in all is told at the end."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.harness.support.listings import hints, listing, offer

from x402_catalog.models import Listing
from x402_catalog.search import Filters
from x402_harness.policy import MICROS, Caps
from x402_harness.runs.config import RunConfig, Surroundings
from x402_harness.runs.events import Event, Stream
from x402_harness.runs.outcome import Summary
from x402_harness.runs.runner import Runner

CAPS = Caps(MICROS, MICROS)
CHOICE = {"type": "string", "enum": ["x", "y", "z"], "required": True}


def shop(slug: str, **changes: Any) -> Listing:
    return listing(
        offer(hints=hints(queryParams={"q": CHOICE}), **changes), slug=slug, url=f"https://{slug}.example/gen"
    )


def run(
    folder: Path,
    *listings: Listing,
    caps: Caps = CAPS,
    listen: Callable[[Event], None] = lambda _: None,
    **config: Any,
) -> tuple[Summary, list[Event]]:
    events: list[Event] = []
    count = itertools.count(1)

    def randomness(size: int) -> bytes:
        return next(count).to_bytes(size, "big")

    around = Surroundings("a-run", folder, lambda: 1_800_000_000.0, randomness)
    stream = Stream(around.clock, (events.append, listen))
    summary = asyncio.run(Runner(RunConfig((), caps=caps, **config), around, stream, listings).run())
    return summary, events


def kinds(events: list[Event]) -> list[tuple[str, Any]]:
    told = {"case.end", "skip", "cut", "coverage", "plan"}
    return [(event["event"], event.get("listing")) for event in events if event["event"] in told]


def test_a_listing_is_planned_when_those_before_it_are_bought(tmp_path):
    summary, events = run(tmp_path, shop("a"), shop("b", scheme="upto"), shop("c"))
    bought = [("case.end", 0)] * 3 + [("coverage", 0)]
    assert kinds(events)[:5] == [*bought, ("skip", 1)]
    assert kinds(events)[5:] == [("case.end", 2)] * 3 + [("coverage", 2), ("plan", None)]
    assert (summary.planned, summary.settled, summary.skipped) == (6, 6, 1)


def test_the_plan_that_is_told_at_the_end_is_what_was_planned(tmp_path):
    summary, events = run(tmp_path, shop("a"), shop("b"), shop("c"), caps=Caps(MICROS, 80_000))
    plan = next(event for event in events if event["event"] == "plan")
    assert (plan["cases"], plan["skipped"], plan["cost"]) == (4, 1, "0.080000")
    assert [one for one in kinds(events) if one[0] in {"skip", "cut"}] == [("cut", 1), ("skip", 2)]
    assert summary.planned == summary.settled == 4


def test_a_run_that_is_stopped_tells_what_was_planned_and_shown_so_far(tmp_path):
    def stop(event: Event) -> None:
        if event["event"] == "case.end":
            raise KeyboardInterrupt

    summary, events = run(tmp_path, shop("a"), shop("b"), listen=stop)
    assert summary.interrupted
    assert kinds(events) == [("case.end", 0), ("coverage", 0), ("plan", None)]
    assert next(event for event in events if event["event"] == "plan")["cases"] == 3


def test_prices_are_judged_among_all_that_were_read_whichever_are_chosen(tmp_path):
    peers = [shop(f"peer-{number}", max_amount_required_atomic=str(9_000 + 100 * number)) for number in range(12)]
    slip = shop("slip", max_amount_required_atomic="10000000000")
    chosen = Filters(host=("slip.example",))
    _, events = run(tmp_path, *peers, slip, audit=True, filters=chosen, caps=Caps(MICROS, MICROS))
    found = [event["finding"] for event in events if event["event"] == "finding"]
    assert [one["rule"] for one in found if one["rule"].startswith("PRICE02")] == ["PRICE022"]
    assert "12 peers" in found[0]["message"]


def test_prices_are_not_judged_among_others_unless_that_was_asked_for(tmp_path):
    peers = [shop(f"peer-{number}", max_amount_required_atomic=str(9_000 + 100 * number)) for number in range(12)]
    _, events = run(tmp_path, *peers, shop("slip", max_amount_required_atomic="10000000000"))
    assert not [event for event in events if event["event"] == "finding" and "PRICE02" in event["finding"]["rule"]]


def test_no_more_is_bought_in_all_than_was_said(tmp_path):
    summary, events = run(tmp_path, shop("a"), shop("b"), shop("c"), most=4)
    assert (summary.planned, summary.settled, summary.skipped) == (4, 4, 1)
    (cut,) = [event["reasons"] for event in events if event["event"] == "cut"]
    (skip,) = [event["reasons"] for event in events if event["event"] == "skip"]
    assert cut == ["2 of 3 purchases are more than --max-buys allows"]
    assert skip == ["as many purchases as --max-buys allows are planned already"]


def test_of_two_limits_the_one_that_is_reached_is_told(tmp_path):
    _, events = run(tmp_path, shop("a"), caps=Caps(MICROS, 40_000), most=9)
    (cut,) = [event["reasons"] for event in events if event["event"] == "cut"]
    assert cut == ["1 of 3 purchases are more than the budget allows"]


def test_purchases_that_are_set_aside_count_too(tmp_path):
    summary, _ = run(tmp_path, shop("a"), shop("b"), most=5, confirm=2)
    assert (summary.planned, summary.skipped) == (3, 1)
