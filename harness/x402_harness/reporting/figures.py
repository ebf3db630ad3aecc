"""Figures of a run: what gates are judged by and what reports show at the top."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from x402_catalog.money import Money
from x402_catalog.networks import token
from x402_harness.policy import dollars_micro
from x402_harness.reporting.view import RunView


def latencies(view: RunView) -> list[float]:
    """Seconds of each purchase in which something was asked, both legs together, the quickest first."""
    return sorted(
        sum(exchange["elapsed"] for exchange in case.exchanges)
        for listing in view.listings.values()
        for case in listing.cases
        if case.exchanges
    )


def percentile(ordered: Sequence[float], percent: int) -> float | None:
    """The smallest value that ``percent`` per cent of ``ordered`` do not exceed (nearest rank); ``None`` of none."""
    return ordered[-(-len(ordered) * percent // 100) - 1] if ordered else None


def covered(view: RunView) -> tuple[int, int]:
    """How many levels of its requests the run showed, and how many there are."""
    rows = [listing.coverage["levels"] for listing in view.listings.values() if listing.coverage]
    return sum(row["shown"] for row in rows), sum(row["of"] for row in rows)


def percent_covered(view: RunView) -> Fraction | None:
    """The levels shown, per cent; ``None`` where there were none."""
    shown, of = covered(view)
    return Fraction(100 * shown, of) if of else None


def spent_micro(view: RunView) -> int | None:
    """What the ledger holds of the run in millionths of a dollar; ``None`` if some is of an asset that is not known."""
    amounts = [_micro(row) for row in view.summary.get("spent", ())]
    return None if None in amounts else sum(amount for amount in amounts if amount is not None)


def _micro(row: dict[str, Any]) -> int | None:
    known = token(row["network"], row["asset"])
    return dollars_micro(Money(int(row["atomic"]), known.asset)) if known else None
