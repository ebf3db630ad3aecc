"""CHAL001 to CHAL009: the unpaid 402, and whether it asks for what the listing says."""

from __future__ import annotations

from x402_catalog.addresses import same_address
from x402_catalog.findings import Level
from x402_catalog.networks import network
from x402_catalog.rules.registry import Rule, rule
from x402_harness.checks.context import Check, Scene
from x402_harness.protocol.exchange import Leg
from x402_harness.protocol.purchase import State

STATUS = rule(
    "CHAL001",
    Level.ERROR,
    "unpaid request is not answered with 402",
    why="A buyer's client pays on a 402 only; free content, redirects and errors leave it without terms.",
    basis="specs/transports-v1/http.md, specs/transports-v2/http.md",
    mend="Answer 402 with the payment terms.",
)
TERMS = rule(
    "CHAL002",
    Level.ERROR,
    "402 carries no terms that can be read",
    why="Without terms no payment can be made.",
    basis="x402 v1 §5.1 (body), v2 §5.1 (PAYMENT-REQUIRED header)",
    mend="Send the terms as the version's transport says.",
)
ENTRY = rule(
    "CHAL003",
    Level.ERROR,
    "an entry of accepts cannot be read",
    why="A buyer that needs that option cannot pay; strict clients refuse the whole 402.",
    basis="x402 v1 §5.1, v2 §5.1 (PaymentRequirements)",
    mend="Give the entry every required member in its type.",
)
PRICE = rule(
    "CHAL004",
    Level.ERROR,
    "402 asks another price than the listing",
    why="The buyer decided by the listed price.",
    basis="listing accepts[].max_amount_required_atomic; x402 v1 maxAmountRequired, v2 amount",
    mend="Make listing and endpoint agree.",
)
PAYEE = rule(
    "CHAL005",
    Level.ERROR,
    "402 names another payee than the listing",
    why="Money goes to an account that nobody announced.",
    basis="listing accepts[].pay_to; x402 payTo",
    mend="Make listing and endpoint agree.",
)
ASSET = rule(
    "CHAL006",
    Level.ERROR,
    "402 asks for another asset than the listing",
    why="The buyer may not hold it, or it may be a look-alike.",
    basis="listing accepts[].asset; x402 asset",
    mend="Make listing and endpoint agree.",
)
NETWORK = rule(
    "CHAL007",
    Level.ERROR,
    "402 asks for another network than the listing",
    why="The buyer may have no funds there.",
    basis="listing accepts[].network; x402 network",
    mend="Make listing and endpoint agree.",
)
TIMEOUT = rule(
    "CHAL008",
    Level.WARNING,
    "402 gives another timeout than the listing",
    why="The window of the signed payment is not the one announced.",
    basis="listing accepts[].max_timeout_seconds; x402 maxTimeoutSeconds",
    mend="Make listing and endpoint agree.",
)
TOLERATED = rule(
    "CHAL009",
    Level.WARNING,
    "402 is readable only by tolerant clients",
    why="Strict clients will not pay.",
    basis="specs/transports-v2/http.md (base64, header)",
    mend="Encode the terms as the specification says.",
)


def status(scene: Scene) -> None:
    """The unpaid answer is a 402."""
    answer = scene.response(Leg.UNPAID)
    if answer is None:
        return
    if answer.status == 402:
        scene.held(STATUS, "/url")
        return
    free = scene.purchase.state is State.FREE
    message = f"answered {answer.status}" + (": the content is free" if free else "")
    scene.broken(STATUS, Leg.UNPAID, message, observed=answer.status, expected=402, pointer="/url")


def readable(scene: Scene) -> None:
    """The terms can be read, each entry too, and without tolerance."""
    answer, error, challenge = scene.response(Leg.UNPAID), scene.purchase.error, scene.purchase.challenge
    if answer is None or answer.status != 402:
        return
    if error is not None:
        message = f"{error.place}: {error.message}"
        scene.broken(
            TERMS, Leg.UNPAID, message, observed=error.observed, expected=error.pointer or None, pointer="/accepts"
        )
        return
    scene.held(TERMS, "/accepts")
    for entry in challenge.unreadable if challenge else ():
        message = f"{entry.error.pointer}: {entry.error.message}"
        scene.broken(ENTRY, Leg.UNPAID, message, observed=entry.error.observed)
    for note in challenge.notes if challenge else ():
        scene.broken(TOLERATED, Leg.UNPAID, note)


def price(scene: Scene) -> None:
    """The amount asked is the amount listed."""
    _compare(scene, PRICE, "max_amount_required_atomic", "amount", scene.offer.amount)


def payee(scene: Scene) -> None:
    """The payee is the one listed."""
    _compare(scene, PAYEE, "pay_to", "pay_to", scene.offer.pay_to)


def asset(scene: Scene) -> None:
    """The asset is the one listed."""
    _compare(scene, ASSET, "asset", "asset", scene.offer.asset)


def networks(scene: Scene) -> None:
    """The network is the one listed, in whichever naming."""
    _compare(scene, NETWORK, "network", "network", scene.offer.network_name)


def timeout(scene: Scene) -> None:
    """The timeout is the one listed."""
    _compare(scene, TIMEOUT, "max_timeout_seconds", "timeout", scene.offer.timeout)


def _compare(scene: Scene, decider: Rule, member: str, attribute: str, listed: object) -> None:
    option = scene.option
    if option is None or listed is None:
        return
    asked, at = getattr(option, attribute), f"{scene.offer.pointer}/{member}"
    if _same(member, asked, listed):
        scene.held(decider, at)
    else:
        shown = (str(asked), str(listed)) if isinstance(asked, int) else (asked, listed)
        scene.broken(
            decider, Leg.UNPAID, f"the 402 says {asked}, the listing {listed}",
            observed=shown[0], expected=shown[1], pointer=at,
        )  # fmt: skip


def _same(member: str, asked: object, listed: object) -> bool:
    if member == "network":
        return network(asked) == network(listed) if network(listed) else asked == listed
    if isinstance(asked, str) and isinstance(listed, str):
        return same_address(asked, listed)
    return asked == listed


CHECKS: tuple[Check, ...] = (status, readable, price, payee, asset, networks, timeout)
