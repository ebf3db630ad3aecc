"""PAY001 to PAY009 and NET001: the paid leg, its receipt, and what the chain says."""

from __future__ import annotations

from x402_catalog.addresses import same_address
from x402_catalog.findings import Level
from x402_catalog.networks import network
from x402_catalog.rules.registry import rule
from x402_harness.checks.context import Check, Scene
from x402_harness.protocol.exchange import Leg
from x402_harness.protocol.purchase import State
from x402_harness.protocol.receipts import is_transaction

REACHED = rule(
    "NET001",
    Level.ERROR,
    "no answer",
    why="What does not answer cannot be bought.",
    basis="RFC 9110",
    mend="Make the endpoint reachable.",
)
STATUS = rule(
    "PAY001",
    Level.ERROR,
    "paid request is not answered with success",
    why="The buyer paid, or may have paid, and got nothing.",
    basis="specs/transports-v1/http.md, specs/transports-v2/http.md",
    mend="Answer 2xx once the payment is settled.",
)
RECEIPT = rule(
    "PAY002",
    Level.ERROR,
    "paid answer has no receipt that can be read",
    why="Nobody can prove that the payment was settled, nor what was charged.",
    basis="x402 v1 §5.3 (X-PAYMENT-RESPONSE), v2 §5.3 (PAYMENT-RESPONSE)",
    mend="Send the settlement response as the header.",
)
SETTLED = rule(
    "PAY003",
    Level.ERROR,
    "receipt says that nothing was settled",
    why="The payment was refused, or content was given away.",
    basis="x402 v1 §5.3, v2 §5.3 (success)",
    mend="Settle before answering, and report it truly.",
)
NETWORK = rule(
    "PAY004",
    Level.ERROR,
    "receipt names another network",
    why="The transaction cannot be found where it was signed for.",
    basis="x402 v1 §5.3, v2 §5.3 (network)",
    mend="Report the network of the chosen option.",
)
PAYER = rule(
    "PAY005",
    Level.ERROR,
    "receipt names another payer",
    why="It is the receipt of somebody else's payment.",
    basis="x402 v1 §5.3, v2 §5.3 (payer)",
    mend="Report the payer of this payment.",
)
TRANSACTION = rule(
    "PAY006",
    Level.ERROR,
    "receipt's transaction is no transaction hash",
    why="The payment cannot be looked up on its chain.",
    basis="x402 v1 §5.3, v2 §5.3 (transaction)",
    mend="Report the hash of the settling transaction.",
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


def reached(scene: Scene) -> None:
    """Both legs were answered."""
    for exchange in scene.transcript.exchanges:
        if exchange.failure is not None:
            scene.broken(
                REACHED, exchange.leg, exchange.failure.message, observed=exchange.failure.cause, pointer="/url"
            )


def status(scene: Scene) -> None:
    """The paid answer is a success."""
    answer = scene.response(Leg.PAID)
    if answer is None:
        return
    if 200 <= answer.status < 300:
        scene.held(STATUS, "/url", *(["/example_request_body"] if scene.example else []))
    else:
        scene.broken(STATUS, Leg.PAID, f"paid, and answered {answer.status}", observed=answer.status, expected="2xx")


def receipt(scene: Scene) -> None:
    """There is a receipt, it can be read, and it agrees with what was signed."""
    found = scene.purchase.receipt
    if found is None:
        return
    if found.response is None:
        reason = f"{found.error.place}: {found.error.message}" if found.error else "no settlement header"
        scene.broken(RECEIPT, Leg.PAID, reason, observed=found.error.observed if found.error else None)
        return
    scene.held(RECEIPT)
    if not found.response.success:
        why = found.response.error_reason
        message = f"success is false: {why or 'no reason given'}"
        scene.broken(SETTLED, Leg.PAID, message, observed=why, expected=True)
        return
    scene.held(SETTLED, f"{scene.offer.pointer}/scheme")
    _agrees(scene)


def _agrees(scene: Scene) -> None:
    purchase = scene.purchase
    assert purchase.receipt is not None and purchase.receipt.response is not None
    assert purchase.option is not None and purchase.authorization is not None  # a receipt is only read after paying
    told, signed = purchase.receipt.response, purchase.authorization
    if network(told.network) == network(purchase.option.network):
        scene.held(NETWORK)
    else:
        scene.broken(
            NETWORK, Leg.PAID, f"settled on {told.network}", observed=told.network, expected=purchase.option.network
        )
    if told.payer is None or same_address(told.payer, signed.from_):
        scene.held(PAYER)
    else:
        scene.broken(PAYER, Leg.PAID, f"paid by {told.payer}", observed=told.payer, expected=signed.from_)
    if is_transaction(told.transaction):
        scene.held(TRANSACTION)
    else:
        scene.broken(
            TRANSACTION, Leg.PAID, "no transaction hash", observed=told.transaction, expected="0x and 64 hex digits"
        )


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


CHECKS: tuple[Check, ...] = (reached, status, receipt, charged)
