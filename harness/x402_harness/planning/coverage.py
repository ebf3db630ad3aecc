"""Coverage: which levels, pairs and threes of levels a list of rows has shown, and which it has not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from x402_harness.planning.grid import Grid, Row, bits, mask


@dataclass(frozen=True, slots=True)
class Gain:
    """What one row shows that none before it did; in this order rows are compared."""

    levels: int
    pairs: int

    @property
    def is_nothing(self) -> bool:
        """Whether the row shows nothing new."""
        return not self.levels and not self.pairs


class Covering:
    """What is not covered yet: ``fresh`` levels, and for each level its ``open`` mates. Rows are taken in by
    :meth:`take`."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.fresh = grid.live
        self.open = list(grid.mates)
        self.levels = self.fresh.bit_count()
        self.pairs = sum(mates.bit_count() for mates in self.open) // 2
        self.levels_left = self.levels
        self.pairs_left = self.pairs

    @classmethod
    def of(cls, grid: Grid, rows: Iterable[Row]) -> Covering:
        """The covering by these rows."""
        made = cls(grid)
        for row in rows:
            made.take(row)
        return made

    def gain(self, row: Row) -> Gain:
        """What ``row`` would add."""
        levels = mask(row)
        pairs = sum((self.open[level] & levels).bit_count() for level in bits(levels)) // 2
        return Gain((self.fresh & levels).bit_count(), pairs)

    def take(self, row: Row) -> Gain:
        """Count ``row`` as covered; what it added."""
        gained, levels = self.gain(row), mask(row)
        for level in bits(levels):
            self.open[level] &= ~levels
        self.fresh &= ~levels
        self.levels_left -= gained.levels
        self.pairs_left -= gained.pairs
        return gained

    def untested_pairs(self) -> list[tuple[int, int]]:
        """The pairs that no row has shown."""
        return [(one, other) for one, mates in enumerate(self.open) for other in bits(mates) if one < other]


def ordered(grid: Grid, rows: Sequence[Row], first: int) -> list[Row]:
    """The same rows, those from ``first`` on in the order in which they show the most; what shows nothing goes."""
    made, rest = list(rows[:first]), list(rows[first:])
    covering = Covering.of(grid, made)
    while rest:
        gains = [covering.gain(row) for row in rest]
        index = max(range(len(rest)), key=lambda i: (gains[i].levels, gains[i].pairs, -i))
        row = rest.pop(index)
        if covering.take(row).is_nothing:
            break
        made.append(row)
    return made


class Threes:
    """The combinations of three levels that are not covered yet."""

    def __init__(self, grid: Grid) -> None:
        self._open: dict[tuple[int, int], int] = {}
        self.total = 0
        for one in range(grid.count):
            for other in bits(grid.mates[one] >> one << one):
                thirds = grid.mates[one] & grid.mates[other]
                self._open[one, other] = thirds
                self.total += thirds.bit_count()
        self.total //= 3
        self.left = self.total

    def gain(self, row: Row) -> int:
        """How many ``row`` would add."""
        return sum((self._open[pair] & levels).bit_count() for pair, levels in self._pairs(row)) // 3

    def added(self, level: int, levels: int) -> int:
        """How many of those that ``row`` would add have ``level`` and two of ``levels``."""
        pairs = ((min(level, other), max(level, other)) for other in bits(levels) if other != level)
        return sum((self._open.get(pair, 0) & levels).bit_count() for pair in pairs) // 2

    def take(self, row: Row) -> int:
        """Count ``row`` as covered; how many it added."""
        gained = self.gain(row)
        for pair, levels in self._pairs(row):
            self._open[pair] &= ~levels
        self.left -= gained
        return gained

    def give_up(self, three: tuple[int, int, int]) -> None:
        """Count a combination out that no row can show."""
        for third in three:
            one, other = sorted(set(three) - {third})
            self._open[one, other] &= ~(1 << third)
        self.left -= 1

    def first_open(self) -> tuple[int, int, int] | None:
        """Some combination that is not covered."""
        for (one, other), thirds in self._open.items():
            for third in bits(thirds):
                return one, other, third
        return None

    def _pairs(self, row: Row) -> list[tuple[tuple[int, int], int]]:
        levels = mask(row)
        found = list(bits(levels))
        return [
            ((one, other), levels) for i, one in enumerate(found) for other in found[i + 1 :]
            if (one, other) in self._open
        ]  # fmt: skip
