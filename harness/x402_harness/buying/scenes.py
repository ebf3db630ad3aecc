"""Scenes: a purchase as the checks see it."""

from __future__ import annotations

from x402_catalog.rules.judge import Evidence, Judge
from x402_harness.buying.means import Bought
from x402_harness.checks.context import Scene
from x402_harness.generation.requests import Source


def scene_of(bought: Bought, evidence: Evidence) -> Scene:
    """The scene of a purchase, before anything has looked at it; ``evidence`` is what its judgements will rest on."""
    case = bought.case
    return Scene(
        listing=case.listing,
        offer=case.offer,
        expected=case.expected,
        declared=case.response,
        example=case.source is Source.EXAMPLE,
        purchase=bought.purchase,
        transcript=bought.transcript,
        judge=Judge(case.listing, evidence),
    )
