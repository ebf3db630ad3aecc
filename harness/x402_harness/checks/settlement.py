"""PAY023 to PAY029: what a node of the network says became of the payment, whatever the receipt claims."""

from __future__ import annotations

from x402_catalog.findings import Level
from x402_catalog.rules.registry import Rule, rule
from x402_harness.checks.context import Check, Scene
from x402_harness.checks.payment import NONCE
from x402_harness.checks.receipt import FOREIGN
from x402_harness.protocol.exchange import Leg
from x402_harness.protocol.onchain import Settlement, Verdict
from x402_harness.protocol.purchase import State

MISMATCH = rule(
    "PAY023",
    Level.ERROR,
    "chain shows another transfer than the one signed for",
    why="The nonce was used, and the money did not go as it was signed: to another payee, or as another sum.",
    basis="EIP-3009 AuthorizationUsed; ERC-20 Transfer",
    mend="Settle exactly the signed authorization.",
)
FAILED = rule(
    "PAY024",
    Level.ERROR,
    "settlement transaction failed",
    why="The receipt names a transaction that reverted: nothing was paid, and the signature stays usable.",
    basis="JSON-RPC eth_getTransactionReceipt (status, EIP-658)",
    mend="Look at the transaction's status before reporting success.",
)
NO_RECEIPT = rule(
    "PAY025",
    Level.ERROR,
    "chain does not know the settlement transaction",
    why="The receipt names a transaction that is in no block: the payment is claimed and cannot be found.",
    basis="JSON-RPC eth_getTransactionReceipt; x402 v1 §5.3, v2 §5.3 (transaction)",
    mend="Answer once the transaction is in a block, and report its hash.",
)
CANCELED = rule(
    "PAY026",
    Level.ERROR,
    "authorization was canceled before it was settled",
    why="It can never be settled any more: whoever delivered for it is not paid.",
    basis="EIP-3009 AuthorizationCanceled",
    mend="Settle before answering, and report success only after that.",
)
SHALLOW = rule(
    "PAY027",
    Level.INFO,
    "settlement has few confirmations",
    why="The transfer stands, in a block that may still be replaced.",
    basis="JSON-RPC eth_blockNumber; --confirmations",
    mend="Look again later: testbuy ledger reconcile.",
)
OTHER_CHAIN = rule(
    "PAY028",
    Level.WARNING,
    "node is of another chain than the payment",
    why="It cannot tell anything about the settlement.",
    basis="EIP-155 (eth_chainId)",
    mend="Give the node of the network that was paid on.",
)
UNTOLD = rule(
    "PAY029",
    Level.INFO,
    "chain was asked and could not tell",
    why="The settlement is neither shown nor disproved.",
    basis="JSON-RPC 2.0 over HTTP; EIP-3009 authorizationState",
    mend="Ask again later, or another node: testbuy ledger reconcile.",
)
_RULES: dict[Verdict, Rule] = {
    Verdict.MISMATCH: MISMATCH, Verdict.FAILED: FAILED, Verdict.NO_RECEIPT: NO_RECEIPT, Verdict.CANCELED: CANCELED,
    Verdict.SHALLOW: SHALLOW, Verdict.OTHER_CHAIN: OTHER_CHAIN, Verdict.UNDECIDED: UNTOLD, Verdict.NOT_FOUND: UNTOLD,
    Verdict.OTHER_NONCE: FOREIGN, Verdict.UNUSED: NONCE,
}  # fmt: skip
_SHOWN = (MISMATCH, FAILED, NO_RECEIPT, CANCELED, FOREIGN, NONCE)


def settlement(scene: Scene) -> None:
    """The chain shows the transfer that was signed for, in a transaction that stands."""
    seen = scene.transcript.settlement
    if seen is None:
        return
    found = _RULES.get(seen.verdict)
    if seen.verdict in (Verdict.SETTLED, Verdict.SHALLOW):
        _shown(scene)
    # What nobody claims to have settled may well be unused.
    if found is None or (found is NONCE and scene.purchase.state is not State.SETTLED):
        return
    scene.broken(found, Leg.PAID, seen.reason, observed=_observed(seen))


def _shown(scene: Scene) -> None:
    # The payee and the sum are in the transfer itself.
    claims = ("max_amount_required_atomic", "pay_to")
    for one in _SHOWN:
        scene.held(one, *(f"{scene.offer.pointer}/{member}" for member in claims if one is MISMATCH))


def _observed(seen: Settlement) -> str:
    return f"{seen.verdict}, {seen.transaction}" if seen.transaction else str(seen.verdict)


CHECKS: tuple[Check, ...] = (settlement,)
