"""Bounds: how few rows can cover a grid, and how much so many rows can cover at best. No plan that shows all levels in
the fewest rows, as ours do, can do better.

- *Fewest rows for all levels.* A factor needs a row for each level, and a level as many as any factor under it needs.
- *Fewest rows for all pairs.* Whatever needs a certain level needs rows that no other level of that factor is in, so
  the rows add up over a factor's levels; for two factors that is the product of their sizes. Where levels open factors,
  two levels together need as many rows as either's opened factors need beside the other, and so on downwards. On top of
  that, for three or more factors of two levels the exact number (Kleitman and Spencer 1973, Katona 1973; where two rows
  show all levels, the others must be an antichain for each two factors, Sperner 1928), for five factors of three levels
  11 and for more of them 12 (Sloane 1993; where three rows show all levels, 11 for four and 12 for five, as a search
  through all lists shows), and for more than v + 1 factors of v levels one more than v², as no orthogonal array has so
  many columns (Bush 1952).
- *Most pairs in n rows.* A row has one pair for each two factors, so two factors show at most n of theirs, and a row
  no more than the most factors that can be open in it allow. Rows that show all levels have some in which a factor is
  closed; it is best for them if these are the same for all factors. Four and more factors of three levels that three
  rows show cannot all show so many, as a search through all lists shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

from x402_harness.planning.grid import Grid, bits, mask

Counts = dict[tuple[int, int], int]

# Of factors with three levels each that three rows show: more than so many need so many rows. `bench/arrays.py` goes
# through all lists.
_BEYOND = ((3, 11), (4, 12), (6, 14))
_BEYOND_BESIDE = ((2, 10), (3, 12))  # the same beside one more, two levels of which those three rows show
# Of four and of five such factors so many pairs stand in a row where another one has them, at least, for each row
# behind the first three; of ten and eleven rows in all.
_REPEATED_A_ROW = {4: 1, 5: 2}
_REPEATED = {10: {4: 3, 5: 8}, 11: {5: 4}}


def fewest_rows_for_levels(grid: Grid) -> int:
    """Rows that all levels need at least."""
    return max((_needed(grid, factor) for factor in grid.roots), default=0)


def _needed(grid: Grid, factor: int) -> int:
    return sum(_needed_by(grid, level) for level in bits(grid.mask_of[factor] & grid.live))


def _needed_by(grid: Grid, level: int) -> int:
    return max((1, *(_needed(grid, child) for child in grid.opened.get(level, ()))))


def pair_counts(grid: Grid) -> Counts:
    """How many pairs of levels each two factors have."""
    counts: Counts = {}
    for one in grid.factors:
        for other in range(one + 1, len(grid.sizes)):
            found = sum((grid.mates[level] & grid.mask_of[other]).bit_count() for level in grid.levels[one])
            if found:
                counts[one, other] = found
    return counts


def fewest_rows_for_pairs(grid: Grid) -> int:
    """Rows that all pairs need at least."""
    levels, needs = fewest_rows_for_levels(grid), _Needs(grid)
    split = [needs.of_factor(factor) for factor in grid.roots]
    return max([levels, *pair_counts(grid).values(), *split, _many_factors(grid, grid.roots, opposed=levels)])


class _Needs:
    """How many rows need a level, or two levels together, for the pairs that only such rows can show."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._openers = mask(grid.opened)
        self._opening = _opening(grid)
        self._together: dict[tuple[int, int], int] = {}

    def of_factor(self, factor: int) -> int:
        """The rows add up over the levels of a factor."""
        return sum(self._of_level(level) for level in bits(self._grid.mask_of[factor] & self._grid.live))

    def _of_level(self, level: int) -> int:
        opened = self._grid.opened.get(level, ())
        others = [factor for factor in self._grid.factors if factor not in opened]
        inside = [self.of_factor(factor) for factor in opened]
        beside = [self._beside(level, factor) for factor in others]
        return max([1, self._of_opened(level, opened, others), *inside, *beside])

    def _of_opened(self, level: int, opened: Sequence[int], others: Sequence[int]) -> int:
        """The factors that a level opens go together only in rows with it, and any other one with them."""
        rows = self._opening.get(level, 0)
        here = [_many_factors(self._grid, opened, opposed=rows)]
        chain = {self._grid.factor_of[one] for one in bits(self._grid.above[level])}
        for factor in others if opened else ():
            if factor not in chain and self._is_open_with(level, factor):
                here.append(_many_factors(self._grid, (*opened, factor)))
                here.append(self._of_opposed(opened, rows, factor))
        return max(here)

    def _of_opposed(self, opened: Sequence[int], rows: int, factor: int) -> int:
        """Factors that three rows show, and one beside them whose levels are not all shown by others of the first."""
        grid, others = self._grid, fewest_rows_for_levels(self._grid) - rows
        if rows != 3 or _size(grid, factor) != 3 or others > 1 or factor not in grid.roots or grid.barred:
            return 0
        alike = sum(_size(grid, one) == 3 for one in opened)
        return max((needed for most, needed in _BEYOND_BESIDE if alike > most), default=0)

    def _is_open_with(self, level: int, factor: int) -> bool:
        """Whether every row with a level has a factor."""
        opener = self._grid.under[factor]
        return opener is None or bool(self._grid.above[level] >> opener & 1)

    def _beside(self, level: int, factor: int) -> int:
        mates = self._grid.mates[level] & self._grid.mask_of[factor]
        if not (mates | 1 << level) & self._openers:
            return mates.bit_count()
        return sum(self._of_both(level, mate) for mate in bits(mates))

    def _of_both(self, one: int, other: int) -> int:
        """Rows with both levels: each level that either opens needs its own beside the other."""
        key = (min(one, other), max(one, other))
        if key not in self._together:
            opened = self._grid.opened
            rows = [self._beside(other, factor) for factor in opened.get(one, ())]
            rows += [self._beside(one, factor) for factor in opened.get(other, ())]
            self._together[key] = max([1, *rows])
        return self._together[key]


def _size(grid: Grid, factor: int) -> int:
    return (grid.mask_of[factor] & grid.live).bit_count()


def _opening(grid: Grid) -> dict[int, int]:
    """For each level that opens factors how many of the first rows have it, where that is settled: where a factor needs
    all the rows that show its levels, each of them has just the rows that it needs."""
    found: dict[int, int] = {}
    waiting = [(factor, fewest_rows_for_levels(grid)) for factor in grid.roots]
    for factor, rows in waiting:
        for level in bits(grid.mask_of[factor] & grid.live if _needed(grid, factor) == rows else 0):
            if level in grid.opened:
                found[level] = _needed_by(grid, level)
                waiting += [(child, found[level]) for child in grid.opened[level]]
    return found


def _many_factors(grid: Grid, factors: Sequence[int], *, opposed: int = 0) -> int:
    """What the number of factors asks for, where their levels go together freely; ``opposed`` is the number of first
    rows that no two have a level of so many in common."""
    free = [] if grid.barred else factors
    sizes = sorted((_size(grid, factor) for factor in free), reverse=True)
    best = 0
    for number, size in enumerate(sizes, start=1):
        if size >= 3 and number >= size + 2:
            best = max(best, size * size + 1)
        if size >= 3 and number >= 5:
            best = max(best, 11 if number == 5 else 12)
        if size >= 2 and number >= 3:
            best = max(best, _of_two_levels(number, opposed == 2))
    alike = sizes.count(3) if opposed == 3 else 0
    return max([best, *(rows for most, rows in _BEYOND if alike > most)])


def _of_two_levels(factors: int, opposed: bool) -> int:
    """Rows for so many factors of two levels; ``opposed`` where the first two rows have no level in common."""
    rows = 4
    while (comb(rows - 2, (rows - 2) // 2) if opposed else comb(rows - 1, (rows + 1) // 2)) < factors:
        rows += 1
    return rows


def most_pairs(grid: Grid, rows: int) -> int:
    """Pairs that so many rows can cover at most."""
    shows_all = rows >= fewest_rows_for_levels(grid)
    closed = [_closed(grid, factor) if shows_all else 0 for factor in grid.factors]
    shown = sum(min(rows - max(closed[f] for f in pair), count) for pair, count in pair_counts(grid).items())
    for alike in _opposed_by_three(grid) if shows_all else ():
        shown -= _repeated(len(alike), rows - closed[alike[0]])
    each = [_widths(grid, factor, rows) if shows_all else [_widest(grid, factor)] * rows for factor in grid.roots]
    return min(shown, sum(comb(sum(widths), 2) for widths in zip(*each, strict=True)))


def _opposed_by_three(grid: Grid) -> list[Sequence[int]]:
    """Factors of three levels that are open together and that three of the first rows show."""
    if grid.barred:
        return []
    groups = [grid.opened[level] for level, rows in _opening(grid).items() if rows == 3]
    if fewest_rows_for_levels(grid) == 3:
        groups.append(grid.roots)
    alike = ([factor for factor in group if _size(grid, factor) == 3] for group in groups)
    return [group for group in alike if group]


def _repeated(factors: int, rows: int) -> int:
    """How many of the pairs that so many rows have room for, nine of each two factors at most, are shown twice instead
    where three rows show the three levels of each factor. Of more than five factors each five count."""
    five = min(factors, 5)
    found = _REPEATED_A_ROW.get(five, 0) * max(0, rows - 3) if rows <= 9 else _REPEATED.get(rows, {}).get(five, 0)
    return -(-found * comb(factors, 2) // comb(five, 2)) if found else 0


def _closed(grid: Grid, factor: int) -> int:
    """Rows that cannot have a factor, as they show what stands in the place of the level that opens it."""
    opener = grid.under[factor]
    if opener is None:
        return 0
    above = grid.factor_of[opener]
    rivals = bits(grid.mask_of[above] & grid.live & ~(1 << opener))
    return _closed(grid, above) + sum(_needed_by(grid, level) for level in rivals)


def _widths(grid: Grid, factor: int, rows: int) -> list[int]:
    """How many factors so many rows can have open, of ``factor`` and those under it, the widest row first: each level
    has the rows that it needs, and the one that opens the most all others."""
    levels = sorted(bits(grid.mask_of[factor] & grid.live), key=lambda level: _opened_by(grid, level))
    made: list[int] = []
    for place, level in enumerate(levels, start=1):
        here = rows - len(made) if place == len(levels) else _needed_by(grid, level)
        under = [_widths(grid, child, here) for child in grid.opened.get(level, ())]
        made += [1 + sum(widths[row] for widths in under) for row in range(here)]
    return sorted(made, reverse=True)


def _widest(grid: Grid, factor: int) -> int:
    """The most factors that can be open in one row, of ``factor`` and those under it."""
    return 1 + max((_opened_by(grid, level) for level in bits(grid.mask_of[factor] & grid.live)), default=0)


def _opened_by(grid: Grid, level: int) -> int:
    return sum(_widest(grid, child) for child in grid.opened.get(level, ()))
