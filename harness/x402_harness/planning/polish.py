"""Polishing: better lists from good ones, by exchanging levels between rows, and by doing without a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from x402_harness.planning.coverage import Covering
from x402_harness.planning.dice import Dice
from x402_harness.planning.grid import NONE, Grid, Row, bits, mask

_STEPS = 40  # exchanges tried for each level in the rows
_MOST_STEPS = 4000
_SHORTER = 60  # changes tried for each level in the rows, to do without one of them
_LARGEST = 400_000  # pairs of a grid; one with more is not polished


class _Tally:
    """How often each pair stands in some rows; ``missing`` are the pairs that stand in none of them."""

    def __init__(self, grid: Grid, rows: Sequence[list[int]]) -> None:
        self._mates = grid.mates
        self._width = grid.count
        self._times: dict[int, int] = {}
        self.missing: list[int] = [
            one * grid.count + other for one, mates in enumerate(grid.mates) for other in bits(mates >> one << one)
        ]
        self._places = {pair: place for place, pair in enumerate(self.missing)}
        for row in rows:
            for index, level in enumerate(row):
                self.add(row[:index], level)

    def pair(self, index: int) -> tuple[int, int]:
        """The levels of one missing pair."""
        return divmod(self.missing[index], self._width)

    def add(self, beside: Sequence[int], level: int) -> None:
        """Count in the pairs of ``level`` with those ``beside`` it."""
        for pair in self._pairs(beside, level):
            times = self._times.get(pair, 0)
            self._times[pair] = times + 1
            if not times:
                place, last = self._places.pop(pair), self.missing.pop()
                if last != pair:
                    self.missing[place] = last
                    self._places[last] = place

    def drop(self, beside: Sequence[int], level: int) -> None:
        """Count out the pairs of ``level`` with those ``beside`` it."""
        for pair in self._pairs(beside, level):
            times = self._times[pair] - 1
            self._times[pair] = times
            if not times:
                self._places[pair] = len(self.missing)
                self.missing.append(pair)

    def _pairs(self, beside: Sequence[int], level: int) -> list[int]:
        mates, width = (self._mates[level] if level != NONE else 0), self._width
        return [
            other * width + level if other < level else level * width + other
            for other in beside if other != NONE and mates >> other & 1
        ]  # fmt: skip


class Polisher:
    """Betters lists of rows of one grid; what ``allows`` refuses is never made."""

    def __init__(self, grid: Grid, dice: Dice, allows: Callable[[Row], bool] | None = None) -> None:
        self._grid = grid
        self._dice = dice
        self._allows = allows
        self._is_large = sum(mates.bit_count() for mates in grid.mates) > 2 * _LARGEST
        self._movable = [f for f in grid.factors if not any(level in grid.opened for level in grid.levels[f])]

    @staticmethod
    def work(grid: Grid, rows: int) -> int:
        """About how many levels are looked at in polishing so many rows."""
        return 8 * len(grid.sizes) * _steps(grid, rows)

    def exchanged(self, rows: Sequence[Row], low: int, high: int) -> list[Row]:
        """The same rows, those from ``low`` to ``high`` with their levels exchanged so that they show more pairs.

        Every factor keeps the levels that it has there.
        """
        made = [list(row) for row in rows]
        if high - low < 2 or not self._movable or self._is_large:
            return list(rows)
        tally = _Tally(self._grid, made[:high])
        for _ in range(_steps(self._grid, high - low) if tally.missing else 0):
            factor = self._movable[self._dice.below(len(self._movable))]
            one, other = made[low + self._dice.below(high - low)], made[low + self._dice.below(high - low)]
            if one[factor] == other[factor] or NONE in (one[factor], other[factor]):
                continue
            before = len(tally.missing)
            self._swap(tally, one, other, factor)
            if len(tally.missing) > before or not (self._is_allowed(one) and self._is_allowed(other)):
                self._swap(tally, one, other, factor)
        return [tuple(row) for row in made]

    def shortened(self, rows: Sequence[Row], low: int, fewest: int) -> list[Row]:
        """The same pairs in fewer rows, as far as that is found; rows before ``low`` stay."""
        best = list(rows)
        while not self._is_large and len(best) > max(fewest, low + 1):
            shorter = self._without_one(best, low)
            if shorter is None:
                break
            best = shorter
        return best

    def ordered(self, rows: Sequence[Row], low: int) -> list[Row]:
        """The same rows, those from ``low`` on in the order in which they show the most; what shows nothing goes."""
        made, rest = list(rows[:low]), list(rows[low:])
        covering = Covering.of(self._grid, made)
        while rest:
            gains = [covering.gain(row) for row in rest]
            index = max(range(len(rest)), key=lambda i: (gains[i].levels, gains[i].pairs, -i))
            row = rest.pop(index)
            if covering.take(row).is_nothing:
                break
            made.append(row)
        return made

    def _swap(self, tally: _Tally, one: list[int], other: list[int], factor: int) -> None:
        level, theirs = one[factor], other[factor]
        self._set(tally, one, factor, theirs)
        self._set(tally, other, factor, level)

    def _set(self, tally: _Tally, row: list[int], factor: int, level: int) -> None:
        beside = row[:factor] + row[factor + 1 :]
        tally.drop(beside, row[factor])
        row[factor] = level
        tally.add(beside, level)

    def _without_one(self, rows: list[Row], low: int) -> list[Row] | None:
        """A list with one row less that shows all pairs; ``None`` if none is found in time."""
        made = [list(row) for row in rows[:-1]]
        tally = _Tally(self._grid, made)
        movable = frozenset(self._movable)
        for _ in range(min(_MOST_STEPS, _SHORTER * len(self._grid.sizes) * len(rows))):
            if not tally.missing:
                return [tuple(row) for row in made]
            pair = tally.pair(self._dice.below(len(tally.missing)))
            row = made[low + self._dice.below(len(made) - low)]
            factors = [self._grid.factor_of[level] for level in pair]
            if any(factor not in movable or row[factor] == NONE for factor in factors):
                continue
            self._try(tally, row, factors, pair)
        return None

    def _try(self, tally: _Tally, row: list[int], factors: Sequence[int], pair: Sequence[int]) -> None:
        """Put ``pair`` into ``row`` if no more pairs are missing then."""
        before, kept = len(tally.missing), [row[factor] for factor in factors]
        for factor, level in zip(factors, pair, strict=True):
            self._set(tally, row, factor, level)
        if len(tally.missing) > before or not self._is_allowed(row):
            for factor, level in zip(factors, kept, strict=True):
                self._set(tally, row, factor, level)

    def _is_allowed(self, row: Sequence[int]) -> bool:
        grid, levels = self._grid, mask(row)
        if any(levels & ~(grid.mates[level] | 1 << level) for level in row if level != NONE):
            return False
        return self._allows is None or self._allows(tuple(row))


def _steps(grid: Grid, rows: int) -> int:
    return min(_MOST_STEPS, _STEPS * len(grid.sizes) * rows)
