"""Languages of strings: patterns that must match, patterns that must not, and a length, decided together.

Each pattern becomes a nondeterministic automaton in which a character set stands on every arrow (Thompson 1968). It is
followed along all its runs at once (subset construction); where that explodes, a pattern that must match can be
followed along single runs, while one that must not never can, as its failure would not be known. The automata run side
by side, one layer of states for every length, so that it is known before the first character is drawn which lengths
can be completed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

from . import charsets
from .charsets import Ranges
from .patterns import Ahead, Alternatives, Chars, Edge, Node, Repeat, UnknownSyntax
from .patterns import Sequence as Row

STATES = 4_000  # of one automaton
WORK = 1_000_000  # states visited while one automaton is followed

State: TypeAlias = "int | frozenset[int]"
Joint: TypeAlias = tuple[State, ...]


class TooLarge(ValueError):
    """A language whose automata outgrow their limits."""


class Automaton:
    """One pattern, searched for anywhere in the text."""

    def __init__(self, tree: Node) -> None:
        self.arrows: list[list[tuple[Ranges, int]]] = []
        self.free: list[list[int]] = []
        self.at_start: list[list[int]] = []
        self.at_end: list[list[int]] = []
        self.work = 0
        begin, self.final = self.state(), self.state()
        self.arrows[begin].append((charsets.EVERY, begin))
        self.arrows[self.final].append((charsets.EVERY, self.final))
        self.add(tree, begin, self.final)
        self.begin = begin

    def state(self) -> int:
        if len(self.arrows) >= STATES:
            raise TooLarge("a pattern with too many states")
        for table in (self.arrows, self.free, self.at_start, self.at_end):
            table.append([])
        return len(self.arrows) - 1

    def add(self, node: Node, source: int, target: int) -> None:
        """Lay the arrows of a tree from one state to another."""
        match node:
            case Chars(ranges):
                self.arrows[source].append((ranges, target))
            case Row(parts):
                for part in parts:
                    middle = self.state()
                    self.add(part, source, middle)
                    source = middle
                self.free[source].append(target)
            case Alternatives(options):
                for option in options:
                    self.add(option, source, target)
            case Repeat(part, low, high):
                self.repeat(part, low, high, source, target)
            case Edge(start):
                (self.at_start if start else self.at_end)[source].append(target)
            case Ahead():
                raise UnknownSyntax("a lookahead that does not stand at the start")

    def repeat(self, part: Node, low: int, high: int | None, source: int, target: int) -> None:
        for _ in range(low):
            source = self.once(part, source)
        if high is None:
            loop = self.state()
            self.free[source].append(loop)
            self.free[self.once(part, loop)].append(loop)
            self.free[loop].append(target)
            return
        self.free[source].append(target)
        for _ in range(high - low):
            source = self.once(part, source)
            self.free[source].append(target)

    def once(self, part: Node, source: int) -> int:
        entry, end = self.state(), self.state()
        self.free[source].append(entry)
        self.add(part, entry, end)
        return end

    def closure(self, states: Sequence[int], start: bool = False, end: bool = False) -> frozenset[int]:
        """The states reached without a character; ``^`` passes at the start, ``$`` at the end."""
        seen = set(states)
        waiting = list(states)
        while waiting:
            here = waiting.pop()
            onward = [*self.free[here], *(self.at_start[here] if start else ()), *(self.at_end[here] if end else ())]
            for there in onward:
                if there not in seen:
                    seen.add(there)
                    waiting.append(there)
        self.work += len(seen)
        if self.work > WORK:
            raise TooLarge("a pattern with too many ways through it")
        return frozenset(seen)


class Run:
    """An automaton over classes of characters. ``exact`` follows all runs at once, else one of them."""

    def __init__(
        self, automaton: Automaton, holders: Sequence[frozenset[int]], numbers: dict[Ranges, int], exact: bool
    ) -> None:
        self.automaton = automaton
        self.holders = holders
        self.numbers = numbers
        self.exact = exact
        self._steps: dict[tuple[State, int], list[State]] = {}
        self._ends: dict[State, bool] = {}

    def first(self) -> list[State]:
        return self._states(self.automaton.closure([self.automaton.begin], start=True), first=True)

    def _states(self, closed: frozenset[int], first: bool = False) -> list[State]:
        if self.exact:
            return [frozenset([self.automaton.final]) if self.automaton.final in closed else closed]
        if self.automaton.final in closed:
            return [self.automaton.final]
        useful = [state for state in closed if self.automaton.arrows[state] or self.automaton.at_end[state] or first]
        return sorted(useful)

    def step(self, state: State, kind: int) -> list[State]:
        """The states after one character of a class."""
        key = (state, kind)
        if key not in self._steps:
            held = self.holders[kind]
            sources = sorted(state) if isinstance(state, frozenset) else [state]
            targets = [
                to for source in sources for ranges, to in self.automaton.arrows[source] if self.numbers[ranges] in held
            ]
            self._steps[key] = self._states(self.automaton.closure(targets)) if targets or self.exact else []
        return self._steps[key]

    def ends(self, state: State) -> bool:
        """Whether the pattern matches a text that ends here."""
        if state not in self._ends:
            states = sorted(state) if isinstance(state, frozenset) else [state]
            self._ends[state] = self.automaton.final in self.automaton.closure(states, end=True)
        return self._ends[state]


@dataclass(frozen=True)
class Arrow:
    """A step of all automata together, on one class of characters."""

    kind: int
    target: Joint


class Language:
    """The strings that all of some patterns match and none of others does."""

    def __init__(self, wanted: Sequence[Node], barred: Sequence[Node], exact: bool = True) -> None:
        """``exact`` follows all runs of the wanted patterns too, which is smaller unless it explodes."""
        automata = [Automaton(tree) for tree in [*wanted, *barred]]
        sets = sorted({ranges for automaton in automata for row in automaton.arrows for ranges, _ in row})
        classes = charsets.partition(sets)
        self.classes = [ranges for ranges, _ in classes]
        holders = [held for _, held in classes]
        numbers = {ranges: index for index, ranges in enumerate(sets)}
        self.runs = [
            Run(automaton, holders, numbers, exact or index >= len(wanted)) for index, automaton in enumerate(automata)
        ]
        self.wanted = len(wanted)
        self._arrows: dict[Joint, list[Arrow]] = {}

    def first(self) -> list[Joint]:
        return list(product(*(run.first() for run in self.runs)))

    def ends(self, joint: Joint) -> bool:
        verdicts = [run.ends(state) for run, state in zip(self.runs, joint, strict=True)]
        return all(verdicts[: self.wanted]) and not any(verdicts[self.wanted :])

    def arrows(self, joint: Joint) -> list[Arrow]:
        """All steps from a joint state."""
        if joint not in self._arrows:
            self._arrows[joint] = list(self._steps(joint))
        return self._arrows[joint]

    def _steps(self, joint: Joint) -> Iterator[Arrow]:
        for run, state in zip(self.runs[self.wanted :], joint[self.wanted :], strict=True):
            if state == frozenset([run.automaton.final]):
                return
        for kind in range(len(self.classes)):
            targets = [run.step(state, kind) for run, state in zip(self.runs, joint, strict=True)]
            if frozenset() not in [states[0] for states in targets[: self.wanted] if states]:
                yield from (Arrow(kind, target) for target in product(*targets))
