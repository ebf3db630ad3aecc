"""Levels of numbers: declared boundaries and what lies between; where there are none, what lies around zero."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

from x402_catalog.models import JsonObject
from x402_harness.generation.narrowing import plain
from x402_harness.planning.level import Level, value_level

Nearer = Callable[[list[Fraction]], Fraction]
Rounded = Callable[[Fraction], int]

_HUGE = 2**31  # more than many servers' integers hold
_EXACT = 2**53  # more than a double holds exactly
_WIDE = 100  # how far from a bound ordinary values are drawn


def number_levels(schema: JsonObject) -> Iterator[Level]:
    """The levels of ``{"type": "integer" | "number", …}``."""
    low, high = lowest(schema), highest(schema)
    if low is not None:
        yield _boundary(low, "least")
    if high is not None and high != low:
        yield _boundary(high, "most")
    if low is not None and high is not None:
        yield _span(schema, "in between", low, high)
        return
    yield from _around_zero(schema, low, high)
    if high is None:
        above = max(_HUGE, 2 * low if low is not None else 0)
        bounds = {"minimum": number(Fraction(above))}
        source = {**bounds, "maximum": number(Fraction(above + _WIDE))}
        yield _part(schema, "very large", bounds, source, "no bound is declared")
    if low is None:
        yield from _below(schema, high)


def _around_zero(schema: JsonObject, low: Fraction | None, high: Fraction | None) -> Iterator[Level]:
    """Where one end is open: nothing, one, and ordinary values."""
    if low is None and (high is None or high > 0):
        yield value_level(0, risk="it may mean nothing")
    if low is None and high is None:
        yield value_level(1)
        if schema["type"] == "number":
            yield _part(schema, "fraction", {"not": {"multipleOf": 1}, "minimum": 0, "maximum": _HUGE},
                        {"not": {"multipleOf": 1}, "minimum": 0.25, "maximum": _WIDE, "multipleOf": 0.25})  # fmt: skip
        whole = {"multipleOf": 1} if schema["type"] == "number" and "multipleOf" not in schema else {}
        yield _part(schema, "2 or more", {"minimum": 2, "maximum": _HUGE - 1},
                    {"minimum": 2, "maximum": _WIDE, **whole})  # fmt: skip
    elif low is not None:
        yield _span(schema, "more", low, max(Fraction(_HUGE), 2 * low), low + _WIDE)
    elif high is not None:
        start = Fraction(1) if high > 1 else high - _WIDE
        yield _span(schema, "less", start - 1 if high > 1 else start, high)


def _below(schema: JsonObject, high: Fraction | None) -> Iterator[Level]:
    if high is None or high >= 0:
        yield _part(schema, "negative", {"maximum": -1}, {"minimum": -_WIDE, "maximum": -1}, "it may mean nothing")


def _boundary(bound: Fraction, which: str) -> Level:
    value = number(bound)
    return value_level(value, f"= {value}, the {which}", "it is very large" if abs(bound) > _EXACT else "")


def _span(schema: JsonObject, label: str, low: Fraction, high: Fraction, top: Fraction | None = None) -> Level:
    bounds = {"exclusiveMinimum": number(low), "exclusiveMaximum": number(high)}
    source = plain({**schema, **bounds, "exclusiveMaximum": number(top or high)})
    return Level(label, {**schema, **bounds}, source)


def _part(schema: JsonObject, label: str, part: JsonObject, source: JsonObject, risk: str = "") -> Level:
    return Level(label, {"allOf": [schema, part]}, plain({**schema, **source}), risk=risk)


def lowest(schema: JsonObject) -> Fraction | None:
    """The least value that a number's bounds and step allow; ``None`` where there is none."""
    return _end(schema, "minimum", "exclusiveMinimum", max, math.ceil, 1)


def highest(schema: JsonObject) -> Fraction | None:
    """The greatest value that a number's bounds and step allow; ``None`` where there is none."""
    return _end(schema, "maximum", "exclusiveMaximum", min, math.floor, -1)


def _end(schema: JsonObject, inner: str, outer: str, nearer: Nearer, rounded: Rounded, step: int) -> Fraction | None:
    """The last value on one side that the bounds and the step allow; ``None`` where that side is open."""
    ends = [exact(schema[name]) for name in (inner, outer) if is_number(schema.get(name))]
    if not ends:
        return None
    end = nearer(ends)
    size = unit(schema)
    if size is None:  # values lie close together: the bound itself, or something a little inside
        return end if not _is_excluded(schema, outer, end) else end + step * Fraction(1, 100)
    value = size * rounded(end / size)
    return value + step * size if _is_excluded(schema, outer, value) else value


def unit(schema: JsonObject) -> Fraction | None:
    """The step that values come in; ``None`` where they have none."""
    declared = schema.get("multipleOf")
    step = exact(declared) if is_number(declared) and declared else None
    if schema["type"] == "number":
        return step
    return Fraction(1) if step is None else Fraction(step.numerator)


def _is_excluded(schema: JsonObject, outer: str, value: Fraction) -> bool:
    return is_number(schema.get(outer)) and exact(schema[outer]) == value


def is_number(value: object) -> bool:
    """Whether ``value`` is a JSON number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def exact(value: Any) -> Fraction:
    """The number as it is written: 0.1 is a tenth."""
    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))


def number(value: Fraction) -> int | float:
    """The JSON number."""
    return value.numerator if value.denominator == 1 else float(value)
