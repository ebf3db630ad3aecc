"""Bounds: how few rows can cover a grid, and how much so many rows can cover at best. No plan that shows all levels in
the fewest rows, as ours do, can do better.

- *Fewest rows for all levels.* A factor needs a row for each level, and a level as many as any factor under it needs.
- *Fewest rows for all pairs.* Whatever needs a certain level needs rows that no other level of that factor is in, so
  the rows add up over a factor's levels; for two factors that is the product of their sizes. On top of that, for three
  or more factors of two levels the exact number (Kleitman and Spencer 1973, Katona 1973; where two rows show all
  levels, the others must be an antichain for each two factors, Sperner 1928), for five factors of three levels 11 and
  for more of them 12 (Sloane 1993), and for more than v + 1 factors of v levels one more than v², as no orthogonal
  array has so many columns (Bush 1952). Where levels open factors, the rows add up over what two factors have
  together: each two of their levels need as many rows as what only those two let stand in a row.
- *Most pairs in n rows.* A row has one pair for each two factors, so two factors show at most n of theirs, and a row
  no more than the most factors that can be open in it allow.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

from x402_harness.planning.grid import Grid, bits

Counts = dict[tuple[int, int], int]


def fewest_rows_for_levels(grid: Grid) -> int:
    """Rows that all levels need at least."""
    return max((_needed(grid, factor) for factor in grid.roots), default=0)


def _needed(grid: Grid, factor: int) -> int:
    return sum(
        max((1, *(_needed(grid, child) for child in grid.opened.get(level, ()))))
        for level in bits(grid.mask_of[factor] & grid.live)
    )


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
    counts = pair_counts(grid)
    split = [sum(_forced(grid, level) for level in bits(grid.mask_of[f] & grid.live)) for f in grid.factors]
    many = _many_factors(grid, grid.roots, opposed=fewest_rows_for_levels(grid) == 2)
    together = _opened_together(grid) if grid.opened else 0
    return max([fewest_rows_for_levels(grid), *counts.values(), *split, together, many])


def _opened_together(grid: Grid) -> int:
    """Rows that two factors need, one of which opens others: added up over each two of their levels."""
    openers = sorted({grid.factor_of[level] for level in grid.opened})
    return max(_cells(grid, one, other) for one in openers for other in grid.factors if one != other)


def _cells(grid: Grid, one: int, other: int) -> int:
    rows = 0
    for level in bits(grid.mask_of[one] & grid.live):
        here = _with_below(grid, level)
        for mate in bits(grid.mates[level] & grid.mask_of[other]):
            rows += max(_count(grid, a, b) for a in here for b in _with_below(grid, mate))
    return rows


def _with_below(grid: Grid, level: int) -> list[int]:
    """Sets of levels of which a row has one each, but only if it has ``level``: that itself, and what is under it."""
    return [1 << level, *(grid.mask_of[factor] for factor in _below(grid, level))]


def _count(grid: Grid, one: int, other: int) -> int:
    return sum((grid.mates[level] & other).bit_count() for level in bits(one))


def _forced(grid: Grid, level: int) -> int:
    """Rows with ``level`` that the pairs need which cannot do without it."""
    factors = [f for f in grid.factors if f in _below(grid, level)]
    most = max((grid.mates[level] & mask).bit_count() for mask in grid.mask_of)
    for one in factors:
        for other in grid.factors:
            if other != one:
                pairs = sum((grid.mates[m] & grid.mask_of[other]).bit_count() for m in grid.levels[one])
                most = max(most, pairs)
    return max(1, most, _many_factors(grid, grid.opened.get(level, ()), opposed=False))


def _below(grid: Grid, level: int) -> set[int]:
    """Every factor that only rows with ``level`` can have."""
    found: set[int] = set()
    waiting = list(grid.opened.get(level, ()))
    while waiting:
        factor = waiting.pop()
        found.add(factor)
        waiting += [child for m in grid.levels[factor] for child in grid.opened.get(m, ())]
    return found


def _many_factors(grid: Grid, factors: Sequence[int], *, opposed: bool) -> int:
    """What the number of factors asks for, where their levels go together freely."""
    free = [] if grid.barred else factors
    sizes = sorted(((grid.mask_of[f] & grid.live).bit_count() for f in free), reverse=True)
    best = 0
    for number, size in enumerate(sizes, start=1):
        if size >= 3 and number >= size + 2:
            best = max(best, size * size + 1)
        if size >= 3 and number >= 5:
            best = max(best, 11 if number == 5 else 12)
        if size >= 2 and number >= 3:
            best = max(best, _of_two_levels(number, opposed))
    return best


def _of_two_levels(factors: int, opposed: bool) -> int:
    """Rows for so many factors of two levels; ``opposed`` where the first two rows have no level in common."""
    rows = 4
    while (comb(rows - 2, (rows - 2) // 2) if opposed else comb(rows - 1, (rows + 1) // 2)) < factors:
        rows += 1
    return rows


def most_pairs(grid: Grid, rows: int) -> int:
    """Pairs that so many rows can cover at most."""
    counts = pair_counts(grid)
    widest = _widest(grid, list(grid.roots))
    each = max(0, widest * (widest - 1) // 2)
    return min(sum(min(rows, count) for count in counts.values()), rows * each)


def _widest(grid: Grid, factors: list[int]) -> int:
    """The most factors that can be open in one row, of ``factors`` and those under them."""
    return sum(
        1 + max((_widest(grid, list(grid.opened.get(level, ()))) for level in grid.levels[factor]), default=0)
        for factor in factors
    )
