"""PAY001, PAY007, PAY008 and PAY011 to PAY017, REQ001: the paid leg, and what the chain says of it."""

from __future__ import annotations

from x402_catalog.findings import Level
from x402_catalog.rules.registry import Rule, rule
from x402_harness.checks.context import Check, Scene
from x402_harness.protocol.challenge import read_challenge
from x402_harness.protocol.errors import RemoteProtocolError
from x402_harness.protocol.exchange import Leg, Response
from x402_harness.protocol.purchase import State

STATUS = rule(
    "PAY001",
    Level.ERROR,
    "paid request is not answered with success",
    why="The buyer paid, or may have paid, and got nothing.",
    basis="specs/transports-v1/http.md, specs/transports-v2/http.md",
    mend="Answer 2xx once the payment is settled.",
)
CHARGED = rule(
    "PAY007",
    Level.ERROR,
    "balances did not move by exactly the price",
    why="The buyer was charged another sum than the one signed for, or not at all while a receipt says so.",
    basis="EIP-3009; x402 exact scheme",
    mend="Settle exactly the signed authorization.",
)
NONCE = rule(
    "PAY008",
    Level.ERROR,
    "receipt of success, but the authorization is unused",
    why="The receipt claims a settlement that did not happen; the signature can still be used.",
    basis="EIP-3009 authorizationState",
    mend="Report success only after the transaction.",
)


CACHEABLE = rule(
    "PAY011",
    Level.WARNING,
    "paid answer may be stored by shared caches",
    why="A cache would give away what one buyer paid for.",
    basis="RFC 9111 §3 (private, no-store), §5.2.2.9 (public)",
    mend="Send Cache-Control: private or no-store with what was paid for.",
)
LATE = rule(
    "PAY012",
    Level.ERROR,
    "answer comes later than maxTimeoutSeconds",
    why="By then the signed payment is no longer valid: a seller who settles last is not paid, a buyer has given up.",
    basis="x402 v1 §5.1, v2 §5.1 (maxTimeoutSeconds)",
    mend="Answer faster, or give the time that the answer takes.",
)
REDIRECTED = rule(
    "PAY013",
    Level.ERROR,
    "paid request is redirected",
    why="Whoever follows hands the signed payment to another URL.",
    basis="RFC 9110 §15.4; x402 resource",
    mend="Answer where the payment is asked for.",
)
CHARGED_FOR_NOTHING = rule(
    "PAY014",
    Level.ERROR,
    "payment was settled, and the request refused",
    why="The buyer paid and got an error.",
    basis="x402 v1 §2, v2 §2: settle when the work is done; reference servers do not settle when the handler fails",
    mend="Do the work first, settle after it, and never settle what ends in an error.",
)
ASKED_AGAIN = rule(
    "PAY015",
    Level.ERROR,
    "payment was settled, and is asked for again",
    why="A buyer's client that pays whatever it is asked for pays twice.",
    basis="specs/transports-v1/http.md, specs/transports-v2/http.md",
    mend="Answer with the content once the payment is settled.",
)
REFUSED = rule(
    "PAY016",
    Level.ERROR,
    "valid payment is refused",
    why="Nobody can buy: the payment satisfies the very terms that were asked for.",
    basis="x402 v1 §6.1.2, v2 §6.1.2 (verification); specs/transports-v1/http.md, specs/transports-v2/http.md",
    mend="Look at the reason given; often the header of the other version is read, or another domain verified.",
)
GIVEN_AWAY = rule(
    "PAY017",
    Level.ERROR,
    "content is delivered without settling the payment",
    why="The seller is not paid, and the signature stays usable.",
    basis="x402 v1 §2, v2 §2 (settle); EIP-3009 authorizationState",
    mend="Settle before the answer leaves.",
)
ACCEPTED = rule(
    "REQ001",
    Level.ERROR,
    "request that satisfies the declared fields is refused",
    why="A buyer who does as the listing says cannot buy.",
    basis="listing accepts[].hints.input",
    mend="Accept what is declared, or declare what is accepted.",
)
_REQUEST_STATUSES = frozenset({400, 404, 405, 406, 409, 411, 413, 414, 415, 422})


def status(scene: Scene) -> None:
    """The paid answer is a success; if not, what kind of failure it is and whether it was charged for."""
    answer = scene.response(Leg.PAID)
    if answer is None:
        return
    if 200 <= answer.status < 300:
        own_example = ["/example_request_body"] if scene.example else []
        scene.held(STATUS, "/url", *own_example)
        scene.held(ACCEPTED, f"{scene.offer.pointer}/hints/input", *own_example)
        scene.held(REFUSED)
        return
    failure = _failure(scene, answer)
    if failure is not None:
        rule, message = failure
        pointer = f"{scene.offer.pointer}/hints/input" if rule is ACCEPTED else None
        scene.broken(rule, Leg.PAID, message, observed=answer.status, expected="2xx", pointer=pointer)


def _failure(scene: Scene, answer: Response) -> tuple[Rule, str] | None:
    if 300 <= answer.status < 400:
        return REDIRECTED, f"redirected to {answer.header('location') or 'nowhere'}"
    taken = _was_charged(scene)
    if answer.status == 402:
        if taken:
            return ASKED_AGAIN, "the payment was settled, and the answer is 402"
        told = scene.purchase.receipt.response if scene.purchase.receipt else None
        return None if told is not None else (REFUSED, f"refused: {_reason(answer)}")  # a receipt of failure says it
    if taken:
        return CHARGED_FOR_NOTHING, f"the payment was settled, and the answer is {answer.status}"
    if answer.status in _REQUEST_STATUSES:
        return ACCEPTED, f"{scene.purchase.request.method} answered {answer.status}: {_beginning(answer)}"
    return STATUS, f"paid, and answered {answer.status}"


def _was_charged(scene: Scene) -> bool:
    used, receipt = _nonce_used(scene), scene.purchase.receipt
    if used is not None:
        return used
    return receipt is not None and receipt.response is not None and receipt.response.success


def _reason(answer: Response) -> str:
    try:
        return str(read_challenge(answer).message.get("error") or "no reason given")
    except RemoteProtocolError:
        return "no reason given"


def _beginning(answer: Response) -> str:
    return answer.body[:120].decode("utf-8", "replace") or "no content"


def given_away(scene: Scene) -> None:
    """What is delivered is settled."""
    answer, receipt, used = scene.response(Leg.PAID), scene.purchase.receipt, _nonce_used(scene)
    if used is None or answer is None or not 200 <= answer.status < 300:
        return
    told = receipt.response if receipt else None
    if used or (told is not None and told.success):
        scene.held(GIVEN_AWAY)
    else:
        scene.broken(GIVEN_AWAY, Leg.PAID, "delivered, and the chain shows no settlement", observed=answer.status)


def _nonce_used(scene: Scene) -> bool | None:
    view, seen = scene.transcript.chain, scene.transcript.settlement
    return view.nonce_used if view is not None else seen.nonce_used if seen is not None else None


def kept_private(scene: Scene) -> None:
    """No shared cache may store what was paid for."""
    answer = scene.response(Leg.PAID)
    if answer is None or not 200 <= answer.status < 300:
        return
    said = (answer.header("cache-control") or "").lower()
    directives = {part.split("=", 1)[0].strip() for part in said.split(",")}
    if directives & {"private", "no-store"} or not directives & {"public", "s-maxage", "max-age"}:
        scene.held(CACHEABLE)
    else:
        scene.broken(CACHEABLE, Leg.PAID, f"Cache-Control: {said}", observed=said, expected="private or no-store")


def in_time(scene: Scene) -> None:
    """The answer comes while the payment is valid."""
    exchange, option = scene.transcript.leg(Leg.PAID), scene.purchase.option
    if exchange is None or exchange.response is None or option is None:
        return
    pointer = f"{scene.offer.pointer}/max_timeout_seconds"
    if exchange.elapsed <= option.timeout:
        scene.held(LATE, pointer)
    else:
        scene.broken(
            LATE, Leg.PAID, f"answered after {exchange.elapsed:.1f} seconds",
            observed=round(exchange.elapsed, 1), expected=f"at most {option.timeout} seconds", pointer=pointer,
        )  # fmt: skip


def charged(scene: Scene) -> None:
    """Payer and payee moved by exactly the signed amount, or not at all where nothing was settled."""
    view, purchase = scene.transcript.chain, scene.purchase
    if view is None or purchase.authorization is None:
        return
    price = int(purchase.authorization.value) if view.nonce_used else 0
    moved = (view.before.payer - view.after.payer, view.after.payee - view.before.payee)
    if moved == (price, price):
        # Where nothing moved, nothing is shown about the price or the payee.
        claims = ("max_amount_required_atomic", "pay_to") if price else ()
        scene.held(CHARGED, *(f"{scene.offer.pointer}/{member}" for member in claims))
    else:
        scene.broken(
            CHARGED, Leg.PAID, f"payer -{moved[0]}, payee +{moved[1]}, signed {purchase.authorization.value}",
            observed=[str(part) for part in moved], expected=str(price),
            pointer=f"{scene.offer.pointer}/max_amount_required_atomic",
        )  # fmt: skip
    if purchase.state is State.SETTLED and not view.nonce_used:
        scene.broken(NONCE, Leg.PAID, "the chain says that the nonce is unused", observed=False, expected=True)
    elif purchase.state is State.SETTLED:
        scene.held(NONCE)


CHECKS: tuple[Check, ...] = (status, charged, given_away, kept_private, in_time)
