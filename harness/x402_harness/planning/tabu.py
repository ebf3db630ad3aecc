"""Tabu search (Glover 1989; for covering arrays Nurmela 2004): the same pairs in fewer rows.

A row is taken away. Then, again and again, a pair that is missing is put into the row where that costs the fewest of
the pairs that are there, and what had to leave a row for it may not come back for some steps, by which dead ends are
left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from x402_harness.planning.dice import Dice
from x402_harness.planning.grid import NONE, Grid, Row, bits
from x402_harness.planning.tally import Tally

_SHORTEST, _LONGEST = 3, 6  # steps for which a level may not come back
_LOOKED = 16  # rows looked at for one pair
_WORTH = 3  # pairs that a level is worth which the opening rows are to show


class _Change(NamedTuple):
    """What leaves a row and what comes into it, as sets of levels, and what that costs, in pairs."""

    more: int
    place: int
    out: int
    into: int


class TabuSearch:
    """Shortens lists of rows of one grid; what ``allows`` refuses is never made.

    The first ``held`` rows stay as they are; the first ``opening`` go on to show all levels that they show. A search
    ends after so many ``steps`` that bettered nothing.
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
            shorter = self._completed(best[:-1])
            if shorter is None:
                break
            best = shorter
        return best

    def _completed(self, rows: Sequence[Row]) -> list[Row] | None:
        """As many rows with all pairs in them; ``None`` if none were found."""
        state = _State(self._grid, rows, self._opening)
        fewest = state.tally.left
        expires = [0] * (self._grid.count * len(rows))
        step = last = 0
        while fewest and step < last + self._steps:
            step += 1
            change = self._change(state, expires, step, fewest)
            if change is None:
                continue
            state.make(change)
            for level in bits(change.out):
                stays = _SHORTEST + self._dice.below(_LONGEST - _SHORTEST + 1)
                expires[change.place * self._grid.count + level] = step + stays
            if state.tally.left < fewest and not state.lost:
                fewest, last = state.tally.left, step
        return None if fewest else state.rows()

    def _change(self, state: _State, expires: Sequence[int], step: int, fewest: int) -> _Change | None:
        """The best place for something that is missing: without factors that others open, of the rows that have the
        most of it."""
        needed, end = self._wanted(state)
        places = self._looked_at(end)
        lacks = [0 if self._grid.opened else (needed & ~state.tally.rows[place]).bit_count() for place in places]
        for least in sorted(set(lacks)):
            best = None
            for lack, place in zip(lacks, places, strict=True):
                change = self._put(state, place, needed) if lack == least else None
                if change is None or (best is not None and best.more <= change.more):
                    continue
                if state.tally.left + change.more < fewest or not self._is_tabu(change, expires, step):
                    best = change
            if best is not None and (self._allows is None or self._allows(state.row(best))):
                return best
        return None

    def _looked_at(self, end: int) -> list[int]:
        """Some rows, beginning anywhere."""
        places = range(self._held, end)
        turn = self._dice.below(len(places)) if places else 0
        return [*places[turn:], *places[:turn]][:_LOOKED]

    def _wanted(self, state: _State) -> tuple[int, int]:
        """Levels that are to stand in one row together, and the end of the rows that they may be put into."""
        tally, above = state.tally, self._grid.above
        if state.lost and (not tally.left or self._dice.below(2)):
            return above[self._any(state.lost)], self._opening
        lacking = 0
        for level, missing in enumerate(tally.missing):
            if missing:
                lacking |= 1 << level
        one = self._any(lacking)
        return above[one] | above[self._any(tally.missing[one])], len(tally.rows)

    def _any(self, levels: int) -> int:
        """One of a set."""
        for _ in range(self._dice.below(levels.bit_count())):
            levels &= levels - 1
        return (levels & -levels).bit_length() - 1

    def _is_tabu(self, change: _Change, expires: Sequence[int], step: int) -> bool:
        start = change.place * self._grid.count
        return any(expires[start + level] > step for level in bits(change.into))

    def _put(self, state: _State, place: int, needed: int) -> _Change | None:
        """What it takes to have all ``needed`` levels in a row; ``None`` where it has them, or cannot."""
        grid, before = self._grid, state.tally.rows[place]
        into = needed & ~before
        if not into:
            return None
        out = 0
        for level in bits(into):
            for old in bits(before & grid.mask_of[grid.factor_of[level]]):  # one, or none
                out |= before & grid.below[old]
        into = self._opened(state, into, before & ~out | into) if grid.opened else into
        after = before & ~out | into
        if any(after & ~(grid.mates[level] | 1 << level) for level in bits(into)):
            return None
        return _Change(state.cost(place, before & ~out, out, into), place, out, into)

    def _opened(self, state: _State, into: int, row: int) -> int:
        """``into`` and a level of each factor that it opens: the one with the most missing pairs in the row."""
        grid, missing, waiting = self._grid, state.tally.missing, list(bits(into))
        while waiting:
            for factor in grid.opened.get(waiting.pop(), ()):
                if row & grid.mask_of[factor]:
                    continue
                levels = list(bits(grid.mask_of[factor] & grid.live))
                turn = self._dice.below(len(levels)) if levels else 0
                level = max(
                    (*levels[turn:], *levels[:turn]), key=lambda m: (missing[m] & row).bit_count(), default=NONE
                )
                if level != NONE:
                    into, row = into | 1 << level, row | 1 << level
                    waiting.append(level)
        return into


class _State:
    """Rows that are being changed, and of the levels that the opening rows are to show those that are ``lost``."""

    def __init__(self, grid: Grid, rows: Sequence[Row], opening: int) -> None:
        self._grid = grid
        self.tally = Tally(grid, rows)
        self._opening = opening
        self._shown = [0] * grid.count
        self.lost = 0
        for row in self.tally.rows[:opening]:
            for level in bits(row):
                self._shown[level] += 1

    def cost(self, place: int, kept: int, out: int, into: int) -> int:
        """How many more pairs are missing after a change of a row."""
        tally, opens, more, beside = self.tally, place < self._opening, 0, kept
        for level in bits(out):
            more += (tally.alone[level] & beside).bit_count() + _WORTH * (opens and self._shown[level] == 1)
            beside |= 1 << level
        beside = kept
        for level in bits(into):
            more -= (tally.missing[level] & beside).bit_count() + _WORTH * (opens and bool(self.lost >> level & 1))
            beside |= 1 << level
        return more

    def make(self, change: _Change) -> None:
        """Change a row."""
        for level in bits(change.out):
            self.tally.drop(change.place, level)
            self._count(change.place, level, -1)
        for level in bits(change.into):
            self.tally.put(change.place, level)
            self._count(change.place, level, 1)

    def _count(self, place: int, level: int, more: int) -> None:
        if place < self._opening:
            self._shown[level] += more
            if not self._shown[level]:
                self.lost |= 1 << level
            else:
                self.lost &= ~(1 << level)

    def row(self, change: _Change) -> Row:
        """A row as it is after a change."""
        return self._as_row(self.tally.rows[change.place] & ~change.out | change.into)

    def rows(self) -> list[Row]:
        """The rows as they are now."""
        return [self._as_row(levels) for levels in self.tally.rows]

    def _as_row(self, levels: int) -> Row:
        row = [NONE] * len(self._grid.sizes)
        for level in bits(levels):
            row[self._grid.factor_of[level]] = level
        return tuple(row)
