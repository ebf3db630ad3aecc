"""Reports of findings: what a format is told, one finding after the other, and what it is told at the end."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from x402_catalog.findings import Finding, Identity, Level, identity
from x402_catalog.records import Record
from x402_catalog.rules.registry import REGISTRY, Rule
from x402_harness.rulebook import every_rule


@dataclass(frozen=True, slots=True)
class Told:
    """A finding, and the record that it stands in where that is still at hand; else ``root``, the pointer at which its
    listing stands in the file."""

    finding: Finding
    record: Record | None = None
    root: str = ""

    @property
    def identity(self) -> Identity:
        """What the finding is known by in a baseline and from run to run."""
        return identity(self.finding, self.record.pointer + self.record.base if self.record else self.root)


@dataclass(frozen=True, slots=True)
class Ending:
    """How a command ended. ``exit_code`` is the process's, ``suppressed`` counts findings that a baseline accepts,
    ``notices`` say what a reader should know besides, ``gates`` how the gates of a run were judged, ``more`` are the
    command's own members of the JSON document."""

    listings: int
    exit_code: int
    suppressed: int = 0
    notices: tuple[str, ...] = ()
    baseline: dict[str, Any] | None = None
    gates: tuple[dict[str, Any], ...] = ()
    more: dict[str, Any] = field(default_factory=dict)


class FindingsReport(ABC):
    """One format under way. Whatever it keeps must not grow with the source beyond what its format needs."""

    @abstractmethod
    def add(self, told: Told) -> None:
        """Take in one finding."""

    def suppress(self, told: Told, reason: dict[str, Any]) -> None:  # noqa: B027  # to leave it out is the rule
        """Take in one finding that the baseline accepts; most formats leave it out."""

    @abstractmethod
    def end(self, ending: Ending) -> None:
        """Write what is left to be written."""


@dataclass(slots=True)
class Tally:
    """Findings counted by rule and level."""

    by_rule: Counter[tuple[str, Level]] = field(default_factory=Counter)

    def count(self, finding: Finding) -> int:
        """Count one more; how many of its rule and level there are now."""
        key = finding.rule, finding.level
        self.by_rule[key] += 1
        return self.by_rule[key]

    def level(self, level: Level) -> int:
        """How many findings of one level there are."""
        return sum(count for (_, of), count in self.by_rule.items() if of is level)

    def rows(self) -> Iterator[tuple[str, Level, int]]:
        """Rule, level and count, the worst and then the most frequent first."""
        for (rule, level), count in sorted(
            self.by_rule.items(), key=lambda item: (item[0][1].rank, -item[1], item[0][0])
        ):
            yield rule, level, count

    def sentence(self, ending: Ending) -> str:
        """All of it in one line."""
        counted = ", ".join(_several(self.level(level), str(level)) for level in Level)
        accepted = f"; {ending.suppressed} suppressed by the baseline" if ending.suppressed else ""
        return f"{_several(ending.listings, 'listing')}: {counted}{accepted}"


def rule_title(code: str) -> str:
    """The title of a rule; empty for one that is not registered."""
    rule = rule_of(code)
    return rule.title if rule else ""


def rule_of(code: str) -> Rule | None:
    """The rule with that code, wherever it is declared; ``None`` for a code of no rule."""
    if code not in REGISTRY:
        # This imports all that declare rules; who found something by one has imported it already.
        return next((rule for rule in every_rule() if rule.code == code), None)
    return REGISTRY[code]


def value_text(value: Any) -> str:
    """An observed or expected value as text: a string as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _several(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
