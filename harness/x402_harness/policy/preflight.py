"""Preflight: what a node of the network must say of an approved option before anything is signed for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from x402_catalog.findings import Finding, Level
from x402_catalog.money import Money
from x402_catalog.rules.registry import rule
from x402_harness.policy.decision import Approval
from x402_harness.protocol import abi
from x402_harness.protocol.eip3009 import domain_separator
from x402_harness.protocol.onchain import Call, Unreadable, number

NO_NODE = rule(
    "SPEND050",
    Level.ERROR,
    "node cannot be asked before the payment",
    why="A chain that was to be asked whether the payment arrives does not answer now; it would not answer afterwards.",
    basis="--rpc; JSON-RPC 2.0 over HTTP",
    mend="Name another node, or none: then the settlement is the seller's word.",
)
OTHER_CHAIN = rule(
    "SPEND051",
    Level.ERROR,
    "node is of another chain",
    why="What it says of the payer and of the payment would be about other accounts.",
    basis="--rpc; EIP-155 (eth_chainId)",
    mend="Give the node of the network that is paid on.",
)
POOR = rule(
    "SPEND052",
    Level.ERROR,
    "payer holds less than the price",
    why="The seller would verify, work and fail to settle; the signature would be out for nothing.",
    basis="ERC-20 balanceOf",
    mend="Fund the account on that network, or pay from another one.",
)
OTHER_TOKEN = rule(
    "SPEND053",
    Level.ERROR,
    "token on the chain is not the one of the table",
    why="A signature is bound to the token's domain: another one makes it void, or valid for something else.",
    basis="EIP-712 domainSeparator; EIP-3009 DOMAIN_SEPARATOR",
    mend="Look the token's contract up; do not pay with it until they agree.",
)


def preflight_calls(approval: Approval, payer: str) -> tuple[Call, ...]:
    """The batch that is asked before a signature: chain id, the payer's balance, the token's domain."""
    token = approval.token.asset.address.lower()
    asked = (abi.call("balanceOf(address)", payer), abi.call("DOMAIN_SEPARATOR()"))
    calls = (Call("eth_call", ({"to": token, "data": f"0x{data.hex()}"}, "latest")) for data in asked)
    return Call("eth_chainId"), *calls


def preflight_objection(approval: Approval, payer: str, answers: Sequence[Any]) -> Finding | None:
    """Why the option must not be signed after all, by the answers to :func:`preflight_calls`."""
    wanted = approval.domain.chain_id
    try:
        chain_id = number(answers[0], "eth_chainId")
    except Unreadable as error:
        return NO_NODE.finding(f"the node's answer cannot be read: {error}")
    if chain_id != wanted:
        return OTHER_CHAIN.finding(f"the node is of chain {chain_id}", observed=chain_id, expected=wanted)
    try:
        held, separator = number(answers[1], "balanceOf"), number(answers[2], "DOMAIN_SEPARATOR")
    except Unreadable as error:
        return OTHER_TOKEN.finding(f"no such token answers at {approval.token.asset.address}: {error}")
    own = domain_separator(approval.domain)
    if separator.to_bytes(abi.WORD, "big") != own:
        told = f"0x{separator:064x}"
        return OTHER_TOKEN.finding("its DOMAIN_SEPARATOR is another one", observed=told, expected="0x" + own.hex())
    if held < approval.price.atomic:
        has = str(Money(held, approval.price.asset))
        return POOR.finding(f"{payer} holds {has}", observed=has, expected=f">= {approval.price}")
    return None
