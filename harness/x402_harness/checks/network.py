"""NET001 to NET003: legs that got no answer that can be read."""

from __future__ import annotations

from x402_catalog.findings import Level
from x402_catalog.rules.registry import rule
from x402_harness.checks.context import Check, Scene
from x402_harness.protocol.exchange import Leg

REACHED = rule(
    "NET001",
    Level.ERROR,
    "no answer",
    why="What does not answer cannot be bought.",
    basis="RFC 9110",
    mend="Make the endpoint reachable.",
)
MALFORMED = rule(
    "NET002",
    Level.ERROR,
    "answer breaks HTTP or every reasonable limit",
    why="Clients drop it: its head is too long, it ends too early, or it is not encoded as it says.",
    basis="RFC 9112; RFC 9110 §8.4",
    mend="Send a well-formed answer.",
)
LOST = rule(
    "NET003",
    Level.ERROR,
    "paid request got no answer",
    why="The signature is out: the buyer does not know whether the money moved, and has nothing for it.",
    basis="RFC 9110 §15; x402 v1 §2, v2 §2",
    mend="Answer every paid request, if only with an error; settle when the answer is ready.",
)


def reached(scene: Scene) -> None:
    """Every leg got an answer that can be read."""
    for exchange in scene.transcript.exchanges:
        failure = exchange.failure
        if failure is None:
            continue
        lost = LOST if exchange.leg is Leg.PAID and failure.may_have_sent else REACHED
        rule = MALFORMED if failure.cause == "protocol" else lost
        scene.broken(rule, exchange.leg, failure.message, observed=failure.cause, pointer="/url")


CHECKS: tuple[Check, ...] = (reached,)
