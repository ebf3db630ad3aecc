"""PAY002 to PAY006, PAY009, PAY010 and PAY018 to PAY021: the receipt, and whether it tells the truth."""

from __future__ import annotations

from x402_catalog.addresses import same_address
from x402_catalog.findings import Level
from x402_catalog.networks import network
from x402_catalog.rules.registry import rule
from x402_harness.checks.context import Check, Scene
from x402_harness.protocol.exchange import Leg
from x402_harness.protocol.headers import PAYMENT_RESPONSE, X_PAYMENT_RESPONSE
from x402_harness.protocol.receipts import is_transaction

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
FOREIGN = rule(
    "PAY009",
    Level.ERROR,
    "receipt's transaction is not the settlement",
    why="The buyer's books point at a transaction that has nothing to do with the purchase, or at none.",
    basis="x402 v1 §5.3, v2 §5.3 (transaction); EIP-3009 AuthorizationUsed",
    mend="Report the hash of the transaction that used the authorization.",
)
HEADER = rule(
    "PAY010",
    Level.WARNING,
    "receipt stands in the other version's header",
    why="Clients of this version look for it elsewhere and take the purchase for unsettled.",
    basis="specs/transports-v1/http.md (X-PAYMENT-RESPONSE), specs/transports-v2/http.md (PAYMENT-RESPONSE)",
    mend="Send the receipt in the header of the version that was paid in; both may be sent.",
)
PENDING = rule(
    "PAY018",
    Level.WARNING,
    "settlement is left pending",
    why="The buyer has the answer but no proof, and cannot tell whether the money will move.",
    basis="x402 v1 §5.3, v2 §5.3; settlement_pending is no outcome",
    mend="Wait for the settlement, or answer 402 until it is there.",
)
EXPOSURE = rule(
    "PAY019",
    Level.WARNING,
    "browsers cannot read the receipt",
    why="The answer is open to other origins, but their scripts do not see the settlement header.",
    basis="Fetch standard, CORS-exposed header names",
    mend="Send Access-Control-Expose-Headers: PAYMENT-RESPONSE, X-PAYMENT-RESPONSE.",
)
AMOUNT = rule(
    "PAY020",
    Level.ERROR,
    "receipt reports another amount than was signed for",
    why="Either the receipt is untrue or the settlement was another one.",
    basis="x402 v2 §5.3 (amount); exact scheme",
    mend="Report the amount that was settled, in atomic units, or leave it out.",
)
TOLERATED = rule(
    "PAY021",
    Level.WARNING,
    "receipt is readable only by tolerant clients",
    why="Strict clients take it for no receipt.",
    basis="specs/transports-v1/http.md, specs/transports-v2/http.md (standard base64 with padding)",
    mend="Encode the receipt in standard base64 with padding.",
)
UNVERIFIED = rule(
    "PAY022",
    Level.INFO,
    "settlement is claimed and was not verified",
    why="The receipt is the seller's word: no chain was asked, or the seller does not settle on the one that was.",
    basis="x402 v1 §5.3, v2 §5.3; EIP-3009 AuthorizationUsed",
    mend="Name a node (--rpc NETWORK=URL), or use the sandbox's facilitator in the seller, to see the money move.",
)
_PENDING = ("pending", "processing")


def receipt(scene: Scene) -> None:
    """There is a receipt, it can be read, and it agrees with what was signed."""
    found = scene.purchase.receipt
    if found is None or (found.header is None and not _is_success(scene)):
        return  # what is refused has no receipt to show
    if found.response is None:
        reason = f"{found.error.place}: {found.error.message}" if found.error else "no settlement header"
        scene.broken(RECEIPT, Leg.PAID, reason, observed=found.error.observed if found.error else None)
        return
    scene.held(RECEIPT)
    _form(scene)
    if not found.response.success:
        _unsettled(scene, found.response.error_reason or "")
        return
    scene.held(SETTLED, f"{scene.offer.pointer}/scheme")
    if scene.transcript.chain is None and scene.transcript.settlement is None:
        scene.broken(UNVERIFIED, Leg.PAID, "claimed by the seller, not verified on a chain")
    _agrees(scene)


def _is_success(scene: Scene) -> bool:
    answer = scene.head(Leg.PAID)
    return answer is not None and 200 <= answer.status < 300


def _unsettled(scene: Scene, why: str) -> None:
    if any(word in why.lower() for word in _PENDING):
        scene.broken(PENDING, Leg.PAID, f"the receipt says {why}", observed=why, expected="success")
        return
    scene.broken(
        SETTLED, Leg.PAID, f"success is false: {why or 'no reason given'}", observed=why or None, expected=True
    )


def _form(scene: Scene) -> None:
    found, option, answer = scene.purchase.receipt, scene.purchase.option, scene.head(Leg.PAID)
    assert found is not None and option is not None and answer is not None  # a receipt came in a head
    due = PAYMENT_RESPONSE if option.version == 2 else X_PAYMENT_RESPONSE
    if found.header == due:
        scene.held(HEADER)
    else:
        scene.broken(HEADER, Leg.PAID, f"sent as {found.header}", observed=found.header, expected=due)
    if found.notes:
        scene.broken(TOLERATED, Leg.PAID, ", ".join(found.notes), observed=", ".join(found.notes))
    else:
        scene.held(TOLERATED)
    if answer.header("access-control-allow-origin") is not None:
        exposed = {name.strip().lower() for name in (answer.header("access-control-expose-headers") or "").split(",")}
        if exposed & {str(found.header).lower(), "*"}:
            scene.held(EXPOSURE)
        else:
            scene.broken(EXPOSURE, Leg.PAID, f"{found.header} is not exposed", observed=sorted(exposed - {""}))


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
    _is_the_settlement(scene, told.transaction)
    if told.amount is None or told.amount == signed.value:
        scene.held(AMOUNT)
    else:
        scene.broken(
            AMOUNT, Leg.PAID, f"{told.amount} instead of {signed.value}", observed=told.amount, expected=signed.value
        )


def _is_the_settlement(scene: Scene, told: str) -> None:
    view = scene.transcript.chain
    if view is None or view.transaction is None or not is_transaction(told):
        return
    if told.lower() == view.transaction.lower():
        scene.held(FOREIGN)
    else:
        message = "the authorization was used in another transaction"
        scene.broken(FOREIGN, Leg.PAID, message, observed=told, expected=view.transaction)


CHECKS: tuple[Check, ...] = (receipt,)
