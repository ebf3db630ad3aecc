"""The tally: how often each pair of levels stands in a list of rows that is being changed."""

from __future__ import annotations

from collections.abc import Sequence

from x402_harness.planning.grid import NONE, Grid, bits


class Tally:
    """Counts the pairs in ``rows``, which are changed by :meth:`put` alone; ``missing`` are those that none has."""

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
                self._add(row[:index], level)

    def pair(self, index: int) -> tuple[int, int]:
        """The levels of one missing pair."""
        return divmod(self.missing[index], self._width)

    def put(self, row: list[int], factor: int, level: int) -> None:
        """Set one factor of one of the rows."""
        if row[factor] == level:
            return
        beside = row[:factor] + row[factor + 1 :]
        self._drop(beside, row[factor])
        row[factor] = level
        self._add(beside, level)

    def become(self, row: list[int], other: Sequence[int]) -> None:
        """Make one of the rows like ``other``."""
        for factor, level in enumerate(other):
            self.put(row, factor, level)

    def _add(self, beside: Sequence[int], level: int) -> None:
        for pair in self._pairs(beside, level):
            times = self._times.get(pair, 0)
            self._times[pair] = times + 1
            if not times:
                place, last = self._places.pop(pair), self.missing.pop()
                if last != pair:
                    self.missing[place] = last
                    self._places[last] = place

    def _drop(self, beside: Sequence[int], level: int) -> None:
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
