"""The tally: how often each pair of levels stands in a list of rows that is being changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from x402_harness.planning.grid import Grid, bits, mask


class Tally:
    """Counts the pairs in rows that are sets of levels, changed by :meth:`put` and :meth:`drop` alone.

    For each level ``missing`` has those mates that no row has it beside, ``alone`` those that one row has it beside;
    ``left`` counts the pairs that no row has.
    """

    def __init__(self, grid: Grid, rows: Iterable[Sequence[int]]) -> None:
        self._mates = grid.mates
        self._times = [[0] * grid.count for _ in range(grid.count)]
        self.missing = list(grid.mates)
        self.alone = [0] * grid.count
        self.left = sum(mates.bit_count() for mates in grid.mates) // 2
        self.rows: list[int] = []
        for row, levels in enumerate(rows):
            self.rows.append(0)
            for level in bits(mask(levels)):
                self.put(row, level)

    def put(self, row: int, level: int) -> None:
        """Add a level to a row."""
        here, times, missing, alone = 1 << level, self._times[level], self.missing, self.alone
        for other in bits(self.rows[row] & self._mates[level]):
            before = times[other]
            times[other] = self._times[other][level] = before + 1
            if before == 0:
                missing[level] ^= 1 << other
                missing[other] ^= here
                self.left -= 1
            if before < 2:
                alone[level] ^= 1 << other
                alone[other] ^= here
        self.rows[row] |= here

    def drop(self, row: int, level: int) -> None:
        """Take a level out of a row."""
        here, times, missing, alone = 1 << level, self._times[level], self.missing, self.alone
        self.rows[row] &= ~here
        for other in bits(self.rows[row] & self._mates[level]):
            after = times[other] - 1
            times[other] = self._times[other][level] = after
            if after == 0:
                missing[level] ^= 1 << other
                missing[other] ^= here
                self.left += 1
            if after < 2:
                alone[level] ^= 1 << other
                alone[other] ^= here
