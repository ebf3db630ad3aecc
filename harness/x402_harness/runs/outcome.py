"""Outcome: the summary of a run and the exit code that follows from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from x402_catalog.findings import Level
from x402_catalog.money import to_decimal
from x402_catalog.networks import token

if TYPE_CHECKING:
    from x402_harness.ledger import Row


class Exit(IntEnum):
    """Exit codes of the command line."""

    CLEAN = 0
    FINDINGS = 1
    USAGE = 2
    NOTHING = 3
    REFUSED = 4
    FAULT = 5
    UNKNOWN = 6
    INTERRUPTED = 130


@dataclass(slots=True)
class Summary:
    """Counts of a run. ``levels`` counts findings by level; ``spent`` is what the ledger holds, per asset."""

    listings: int = 0
    skipped: int = 0
    planned: int = 0
    settled: int = 0
    refused: int = 0
    unknown: int = 0
    unsold: int = 0
    faults: int = 0
    interrupted: bool = False
    levels: dict[str, int] = field(default_factory=lambda: {str(level): 0 for level in Level})
    claims: dict[str, int] = field(default_factory=dict)
    spent: list[dict[str, Any]] = field(default_factory=list)
    coverage: dict[str, dict[str, int]] = field(default_factory=dict)

    def shown(self, covered: dict[str, Any]) -> None:
        """Count in what the purchases of one listing showed of its ``levels`` and ``pairs``."""
        for name in ("levels", "pairs"):
            total = self.coverage.setdefault(name, {"shown": 0, "of": 0})
            for member in total:
                total[member] += covered[name][member]

    def to_dict(self) -> dict[str, Any]:
        """The ``summary`` of the output contract."""
        return {
            "listings": self.listings,
            "skipped": self.skipped,
            "errors": self.levels["error"],
            "warnings": self.levels["warning"],
            "infos": self.levels["info"],
            "purchases": {
                "planned": self.planned,
                "settled": self.settled,
                "refused": self.refused,
                "unknown": self.unknown,
                "unsold": self.unsold,
            },
            "spent": self.spent,
            "claims": self.claims,
            "coverage": self.coverage,
            "faults": self.faults,
            "interrupted": self.interrupted,
        }

    def exit_code(self, fail_on: Level | None) -> Exit:
        """What the run ends with; ``fail_on`` is the mildest level of finding that fails it, ``None`` for none."""
        return exit_of(self.to_dict(), fail_on)


def exit_of(summary: dict[str, Any], fail_on: Level | None = Level.ERROR) -> Exit:
    """The exit code that follows from :meth:`Summary.to_dict`."""
    failing = sum(summary[f"{level}s"] for level in Level if fail_on and level.rank <= fail_on.rank)
    bought = summary["purchases"]
    applies = (
        (Exit.INTERRUPTED, summary["interrupted"]),
        (Exit.UNKNOWN, bought["unknown"] > 0),
        (Exit.FAULT, summary["faults"] > 0),
        (Exit.REFUSED, bought["refused"] > 0),
        (Exit.FINDINGS, failing > 0),
        (Exit.NOTHING, summary["listings"] == 0),
    )
    return worst(code for code, yes in applies if yes)


_WORST_FIRST = (Exit.INTERRUPTED, Exit.UNKNOWN, Exit.FAULT, Exit.REFUSED, Exit.FINDINGS, Exit.NOTHING)


def worst(codes: Iterable[Exit]) -> Exit:
    """The exit code of a command to which all of ``codes`` apply; clean where none does."""
    applying = set(codes)
    return next((code for code in _WORST_FIRST if code in applying), Exit.CLEAN)


def spending(rows: list[Row]) -> list[dict[str, Any]]:
    """What the ledger's entries hold, one object per asset, amounts as decimal strings of atomic units."""
    from x402_harness.ledger import spent  # commands that buy nothing need not wait for it

    told = []
    for (network, asset, symbol), atomic in spent(rows):
        row = token(network, asset)
        decimal = to_decimal(atomic, row.asset.decimals) if row else None
        told.append({"network": network, "asset": asset, "symbol": symbol, "atomic": str(atomic), "amount": decimal})
    return told
