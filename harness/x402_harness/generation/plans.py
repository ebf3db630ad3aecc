"""Plans: how to draw one JSON value, and the least it costs.

A plan is made once from a schema and drawn many times. Its ``cost`` is the number of JSON values in the smallest thing
that it can draw, so that required parts which grow without end are seen before anything is drawn. A `Budget` runs
through one draw of the whole tree: once it is spent, optional parts are left out and the cheapest branch is taken.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

JSON: TypeAlias = Any  # a JSON value: dict, list, str, int, float, bool or None

NODES = 120  # after so many values in one document, optional parts are left out
ATTEMPTS = 40


class Budget:
    """How many more JSON values one draw may spend on what is optional."""

    def __init__(self, nodes: int = NODES) -> None:
        self.left = nodes

    def spend(self, nodes: int = 1) -> None:
        self.left -= nodes

    @property
    def spent(self) -> bool:
        return self.left <= 0


class Plan(ABC):
    """Draws values of one schema. ``values`` lists them where they are few enough to be listed."""

    cost: int = 1
    recursive: bool = False
    values: Sequence[JSON] | None = None

    @abstractmethod
    def draw(self, draw: DrawFn, budget: Budget) -> JSON: ...


class Leaf(Plan):
    """What a plain Hypothesis strategy draws; ``brief`` once the budget is spent."""

    def __init__(self, strategy: SearchStrategy[JSON], brief: SearchStrategy[JSON] | None = None) -> None:
        self.strategy = strategy
        self.brief = strategy if brief is None else brief

    def draw(self, draw: DrawFn, budget: Budget) -> JSON:
        budget.spend()
        return draw(self.brief if budget.spent else self.strategy)


class Listed(Leaf):
    """One of listed values."""

    def __init__(self, values: Sequence[JSON]) -> None:
        super().__init__(st.sampled_from(values))
        self.values = values


class Choice(Plan):
    """One of several plans."""

    def __init__(self, options: Sequence[Plan]) -> None:
        self.options = list(options)
        self.cheapest = min(self.options, key=lambda option: option.cost)
        self.cost = self.cheapest.cost
        self.recursive = any(option.recursive for option in self.options)
        self._index = st.integers(0, len(self.options) - 1)

    def draw(self, draw: DrawFn, budget: Budget) -> JSON:
        if budget.spent:
            return self.cheapest.draw(draw, budget)
        return self.options[draw(self._index)].draw(draw, budget)


class Guarded(Plan):
    """A plan whose values are checked: for what could not be built in."""

    def __init__(self, plan: Plan, accepts: Callable[[JSON], bool], attempts: int = ATTEMPTS) -> None:
        self.plan = plan
        self.accepts = accepts
        self.attempts = attempts
        self.cost = plan.cost
        self.recursive = plan.recursive

    def draw(self, draw: DrawFn, budget: Budget) -> JSON:
        for _ in range(self.attempts):
            value = self.plan.draw(draw, budget)
            if self.accepts(value):
                return value
        reject()


class Preferred(Plan):
    """A plan of which some values are better than others: the best of a few draws."""

    def __init__(self, plan: Plan, better: Callable[[JSON], bool]) -> None:
        self.plan = plan
        self.better = better
        self.cost = plan.cost

    def draw(self, draw: DrawFn, budget: Budget) -> JSON:
        for _ in range(ATTEMPTS):
            value = self.plan.draw(draw, budget)
            if self.better(value):
                break
        return value


def listed(values: Sequence[JSON]) -> Listed:
    """One of listed values, decimals turned into the numbers that JSON readers know."""
    return Listed([_plain(value) for value in values])


def _plain(value: JSON) -> JSON:
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case list():
            return [_plain(item) for item in value]
        case dict():
            return {name: _plain(item) for name, item in value.items()}
        case _:
            return value


def choice(options: Sequence[Plan | None]) -> Plan | None:
    """One plan of those that can draw anything; None when none can."""
    possible = [option for option in options if option is not None]
    if len(possible) <= 1:
        return possible[0] if possible else None
    return Choice(possible)
