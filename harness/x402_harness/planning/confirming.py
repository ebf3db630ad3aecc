"""Confirming: a row that passed, with a suspect put into it. Whether it fails tells suspects from bystanders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from x402_harness.planning.cases import Case, variant
from x402_harness.planning.grid import NONE, Grid, Row, bits
from x402_harness.planning.models import Model
from x402_harness.planning.shown import Chosen
from x402_harness.planning.suspects import Shown, suspects

Bought = Sequence[tuple[Case, bool]]  # each with whether it passed


def confirmations(bought: Bought, most: int) -> Iterator[Case]:
    """At most ``most`` cases beyond those that are ``bought``, to which each is to be added before the next is asked
    for. None where nothing failed, or nothing passed that a suspect could be put into."""
    for _ in range(most):
        case = _next(bought)
        if case is None:
            return
        yield case


def _next(bought: Bought) -> Case | None:
    model = bought[0][0].model if bought else None
    if model is None:
        return None
    made = {case.candidate.request for case, _ in bought}
    names = {Chosen(factor.name, level.label): number for number, (factor, level) in enumerate(model.levels)}
    for suspect in suspects([Shown(case.planned.levels, passed) for case, passed in bought]):
        levels = [names[one] for one in suspect if one in names]
        for case in (case for case, passed in bought if passed):
            row = _with(model.grid, model.row_of(case.candidate.values), levels)
            found = _case(bought, model, row)
            if found is not None and found.candidate.request not in made:
                return found
    return None


def _with(grid: Grid, row: Row, levels: Sequence[int]) -> Row:
    """``row`` with ``levels`` and what they stand under; what that closes is left out, what it opens at its first."""
    made = list(row)
    for level in levels:
        for one in bits(grid.above[level]):
            made[grid.factor_of[one]] = one
    for factor in grid.factors:  # one stands behind the factor that it is under
        if not grid.is_open(made, factor):
            made[factor] = NONE
        elif made[factor] == NONE:
            made[factor] = grid.levels[factor][0]
    return tuple(made)


def _case(bought: Bought, model: Model, row: Row) -> Case | None:
    allows = model.feasible.allows
    values = model.request(row, (), Counter()) if allows is None or allows(row) else None
    return None if values is None else variant(bought[0][0], values, len(bought) + 1)
