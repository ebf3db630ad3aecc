"""Suspects: which level, or which two together, explain the rows that failed. It takes no further call.

What is at fault stands in every failing row and in no passing one (combinatorial localisation; Nie and Leung 2011 call
such a combination a minimal failure-causing schema).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Generic, TypeVar

L = TypeVar("L")


@dataclass(frozen=True, slots=True)
class Shown(Generic[L]):
    """The levels in one row, and whether it passed."""

    levels: Sequence[L]
    passed: bool


def suspects(table: Sequence[Shown[L]]) -> tuple[tuple[L, ...], ...]:
    """Single levels that stand in every failing row and in no passing one; where there is none, pairs of such.

    In the order of the first failing row; the fewer there are, the surer each is. Nothing where no row failed, or where
    the failures have no single level or pair in common.
    """
    failing = [row.levels for row in table if not row.passed]
    passing = [frozenset(row.levels) for row in table if row.passed]
    if not failing:
        return ()
    common = [level for level in dict.fromkeys(failing[0]) if all(level in levels for levels in failing[1:])]
    for size in (1, 2):
        found = tuple(
            combination for combination in combinations(common, size)
            if not any(levels.issuperset(combination) for levels in passing)
        )  # fmt: skip
        if found:
            return found
    return ()
