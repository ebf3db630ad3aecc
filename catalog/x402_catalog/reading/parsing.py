"""Parsing: the text of one record becomes its exact value, or the finding that says why it has none."""

from __future__ import annotations

import re
import threading
from functools import lru_cache
from typing import Any

import orjson

from x402_catalog.findings import Finding
from x402_catalog.reading.exact import parse_exactly
from x402_catalog.reading.limits import DEFAULT, Limits
from x402_catalog.reading.places import Place
from x402_catalog.records import Record

# The shortest integer beyond 64 bits, -9223372036854775809, has 19 digits; every second byte shows nine of them.
_ALL_DIGITS_ZERO = bytes.maketrans(b"123456789", b"000000000")
_RUN, _HALF_RUN = b"0" * 19, b"0" * 9
_LONG_INTEGER = re.compile(rb"(?:\A|[:,\[ \t\n\r])-?+[0-9]{19}")
_ESCAPED_COLON = re.compile(rb"\\u003[aA]")
_MOST_LEVELS = 1024
_MAX_LOOKS = 8  # escapes looked at one by one, which is faster than the regular expression for few of them


def parse(raw: bytes, place: Place, *, limits: Limits = DEFAULT, at_end: bool = False) -> Record | Finding:
    """The record whose text is ``raw``, with any JSON value (not only objects), or a finding where it has none.

    Integers are exact at any size and of duplicate names the last counts; both are told in ``Record.faults``
    (CAT007, CAT008). Without a value: CAT002, CAT003, CAT004, CAT005, CAT008 (an integer too long to be read), and
    CAT009 where the text stops in the middle and ``at_end`` says that the source stopped there too.
    """
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return parse_exactly(raw, place, limits=limits, at_end=at_end, refused=error)
    if _lost_nothing(raw, value, limits.max_depth):
        return place.record(value, raw)
    return parse_exactly(raw, place, limits=limits, at_end=at_end)


def _lost_nothing(raw: bytes, value: Any, max_depth: int) -> bool:
    """Whether ``value``, as orjson read it, surely holds all of ``raw`` within ``max_depth``; False sends the record
    the slow and exact way.

    orjson drops all but the last of duplicate members and turns integers beyond 64 bits into floats. Written again,
    a value has exactly the colons of its text: one a member and those inside strings, where an escaped colon is the
    one way to gain another. So a dropped member shows as a missing colon, however the text is laid out.
    """
    nest = _nest(max_depth)
    nest.innermost[0] = value
    try:
        text = orjson.dumps(nest.outermost)
    except TypeError:  # nested deeper than orjson writes
        return False
    finally:
        nest.innermost[0] = None
    text = text[nest.levels : -nest.levels]
    if text == raw:
        return True
    colons = text.count(b":")
    if raw.count(b":") != colons or _has_escaped_colon(raw):
        return False
    return not _may_hold_long_integer(raw)


class _Nest(threading.local):
    """Lists inside each other, as many as make a value too deep for orjson to write if it is deeper than ``max_depth``
    itself: counting its brackets would take as long again as writing it."""

    def __init__(self, max_depth: int) -> None:
        written = _written_levels()
        self.levels = max(1, (written or 0) - max_depth)
        self.innermost: list[Any] = [None]
        # Where the limit is not known, what orjson refuses stands there: then every record is read the exact way.
        self.outermost: list[Any] = self.innermost if written else [self.innermost, object()]
        for _ in range(self.levels - 1):
            self.outermost = [self.outermost]


_nest = lru_cache(maxsize=8)(_Nest)


@lru_cache(maxsize=1)
def _written_levels() -> int | None:
    """How many arrays inside each other orjson writes, which is 254 in every version so far; ``None`` if beyond what
    is tried."""
    value: list[Any] = []
    for levels in range(_MOST_LEVELS):
        try:
            orjson.dumps(value)
        except TypeError:
            return levels
        value = [value]
    return None


def _has_escaped_colon(raw: bytes) -> bool:
    at = raw.find(b"\\")
    for _ in range(_MAX_LOOKS):
        if at < 0 or raw.startswith((b"u003a", b"u003A"), at + 1):
            return at >= 0
        at = raw.find(b"\\", at + 2)
    return at >= 0 and _ESCAPED_COLON.search(raw, at) is not None


def _may_hold_long_integer(raw: bytes) -> bool:
    """Whether 19 digits follow each other outside strings, from the cheapest test to the surest."""
    return (
        _HALF_RUN in raw[::2].translate(_ALL_DIGITS_ZERO)
        and _RUN in raw.translate(_ALL_DIGITS_ZERO)
        and _LONG_INTEGER.search(raw) is not None
    )
