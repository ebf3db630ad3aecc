"""Faults: what is wrong in a text that still has a value: duplicate keys and integers beyond 64 bits."""

from __future__ import annotations

import json

from x402_catalog.findings import Finding, Location
from x402_catalog.reading.places import Place
from x402_catalog.reading.walking import Step, walk
from x402_catalog.rules import reading as rules
from x402_catalog.rules.registry import Rule

MAX_TOLD = 20  # findings of one rule about one record; those beyond are counted
MAX_SHOWN = 40  # characters of a number
MIN_DIGITS = 19  # of an integer beyond 64 bits
INT64_MIN, UINT64_MAX = -(2**63), 2**64 - 1


class _Tally:
    """Findings of one rule, the first :data:`MAX_TOLD` in full and the rest as a number."""

    def __init__(self, rule: Rule, what: str) -> None:
        self.rule = rule
        self.what = what
        self.count = 0
        self.findings: list[Finding] = []

    def has_room(self) -> bool:
        """Count one more; whether it is to be told."""
        self.count += 1
        return self.count <= MAX_TOLD

    def all(self, location: Location) -> list[Finding]:
        more = self.count - len(self.findings)
        if not more:
            return self.findings
        return [*self.findings, self.rule.finding(f"and {more} more {self.what}", observed=more, location=location)]


def faults(raw: bytes, place: Place) -> tuple[Finding, ...]:
    """CAT007 and CAT008 findings about the valid JSON text ``raw``, each at its line, column and pointer; of each
    rule the first 20 and then one that counts the rest."""
    duplicates = _Tally(rules.DUPLICATE_KEY, "duplicate keys in this record")
    integers = _Tally(rules.BIG_INTEGER, "integers beyond 64 bits in this record")
    for step in walk(raw):
        if step.first is not None and duplicates.has_room():
            duplicates.findings.append(_duplicate(raw, place, step, step.first))
        elif not step.is_name and is_big(raw[step.start : step.end]) and integers.has_room():
            integers.findings.append(_integer(raw, place, step))
    return (*duplicates.all(place.location()), *integers.all(place.location()))


def shortened(number: str) -> str:
    """``number`` short enough for a message, saying so where it was cut."""
    return number if len(number) <= MAX_SHOWN else f"{number[:MAX_SHOWN]}… ({len(number)} characters)"


def is_big(token: bytes) -> bool:
    """Whether ``token`` is an integer that neither signed nor unsigned 64 bits hold."""
    return len(token) >= MIN_DIGITS and token.lstrip(b"-").isdigit() and not INT64_MIN <= int(token) <= UINT64_MAX


def _duplicate(raw: bytes, place: Place, step: Step, first: int) -> Finding:
    name = step.frames[-1].current
    location = place.within(raw, step.start, step.pointer())
    before = place.within(raw, first)
    return rules.DUPLICATE_KEY.finding(
        f"{json.dumps(name, ensure_ascii=False)} stands at {before.line}:{before.column}"
        f" and again at {location.line}:{location.column}",
        observed=name,
        expected="each key once",
        location=location,
    )


def _integer(raw: bytes, place: Place, step: Step) -> Finding:
    text = raw[step.start : step.end].decode()
    short = shortened(text)
    return rules.BIG_INTEGER.finding(
        f"{short} does not fit into 64 bits; many parsers round it",
        observed=int(text),
        expected=f'"{short}"' if short == text else "a decimal string",
        location=place.within(raw, step.start, step.pointer()),
    )
