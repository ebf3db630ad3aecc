"""Content: what an answer is beyond its schema, held against what listing and request say of it."""

from __future__ import annotations

from x402_harness.checks.content import branches, echoes, encoded, links, quantities, times, transfer
from x402_harness.checks.content.subject import ContentCheck, Subject
from x402_harness.checks.context import Check, Scene
from x402_harness.protocol.exchange import Leg

CONTENT_CHECKS: tuple[ContentCheck, ...] = (
    *transfer.CHECKS,
    *encoded.CHECKS,
    *quantities.CHECKS,
    *links.CHECKS,
    *times.CHECKS,
    *branches.CHECKS,
    *echoes.CHECKS,
)


def content(scene: Scene) -> None:
    """The paid answer of success is what its header, the listing and the request say."""
    exchange = scene.transcript.leg(Leg.PAID)
    answer = exchange.response if exchange else None
    if exchange is None or answer is None or not 200 <= answer.status < 300:
        return
    subject = Subject(scene, exchange, answer)
    for check in CONTENT_CHECKS:
        check(subject)


CHECKS: tuple[Check, ...] = (content,)
