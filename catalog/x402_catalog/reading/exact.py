"""The exact way: the standard library's parser for the value, a walk over the text for what is wrong in it."""

from __future__ import annotations

import json
from math import isinf
from typing import Any, NoReturn

import orjson

from x402_catalog.findings import Finding, Level, Location
from x402_catalog.reading.faults import faults, is_big, shortened
from x402_catalog.reading.grammar import CLOSERS, OPENERS, QUOTE, TOKEN
from x402_catalog.reading.limits import BEARABLE_DEPTH, Limits
from x402_catalog.reading.places import Place
from x402_catalog.reading.syntax import syntax_finding
from x402_catalog.reading.walking import walk
from x402_catalog.records import Record
from x402_catalog.rules import reading as rules

MAX_DIGITS = 4300  # Python's own limit on the digits of an integer in text; longer ones take quadratic time


class _Refused(Exception):
    """A number that has no exact finite value; its text is the argument."""


def parse_exactly(
    raw: bytes,
    place: Place,
    *,
    limits: Limits,
    at_end: bool = False,
    refused: orjson.JSONDecodeError | None = None,
) -> Record | Finding:
    """As :func:`x402_catalog.reading.parsing.parse`; ``refused`` is what orjson said, if it did not take the text."""
    value: Any = None
    finding: Finding | None = None
    try:
        text = raw.decode()
        # The parser recurses in C, where a recursion limit that others raised does not protect the process.
        deepest = min(limits.max_depth, BEARABLE_DEPTH)
        if (deep := _deeper_than(raw, deepest)) is None:
            value = _loads(text)
            finding = _unreadable(raw, text, place, refused) if refused else None
        else:
            finding = _too_deep(raw, place, deepest, deep)
    except UnicodeDecodeError as error:
        finding = _not_utf8(raw, place, error)
    except json.JSONDecodeError as error:
        finding = syntax_finding(raw, text, place, error, at_end=at_end)
    except _Refused as number:
        finding = _refused_number(raw, place, str(number))
    except RecursionError:  # only where the limit was raised beyond what the interpreter bears
        finding = _too_deep(raw, place, limits.max_depth, 0)
    return finding or place.record(value, raw, faults(raw, place))


def _loads(text: str) -> Any:
    return json.loads(text, parse_int=_integer, parse_float=_float, parse_constant=_constant)


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise _Refused(text)
    try:
        return int(text)
    except ValueError:  # the interpreter was told a lower limit
        raise _Refused(text) from None


def _float(text: str) -> float:
    value = float(text)
    if isinf(value):
        raise _Refused(text)
    return value


def _constant(text: str) -> NoReturn:
    raise _Refused(text)


def _deeper_than(raw: bytes, limit: int) -> int | None:
    """The offset of the first bracket beyond ``limit`` open ones."""
    if raw.count(b"[") + raw.count(b"{") <= limit:
        return None
    depth = 0
    for match in TOKEN.finditer(raw):
        kind = raw[match.start()]
        if kind in CLOSERS:
            depth -= 1
        elif kind in OPENERS:
            depth += 1
            if depth > limit:
                return match.start()
    return None


def _too_deep(raw: bytes, place: Place, limit: int, offset: int) -> Finding:
    return rules.TOO_DEEP.finding(
        f"arrays and objects are nested more than {limit} deep",
        expected=f"at most {limit}",
        location=place.within(raw, offset),
    )


def _not_utf8(raw: bytes, place: Place, error: UnicodeDecodeError) -> Finding:
    return rules.NOT_UTF8.finding(
        f"byte {error.start} of the record, 0x{raw[error.start]:02x}, is not UTF-8: {error.reason}",
        observed=raw[error.start : error.end].hex(" "),
        location=place.within(raw, error.start),
    )


def _refused_number(raw: bytes, place: Place, number: str) -> Finding:
    location = _number_location(raw, place, number.encode())
    if number.lstrip("-").isdigit():
        message = f"an integer of {len(number.lstrip('-'))} digits is too long to be read"
        return rules.BIG_INTEGER.finding(message, observed=number, location=location, level=Level.ERROR)
    short = shortened(number)
    return rules.NOT_A_NUMBER.finding(
        f"{short} is too large: it reads as Infinity" if number[-1].isdigit() else f"{short} is not JSON",
        observed=number,
        expected="a finite number",
        location=location,
    )


def _number_location(raw: bytes, place: Place, number: bytes) -> Location:
    """Where ``number`` first stands outside strings; the parser stops there, even if more is joined to it."""
    joined: Location | None = None
    for step in walk(raw):
        if raw.startswith(number, step.start):
            location = place.within(raw, step.start, step.pointer())
            if step.end - step.start == len(number):
                return location
            joined = joined or location
    return joined or place.location()


def _unreadable(raw: bytes, text: str, place: Place, refused: orjson.JSONDecodeError) -> Finding | None:
    """Why orjson refuses what the standard library takes: half a surrogate pair, which no UTF-8 can carry on.
    Integers too large for a float were read exactly and are no reason."""
    integers = False
    for step in walk(raw):
        token = raw[step.start : step.end]
        integers = integers or is_big(token)
        if token[0] == QUOTE and b"\\u" in token and not _is_text(token):
            return rules.NOT_JSON.finding(
                "an escape names half of a surrogate pair, which is no character",
                observed=token.decode(),
                location=place.within(raw, step.start, step.pointer()),
            )
    if integers:
        return None
    return rules.NOT_JSON.finding(refused.msg, location=place.within(raw, len(text[: refused.pos].encode())))


def _is_text(token: bytes) -> bool:
    try:
        orjson.loads(token)
    except orjson.JSONDecodeError:
        return False
    return True
