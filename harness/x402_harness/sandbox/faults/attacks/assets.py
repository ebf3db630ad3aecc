"""Attacks by the asset and the network: another token, another chain, or a name that means both."""

from __future__ import annotations

from typing import Any

from x402_harness.sandbox.behaviour import Visit
from x402_harness.sandbox.faults.attacks.thief import attack, once_more
from x402_harness.sandbox.faults.terms import Message, entries, entry

LOOK_ALIKE = "0x833589FcD6eDb6E08f4c7C32D4F71b54bdA02931"  # begins as USDC on Base does
_ETHEREUM_USDC = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
_SEPOLIA_USDC = "0x036CbD53842c5426634e7929541eC2318f3dCF7e"
_BASE_EURC = "0x60a3E35Cc302bFA44Cb288Bc5a4F316Fdb1adb42"
_SOLANA_USDC = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"


def _at(v1: str, v2: str, **members: Any) -> Any:
    """Every entry on a network, by its name in the visit's version."""
    return entries(lambda told, visit: {**told, "network": v1 if visit.version == 1 else v2, **members})


def _named(form: Any) -> Any:
    def change(told: Message, visit: Visit) -> Message:
        return {**told, "network": form(told["network"])}

    return entries(change)


def _domain(name: str) -> dict[str, str]:
    return {"name": name, "version": "2"}


FAULTS = (
    attack("asset-look-alike", "asks for a token whose address and name are nearly those of the planned one",
           "whatever the contract does with what was signed for it", "SPEND005", "CHAL049",
           message=entry(asset=LOOK_ALIKE)),
    attack("asset-dearer", "asks for the same number of units of a token that is worth more",
           "the price in the dearer token", "SPEND005", "CHAL022", units=once_more,
           message=entry(asset=_BASE_EURC, extra=_domain("EURC"))),
    attack("asset-of-test-chain", "asks for the test chain's token on the main chain",
           "whatever stands there at that address", "SPEND005", "CHAL022", message=entry(asset=_SEPOLIA_USDC)),
    attack("asset-symbol", "names the asset by its symbol", "whatever the symbol is taken to mean", "SPEND005",
           "CHAL031", message=entry(asset="USDC")),
    attack("asset-native", "asks for the chain's own coin, by the address that some give it",
           "the price in a coin of eighteen decimals", "SPEND005", message=entry(asset="0x" + "Ee" * 20)),
    attack("asset-payee-swapped", "gives the payee as asset and the asset as payee",
           "a signature for a contract of the seller's making", "SPEND005",
           message=entries(lambda told, visit: {**told, "asset": told["payTo"], "payTo": told["asset"]})),
    attack("network-other", "asks for payment on another main chain", "the price, on a chain that was not planned",
           "SPEND008", units=once_more,
           message=_at("ethereum", "eip155:1", asset=_ETHEREUM_USDC, extra=_domain("USD Coin"))),
    attack("network-test", "asks for payment on the test chain", "a purchase that proves nothing", "SPEND008",
           message=_at("base-sepolia", "eip155:84532", asset=_SEPOLIA_USDC, extra=_domain("USDC"))),
    attack("network-without-its-asset", "asks for the planned token on the test chain",
           "a signature for what stands there, which anybody can put", "SPEND008",
           message=_at("base-sepolia", "eip155:84532")),
    attack("network-ambiguous", "names a network that means two chains",
           "a signature for the chain that was not meant", "SPEND004", message=entry(network="educhain")),
    attack("network-unknown", "names a chain that nobody knows", "a signature for a chain of the seller's making",
           "SPEND004", message=_at("atlantis", "eip155:4040404040")),
    attack("network-solana", "asks for payment on Solana", "a transaction of the seller's making", "SPEND002",
           message=_at("solana", "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp", asset=_SOLANA_USDC)),
    attack("network-capitals", "writes the network in capitals", "a network that was compared in another form",
           "SPEND004", message=_named(str.upper)),
    attack("network-spaces", "puts a space behind the network", "a network that was compared in another form",
           "SPEND004", message=_named(lambda name: name + " ")),
    attack("network-noughts", "writes the chain's number with a nought before it",
           "a chain that was compared in another form", "SPEND004", message=_at("eip155:08453", "eip155:08453")),
    attack("network-wildcard", "names every chain at once", "the price on each chain", "SPEND004",
           units=once_more, message=entry(network="eip155:*")),
    attack("network-of-other-version", "names the network as the other version does", "nothing: it has one meaning",
           "CHAL029", message=_at("eip155:8453", "base")),
    attack("network-number", "gives the chain as a number", "a chain that was compared in another form", "SPEND013",
           "CHAL003", message=entry(network=8453)),
)  # fmt: skip
