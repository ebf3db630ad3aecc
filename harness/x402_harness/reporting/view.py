"""The view: a run's events folded into what reports show. Every format is made from a view, never from the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from x402_catalog.findings import Finding
from x402_harness.reporting.findings import Told
from x402_harness.runs.events import Event


@dataclass(slots=True)
class CaseView:
    """One purchase: what was planned, both legs as they went, and how it ended."""

    started: dict[str, Any]
    exchanges: list[dict[str, Any]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    ended: dict[str, Any] = field(default_factory=dict)
    fault: str | None = None

    @property
    def state(self) -> str:
        """The state at the end; ``stopped`` if the run ended before the case did, ``fault`` for our own."""
        return "fault" if self.fault else str(self.ended.get("state", "stopped"))


@dataclass(slots=True)
class ListingView:
    """One listing: what it is, what was found in it, its purchases, or why there are none, and its claims."""

    about: dict[str, Any]
    findings: list[Finding] = field(default_factory=list)
    cases: list[CaseView] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    claims: list[dict[str, Any]] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)
    coverage: dict[str, Any] = field(default_factory=dict)
    attempts: list[dict[str, Any]] = field(default_factory=list)

    @property
    def all_findings(self) -> list[Finding]:
        """Its own findings, then those of its purchases."""
        return [*self.findings, *(finding for case in self.cases for finding in case.findings)]


@dataclass(slots=True)
class RunView:
    """A run, whole. ``ended`` is the summary; ``None`` while the run goes on, or if it was killed.

    ``gates`` and ``exit_code`` are how it was judged, ``None`` until it is. ``suppressed`` are findings that a baseline
    accepts, each with the reason; they are in no other list.
    """

    started: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    listings: dict[int, ListingView] = field(default_factory=dict)
    plan: dict[str, Any] = field(default_factory=dict)
    ended: dict[str, Any] | None = None
    finished_at: float | None = None
    gates: list[dict[str, Any]] = field(default_factory=list)
    exit_code: int | None = None
    suppressed: list[tuple[Finding, dict[str, Any]]] = field(default_factory=list)
    baseline: dict[str, Any] | None = None
    _cases: dict[str, CaseView] = field(default_factory=dict)
    _told: list[tuple[Told, list[Finding]]] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        """Take in one event; kinds that are not known are passed over."""
        handler = _HANDLERS.get(event["event"])
        if handler is not None:
            handler(self, event)

    @property
    def all_findings(self) -> list[Finding]:
        """Every finding: those of the reading first, then listing by listing."""
        return [*self.findings, *(found for listing in self.listings.values() for found in listing.all_findings)]

    @property
    def told(self) -> list[Told]:
        """Every finding that was told, suppressed ones too, in the order of the events."""
        return [told for told, _ in self._told]

    @property
    def cases(self) -> list[CaseView]:
        """Every purchase, in order."""
        return [case for listing in self.listings.values() for case in listing.cases]

    @property
    def summary(self) -> dict[str, Any]:
        """The run's own summary; of a run that was killed, what its events tell."""
        return self.ended if self.ended is not None else _so_far(self)

    @property
    def levels(self) -> Counter[str]:
        """How many findings there are of each level."""
        return Counter(str(finding.level) for finding in self.all_findings)


def fold(events: Iterable[Event]) -> RunView:
    """The view of a whole stream."""
    view = RunView()
    for event in events:
        view(event)
    return view


def _so_far(view: RunView) -> dict[str, Any]:
    ends = Counter(map(_end_of, view.cases))
    return {
        "listings": len(view.listings),
        "skipped": sum(bool(listing.skipped) for listing in view.listings.values()),
        **{f"{level}s": view.levels[level] for level in ("error", "warning", "info")},
        "purchases": {
            "planned": view.plan.get("cases", len(view.cases)),  # planned listing by listing: told when all are
            **{end: ends[end] for end in ("settled", "refused", "unknown", "unsold")},
        },
        "spent": [],
        "claims": {},
        "coverage": {},
        "faults": ends["fault"],
        "interrupted": False,
    }


def _end_of(case: CaseView) -> str:
    if case.state in {"settled", "unknown", "fault"}:
        return case.state
    if case.state == "stopped":
        return "unknown"  # begun and without an end: nobody knows whether its signature left
    return "refused" if any(finding.rule.startswith("SPEND") for finding in case.findings) else "unsold"


def _start(view: RunView, event: Event) -> None:
    view.started = event


def _listing(view: RunView, event: Event) -> None:
    view.listings[event["number"]] = ListingView(about=event)


def _finding(view: RunView, event: Event) -> None:
    found = Finding.from_dict(event["finding"])
    case = view._cases.get(event["case"] or "")
    listing = None if event["listing"] is None else view.listings[event["listing"]]
    home = case.findings if case else listing.findings if listing else view.findings
    home.append(found)
    about = listing.about if listing else {}
    view._told.append((Told(found, root=about.get("pointer", "") + about.get("base", "")), home))


def _plan(view: RunView, event: Event) -> None:
    view.plan = event


def _skip(view: RunView, event: Event) -> None:
    view.listings[event["listing"]].skipped = event["reasons"]


def _cut(view: RunView, event: Event) -> None:
    view.listings[event["listing"]].cut = event["reasons"]


def _case_start(view: RunView, event: Event) -> None:
    case = CaseView(started=event)
    view._cases[event["case"]] = case
    view.listings[event["listing"]].cases.append(case)


def _exchange(view: RunView, event: Event) -> None:
    view._cases[event["case"]].exchanges.append(event["exchange"])


def _fault(view: RunView, event: Event) -> None:
    view._cases[event["case"]].fault = f"{event['message']} ({event['place']})"


def _case_end(view: RunView, event: Event) -> None:
    view._cases[event["case"]].ended = event


def _coverage(view: RunView, event: Event) -> None:
    listing = view.listings[event["listing"]]
    listing.coverage = {key: value for key, value in event.items() if key not in {"event", "at", "listing"}}


def _claims(view: RunView, event: Event) -> None:
    listing = view.listings[event["listing"]]
    listing.claims, listing.totals = event["claims"], event["totals"]


def _attempt(view: RunView, event: Event) -> None:
    view.listings[event["listing"]].attempts.append(event)


def _suppress(view: RunView, event: Event) -> None:
    told, home = view._told[event["finding"]]
    home[:] = [finding for finding in home if finding is not told.finding]
    view.suppressed.append((told.finding, {"reason": event["reason"], "expires": event["expires"]}))
    if view.ended is not None:
        counted = f"{told.finding.level}s"
        view.ended = {**view.ended, counted: view.ended[counted] - 1, "suppressed": len(view.suppressed)}


def _baseline(view: RunView, event: Event) -> None:
    view.baseline = event["baseline"]


def _gate(view: RunView, event: Event) -> None:
    view.gates.append(event["gate"])


def _verdict(view: RunView, event: Event) -> None:
    view.exit_code = event["exit_code"]


def _end(view: RunView, event: Event) -> None:
    view.ended, view.finished_at = event["summary"], event["at"]


_HANDLERS = {
    "run.start": _start,
    "listing": _listing,
    "finding": _finding,
    "plan": _plan,
    "skip": _skip,
    "cut": _cut,
    "case.start": _case_start,
    "exchange": _exchange,
    "fault": _fault,
    "case.end": _case_end,
    "coverage": _coverage,
    "claims": _claims,
    "attempt": _attempt,
    "run.end": _end,
    "suppress": _suppress,
    "baseline": _baseline,
    "gate": _gate,
    "verdict": _verdict,
}
