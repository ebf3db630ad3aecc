"""Suspects: what stands in every failing row and in no passing one."""

from __future__ import annotations

from itertools import product

import pytest

from x402_harness.planning.coverage import Covering
from x402_harness.planning.covering import Arranger
from x402_harness.planning.grid import Grid
from x402_harness.planning.suspects import Shown, suspects

FAILED, PASSED = False, True


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ([], ()),
        ([("ab", PASSED)], ()),
        ([("ab", FAILED)], (("a",), ("b",))),
        ([("ab", FAILED), ("b", PASSED)], (("a",),)),
        ([("ab", FAILED), ("ac", FAILED), ("bc", PASSED)], (("a",),)),
        ([("ab", FAILED), ("a", PASSED), ("b", PASSED)], (("a", "b"),)),
        ([("ab", FAILED), ("cd", FAILED)], ()),
        ([("ab", FAILED), ("ab", PASSED)], ()),
    ],
)
def test_suspects_follow_from_the_table(table, expected):
    assert suspects([Shown(tuple(levels), passed) for levels, passed in table]) == expected


GRID = Grid((5, 4, 3, 3, 2))
ROWS = list(Arranger(GRID, 402).rows(2))


@pytest.mark.parametrize("fault", range(GRID.count))
def test_rows_of_all_pairs_name_any_single_level_at_fault(fault):
    told = suspects([Shown(row, fault not in row) for row in ROWS])
    assert (fault,) in told


def test_rows_of_all_pairs_name_nearly_every_pair_at_fault():
    pairs = [(a, b) for a, b in product(range(GRID.count), repeat=2) if a < b and Covering(GRID).open[a] >> b & 1]
    named = 0
    for fault in pairs:
        told = suspects([Shown(row, not set(fault) <= set(row)) for row in ROWS])
        named += any(set(one) == set(fault) or set(one) < set(fault) for one in told)
    assert named == len(pairs)
