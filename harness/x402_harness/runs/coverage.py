"""Coverage of a run: which levels of a listing its purchases showed, at what price, and what may explain failures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from x402_catalog.money import Money
from x402_harness.planning.cases import Case
from x402_harness.planning.shown import coverage_of
from x402_harness.planning.suspects import Shown, suspects
from x402_harness.runs.telling import about_case


@dataclass(frozen=True, slots=True)
class Smallest:
    """The smallest request found that fails as ``of`` did, by these ``rules``, after so many ``purchases`` more."""

    case: Case
    of: Case
    rules: frozenset[str]
    purchases: int

    def to_dict(self) -> dict[str, Any]:
        """As events hold it."""
        rules, request = sorted(self.rules), about_case(self.case)["request"]
        return {
            "case": self.case.id, "of": self.of.id, "rules": rules, "purchases": self.purchases, "request": request,
        }  # fmt: skip


_NAMED = 20  # suspects that are told: where there are more, they say little


def coverage_event(bought: Sequence[tuple[Case, bool]], smallest: Smallest | None = None) -> dict[str, Any] | None:
    """What the purchases of one listing, each with whether it passed, show; ``None`` where nothing could be varied."""
    model = bought[0][0].model
    if model is None:
        return None
    covered = coverage_of(model, [case.planned.levels for case, _ in bought])
    price = bought[0][0].price
    each = Money(len(bought) * price.atomic // covered.levels, price.asset) if covered.levels else None
    found = suspects([Shown(case.planned.levels, passed) for case, passed in bought])
    return {
        **covered.to_dict(),
        "price_per_level": None if each is None else each.decimal,
        "suspects": [[str(one) for one in levels] for levels in found[:_NAMED]],
        "smallest": None if smallest is None else smallest.to_dict(),
    }
