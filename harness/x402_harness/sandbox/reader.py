"""The reader: what a buyer asks of a world's chains, and the money that a sandbox gives away."""

from __future__ import annotations

from x402_catalog.money import Money
from x402_harness.protocol.exchange import Balances
from x402_harness.sandbox.world import World


class Reader:
    """A world's chains as they are asked from outside."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def balances(self, network: str, asset: str, payer: str, payee: str) -> Balances:
        """What both accounts hold."""
        return self._world.chains.balances(network, asset, payer, payee)

    async def nonce_used(self, network: str, asset: str, payer: str, nonce: str) -> bool:
        """Whether the payer's nonce is used."""
        return self._world.chains.nonce_used(network, asset, payer, nonce)

    async def settlement(self, network: str, asset: str, payer: str, nonce: str) -> str | None:
        """The hash of the transaction that used the payer's nonce; ``None`` if none did."""
        return self._world.chains.settlement(network, asset, payer, nonce)

    async def fund(self, account: str, money: Money) -> None:
        """Give an account sandbox money."""
        self._world.fund(account, money)

    async def was_asked(self, nonce: str) -> bool:
        """Whether a seller asked the world's facilitator about a payment with that nonce."""
        return self._world.facilitator.was_asked(nonce)
