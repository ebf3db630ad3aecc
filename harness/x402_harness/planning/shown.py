"""Shown: what some requests show of a listing's levels and pairs, beside what so many could show at best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from x402_harness.planning.bounds import fewest_rows_for_levels, fewest_rows_for_pairs, most_pairs
from x402_harness.planning.coverage import Covering
from x402_harness.planning.models import Model


@dataclass(frozen=True, slots=True)
class Chosen:
    """A field and the level that a request has of it."""

    field: str
    level: str

    def __str__(self) -> str:
        return f"{self.field} {self.level}"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What some rows show of a listing's levels and pairs, and what no such number of rows could exceed.

    ``rows_for_levels`` and ``rows_for_pairs`` are the fewest rows that all need, ``most_pairs`` the most that so many
    rows can show (`bounds`). ``untested`` are the levels that no row has.
    """

    rows: int = 0
    levels: int = 0
    all_levels: int = 0
    pairs: int = 0
    all_pairs: int = 0
    rows_for_levels: int = 0
    rows_for_pairs: int = 0
    most_pairs: int = 0
    untested: tuple[Chosen, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As reports hold it."""
        return {
            "rows": self.rows,
            "levels": {"shown": self.levels, "of": self.all_levels, "fewest_rows": self.rows_for_levels},
            "pairs": {
                "shown": self.pairs, "of": self.all_pairs, "most": self.most_pairs,
                "fewest_rows": self.rows_for_pairs,
            },
            "untested": [str(one) for one in self.untested],
        }  # fmt: skip


def coverage_of(model: Model, rows: Sequence[Sequence[Chosen]]) -> Coverage:
    """What requests with these levels show of a model, whoever sent them."""
    names = {Chosen(factor.name, level.label): number for number, (factor, level) in enumerate(model.levels)}
    covering, probes = Covering(model.grid), {Chosen(one.name, one.levels[-1].label) for one in model.probed}
    all_levels = covering.levels + len(probes)
    for chosen in rows:
        covering.take(tuple(names[one] for one in chosen if one in names))
        probes -= set(chosen)
    untested = [told for told, number in names.items() if covering.fresh >> number & 1]
    return Coverage(
        rows=len(rows),
        levels=all_levels - covering.levels_left - len(probes),
        all_levels=all_levels,
        pairs=covering.pairs - covering.pairs_left,
        all_pairs=covering.pairs,
        rows_for_levels=fewest_rows_for_levels(model.grid),
        rows_for_pairs=fewest_rows_for_pairs(model.grid),
        most_pairs=most_pairs(model.grid, len(rows)),
        untested=(*untested, *sorted(probes, key=str)),
    )
