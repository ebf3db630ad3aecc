"""Polishing: better lists from good ones, by exchanging levels between rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from x402_harness.planning.dice import Dice
from x402_harness.planning.grid import NONE, Grid, Row, is_allowed
from x402_harness.planning.tally import Tally

_STEPS = 40  # exchanges tried for each level in the rows
_MOST_STEPS = 4000
_LARGEST = 400_000  # pairs of a grid; one with more is not polished


class Polisher:
    """Betters lists of rows of one grid; what ``allows`` refuses is never made."""

    def __init__(self, grid: Grid, dice: Dice, allows: Callable[[Row], bool] | None = None) -> None:
        self._grid = grid
        self._dice = dice
        self._allows = allows
        self._is_large = sum(mates.bit_count() for mates in grid.mates) > 2 * _LARGEST
        self._movable = [f for f in grid.factors if not any(level in grid.opened for level in grid.levels[f])]

    def exchanged(self, rows: Sequence[Row], low: int, high: int) -> list[Row]:
        """The same rows, those from ``low`` to ``high`` with their levels exchanged so that they show more pairs.

        Every factor keeps the levels that it has there.
        """
        made = [list(row) for row in rows]
        if high - low < 2 or not self._movable or self._is_large:
            return list(rows)
        tally = Tally(self._grid, made[:high])
        for _ in range(_steps(self._grid, high - low) if tally.left else 0):
            factor = self._movable[self._dice.below(len(self._movable))]
            one, other = low + self._dice.below(high - low), low + self._dice.below(high - low)
            if made[one][factor] == made[other][factor] or NONE in (made[one][factor], made[other][factor]):
                continue
            before = tally.left
            self._swap(tally, made, one, other, factor)
            if tally.left > before or not all(is_allowed(self._grid, made[row], self._allows) for row in (one, other)):
                self._swap(tally, made, one, other, factor)
        return [tuple(row) for row in made]

    def _swap(self, tally: Tally, rows: list[list[int]], one: int, other: int, factor: int) -> None:
        level, theirs = rows[one][factor], rows[other][factor]
        tally.drop(one, level)
        tally.drop(other, theirs)
        tally.put(one, theirs)
        tally.put(other, level)
        rows[one][factor], rows[other][factor] = theirs, level


def _steps(grid: Grid, rows: int) -> int:
    return min(_MOST_STEPS, _STEPS * len(grid.sizes) * rows)
