"""The sandbox's chains: one for each chain id, made when it is first asked for, with the table's tokens on it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from importlib.util import find_spec
from threading import RLock

from x402_catalog.networks import Method, network, tokens
from x402_catalog.networks import Token as Row
from x402_harness.protocol.eip3009 import Domain
from x402_harness.protocol.exchange import Balances
from x402_harness.sandbox.chains import layout
from x402_harness.sandbox.chains.chain import Chain
from x402_harness.sandbox.chains.layout import Contract
from x402_harness.sandbox.chains.local import LocalChain
from x402_harness.sandbox.chains.memory import MemoryExecutor
from x402_harness.sandbox.chains.revm import RevmExecutor
from x402_harness.sandbox.chains.token import Token


class Backend(StrEnum):
    """What runs the chains."""

    MEMORY = "memory"
    REVM = "revm"
    ANVIL = "anvil"


def default_backend() -> Backend:
    """revm where its wheel is installed, else Python alone."""
    return Backend.REVM if find_spec("pyrevm") else Backend.MEMORY


class Chains:
    """All chains of a world. ``clock`` gives their time in seconds; ``anvil`` is that node's command.

    Networks are told by v1 name or CAIP-2 id. Nothing in it knows of the world outside.
    """

    def __init__(
        self, clock: Callable[[], float], backend: Backend | str | None = None, *, anvil: str | None = None
    ) -> None:
        self.backend = Backend(backend) if backend else default_backend()
        self._clock = clock
        self._anvil = anvil
        self._lock = RLock()
        self._chains: dict[int, Chain] = {}
        self._tokens: dict[tuple[int, str], Token] = {}

    def chain(self, network_name: str) -> Chain | None:
        """The chain of a network of the table; ``None`` if it has none, or it is no EVM network."""
        where = network(network_name)
        return None if where is None or where.chain_id is None else self.by_id(where.chain_id)

    def by_id(self, chain_id: int) -> Chain:
        """The chain with that id, with the table's EIP-3009 tokens at their addresses."""
        with self._lock:
            if chain_id not in self._chains:
                self._chains[chain_id] = self._make(chain_id)
                for row in tokens(f"eip155:{chain_id}"):
                    if row.method is Method.EIP3009:
                        self.deploy(_contract(row, chain_id))
            return self._chains[chain_id]

    def deploy(self, contract: Contract) -> Token:
        """Put a token on its chain, in place of what stood there: a look-alike, or one that the table lacks."""
        with self._lock:
            token = Token(self.by_id(contract.domain.chain_id), contract)
            layout.deploy(token.chain, contract)
            self._tokens[contract.domain.chain_id, contract.domain.contract.lower()] = token
            return token

    def token(self, network_name: str, asset: str) -> Token | None:
        """The token at ``asset`` on a network; ``None`` if none stands there."""
        chain = self.chain(network_name)
        return None if chain is None else self._tokens.get((chain.chain_id, asset.lower()))

    def standing(self) -> tuple[Token, ...]:
        """Every token on the chains that have been made so far."""
        with self._lock:
            return tuple(self._tokens.values())

    def balances(self, network_name: str, asset: str, payer: str, payee: str) -> Balances:
        """What both accounts hold. Raises ``KeyError`` where no token stands."""
        found = self.token(network_name, asset)
        if found is None:
            raise KeyError((network_name, asset))
        return Balances(found.balance(payer), found.balance(payee))

    def nonce_used(self, network_name: str, asset: str, payer: str, nonce: str) -> bool:
        """Whether the payer's nonce is used up."""
        found = self.token(network_name, asset)
        return found is not None and found.authorization_state(payer, nonce)

    def settlement(self, network_name: str, asset: str, payer: str, nonce: str) -> str | None:
        """The hash of the transaction that used the payer's nonce; ``None`` if none did."""
        found = self.token(network_name, asset)
        return None if found is None else found.used_by(payer, nonce)

    def opened(self) -> tuple[Chain, ...]:
        """The chains that have been made so far."""
        return tuple(self._chains.values())

    def close(self) -> None:
        """Stop whatever runs for the chains."""
        with self._lock:
            for chain in self._chains.values():
                chain.close()
            self._chains.clear()
            self._tokens.clear()

    def _make(self, chain_id: int) -> Chain:
        if self.backend is Backend.ANVIL:
            from x402_harness.sandbox.chains.anvil import AnvilChain  # with an HTTP client of its own

            return AnvilChain(chain_id, self._clock, self._anvil)
        executor = RevmExecutor(chain_id) if self.backend is Backend.REVM else MemoryExecutor(chain_id)
        return LocalChain(chain_id, executor, self._clock)


def _contract(row: Row, chain_id: int) -> Contract:
    assert row.name is not None and row.version is not None  # true of every EIP-3009 row
    return Contract(Domain(row.name, row.version, chain_id, row.asset.address), row.asset.symbol, row.asset.decimals)
