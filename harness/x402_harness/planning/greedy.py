"""Greedy rows: each the best of several, factor by factor the level that shows the most beside those chosen before."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from x402_harness.planning.coverage import Covering, Threes
from x402_harness.planning.dice import Dice
from x402_harness.planning.grid import NONE, Grid, Row, bits

Worth = tuple[int, int, int]


class Greedy:
    """Makes rows of one grid. ``allows`` and ``known`` are as for the arranger."""

    CANDIDATES = 12

    def __init__(
        self, grid: Grid, dice: Dice, allows: Callable[[Row], bool] | None = None, known: Sequence[Row] = ()
    ) -> None:
        self._grid = grid
        self._dice = dice
        self._allows = allows
        self._known = known

    def extended(self, done: Sequence[Row], pinned: Sequence[Sequence[int]], end: int | None) -> list[Row]:
        """``done`` and the rows behind it, to ``end`` rows or until nothing is left to show."""
        rows = list(done)
        covering = Covering.of(self._grid, rows)
        while end is None or len(rows) < end:
            held = pinned[len(rows)] if len(rows) < len(pinned) else None
            row = self._best(covering, held)
            if row is None:
                break
            rows.append(row)
            covering.take(row)
        return rows

    def row_of_threes(self, threes: Threes) -> Row | None:
        """The best row that shows a combination of three that was not shown; ``None`` if all were, or cannot be."""
        while (seeds := threes.first_open()) is not None:
            made = [row for _ in range(4) if (row := self._row(seeds, threes.added)) is not None]
            if made:
                return max(made, key=threes.gain)
            threes.give_up(seeds)
        return None

    def any_row(self, seeds: Sequence[int]) -> Row | None:
        """A row with ``seeds`` in it and anything else beside them; ``None`` if none was found that is allowed."""
        return self._row(seeds, lambda *_: 0)

    def _best(self, covering: Covering, held: Sequence[int] | None) -> Row | None:
        """The candidate that shows the most; ``None`` if nothing new can be shown and nothing is held."""
        pairs = [] if held is not None else self._seeds(covering)
        if held is None and not pairs:
            if not covering.fresh:
                return None
            held = ()
        best: tuple[Worth, Row] | None = None
        for _ in range(self.CANDIDATES):
            seeds = pairs[self._dice.below(len(pairs))] if held is None else held
            row = self._grown(covering, seeds)
            if row is not None:
                best = max(best or (_worth(covering, row), row), (_worth(covering, row), row))
        for row in () if held else self._known:
            best = max(best or (_worth(covering, row), row), (_worth(covering, row), row))
        if best is None or (not held and best[0][:2] == (0, 0)):
            return None
        return best[1]

    def _seeds(self, covering: Covering) -> list[tuple[int, int]]:
        """Of the two factors with the most pairs to show, those pairs whose levels have the most to show.

        None as long as levels are left where factors stand under others: a pair would settle what is above it.
        """
        grid, most, found = self._grid, 0, (0, 0)
        if grid.opened and covering.fresh:
            return []
        for one in grid.factors:
            here = [covering.open[level] for level in grid.levels[one]]
            for other in range(one + 1, len(grid.sizes)):
                left = sum((mates & grid.mask_of[other]).bit_count() for mates in here)
                if left > most:
                    most, found = left, (one, other)
        if not most:
            return []
        pairs = [(a, b) for a in grid.levels[found[0]] for b in bits(covering.open[a] & grid.mask_of[found[1]])]
        worth = {pair: self._promise(covering, pair) for pair in pairs}
        best = max(worth.values())
        return [pair for pair in pairs if worth[pair] == best]

    def _promise(self, covering: Covering, pair: tuple[int, int]) -> tuple[int, int]:
        fresh = sum(covering.fresh >> level & 1 for level in pair)
        return fresh, sum(covering.open[level].bit_count() for level in pair)

    def _grown(self, covering: Covering, seeds: Sequence[int]) -> Row | None:
        def worth(level: int, levels: int) -> tuple[int, int, int]:
            pairs, fresh = (covering.open[level] & levels).bit_count(), covering.fresh >> level & 1
            promise = covering.open[level].bit_count()
            for child in self._grid.opened.get(level, ()):
                inner = [worth(m, levels) for m in self._grid.levels[child]]
                fresh |= max(one[0] for one in inner)
                pairs += max(one[1] for one in inner)
                promise += max(one[2] for one in inner)
            return fresh, pairs, promise

        return self._row(seeds, worth)

    def _row(self, seeds: Sequence[int], worth: Callable[[int, int], object]) -> Row | None:
        """A row with ``seeds``, every other factor at its best; ``None`` if none is found that is allowed."""
        grid, row = self._grid, [NONE] * len(self._grid.sizes)
        free, levels, waiting = grid.live, 0, list(grid.roots)
        self._dice.shuffle(waiting)
        closure = 0
        for level in seeds:
            closure |= grid.above[level]
        order = [grid.factor_of[level] for level in bits(closure)]
        wanted = {grid.factor_of[level]: level for level in bits(closure)}
        waiting = [factor for factor in waiting if factor not in wanted]
        queue = [*order, *waiting]
        while queue:
            factor = queue.pop(0)
            level = wanted.get(factor, NONE)
            if level == NONE:
                level = self._choice(grid.mask_of[factor] & free, levels, worth)
            if level == NONE or not free >> level & 1:
                return None
            row[factor] = level
            levels |= 1 << level
            free &= grid.mates[level] | grid.mask_of[factor]
            for child in grid.opened.get(level, ()):
                if child not in wanted:
                    queue.insert(self._dice.below(len(queue) + 1), child)
        return self._mended(tuple(row))

    def _choice(self, options: int, levels: int, worth: Callable[[int, int], object]) -> int:
        """The option of most worth; among equals any."""
        found, most = NONE, None
        listed = list(bits(options))
        turn = self._dice.below(len(listed)) if listed else 0
        for level in (*listed[turn:], *listed[:turn]):
            value = worth(level, levels)
            if most is None or value > most:  # type: ignore[operator]
                found, most = level, value
        return found

    def _mended(self, row: Row) -> Row | None:
        """``row``, or one near it that is allowed."""
        if self._allows is None or self._allows(row):
            return row
        grid = self._grid
        for _ in range(3 * len(row)):
            factor = self._dice.below(len(row))
            plain = [m for m in grid.levels[factor] if grid.live >> m & 1 and m not in grid.opened]
            if row[factor] == NONE or row[factor] in grid.opened or not plain:
                continue
            other = plain[self._dice.below(len(plain))]
            changed = (*row[:factor], other, *row[factor + 1 :])
            if self._allows(changed):
                return changed
        return None


def _worth(covering: Covering, row: Row) -> Worth:
    gained = covering.gain(row)
    return gained.levels, gained.pairs, sum(covering.open[level].bit_count() for level in row if level != NONE)
