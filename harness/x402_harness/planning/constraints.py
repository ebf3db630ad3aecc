"""Constraints: which levels can stand together, where members depend on each other.

Most objects declare each member for itself; then everything goes together. Where keywords speak of several members
(``dependentRequired``, ``if``, ``anyOf``, ``minProperties``, …) requests are tried out against the declared schema,
free of charge: pairs of levels that no valid request was found for are left out of what is to be covered.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from x402_catalog.hostile import nodes
from x402_harness.planning.coverage import Covering
from x402_harness.planning.dice import Dice
from x402_harness.planning.greedy import Greedy
from x402_harness.planning.grid import Grid, Row, bits, mask

_CROSSING = frozenset(
    ["dependentRequired", "dependentSchemas", "dependencies", "if", "not", "allOf", "anyOf", "oneOf", "minProperties",
     "maxProperties", "propertyNames", "patternProperties", "unevaluatedProperties"]
)  # fmt: skip
_SAMPLES = 400  # rows tried at random
_TRIES = 12  # for each pair that none of them showed
_MOST_TRIES = 6_000

Allows = Callable[[Row], bool]


@dataclass(frozen=True, slots=True)
class Feasible:
    """A grid without what does not go together; ``known`` are valid rows with pairs that are hard to come by.

    ``allows`` says whether a row makes a valid request; ``None`` where every row does.
    """

    grid: Grid
    known: tuple[Row, ...] = ()
    allows: Allows | None = None


def crosses(schema: Any) -> bool:
    """Whether an object of a schema has keywords that make its members depend on each other."""
    return any(
        isinstance(node, dict) and "properties" in node and not _CROSSING.isdisjoint(node) for _, node in nodes(schema)
    )


def feasible(grid: Grid, allows: Allows, seed: int) -> Feasible:
    """What goes together in ``grid``, found by trying rows out, always in the same order for the same seed."""
    dice = Dice(seed, "constraints")
    greedy = Greedy(grid, dice, allows)
    seen = Covering(grid)
    for _ in range(_SAMPLES):
        row = greedy.any_row(())
        if row is not None:
            seen.take(row)
        if not seen.pairs_left and not seen.levels_left:
            return Feasible(grid)
    known = _searched(grid, greedy, seen)
    barred = frozenset(seen.untested_pairs())
    return Feasible(replace(grid, barred=barred, dead=frozenset(bits(seen.fresh))), known)


def _searched(grid: Grid, greedy: Greedy, seen: Covering) -> tuple[Row, ...]:
    """Valid rows for levels and pairs that were not seen yet, as far as they are found."""
    known: list[Row] = []
    tries = 0
    for seeds in [*((level,) for level in bits(seen.fresh)), *seen.untested_pairs()]:
        for _ in range(_TRIES):
            if tries >= _MOST_TRIES or _is_seen(seen, seeds):
                break
            tries += 1
            row = greedy.any_row(seeds)
            if row is not None and not seen.gain(row).is_nothing:
                seen.take(row)
                known.append(row)
    return tuple(known)


def _is_seen(seen: Covering, seeds: tuple[int, ...]) -> bool:
    if len(seeds) == 1:
        return not seen.fresh >> seeds[0] & 1
    return not seen.open[seeds[0]] & mask(seeds[1:])
