"""A list of rows made shorter: what it showed it goes on to show."""

from __future__ import annotations

import pytest

from x402_harness.planning.coverage import Covering
from x402_harness.planning.dice import Dice
from x402_harness.planning.greedy import Greedy
from x402_harness.planning.grid import NONE, Grid, Row
from x402_harness.planning.tabu import TabuSearch

PLAIN = Grid((4, 2, 2, 2, 4, 4))
NESTED = Grid((3, 2, 3, 3, 2, 2, 3, 2, 3, 3), (None, None, 4, 4, None, 12, 14, 12, 19, None))
BARRED = Grid((3, 3, 3, 3), barred=frozenset({(0, 3), (1, 4), (5, 8)}))
OPENINGS = {PLAIN: 4, NESTED: 5, BARRED: 3}  # rows that can show all levels


def shortened(grid: Grid, seed: int, *, held: int = 0, allows=None) -> tuple[list[Row], list[Row]]:
    """A list that shows all levels first, then all pairs, and what is made of it."""
    rows = Greedy(grid, Dice(seed, "test"), allows).extended([], [], None)
    search = TabuSearch(grid, Dice(seed, "search"), allows, held=held, opening=OPENINGS[grid], steps=500)
    return rows, search.shortened(rows, 1)


@pytest.mark.parametrize("grid", OPENINGS, ids=["plain", "nested", "barred"])
@pytest.mark.parametrize("seed", range(4))
def test_fewer_rows_show_the_same_pairs_and_the_first_ones_the_same_levels(grid, seed):
    before, after = shortened(grid, seed)
    assert len(after) < len(before)
    assert Covering.of(grid, after).pairs_left == 0
    opening = OPENINGS[grid]
    assert Covering.of(grid, after[:opening]).levels_left <= Covering.of(grid, before[:opening]).levels_left
    for row in after:
        assert grid.is_consistent(row)
        assert all((row[factor] != NONE) == grid.is_open(row, factor) for factor in grid.factors)


@pytest.mark.parametrize("seed", range(4))
def test_rows_that_are_held_are_not_touched(seed):
    before, after = shortened(NESTED, seed, held=3)
    assert after[:3] == before[:3]
    assert len(after) < len(before)


def test_the_first_rows_are_free_to_change():
    lists = [shortened(NESTED, seed) for seed in range(4)]
    assert any(before[: OPENINGS[NESTED]] != after[: OPENINGS[NESTED]] for before, after in lists)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_not_allowed_is_never_made(seed):
    one, other, third = (levels[0] for levels in PLAIN.levels[:3])

    def allows(row: Row) -> bool:
        return not {one, other, third} <= set(row)

    before, after = shortened(PLAIN, seed, allows=allows)
    assert len(after) < len(before)
    assert all(map(allows, after))
