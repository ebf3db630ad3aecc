"""Verdicts: what the audit makes of one listing, kept until the listing is at hand again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from x402_catalog.findings import Finding, Location
from x402_catalog.rules.judge import Judge
from x402_catalog.rules.registry import Rule


@dataclass(frozen=True, slots=True)
class Found:
    """Something that ``rule`` found at ``pointer``; ``search`` is the command that shows the peers."""

    rule: Rule
    pointer: str
    message: str
    observed: Any
    expected: Any
    search: str

    @property
    def help(self) -> str:
        """What to do, and how to see the peers."""
        return f"{self.rule.mend} Peers: {self.search}"

    def tell(self, judge: Judge) -> None:
        """Tell the judge of the listing. Peers make a price or a copy suspect; they contradict no claim."""
        judge.remark(
            self.rule, self.pointer, self.message, observed=self.observed, expected=self.expected, help=self.help
        )

    def finding(self, place: Location) -> Finding:
        """The finding, at the place where its listing begins and not where in it ``pointer`` stands."""
        whole = Location(place.listing, place.file, place.line, place.column, (place.pointer or "") + self.pointer)
        return self.rule.finding(
            self.message, observed=self.observed, expected=self.expected, location=whole, help=self.help
        )


@dataclass(frozen=True, slots=True)
class Held:
    """A claim at ``pointer`` that the peers bear out."""

    rule: Rule
    pointer: str
    detail: str

    def tell(self, judge: Judge) -> None:
        """Tell the judge of the listing."""
        judge.held(self.rule, self.pointer, detail=self.detail)


@dataclass(frozen=True, slots=True)
class NotJudged:
    """What the peers cannot decide, and why."""

    rule: Rule
    pointer: str
    reason: str

    def tell(self, judge: Judge) -> None:
        """Tell the judge of the listing."""
        judge.not_judged(self.rule, self.pointer, reason=self.reason)


Verdict = Found | Held | NotJudged


def tell(verdicts: Iterable[Verdict], judge: Judge) -> None:
    """Tell a judge all of them."""
    for verdict in verdicts:
        verdict.tell(judge)
