"""The model of a listing's request: its factors, the grid of their levels, and requests made from rows of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from x402_catalog.hints import RequestShape
from x402_catalog.jsonschemas import Checker
from x402_catalog.models import Json
from x402_harness.generation.encoding import Values
from x402_harness.generation.requests import is_valid
from x402_harness.planning.constraints import Feasible, crosses, feasible
from x402_harness.planning.factors import Factor
from x402_harness.planning.grid import NONE, Grid, Row
from x402_harness.planning.level import Level

_TURNS = 6  # combinations of values tried for one row

Parts = dict[str, Any]


@dataclass(frozen=True)
class Model:
    """``varied`` factors stand in the grid, one after the other; ``probed`` are those that are called not used."""

    shape: RequestShape
    varied: tuple[Factor, ...]
    probed: tuple[Factor, ...]
    feasible: Feasible

    @property
    def grid(self) -> Grid:
        """The grid of the varied factors."""
        return self.feasible.grid

    @cached_property
    def levels(self) -> tuple[tuple[Factor, Level], ...]:
        """Factor and level for each level of the grid."""
        return tuple((factor, level) for factor in self.varied for level in factor.levels)

    def row_of(self, values: Values) -> Row:
        """The row that has these values in it; `NONE` where a value is in no level."""
        parts = _parts(values)
        row: list[int] = []
        for index, factor in enumerate(self.varied):
            found = self._found(factor, parts) if self.grid.is_open(row, index) else None
            row.append(NONE if found is None else self.grid.levels[index][found])
        return tuple(row)

    def _found(self, factor: Factor, parts: Parts) -> int | None:
        if factor.chooses:
            holder, is_there = _at(parts.get(factor.part), factor.path)
            names = holder.keys() if is_there and isinstance(holder, dict) else ()
            options = enumerate(level.opens or {} for level in factor.levels)
            return next((i for i, opens in options if set(opens.get("properties", ())) & set(names)), None)
        value, is_there = _at(parts.get(factor.part), factor.path)
        if is_there:
            return factor.level_of(value)
        return next((i for i, level in enumerate(factor.levels) if level.is_absent), None)

    def request(self, row: Row, probes: Sequence[Factor], used: Counter[int]) -> Values | None:
        """Values for a row, with the ``probes`` in it as well; ``None`` where none of those tried is valid.

        ``used`` counts how often each level was taken before, so that its values are taken in turn.
        """
        for turn in range(_TURNS):
            made = self._values(row, probes, used, turn)
            if is_valid(self.shape, made):
                return made
        return None

    def _values(self, row: Row, probes: Sequence[Factor], used: Counter[int], turn: int) -> Values:
        parts: Parts = {"path": {}, "query": {}, "headers": {}}
        if self.shape.body is not None:
            parts["body"] = {}
        for factor, chosen in zip(self.varied, row, strict=True):
            if chosen == NONE or factor.chooses:
                continue
            level = self.levels[chosen][1]
            if not level.is_absent:
                _put(parts, factor, {} if level.opens is not None else _in_turn(level, used[chosen] + turn))
        for factor in probes:
            _put(parts, factor, factor.levels[-1].values[0])
        return Values(parts["path"], parts["query"], parts["headers"], parts.get("body"), self.shape.body is not None)


def model_of(shape: RequestShape, factors: Sequence[Factor], seed: int) -> Model:
    """The model of these factors, what does not go together left out."""
    probed = tuple(one for one in factors if one.unused and one.under is None and one.levels[0].is_absent)
    varied = tuple(one for one in factors if one not in probed)
    renumbered = {index: varied.index(one) for index, one in enumerate(factors) if one in varied}
    starts = [sum(len(one.levels) for one in varied[:index]) for index in range(len(varied))]
    under = tuple(
        None if one.under is None else starts[renumbered[one.under[0]]] + one.under[1] for one in varied
    )  # fmt: skip
    grid = Grid(tuple(len(one.levels) for one in varied), under)
    model = Model(shape, varied, probed, Feasible(grid))
    checkers = {part: Checker(schema) for part, schema in shape.parts.items() if crosses(schema)}
    if not checkers or not varied:
        return model
    tried = Trial(model, checkers)
    return replace(model, feasible=replace(feasible(grid, tried.allows, seed), allows=tried.allows))


class Trial:
    """Whether rows make valid requests, by the parts whose members depend on each other."""

    def __init__(self, model: Model, checkers: dict[str, Checker]) -> None:
        self._model = model
        self._checkers = checkers
        self._known: dict[Row, bool] = {}

    def allows(self, row: Row) -> bool:
        """Whether some of the row's values are valid together."""
        if row not in self._known:
            self._known[row] = any(self._is_valid(row, turn) for turn in range(2))
        return self._known[row]

    def _is_valid(self, row: Row, turn: int) -> bool:
        parts = _parts(self._model._values(row, (), Counter(), turn))
        return all(checker.is_valid(parts[part]) for part, checker in self._checkers.items())


def _parts(values: Values) -> Parts:
    parts: Parts = {"path": values.path, "query": values.query, "headers": values.headers}
    return {**parts, "body": values.body} if values.has_body else parts


def _in_turn(level: Level, turn: int) -> Json:
    return level.values[turn % len(level.values)]


def _at(value: Json, path: tuple[str, ...]) -> tuple[Json, bool]:
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return None, False
        value = value[name]
    return value, True


def _put(parts: Parts, factor: Factor, value: Json) -> None:
    """Set a field; the objects around it are there already."""
    if not factor.path:
        parts[factor.part] = value
        return
    holder = parts[factor.part]
    for name in factor.path[:-1]:
        holder = holder[name]
    holder[factor.path[-1]] = value
