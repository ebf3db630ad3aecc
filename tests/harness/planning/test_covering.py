"""Covering rows: every beginning shows as much as it can, and all of it takes hardly more rows than any list needs."""

from __future__ import annotations

import hashlib
import json
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from x402_harness.planning.bounds import fewest_rows_for_levels, fewest_rows_for_pairs, most_pairs
from x402_harness.planning.coverage import Covering, Threes
from x402_harness.planning.covering import Arranger
from x402_harness.planning.grid import NONE, Grid, Row
from x402_harness.planning.suspects import Shown, suspects

MODEL = json.loads((Path(__file__).parent / "reference_model.json").read_text(encoding="utf-8"))


def reference() -> tuple[Grid, Row]:
    """The fixed model, and the row that is the listing's own example."""
    factors = MODEL["factors"]
    grid = Grid(tuple(len(levels) for levels in factors.values()))
    chosen = [levels.index(MODEL["example"][name]) for name, levels in factors.items()]
    return grid, tuple(levels[index] for levels, index in zip(grid.levels, chosen, strict=True))


def arranged(grid: Grid, strength: int = 2, seed: int = 402, given: tuple[Row, ...] = ()) -> list[Row]:
    return list(Arranger(grid, seed, given=given).rows(strength))


def share(grid: Grid, rows: list[Row]) -> float:
    covering = Covering.of(grid, rows)
    return 1 - covering.pairs_left / covering.pairs


@pytest.fixture(scope="module")
def plan() -> tuple[Grid, list[Row]]:
    grid, example = reference()
    return grid, arranged(grid, given=(example,))


def test_the_fixed_model_is_the_one_that_others_were_measured_on():
    grid, _ = reference()
    covering = Covering(grid)
    assert (len(grid.sizes), covering.levels, covering.pairs) == (12, 54, 1318)
    assert (fewest_rows_for_levels(grid), fewest_rows_for_pairs(grid)) == (9, 63)


def test_nine_rows_show_all_levels_of_the_fixed_model(plan):
    grid, rows = plan
    assert Covering.of(grid, rows[:9]).levels_left == 0
    assert Covering.of(grid, rows[:8]).levels_left > 0


def test_the_example_stays_the_first_row(plan):
    assert plan[1][0] == reference()[1]


@pytest.mark.parametrize(("rows", "least"), [(10, 0.46), (25, 0.82)])
def test_so_many_rows_show_so_many_pairs_of_the_fixed_model(rows, least, plan):
    grid, made = plan
    assert share(grid, made[:rows]) >= least
    assert share(grid, made[:rows]) * Covering(grid).pairs >= 0.91 * most_pairs(grid, rows)


def test_all_pairs_of_the_fixed_model_take_at_most_66_rows(plan):
    grid, rows = plan
    assert share(grid, rows) == 1
    assert len(rows) <= 66


def test_who_wants_four_rows_gets_the_beginning_of_the_list(plan):
    grid, rows = plan
    assert list(islice(Arranger(grid, 402, given=(reference()[1],)).rows(), 4)) == rows[:4]


def test_no_row_shows_nothing_new(plan):
    grid, rows = plan
    covering = Covering(grid)
    assert not any(covering.take(row).is_nothing for row in rows)


def test_a_seed_gives_the_same_rows_on_every_machine(plan):
    _, rows = plan
    assert hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:16] == "a4b5ad0d16be9b27"


@pytest.mark.parametrize(
    ("sizes", "levels", "pairs"),
    [
        ((), 0, 0), ((1,), 1, 1), ((3,), 3, 3), ((2, 2), 2, 4), ((2, 3), 3, 6), ((9, 7, 2), 9, 63),
        ((2, 2, 2), 2, 5), ((3, 2, 2, 2), 3, 6), ((2,) * 10, 2, 7), ((3,) * 4, 3, 11), ((3,) * 5, 3, 12),
        ((3,) * 6, 3, 12), ((3,) * 7, 3, 14), ((5,) * 7, 5, 26),
    ],
)  # fmt: skip
def test_the_bounds_of_plain_grids_are_known(sizes, levels, pairs):
    grid = Grid(sizes)
    assert (fewest_rows_for_levels(grid), fewest_rows_for_pairs(grid)) == (levels, pairs)


def test_a_bound_counts_the_branches_of_a_factor_one_after_the_other():
    grid = Grid((2, 4, 5), under=(None, 0, 1))  # a choice of two; four levels under the one, five under the other
    assert (fewest_rows_for_levels(grid), fewest_rows_for_pairs(grid)) == (9, 9)
    rows = arranged(grid)
    assert len(rows) == 9
    assert all((row[1] == NONE) == (row[0] == 1) and (row[2] == NONE) == (row[0] == 0) for row in rows)


def test_a_bound_adds_up_what_two_optional_objects_need_together():
    grid = Grid((2, 2, 3, 3), under=(None, None, 1, 3))  # absent or there, each with a member of three levels
    assert fewest_rows_for_pairs(grid) == 1 + 3 + 3 + 9
    assert len(arranged(grid)) == 16


def test_a_bound_adds_up_what_stands_under_an_optional_object_in_an_optional_object():
    grid = Grid((2, 3, 2, 2, 3), under=(None, 1, None, 6, 8))  # an object of one field; one with another object in it
    inner = 9 + 3 + 3 + 1  # both there; the inner one absent; the first one absent; both
    assert fewest_rows_for_pairs(grid) == inner + 3 + 1  # and the outer one absent, beside each level of the first
    assert len(arranged(grid)) == 20


def test_a_bound_counts_what_an_object_holds_and_one_field_beside_it_together():
    grid = Grid((3, 2, 3, 3, 3, 3), under=(None, None, 4, 4, 4, 4))  # an optional object of four fields
    beside_it_absent = 3  # and five together where it is there
    assert fewest_rows_for_pairs(grid) == 12 + beside_it_absent
    assert len(arranged(grid)) == 15


@pytest.mark.parametrize(("fields", "most"), [(3, 27), (4, 54 - 3), (5, 90 - 8), (6, 135 - 12), (7, 189 - 17)])
def test_a_bound_counts_what_many_fields_must_show_twice(fields, most):
    grid = Grid((3,) * fields)
    assert most_pairs(grid, 10) == most
    assert share(grid, arranged(grid)[:10]) * Covering(grid).pairs >= 0.95 * most


@pytest.mark.parametrize(
    ("sizes", "under", "rows"),
    [
        ((2, 3, 3, 2, 2, 3, 2, 3, 3), (None, 1, 1, None, 9, 11, 9, 16, None), 20),
        ((3, 2, 3, 3, 2, 2, 3, 2, 3, 3), (None, None, 4, 4, None, 12, 14, 12, 19, None), 20),
        ((3, 3, 2, 3, 2, 4, 2, 3, 2, 3, 3, 3), (None, None, None, 7, 7, 12, 7, 18, 7, 23, None, None), 23),
    ],
)  # fmt: skip
def test_objects_in_objects_are_covered_in_as_few_rows_as_any_list_needs(sizes, under, rows):
    grid = Grid(sizes, under)
    assert (fewest_rows_for_pairs(grid), len(arranged(grid))) == (rows, rows)


@pytest.mark.parametrize(
    "sizes",
    [
        (2, 3), (9, 7, 2), (2,) * 5, (2,) * 7, (4, 3, 2, 2), (6, 4, 3, 3, 2), (4, 2, 2, 2, 4, 4), (3, 3, 4),
        (2, 3, 3, 4, 3), (2, 3, 3, 2, 3), (3, 3, 3, 4), (3,) * 4, (3,) * 5, (3,) * 6, (3,) * 7,
    ],
)  # fmt: skip
def test_plain_grids_are_covered_in_as_few_rows_as_any_list_needs(sizes):
    grid = Grid(sizes)
    assert len(arranged(grid)) == fewest_rows_for_pairs(grid)


def test_rows_that_are_given_stay_when_the_others_are_made_fewer():
    grid = Grid((4, 2, 2, 2, 4, 4))
    example = tuple(levels[place] for levels, place in zip(grid.levels, (2, 1, 1, 1, 3, 1), strict=True))
    rows = arranged(grid, given=(example,))
    assert (rows[0], len(rows), Covering.of(grid, rows[:4]).levels_left) == (example, 16, 0)


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    """Small grids, some factors of which stand under a level of another."""
    sizes = draw(st.lists(st.integers(1, 3), min_size=1, max_size=4))
    under: list[int | None] = [None]
    for index in range(1, len(sizes)):
        above = sum(sizes[:index])
        under.append(draw(st.none() | st.integers(0, above - 1)))
    return Grid(tuple(sizes), tuple(under))


@given(grids(), st.integers(0, 3))
@settings(max_examples=12, deadline=None)
def test_every_grid_is_covered_by_consistent_rows_within_its_bounds(grid, seed):
    rows = arranged(grid, seed=seed)
    covering = Covering.of(grid, rows)
    assert (covering.levels_left, covering.pairs_left) == (0, 0)
    assert len(rows) >= fewest_rows_for_pairs(grid)
    assert Covering.of(grid, rows[: fewest_rows_for_levels(grid)]).levels_left == 0
    for row in rows:
        assert all((row[factor] != NONE) == grid.is_open(row, factor) for factor in grid.factors)
        assert all(level == NONE or level in grid.levels[factor] for factor, level in enumerate(row))
    for number in range(1, len(rows) + 1):
        shown = Covering.of(grid, rows[:number])
        assert shown.pairs - shown.pairs_left <= most_pairs(grid, number)


@pytest.mark.parametrize("strength", [1, 2])
def test_a_weaker_list_is_the_beginning_of_a_stronger_one(strength):
    grid = Grid((4, 3, 3, 2))
    weaker, stronger = arranged(grid, strength), arranged(grid, strength + 1)
    assert stronger[: len(weaker)] == weaker
    assert len(weaker) < len(stronger)


def test_strength_three_shows_every_three_levels():
    grid = Grid((4, 3, 3, 2))
    threes = Threes(grid)
    for row in arranged(grid, 3):
        threes.take(row)
    assert (threes.total, threes.left) == (4 * 9 + 4 * 6 + 4 * 6 + 18, 0)


def test_rows_that_are_not_allowed_are_never_made_and_the_rest_is_covered():
    grid = Grid((3, 3, 3), barred=frozenset({(0, 3), (1, 4), (5, 8)}))

    def allows(row: Row) -> bool:
        return not any({one, other} <= set(row) for one, other in grid.barred)

    rows = list(Arranger(grid, 1, allows=allows).rows(2))
    assert all(map(allows, rows))
    assert Covering.of(grid, rows).pairs_left == 0


def test_many_fields_are_arranged_at_once():
    grid = Grid((5,) * 54)
    first = []
    for row in Arranger(grid, 402).rows(2):
        first.append(row)
        if len(first) == 10:
            break
    assert Covering.of(grid, first[:5]).levels_left == 0
    assert share(grid, first) * Covering(grid).pairs >= 0.9 * most_pairs(grid, 10)


def found(grid: Grid, rows: list[Row], ways: int) -> list[tuple[frozenset[int], bool]]:
    """The faults of so many levels that these rows meet, and whether they name them."""
    pairs = Covering(grid).untested_pairs() if ways == 2 else [(level,) for level in range(grid.count)]
    met = []
    for fault in map(frozenset, pairs):
        table = [Shown(row, not fault <= set(row)) for row in rows]
        if not all(row.passed for row in table):
            met.append((fault, fault in map(frozenset, suspects(table))))
    return met


@pytest.mark.parametrize(
    ("ways", "rows", "least", "named"), [(1, 9, 1, 1), (1, 25, 1, 1), (2, 25, 0.8, 0.75), (2, 66, 1, 1)]
)
def test_so_many_calls_meet_so_many_seeded_faults_and_name_them(ways, rows, least, named, plan):
    grid, made = plan
    met = found(grid, made[:rows], ways)
    total = grid.count if ways == 1 else Covering(grid).pairs
    assert len(met) >= least * total
    assert sum(is_named for _, is_named in met) >= named * least * total
