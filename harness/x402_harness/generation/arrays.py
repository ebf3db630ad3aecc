"""Plans for arrays: prefix and further items, contains, distinctness.

Each position offers one or more *kinds* of item: a plan, and which ``contains`` schemas its values fulfil. Before a
position is drawn, only those kinds are offered that still let the rest of the array keep every count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from jsonschema_rs.canonical import json as canonical_json

from .plans import ATTEMPTS, JSON, Budget, Plan

MORE = 4  # items beyond the fewest, where the schema sets no end
FRESH = 64  # items drawn anew; those of a longer array are taken again where repeats are allowed


@dataclass(frozen=True)
class Kind:
    """One kind of item: its plan, and for each ``contains`` whether it fulfils it."""

    plan: Plan
    fulfils: tuple[bool, ...]


@dataclass(frozen=True)
class Count:
    """How many items may fulfil one ``contains``."""

    low: int
    high: int | None


@dataclass(frozen=True)
class Shape:
    """What an array is made of."""

    kinds: Callable[[int], Sequence[Kind]]
    counts: tuple[Count, ...]
    low: int
    high: int | None
    prefix: int
    distinct: bool = False
    repeated: bool = False


class Array(Plan):
    """Lists of one shape, of the given sizes."""

    def __init__(self, shape: Shape, sizes: Sequence[int], ledger: Ledger) -> None:
        self.shape = shape
        self.sizes = sizes
        self.ledger = ledger
        self.cost = 1 + self._least(sizes[0])
        self.recursive = any(kind.plan.recursive for spot in range(shape.prefix + 1) for kind in shape.kinds(spot))

    def _least(self, size: int) -> int:
        """The cost of the cheapest items of an array of ``size``."""
        costs = [
            min(kind.plan.cost for kind in self.shape.kinds(spot))
            for spot in range(size if self.shape.distinct else min(size, FRESH))
        ]
        return sum(costs)

    def draw(self, draw: DrawFn, budget: Budget) -> JSON:
        budget.spend()
        size = self.sizes[0] if budget.spent else draw(st.sampled_from(self.sizes))
        if self.recursive and size > self.sizes[0] and not budget.spent:
            size = min(size, draw(st.sampled_from(self.sizes)))
        for _ in range(ATTEMPTS if self.shape.distinct or self.shape.repeated else 1):
            items = self._items(draw, budget, size)
            if items is not None:
                return items
        reject()

    def _items(self, draw: DrawFn, budget: Budget, size: int) -> list[JSON] | None:
        """Items of an array of ``size``; None where they do not differ, or repeat, as they should."""
        filling = Filling(self.shape.distinct)
        counts = tuple(0 for _ in self.shape.counts)
        for position in range(size):
            kinds = self.ledger.open_kinds(size, position, counts)
            kind = kinds[0] if len(kinds) == 1 else kinds[draw(st.integers(0, len(kinds) - 1))]
            counts = self.ledger.after(counts, kind)
            if not filling.add(draw, budget, kind.plan):
                return None
        if self.shape.repeated and len(filling.seen) == size:
            return _with_repeat(draw, filling.items, filling.plans)
        return filling.items


class Filling:
    """An array while its items are drawn."""

    def __init__(self, distinct: bool) -> None:
        self.distinct = distinct
        self.items: list[JSON] = []
        self.plans: list[Plan] = []
        self.seen: set[str] = set()

    def add(self, draw: DrawFn, budget: Budget, plan: Plan) -> bool:
        """Draw one more item; False where no new one turns up and all must differ."""
        drawn = self._next(draw, budget, plan)
        if drawn is None:
            return False
        self.items.append(drawn[0])
        self.plans.append(plan)
        self.seen.add(canonical_json.to_string(drawn[0]))
        return True

    def _next(self, draw: DrawFn, budget: Budget, plan: Plan) -> tuple[JSON] | None:
        if self.distinct:
            return _unseen(draw, budget, plan, self.seen)
        if len(self.items) >= FRESH and plan in self.plans:
            return (self.items[self.plans.index(plan)],)
        return (plan.draw(draw, budget),)


def _unseen(draw: DrawFn, budget: Budget, plan: Plan, seen: set[str]) -> tuple[JSON] | None:
    """A value that is not among those seen, in a tuple; None where none turns up."""
    if plan.values is not None and len(plan.values) <= FRESH:
        fresh = [value for value in plan.values if canonical_json.to_string(value) not in seen]
        return (draw(st.sampled_from(fresh)),) if fresh else None
    for _ in range(ATTEMPTS):
        value = plan.draw(draw, budget)
        if canonical_json.to_string(value) not in seen:
            return (value,)
    return None


def _with_repeat(draw: DrawFn, items: list[JSON], plans: list[Plan]) -> list[JSON] | None:
    """The same items with one written over another of its kind."""
    pairs = [(i, j) for j in range(len(items)) for i in range(j) if plans[i] is plans[j]]
    if not pairs:
        return None
    source, target = draw(st.sampled_from(pairs))
    items[target] = items[source]
    return items


class Ledger:
    """Which kinds of item keep every ``contains`` count reachable."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self._known: dict[tuple[int, int, tuple[int, ...]], bool] = {}

    def open_kinds(self, size: int, position: int, counts: tuple[int, ...]) -> Sequence[Kind]:
        """The kinds that may stand at a position of an array of ``size``."""
        kinds = self.shape.kinds(position)
        if not self.shape.counts:
            return kinds
        return [kind for kind in kinds if self.reaches(size, position + 1, self.after(counts, kind))]

    def after(self, counts: tuple[int, ...], kind: Kind) -> tuple[int, ...]:
        """The counts with one more item; they stand still where more makes no difference."""
        return tuple(
            min(count + fulfils, rule.low if rule.high is None else rule.high + 1)
            for count, fulfils, rule in zip(counts, kind.fulfils, self.shape.counts, strict=True)
        )

    def reaches(self, size: int, position: int, counts: tuple[int, ...]) -> bool:
        """Whether an array of ``size`` can be ended from here."""
        left = size - position
        for rule, count in zip(self.shape.counts, counts, strict=True):
            if rule.low - count > left or (rule.high is not None and count > rule.high):
                return False
        if not left:
            return True
        state = (size, position, counts)
        if state not in self._known:
            kinds = self.shape.kinds(position)
            self._known[state] = any(self.reaches(size, position + 1, self.after(counts, kind)) for kind in kinds)
        return self._known[state]


def array_plan(shape: Shape) -> Plan | None:
    """Lists of one shape; None where no size is possible."""
    ledger = Ledger(shape)
    low = max(shape.low, 2 if shape.repeated else 0, *(rule.low for rule in shape.counts), 0)
    wanted = max(low, sum(rule.low for rule in shape.counts), shape.prefix) + MORE
    last = wanted if shape.high is None else min(shape.high, wanted)
    start = tuple(0 for _ in shape.counts)
    sizes = [size for size in range(low, last + 1) if _possible(shape, ledger, size, start)]
    return Array(shape, sizes, ledger) if sizes else None


def _possible(shape: Shape, ledger: Ledger, size: int, start: tuple[int, ...]) -> bool:
    if not all(shape.kinds(spot) for spot in range(min(size, shape.prefix + 1))):
        return False
    return not shape.counts or ledger.reaches(size, 0, start)
