"""What the bounds take as known about factors of three levels, against a search through all lists."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from x402_harness.planning.bounds import fewest_rows_for_pairs, most_pairs
from x402_harness.planning.grid import Grid

OPPOSED = 3  # rows, in front of those that are searched for


@pytest.fixture(scope="module")
def arrays() -> ModuleType:
    spec = importlib.util.spec_from_file_location("arrays", Path(__file__).parents[3] / "bench" / "arrays.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("rows", [9, 10, 11, 12])
def test_so_many_factors_fit_into_the_rows_that_the_bound_asks_for(rows, arrays):
    most = arrays.most_factors(rows - OPPOSED)
    assert fewest_rows_for_pairs(Grid((3,) * most)) <= rows < fewest_rows_for_pairs(Grid((3,) * (most + 1)))


@pytest.mark.parametrize("rows", [9, 10])
def test_so_many_fit_beside_one_more_where_they_are_optional(rows, arrays):
    most = arrays.most_beside(rows - OPPOSED)

    def bound(fields: int) -> int:
        """An optional object of so many fields, one field beside it."""
        absent = 3
        return fewest_rows_for_pairs(Grid((3, 2, *(3,) * fields), under=(None, None, *(4,) * fields))) - absent

    assert bound(most) <= rows < bound(most + 1)


@pytest.mark.parametrize("rows", [4, 5, 6, 7])
def test_so_many_pairs_are_missing_at_least(rows, arrays):
    missing = arrays.fewest_missing(rows - OPPOSED, 5)
    for factors in (2, 3, 4, 5):
        grid = Grid((3,) * factors)
        assert most_pairs(grid, rows) == 9 * factors * (factors - 1) // 2 - missing[factors]
