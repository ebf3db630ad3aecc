"""The rule registry: every code that a finding can carry, with what a reader needs to act on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from x402_catalog.findings import NOWHERE, Finding, Level, Location, shown

FAMILIES = {
    "CAT": "listing shape",
    "HINT": "hints: declared request and answer",
    "PRICE": "price sanity",
    "DUP": "copies",
    "CHAL": "the unpaid 402",
    "PAY": "payment and settlement",
    "RESP": "the paid answer",
    "REQ": "request acceptance",
    "NET": "transport",
    "SPEND": "spending guards",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. Its code never changes meaning.

    ``why`` says what goes wrong for whom, ``basis`` names the clause that it rests on, ``mend`` what to do.
    """

    code: str
    level: Level
    title: str
    why: str
    basis: str
    mend: str

    def finding(
        self,
        message: str,
        *,
        observed: Any = None,
        expected: Any = None,
        location: Location = NOWHERE,
        level: Level | None = None,
        help: str | None = None,
    ) -> Finding:
        """A finding of this rule; its level and help are the rule's own unless given."""
        return Finding(
            self.code,
            level or self.level,
            shown(message, 600),
            shown(observed),
            shown(expected),
            location,
            help or self.mend,
        )


class Registry:
    """Rules by code. Codes are unique; families are those of :data:`FAMILIES`."""

    def __init__(self) -> None:
        self._rules: dict[str, Rule] = {}

    def add(self, rule: Rule) -> Rule:
        """Register ``rule`` and hand it back. Raises ``ValueError`` for a code that is taken or of no family."""
        family = rule.code.rstrip("0123456789")
        if family not in FAMILIES or family == rule.code:
            raise ValueError(f"{rule.code}: not FAMILY followed by a number; families are {', '.join(FAMILIES)}")
        if rule.code in self._rules:
            raise ValueError(f"{rule.code} is taken by {self._rules[rule.code].title!r}")
        self._rules[rule.code] = rule
        return rule

    def __getitem__(self, code: str) -> Rule:
        return self._rules[code]

    def __contains__(self, code: object) -> bool:
        return code in self._rules

    def __iter__(self) -> Iterator[Rule]:
        return iter(sorted(self._rules.values(), key=lambda rule: (list(FAMILIES).index(_family(rule)), rule.code)))


def _family(rule: Rule) -> str:
    return rule.code.rstrip("0123456789")


REGISTRY = Registry()


def rule(code: str, level: Level, title: str, *, why: str, basis: str, mend: str) -> Rule:
    """Declare a rule in the one registry. Raises ``ValueError`` as :meth:`Registry.add` does."""
    return REGISTRY.add(Rule(code, level, title, why, basis, mend))
