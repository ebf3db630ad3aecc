"""Checks: rules over transcripts. Pure functions over one purchase as it went."""

from __future__ import annotations

from x402_harness.checks import answer, challenge, content, payment
from x402_harness.checks.context import Check, Scene

CHECKS: tuple[Check, ...] = (*challenge.CHECKS, *payment.CHECKS, *answer.CHECKS, *content.CHECKS)


def examine(scene: Scene) -> None:
    """Every check over one purchase; what they find is with the scene's judge."""
    for check in CHECKS:
        check(scene)
