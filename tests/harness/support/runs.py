"""Runs for tests of reports: recorded ones made larger, and ones whose every text is hostile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import cycle
from typing import Any

from x402_harness.reporting.gates import Thresholds, conclude
from x402_harness.reporting.view import RunView, fold

Event = dict[str, Any]


def enlarged(events: list[Event], purchases: int) -> Iterator[Event]:
    """The run that ``events`` record, with its listings over again until it has at least that many purchases. Those of
    some listings failed a check."""
    listings = [event for event in events if event["event"] == "listing"]
    belonging = {one["number"]: _belonging(events, one["number"]) for one in listings}
    yield next(event for event in events if event["event"] == "run.start")
    made = 0
    for number, listing in enumerate(cycle(listings)):
        if made >= purchases:
            break
        yield {**listing, "number": number, "slug": f"{listing['slug']}-{number}"}
        for one in belonging[listing["number"]]:
            yield _again(one, number, made)
        made += sum(one["event"] == "case.start" for one in belonging[listing["number"]])
    yield _end(events, made)


def _end(events: list[Event], made: int) -> Event:
    ended = deepcopy(next(event for event in reversed(events) if event["event"] == "run.end"))
    ended["summary"]["purchases"] |= {"planned": made, "settled": made}
    return ended


def _belonging(events: list[Event], number: int) -> list[Event]:
    cases = {one["case"] for one in events if one["event"] == "case.start" and one["listing"] == number}
    kinds = {"finding", "skip", "cut", "case.start", "exchange", "case.end", "coverage", "claims", "attempt"}
    return [
        one for one in events if one["event"] in kinds and (one.get("listing") == number or one.get("case") in cases)
    ]


def _again(event: Event, number: int, made: int) -> Event:
    told = {**event}
    if told.get("listing") is not None:
        told["listing"] = number
    if told.get("case"):
        told["case"] = f"{told['case'][:6]}{number:06d}"
    if told["event"] == "case.end" and (number + made) % 10 == 0:
        told["failed"] = ["RESP001"]
    return told


def judged(events: Iterator[Event] | list[Event], thresholds: Thresholds | None = None) -> RunView:
    """The view of a run, judged."""
    view = fold(events)
    conclude(view, thresholds or Thresholds(), lambda event, **content: view({"event": event, **content}))
    return view


def with_texts(value: Any, change: Callable[[str], str], keep: frozenset[str]) -> Any:
    """``value`` with every string in it changed, but those under the members to ``keep``."""
    if isinstance(value, dict):
        return {key: one if key in keep else with_texts(one, change, keep) for key, one in value.items()}
    if isinstance(value, list):
        return [with_texts(one, change, keep) for one in value]
    return change(value) if isinstance(value, str) else value
