"""CHAL in a purchase: the rules over a 402, told of the listing that the purchase was made from.

A sandbox seller's terms are made from the listing, of which the catalogue's own rules speak: of such a 402 only what
the seller does is judged (status, encoding, what stands where), and whether it asks for what was listed.
"""

from __future__ import annotations

from x402_catalog.rules.judge import Evidence
from x402_harness.checks.context import Check, Scene
from x402_harness.checks.refusals import LEAK, carries_content
from x402_harness.checks.unpaid.envelope import STATUS, TERMS, look
from x402_harness.checks.unpaid.faults import faults
from x402_harness.checks.unpaid.listed import asked_by_option, compare
from x402_harness.checks.unpaid.view import BODY, HEADER, Fault
from x402_harness.protocol.exchange import Leg

_SELLERS_OWN = "CHAL020"  # codes before it are about what a seller does, those from it on about the terms
_CLAIMS = {STATUS.code: "/url", TERMS.code: "/accepts"}


def terms(scene: Scene) -> None:
    """The unpaid answer is a 402 whose terms can be read and are sound."""
    exchange = scene.transcript.leg(Leg.UNPAID)
    if exchange is None or exchange.response is None:
        return
    found = [fault for fault in faults(look(exchange)) if _concerns(scene, fault)]
    broken = {fault.rule.code for fault in found}
    if STATUS.code not in broken:
        scene.held(STATUS, "/url")
        if scene.purchase.challenge is not None:
            scene.held(TERMS, "/accepts")
    for fault in found:
        _tell(scene, fault)


def _concerns(scene: Scene, fault: Fault) -> bool:
    return scene.judge.evidence is not Evidence.SIMULATED or fault.rule.code < _SELLERS_OWN


def _tell(scene: Scene, fault: Fault) -> None:
    message = f"{fault.spot}: {fault.message}" if fault.pointer else fault.message
    scene.broken(
        fault.rule, Leg.UNPAID, message,
        observed=fault.observed, expected=fault.expected, pointer=_CLAIMS.get(fault.rule.code), level=fault.level,
    )  # fmt: skip


def listed(scene: Scene) -> None:
    """What the option asks for is what the listing says."""
    option = scene.option
    if option is None or scene.purchase.challenge is None:
        return
    place = HEADER if _in_header(scene) else BODY
    for row in compare(scene.offer, asked_by_option(option, place)):
        if row.fault is None:
            scene.held(row.rule, row.claim)
        else:
            scene.broken(
                row.rule, Leg.UNPAID, row.fault.message,
                observed=row.fault.observed, expected=row.fault.expected, pointer=row.claim,
            )  # fmt: skip


def _in_header(scene: Scene) -> bool:
    answer = scene.response(Leg.UNPAID)
    return answer is not None and answer.header(HEADER) is not None


def keeps_the_content(scene: Scene) -> None:
    """A 402 does not bring along what is paid for."""
    answer = scene.response(Leg.UNPAID)
    if answer is None or answer.status != 402:
        return
    if carries_content(answer, scene.declared):
        scene.broken(LEAK, Leg.UNPAID, "the 402 carries the declared answer", observed=answer.status)
    else:
        scene.held(LEAK)


CHECKS: tuple[Check, ...] = (terms, listed, keeps_the_content)
