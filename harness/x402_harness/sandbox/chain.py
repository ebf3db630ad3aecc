"""The sandbox's chains: one token contract for each asset of the table, made when it is first asked for."""

from __future__ import annotations

from x402_catalog.networks import Method, network
from x402_catalog.networks import Token as TableToken
from x402_catalog.networks import token as table_token
from x402_harness.protocol.eip3009 import Domain
from x402_harness.protocol.exchange import Balances
from x402_harness.sandbox.token import Token


class Chains:
    """All networks of the table, in memory. Nothing in it knows of the world outside."""

    def __init__(self) -> None:
        self._tokens: dict[tuple[str, str], Token] = {}

    def token(self, network_name: str, asset: str) -> Token | None:
        """The contract at ``asset`` on a network (v1 name or CAIP-2 id); ``None`` if none stands there."""
        where = network(network_name)
        row = table_token(where.caip2, asset) if where else None
        if where is None or row is None or row.method is not Method.EIP3009:
            return None
        key = (where.caip2, row.asset.address)
        if key not in self._tokens:
            self._tokens[key] = Token(_domain(row, where.chain_id))
        return self._tokens[key]

    def balances(self, network_name: str, asset: str, payer: str, payee: str) -> Balances:
        """What both accounts hold. Raises ``KeyError`` where no contract stands."""
        found = self.token(network_name, asset)
        if found is None:
            raise KeyError((network_name, asset))
        return Balances(found.balance(payer), found.balance(payee))

    def nonce_used(self, network_name: str, asset: str, payer: str, nonce: str) -> bool:
        """Whether the payer's nonce is used up."""
        found = self.token(network_name, asset)
        return found is not None and found.authorization_state(payer, nonce)


def _domain(row: TableToken, chain_id: int | None) -> Domain:
    assert row.name is not None and row.version is not None and chain_id is not None  # true of every EIP-3009 row
    return Domain(row.name, row.version, chain_id, row.asset.address)
