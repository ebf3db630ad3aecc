"""Plans for objects: declared names, patterns, further names, counts, and keys that must break a rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from .plans import ATTEMPTS, JSON, Budget, Plan

EXTRA = 2  # names drawn beyond what is declared or needed
MANY = 30  # of more optional members than this, so many at most are drawn


_EXTRAS = st.integers(0, EXTRA)
_OFTEN = st.booleans()
_SELDOM = st.sampled_from([False, False, False, True])


@dataclass(frozen=True)
class Source:
    """Where further keys come from: a plan of names, and the plan of the value under a name."""

    names: Plan
    value: Callable[[str], Plan | None]
    cost: int = 1


@dataclass(frozen=True)
class Layout:
    """What an object is made of.

    ``witnesses`` must each give a key; ``offered`` may; ``reserve`` gives keys only when the fewest are not reached.
    """

    required: dict[str, Plan]
    optional: dict[str, Plan]
    low: int = 0
    high: int | None = None
    witnesses: Sequence[Source] = ()
    offered: Sequence[Source] = ()
    reserve: Sequence[Source] = ()

    @property
    def possible(self) -> bool:
        """Whether the fewest and the most members leave room for an object."""
        enough = len(self.required) + len(self.optional) >= self.low or bool(self.offered or self.reserve)
        return enough and (self.high is None or len(self.required) <= self.high)


class Record(Plan):
    """Objects of one layout."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.cost = 1 + sum(plan.cost for plan in layout.required.values()) + sum(w.cost for w in layout.witnesses)
        self.recursive = any(plan.recursive for plan in [*layout.required.values(), *layout.optional.values()])

    def draw(self, draw: DrawFn, budget: Budget) -> JSON:
        budget.spend()
        layout = self.layout
        value = {name: plan.draw(draw, budget) for name, plan in layout.required.items()}
        for source in layout.witnesses:
            self._add(draw, budget, source, value, needed=True)
        for name in self._chosen(draw, budget, len(value)):
            if name not in value:
                value[name] = layout.optional[name].draw(draw, budget)
        self._invent(draw, budget, value)
        return value

    def _chosen(self, draw: DrawFn, budget: Budget, taken: int) -> list[str]:
        """The optional names of this draw."""
        names = list(self.layout.optional)
        wanted = [] if budget.spent else self._wanted(draw, names)
        missing = self.layout.low - taken - len(wanted)
        if missing > 0:
            rest = [name for name in names if name not in wanted]
            wanted += draw(st.permutations(rest))[:missing] if rest else []
        room = len(names) if self.layout.high is None else max(self.layout.high - taken, 0)
        if len(wanted) > room:
            wanted = draw(st.permutations(wanted))[:room]
        return wanted

    def _wanted(self, draw: DrawFn, names: list[str]) -> list[str]:
        """Some names by chance; those that lead back to this object come seldom."""
        if len(names) > MANY:
            return draw(st.lists(st.sampled_from(names), max_size=MANY, unique=True))
        return [name for name in names if draw(_SELDOM if self.layout.optional[name].recursive else _OFTEN)]

    def _invent(self, draw: DrawFn, budget: Budget, value: dict[str, JSON]) -> None:
        """Keys beyond the declared names: some where they are offered, more where the schema needs them."""
        layout = self.layout
        for source in layout.offered:
            for _ in range(0 if budget.spent else draw(_EXTRAS)):
                if layout.high is None or len(value) < layout.high:
                    self._add(draw, budget, source, value, needed=False)
        sources = [*layout.offered, *layout.reserve]
        while len(value) < layout.low:
            if not sources:
                reject()
            source = sources[0] if len(sources) == 1 else draw(st.sampled_from(sources))
            self._add(draw, budget, source, value, needed=True)
        if layout.high is not None and len(value) > layout.high:
            reject()

    def _add(self, draw: DrawFn, budget: Budget, source: Source, value: dict[str, JSON], needed: bool) -> None:
        for _ in range(ATTEMPTS if needed else EXTRA):
            name = draw_name(draw, budget, source, value)
            plan = None if name is None else source.value(name)
            if name is not None and plan is not None:
                value[name] = plan.draw(draw, budget)
                return
        if needed:
            reject()


def draw_name(draw: DrawFn, budget: Budget, source: Source, taken: dict[str, JSON]) -> str | None:
    """A name that is not taken yet; None when the one drawn is."""
    listed = source.names.values
    if listed is not None:
        free = [name for name in listed if isinstance(name, str) and name not in taken]
        return draw(st.sampled_from(free)) if free else None
    name = source.names.draw(draw, budget)
    return name if isinstance(name, str) and name not in taken else None
