"""Nodes that were named: whether they answer, are of the chain that is claimed, and agree with the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from x402_catalog.networks import Network, network
from x402_harness.doctor.examining import Check, Status, fine
from x402_harness.edge.rpc import Rpc, RpcError
from x402_harness.protocol.onchain import Call

APART = 60  # seconds: what a payment's window allows for, and a chain's newest block may be old
_ASKED = (Call("eth_chainId"), Call("eth_getBlockByNumber", ("latest", False)))


def node(where: Network | None, rpc: Rpc, clock: Callable[[], float]) -> Iterator[Check]:
    """One node, asked in one batch; ``where`` is the network that it is said to be of, if that was said."""
    name = f"node of {where.v1_name or where.caip2}" if where else "node"
    try:
        chain, block = asyncio.run(rpc.ask(_ASKED))
        chain_id, at = _number(chain), _number(block["timestamp"])
    except (RpcError, TypeError, KeyError, ValueError) as error:
        why = str(error) if isinstance(error, RpcError) else "what it answers is no chain id and no block"
        yield Check(name, Status.ERROR, why, "look at the URL, and whether the node answers batches")
        return
    known = network(f"eip155:{chain_id}")
    called = f"chain {chain_id}" + (f" ({known.v1_name or known.caip2})" if known else "")
    if where is not None and where.chain_id != chain_id:
        told = f"it is of {called}, not of {where.chain_id}"
        yield Check(name, Status.ERROR, told, "name the node of that network, or the network of that node")
        return
    yield fine(name, f"answers for {called}")
    yield _clock(clock() - at)


def _number(word: object) -> int:
    if not isinstance(word, str) or not word.startswith("0x") or len(word) > 18:
        raise ValueError("no number")
    return int(word, 16)


def _clock(ahead: float) -> Check:
    if ahead < -APART:
        told = f"this clock is {-ahead:,.0f} s behind the chain's newest block"
        return Check("clock", Status.ERROR, told, "set the clock by NTP: payments are signed for the wrong minutes")
    if ahead > APART:
        told = f"this clock is {ahead:,.0f} s ahead of the chain's newest block"
        return Check("clock", Status.WARNING, told, "set the clock by NTP, unless it is the node that is late")
    return fine("clock", f"within {APART} s of the chain's newest block")
