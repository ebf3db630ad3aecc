"""Plans for integers and numbers: bounds, divisors and what is barred, computed exactly on fractions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from jsonschema_rs.canonical import IntegerView, NumberView

from .plans import JSON, Guarded, Leaf, Plan, Preferred, choice

Number: TypeAlias = "int | float | Decimal"

# A number without bounds stays where every JSON reader keeps integers exact (RFC 8259, section 6).
EXACT = 2**53 - 1
SPAN = 2**20
FEW = 16


def exact(number: Number) -> Fraction:
    """The number as it is written: 0.1 is one tenth."""
    return Fraction(repr(number)) if isinstance(number, float) else Fraction(number)


def integer_plan(view: IntegerView) -> Plan | None:
    """Integers of a range that are multiples of all divisors."""
    step = common_multiple([Fraction(1), *map(exact, view.multiple_of)])
    plan = stepped(step, _fraction(view.minimum), _fraction(view.maximum))
    return _without_multiples(plan, view.not_multiple_of)


def number_plan(view: NumberView) -> Plan | None:
    """Numbers of an interval: steps of the divisors if there are any, else integers and floats."""
    low, high = _fraction(view.minimum), _fraction(view.maximum)
    if view.multiple_of:
        step = common_multiple([exact(divisor) for divisor in view.multiple_of])
        plan = stepped(step, low, high, view.exclusive_minimum, view.exclusive_maximum)
    else:
        whole = (
            None
            if view.excludes_integers
            else stepped(Fraction(1), low, high, view.exclusive_minimum, view.exclusive_maximum)
        )
        plan = choice([whole, _floats(view)])
    if plan is not None and view.excludes_integers:
        plan = Guarded(plan, lambda value: not _is_whole(value))
    return _without_multiples(plan, view.not_multiple_of)


def common_multiple(divisors: Sequence[Fraction]) -> Fraction:
    """The least positive fraction that all divisors divide."""
    top = math.lcm(*(abs(divisor.numerator) for divisor in divisors))
    bottom = math.gcd(*(divisor.denominator for divisor in divisors))
    return Fraction(top, bottom)


def stepped(
    step: Fraction,
    low: Fraction | None,
    high: Fraction | None,
    above: bool = False,
    below: bool = False,
) -> Plan | None:
    """Multiples of ``step`` from ``low`` to ``high``; ``above`` and ``below`` leave those bounds themselves out."""
    first = None if low is None else math.floor(low / step) + 1 if above else math.ceil(low / step)
    last = None if high is None else math.ceil(high / step) - 1 if below else math.floor(high / step)
    first, last = _window(first, last, max(int(EXACT / step), 1))
    if first > last:
        return None
    values = Leaf(_integers(first, last).map(lambda index: plain(index * step)))
    return values if step.denominator == 1 else Preferred(values, lambda value: _divides(value, step))


def _divides(value: JSON, step: Fraction) -> bool:
    """Whether plain floating-point division calls it a multiple too, as many validators do: 1.5186 / 0.0001 is not."""
    return isinstance(value, int | float) and (value / float(step)).is_integer()


def _integers(first: int, last: int) -> SearchStrategy[int]:
    """Integers of a window: anywhere, near zero (or the bound next to it), and the bounds themselves."""
    if last - first <= FEW:
        return st.integers(first, last)
    near = min(max(0, first), last)
    close = st.integers(max(first, near - 100), min(last, near + 100))
    return st.one_of(close, st.integers(first, last), st.sampled_from([first, last]))


def _window(first: int | None, last: int | None, limit: int) -> tuple[int, int]:
    """Bounds in steps, the open ones closed at ``limit`` or, past it, a span beyond the bound that is there."""
    if first is None:
        first = -limit if last is None else min(-limit, last - SPAN)
    if last is None:
        last = max(limit, first + SPAN)
    return first, last


def plain(value: Fraction) -> int | float:
    """An int where the value is whole, else the nearest float."""
    return value.numerator if value.denominator == 1 else float(value)


def _floats(view: NumberView) -> Plan | None:
    low = None if view.minimum is None else _float_above(exact(view.minimum), view.exclusive_minimum)
    high = None if view.maximum is None else _float_below(exact(view.maximum), view.exclusive_maximum)
    if low is not None and high is not None and low > high:
        return None
    if (low is not None and math.isinf(low)) or (high is not None and math.isinf(high)):
        return None
    return Leaf(floats(low, high))


def floats(low: float | None = None, high: float | None = None) -> SearchStrategy[float]:
    """Finite floats; a side that is open ends where integers stop being exact, unless the other bound lies beyond."""
    if low is None and (high is None or high > -EXACT):
        low = float(-EXACT)
    if high is None and (low is None or low < EXACT):
        high = float(EXACT)
    return st.floats(low, high, allow_nan=False, allow_infinity=False)


def _float_above(bound: Fraction, exclusive: bool) -> float:
    """The least float at or above a bound."""
    value = _nearest(bound)
    while not math.isinf(value) and (Fraction(value) < bound or (exclusive and Fraction(value) == bound)):
        value = math.nextafter(value, math.inf)
    return value


def _float_below(bound: Fraction, exclusive: bool) -> float:
    return -_float_above(-bound, exclusive)


def _nearest(bound: Fraction) -> float:
    try:
        return float(bound)
    except OverflowError:
        return math.inf if bound > 0 else -math.nextafter(math.inf, 0)


def _without_multiples(plan: Plan | None, divisors: Sequence[Number]) -> Plan | None:
    if plan is None or not divisors:
        return plan
    steps = [exact(divisor) for divisor in divisors]

    def accepts(value: JSON) -> bool:
        return isinstance(value, int | float) and all((exact(value) / step).denominator != 1 for step in steps)

    return Guarded(plan, accepts)


def _is_whole(value: JSON) -> bool:
    return isinstance(value, int | float) and exact(value).denominator == 1


def _fraction(bound: Number | None) -> Fraction | None:
    return None if bound is None else exact(bound)
