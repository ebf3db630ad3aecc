"""Covering: rows such that every beginning of the list covers as much of the grid as it can.

All levels come first, in as few rows as any list needs; then pairs; for strength 3 threes follow. A row is the best of
several greedy ones, each begun with a pair of the two factors that have the most to show together. What was found in
stages (ten rows, twenty-five, all) is polished by exchanging levels between its rows, the last stage is shortened by
tabu search, and the best of several seeded attempts is kept before the next stage begins: however many rows are asked
for, they are the beginning of the same list. Of a large grid the first four rows are those of the first attempt, so
that who wants no more need not wait for the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from x402_harness.planning.bounds import fewest_rows_for_levels, fewest_rows_for_pairs, most_pairs
from x402_harness.planning.coverage import Covering, Threes, ordered
from x402_harness.planning.dice import Dice
from x402_harness.planning.greedy import Greedy
from x402_harness.planning.grid import Grid, Row
from x402_harness.planning.polish import Polisher
from x402_harness.planning.tabu import TabuSearch

Pinned = Sequence[int]  # levels that one row must have

OPENING = 4
STAGES = (10, 25)
_QUICK = 60_000  # levels looked at in one attempt at a whole list: one that takes no more has no opening
_WORK = 300_000  # levels looked at in the attempts of one stage: what is small is tried more often
_ATTEMPTS = 6
_IDLE = 2  # attempts that bettered nothing, after which no more are made
_LONG = 40  # rows: a list of fewer gets no stages where factors open others, as few rows have what those need
_FEWEST_STEPS, _MOST_STEPS = 1000, 4000  # of a search that better nothing, after which it ends
_STEPS = 3  # for each pair of the grid
_EARLY = 0.95  # of the pairs that ten rows can show at most
_THREES = 20_000  # rows of strength 3 at most


class Arranger:
    """Arranges the rows of one grid behind those that are ``given``; the next ones have the levels that are ``pinned``.

    ``allows`` says whether a whole row makes a valid request; ``known`` are rows that do, one for each pair that is
    hard to come by.
    """

    def __init__(
        self,
        grid: Grid,
        seed: int,
        *,
        given: Sequence[Row] = (),
        pinned: Sequence[Pinned] = (),
        allows: Callable[[Row], bool] | None = None,
        known: Sequence[Row] = (),
    ) -> None:
        self._grid = grid
        self._seed = seed
        self._given = list(given)
        self._pinned = [()] * len(given) + list(pinned)
        self._allows = allows
        self._known = known
        self._fewest = fewest_rows_for_pairs(grid)
        self._pairs = Covering(grid).pairs
        self._steps = max(_FEWEST_STEPS, min(_MOST_STEPS, _STEPS * self._pairs))
        self.levels_by = max(fewest_rows_for_levels(grid), len(self._pinned))

    def rows(self, strength: int = 2) -> Iterator[Row]:
        """The rows, made as they are asked for, until they cover all levels (1), pairs (2) or threes (3)."""
        done = list(self._given)
        covering = Covering.of(self._grid, done)
        yield from done
        for end in self._ends():
            stage = self._stage(done, end)
            for row in stage[len(done):]:  # fmt: skip
                if len(done) >= len(self._pinned) and _is_reached(covering, strength):
                    return
                covering.take(row)
                done.append(row)
                yield row
            if not covering.pairs_left and not covering.levels_left:
                break
        if strength == 3:
            yield from self._threes(done)

    def _ends(self) -> list[int | None]:
        """Where the stages end. One that nearly all rows would be in is none: few rows in all count for more then."""
        shortest = _LONG if self._grid.opened else 0
        opening = [OPENING] if self._work(self._fewest) > _QUICK else []
        stages = (stage for stage in STAGES if self._fewest >= max(shortest, 2.5 * stage))
        return [*opening, *(max(stage, self.levels_by + 1) for stage in stages), None]

    def _stage(self, done: list[Row], end: int | None) -> list[Row]:
        if end == OPENING:
            return self._attempt(done, max(OPENING, self.levels_by) + 1, 0)[:OPENING]
        return self.best(done, end) if self._allows else self._known_best(tuple(done), end)

    def _known_best(self, done: tuple[Row, ...], end: int | None) -> list[Row]:
        """:meth:`best`, remembered: listings with the same numbers of levels have the same rows."""
        pinned = tuple(tuple(levels) for levels in self._pinned[len(self._given) :])
        return _remembered(self._grid, self._seed, tuple(self._given), pinned, done, end)

    def best(self, done: list[Row], end: int | None) -> list[Row]:
        """The best of several ways to go on to ``end`` rows, or to the end."""
        best: tuple[tuple[int, ...], list[Row]] | None = None
        ideal, idle = self._ideal(end), 0
        for attempt in range(self._attempts(end)):
            rows = self._attempt(done, end, attempt)
            score = self._score(rows, end)
            idle += 1
            if best is None or score > best[0]:
                best, idle = (score, rows), 0
            if best[0][:4] >= ideal or idle == _IDLE:
                break
        assert best is not None  # there is at least one attempt
        return best[1]

    def _attempts(self, end: int | None) -> int:
        each = self._work(end or self._fewest)
        return max(1, min(_ATTEMPTS, _WORK // max(1, each)))

    def _work(self, rows: int) -> int:
        """About how many levels are looked at in one attempt at so many rows."""
        return (Greedy.CANDIDATES * self._grid.count + self._steps) * rows

    def _attempt(self, done: list[Row], end: int | None, attempt: int) -> list[Row]:
        dice = Dice(self._seed, "rows", end, attempt)
        greedy = Greedy(self._grid, dice, self._allows, self._known)
        polisher = Polisher(self._grid, dice, self._allows)
        first = held = max(len(done), len(self._pinned))
        rows = list(done)
        if len(done) < self.levels_by:  # every factor keeps its levels among the rows that are to show all of them
            rows = greedy.extended(rows, self._pinned, self.levels_by)
            rows = polisher.exchanged(rows, first, len(rows))
            first = max(first, self.levels_by)
        if end is None and len(done) < STAGES[0]:  # no stage ends there: a good beginning all the same
            rows = greedy.extended(rows, self._pinned, STAGES[0])
            rows = polisher.exchanged(rows, first, len(rows))
        rows = greedy.extended(rows, self._pinned, end)
        if Covering.of(self._grid, rows).pairs_left:
            rows = polisher.exchanged(rows, first, len(rows))
        else:
            search = TabuSearch(
                self._grid, dice, self._allows, held=held, opening=self.levels_by, steps=self._steps
            )  # fmt: skip
            rows = search.shortened(rows, self._fewest)
        return ordered(self._grid, rows, first)

    def _score(self, rows: list[Row], end: int | None) -> tuple[int, ...]:
        """Levels that are missing where all should be shown, pairs, how many rows, pairs in the first rows, and how
        early pairs are shown."""
        covering, curve, early = Covering(self._grid), 0, 0
        levels = 0
        for number, row in enumerate(rows, start=1):
            covering.take(row)
            shown = covering.pairs - covering.pairs_left
            curve += shown
            early = shown if number <= STAGES[0] else early
            if number == self.levels_by:
                levels = -covering.levels_left
        pairs = covering.pairs - covering.pairs_left
        is_all = not covering.pairs_left
        return (levels, pairs, -len(rows) if is_all else -(end or 0), early, curve)

    def _ideal(self, end: int | None) -> tuple[int, ...]:
        """A score with which nothing better is looked for."""
        if end is not None and end < self._fewest:
            return (0, min(self._pairs, most_pairs(self._grid, end)), -end, 0)
        first = most_pairs(self._grid, STAGES[0]) if self._fewest > STAGES[0] else 0
        return (0, self._pairs, -self._fewest, int(_EARLY * min(self._pairs, first)))

    def _threes(self, done: list[Row]) -> Iterator[Row]:
        threes = Threes(self._grid)
        greedy = Greedy(self._grid, Dice(self._seed, "threes"), self._allows, self._known)
        for row in done:
            threes.take(row)
        for _ in range(_THREES):
            made = greedy.row_of_threes(threes)
            if made is None:
                return
            threes.take(made)
            yield made


@lru_cache(maxsize=512)
def _remembered(
    grid: Grid, seed: int, given: tuple[Row, ...], pinned: tuple[Pinned, ...], done: tuple[Row, ...], end: int | None
) -> list[Row]:
    return Arranger(grid, seed, given=given, pinned=pinned).best(list(done), end)


def _is_reached(covering: Covering, strength: int) -> bool:
    return not covering.levels_left and (strength == 1 or not covering.pairs_left)
