"""Checks: rules over transcripts. Pure functions over one purchase as it went."""

from __future__ import annotations

from x402_harness.checks import answer, challenge, content, network, payment, receipt, settlement
from x402_harness.checks.context import Check, Scene

CHECKS: tuple[Check, ...] = (
    *network.CHECKS,
    *challenge.CHECKS,
    *payment.CHECKS,
    *receipt.CHECKS,
    *settlement.CHECKS,
    *answer.CHECKS,
    *content.CHECKS,
)


def examine(scene: Scene) -> None:
    """Every check over one purchase; what they find is with the scene's judge."""
    for check in CHECKS:
        check(scene)
