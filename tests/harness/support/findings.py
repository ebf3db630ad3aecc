"""Findings for tests of reports: plain ones, and ones whose text is as hostile as text can be."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from x402_catalog.findings import Finding, Level, Location
from x402_catalog.records import Record
from x402_harness.reporting.findings import Told

# What ends a line, a command, a property, an escape sequence, a string or a link in one of the formats.
PIECES = (
    "\n", "\r", "\r\n", "\u2028", "\x85", "::", "::error::", "::set-output name=a::b", "##[error]", "##[", "%0A", "%",
    ",", ":", "=", '"', "\\", "\x1b[2J", "\x9b31m", "\x07", "\u202e", "\u2066", "\u200b", "\ufeff", "\x00", "\ud800",
    "[a](b)", "](", "<script>", "{0}", "\t", "終", "🎉", "é", "e\u0301",
)  # fmt: skip
hostile = st.lists(st.sampled_from(PIECES) | st.text(st.characters(codec=None), max_size=8), max_size=8).map("".join)

_numbers = st.none() | st.integers(1, 10**6)
_names = st.none() | hostile
locations = st.builds(
    Location, listing=_names, file=_names, line=_numbers, column=_numbers, pointer=_names, url=_names, leg=_names
)
_values = st.none() | hostile | st.integers() | st.lists(hostile, max_size=3)
findings = st.builds(
    Finding, rule=st.sampled_from(["PRICE001", "CAT003", "XYZ999"]) | hostile, level=st.sampled_from(Level),
    message=hostile, observed=_values, expected=_values, location=locations, help=hostile,
)  # fmt: skip


def finding(rule: str = "PRICE001", level: Level = Level.ERROR, message: str = "wrong", **more: Any) -> Finding:
    """A finding; its location is made of ``file``, ``line`` and so on."""
    place = {name: more.pop(name) for name in list(more) if name in Location.__dataclass_fields__}
    return Finding(rule, level, message, location=Location(**place), **more)


def in_text(text: str, pointer: str, *, file: str = "a.json", line: int = 1, column: int = 1, **more: Any) -> Told:
    """A finding at ``pointer`` of the JSON ``text``, which begins at ``line`` and ``column`` of ``file``."""
    record = Record(json.loads(text), text.encode(), file, line, column)
    return Told(finding(**more).at(record.locate(pointer, listing="slug")), record)
