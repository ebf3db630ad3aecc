"""Look-ups: the places of many pointers in one text, of which each container is gone through once.

Looking for each pointer from the beginning takes time quadratic in the findings of a record.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

from x402_catalog.reading.grammar import MEMBER
from x402_catalog.reading.positions import characters, elements, members, skip_space

_SMALL = 65536  # bytes of a text that is searched for a name, which for one pointer is faster than going through it
_MOST = 500_000  # offsets that are kept
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ESCAPED = re.compile(rb"\\u00[2-7]")
_ESCAPE = b"\\u00"
_BACKSLASH = 0x5C
_Found = TypeVar("_Found", dict[str, tuple[int, int]], list[int])


class Lookups:
    """Finds places in ``raw``, the text of one record."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._objects: dict[int, dict[str, tuple[int, int]]] = {}
        self._arrays: dict[int, list[int]] = {}
        self._kept = 0
        self._line, self._counted = 1, 0
        self._is_searchable = len(raw) <= _SMALL and not _has_escaped_letter(raw)

    def position(self, pointer: str, *, key: bool = False, of: Any = None) -> tuple[int, int]:
        """As :func:`x402_catalog.reading.positions.position`; ``of`` is the value that the text is known to have where
        the last steps of ``pointer`` begin, if it is at hand."""
        steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
        return self._line_and_column(self._offset(steps, key, of))

    def _offset(self, steps: list[str], key: bool, of: Any) -> int:
        name, value, done = self._searched(steps, of) if self._is_searchable and not self._kept else (-1, -1, 0)
        if not done:
            name = value = skip_space(self._raw, 0)
        for step in steps[done:]:
            found = self._child(value, step)
            if found is None:
                return value
            name, value = found
        return name if key else value

    def _searched(self, steps: list[str], of: Any) -> tuple[int, int, int]:
        """Name and value of the deepest step that can only stand in one place of the text, and how many steps that is.

        A name that a member of the value has and that is once in the text, where no letter is escaped, is that
        member's.
        """
        for count in range(_existing(steps, of), 0, -1):
            step = steps[count - 1]
            if not _NAME.fullmatch(step):
                continue
            wanted = b'"%b"' % step.encode()
            at = self._raw.find(wanted)
            if at < 1 or self._raw[at - 1] == _BACKSLASH or self._raw.find(wanted, at + 1) >= 0:
                continue
            if match := MEMBER.match(self._raw, at):
                return at, match.end(), count
        return -1, -1, 0

    def _child(self, start: int, step: str) -> tuple[int, int] | None:
        """Offsets of the name and the value of member or element ``step`` of the container at ``start``."""
        kind = self._raw[start : start + 1]
        if kind == b"{":
            if start not in self._objects:
                self._objects[start] = self._keep(dict(members(self._raw, start + 1)))
            return self._objects[start].get(step)
        if kind != b"[" or not (step.isascii() and step.isdigit() and (step == "0" or step[0] != "0")):
            return None
        if start not in self._arrays:
            self._arrays[start] = self._keep(list(elements(self._raw, start + 1)))
        known = self._arrays[start]
        index = int(step) if len(step) < 10 else len(known)
        return (known[index], known[index]) if index < len(known) else None

    def _keep(self, found: _Found) -> _Found:
        self._kept += len(found) + 1
        if self._kept > _MOST:
            self._objects.clear()
            self._arrays.clear()
            self._kept = len(found) + 1
        return found

    def _line_and_column(self, offset: int) -> tuple[int, int]:
        # Findings mostly come in the order of the text: lines are counted on from the last one.
        if offset < self._counted:
            self._line, self._counted = 1, 0
        self._line += self._raw.count(b"\n", self._counted, offset)
        self._counted = offset
        begin = self._raw.rfind(b"\n", 0, offset) + 1
        return self._line, characters(self._raw[begin:offset]) + 1


def _has_escaped_letter(raw: bytes) -> bool:
    at = raw.find(b"\\")  # a byte is found several times as fast as more of them, and few texts have one
    return at >= 0 and (at := raw.find(_ESCAPE, at)) >= 0 and _ESCAPED.search(raw, at) is not None


def _existing(steps: list[str], of: Any) -> int:
    """How many of ``steps`` lead to something in ``of``."""
    for count, step in enumerate(steps):
        if isinstance(of, list) and step.isdigit() and int(step[:9]) < len(of):
            of = of[int(step[:9])]
        elif isinstance(of, dict) and step in of:
            of = of[step]
        else:
            return count
    return len(steps)
