"""Annealing: the same pairs in fewer rows, by simulated annealing (Kirkpatrick 1983; for covering arrays Stardom 2001).

A row is taken away, and pairs that are missing then are put into rows chosen by chance. A change that leaves fewer
pairs missing stays; one that leaves more stays seldom, by which dead ends are left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from x402_harness.planning.dice import Dice
from x402_harness.planning.grid import NONE, Grid, Row, bits, is_allowed
from x402_harness.planning.tally import Tally

# One in so many changes stays that leaves 0, 1, 2 or 3 pairs more missing: e^(n / 0.4), as whole numbers so that it is
# the same on every machine.
_ODDS = (1, 12, 148, 1808)
_TRIES = 6  # for a row in which what opens the factors of a pair stands already


class Annealer:
    """Shortens lists of rows of one grid; what ``allows`` refuses is never made.

    The first ``held`` rows stay as they are; the first ``opening`` go on to show all levels that they show.
    """

    def __init__(
        self, grid: Grid, dice: Dice, allows: Callable[[Row], bool] | None, *, held: int, opening: int, steps: int
    ) -> None:
        self._grid = grid
        self._dice = dice
        self._allows = allows
        self._held = held
        self._opening = opening
        self._steps = steps

    def shortened(self, rows: Sequence[Row], fewest: int) -> list[Row]:
        """The same pairs in fewer rows, down to ``fewest`` as far as that is found in time."""
        best = list(rows)
        while len(best) > max(fewest, self._opening, self._held + 1):
            shorter = self._without_one(best)
            if shorter is None:
                break
            best = shorter
        return best

    def _without_one(self, rows: list[Row]) -> list[Row] | None:
        made = [list(row) for row in rows[:-1]]
        tally = Tally(self._grid, made)
        for _ in range(self._steps):
            if not tally.missing:
                return [tuple(row) for row in made]
            pair = tally.pair(self._dice.below(len(tally.missing)))
            place = self._place(made, pair)
            if place < self._opening:
                self._exchange(tally, made, place, pair)
            else:
                self._change(tally, made[place], pair)
        return None

    def _place(self, rows: list[list[int]], pair: Sequence[int]) -> int:
        """A row for a pair, if possible one that lacks only the pair itself: to open a factor costs a row much."""
        grid = self._grid
        needed = [m for level in pair for m in bits(grid.above[level] & ~(1 << level))]
        place = self._held
        for _ in range(_TRIES):
            place = self._held + self._dice.below(len(rows) - self._held)
            if all(rows[place][grid.factor_of[level]] == level for level in needed):
                break
        return place

    def _change(self, tally: Tally, row: list[int], pair: Sequence[int]) -> None:
        """Put a pair into a row, if it may stay."""
        before, kept = len(tally.missing), list(row)
        tally.become(row, self._with(row, pair))
        if not self._stays(len(tally.missing) - before, row):
            tally.become(row, kept)

    def _exchange(self, tally: Tally, rows: list[list[int]], place: int, pair: Sequence[int]) -> None:
        """Put a pair into a row of the opening by exchanging levels with its other rows, if that may stay."""
        before, changed = len(tally.missing), {place: list(rows[place])}
        for level in pair:
            factor = self._grid.factor_of[level]
            other = self._other(rows, place, factor, level)
            if other is None:
                break
            changed.setdefault(other, list(rows[other]))
            tally.put(rows[other], factor, rows[place][factor])
            tally.put(rows[place], factor, level)
        if not self._stays(len(tally.missing) - before, *(rows[index] for index in changed)):
            for index, kept in changed.items():
                tally.become(rows[index], kept)

    def _other(self, rows: list[list[int]], place: int, factor: int, level: int) -> int | None:
        """A row of the opening that can give its ``level`` away."""
        opened = self._grid.opened
        if rows[place][factor] == NONE or any(m in opened for m in self._grid.levels[factor]):
            return None
        return next((i for i in range(self._held, self._opening) if rows[i][factor] == level), None)

    def _with(self, row: Sequence[int], pair: Sequence[int]) -> list[int]:
        """``row`` with a pair in it, and what that opens."""
        grid, made = self._grid, list(row)
        for level in pair:
            for needed in bits(grid.above[level]):
                made[grid.factor_of[needed]] = needed
        for factor in grid.factors if grid.opened else ():
            opener = grid.under[factor]
            if opener is not None and made[grid.factor_of[opener]] != opener:
                made[factor] = NONE
            elif made[factor] == NONE:
                levels = [level for level in grid.levels[factor] if grid.live >> level & 1]
                made[factor] = levels[self._dice.below(len(levels))] if levels else NONE
        return made

    def _stays(self, more: int, *rows: Sequence[int]) -> bool:
        if more > 0 and (more >= len(_ODDS) or self._dice.below(_ODDS[more])):
            return False
        return all(is_allowed(self._grid, row, self._allows) for row in rows)
