"""Nodes: what public chains say of payments, before they are signed, after they were sent, and long after that."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from x402_catalog.findings import Finding
from x402_catalog.networks import network
from x402_harness.edge.rpc import Rpc, RpcError, check_settlement
from x402_harness.ledger import Sighting
from x402_harness.ledger import Verdict as Told
from x402_harness.policy import Approval, preflight_calls, preflight_objection
from x402_harness.policy.preflight import NO_NODE
from x402_harness.protocol.messages import Authorization
from x402_harness.protocol.onchain import Call, Settlement, Sought, Unreadable, Verdict, number

LOOK_BACK = 1_000_000  # blocks; three weeks of two seconds each
_PAUSE = 2.0  # seconds: a block of Base
# A little later it may be another one: the transaction is not in a block yet, or the node behind another one.
_EARLY = frozenset({Verdict.UNUSED, Verdict.NO_RECEIPT, Verdict.SHALLOW, Verdict.NOT_FOUND, Verdict.UNDECIDED})


@dataclass(frozen=True, slots=True)
class Nodes:
    """The node of each network (CAIP-2) that has one.

    ``confirmations`` is how many blocks must stand; ``patience`` the seconds that a settlement may take to show.
    """

    of: Mapping[str, Rpc]
    confirmations: int = 1
    patience: float = 20.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def objection(self, approval: Approval, payer: str) -> Finding | None:
        """Why the approved option must not be signed: the chain, the token or the payer's balance is another."""
        node = self.of.get(approval.price.asset.network)
        if node is None:
            return None
        try:
            return preflight_objection(approval, payer, await node.ask(preflight_calls(approval, payer)))
        except RpcError as error:
            return NO_NODE.finding(str(error))

    async def settlement(
        self, network: str, asset: str, signed: Authorization, transaction: str | None, *, patient: bool = True
    ) -> Settlement | None:
        """What became of a payment that was just sent; ``None`` where its network has no node.

        Asks again while that may still change, as long as its patience lasts, or once if it is not to be ``patient``.
        Raises nothing for what a node does.
        """
        node, waited = self.of.get(network), 0.0
        if node is None:
            return None
        sought = Sought(_chain_id(network), asset, signed, transaction, self.confirmations)
        while True:
            seen = await check_settlement(node, sought)
            if seen.verdict not in _EARLY or waited >= self.patience or not patient:
                return seen
            await self.sleep(_PAUSE)
            waited += _PAUSE


@dataclass(frozen=True, slots=True)
class NodeOracle:
    """A :class:`~x402_harness.ledger.NonceOracle` over nodes; ``signed`` are the authorizations by their nonces."""

    nodes: Nodes
    signed: Mapping[str, Authorization]

    async def look(self, network: str, asset: str, payer: str, nonce: str, transaction: str | None) -> Sighting:
        """See the protocol. A canceled nonce is told apart from a used one by the token's own log."""
        node = self.nodes.of.get(network)
        if node is None:
            return Sighting(Told.UNCLEAR, detail=f"no node of {network} is named")
        sought = Sought(_chain_id(network), asset, self.signed[nonce], confirmations=self.nodes.confirmations)
        # First the block that will stay: whatever is unused after that was unused there.
        stays = await _final(node)
        return _sighting(await check_settlement(node, sought, blocks=LOOK_BACK), stays)


def _sighting(seen: Settlement, stays: tuple[int, int] | str) -> Sighting:
    if seen.verdict is Verdict.SETTLED:
        return Sighting(Told.USED, transaction=seen.transaction)
    if isinstance(stays, str):
        return Sighting(Told.UNCLEAR, detail=stays)
    if seen.verdict is Verdict.UNUSED:
        return Sighting(Told.UNUSED, stays[1])
    if seen.verdict is Verdict.CANCELED and seen.block is not None and seen.block <= stays[0]:
        return Sighting(Told.CANCELED, stays[1], seen.transaction)
    return Sighting(Told.UNCLEAR, detail=f"{seen.verdict}: {seen.reason}")


async def _final(node: Rpc) -> tuple[int, int] | str:
    """Number and time of the newest block that will stay, or why the node does not tell."""
    try:
        return await _told_final(node)
    except (RpcError, Unreadable) as error:
        return str(error)


async def _told_final(node: Rpc) -> tuple[int, int]:
    final, newest = await node.ask([Call("eth_getBlockByNumber", (tag, False)) for tag in ("finalized", "latest")])
    if not isinstance(final, dict) or not isinstance(newest, dict):
        raise Unreadable("eth_getBlockByNumber: no block")
    height = number(final.get("number"), "the block's number")
    if number(newest.get("number"), "the block's number") < height:
        raise Unreadable("the newest block is older than the final one")
    return height, number(final.get("timestamp"), "the block's timestamp")


def _chain_id(name: str) -> int:
    found = network(name)
    assert found is not None and found.chain_id is not None  # nodes are named for EVM networks of the table only
    return found.chain_id
