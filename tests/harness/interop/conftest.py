"""What both sides share: listings, accounts, real sockets, and one chain that either facilitator can be asked about.

The official SDK is imported where it is used, so that this file can be read without it.
"""

from __future__ import annotations

import hashlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from x402_catalog.models import Listing, listing_of
from x402_catalog.records import Record
from x402_harness.protocol import abi
from x402_harness.sandbox.chains import Chain, Reverted, Sender
from x402_harness.sandbox.world import World
from x402_harness.wallet import ThrowawayWallet

LISTINGS = Path(__file__).parents[3] / "listings"

ListingFrom = Callable[..., Listing]
Serve = Callable[[Any], str]


@pytest.fixture(scope="session")
def entropy() -> bytes:
    """The payer's key, the same on both sides."""
    return hashlib.sha256(b"a payer for interoperability").digest()


@pytest.fixture(scope="session")
def wallet(entropy: bytes) -> ThrowawayWallet:
    """The payer as our side holds it."""
    return ThrowawayWallet(entropy)


@pytest.fixture
def world() -> World:
    """A fresh world. The SDK reads the system's clock, so everything here does."""
    return World(time.time)


@pytest.fixture(scope="session")
def listing_from() -> ListingFrom:
    """A listing of the project by its file's stem, with members of the listing replaced."""

    def read(stem: str, **changes: Any) -> Listing:
        raw = (LISTINGS / f"{stem}.json").read_bytes()
        return listing_of(Record({**json.loads(raw), **changes}, raw, f"{stem}.json"))

    return read


@pytest.fixture(scope="module")
def serve() -> Iterator[Serve]:
    """Serve an ASGI application on an ephemeral port of the loopback interface; the base URL comes back."""
    uvicorn = pytest.importorskip("uvicorn")
    running: list[tuple[Any, threading.Thread]] = []

    def start(app: Any) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for server, _ in running:
        server.should_exit = True
    for _, thread in running:
        thread.join(timeout=5)


@pytest.fixture
def sdk_facilitator(world: World) -> Callable[[str], Any]:
    """The SDK's facilitator for a CAIP-2 network, over the world's own chain."""
    x402 = pytest.importorskip("x402")
    from x402.mechanisms.evm.exact import register_exact_evm_facilitator

    def make(network: str) -> Any:
        chain = world.chains.chain(network)
        assert chain is not None, network
        signer = ChainSigner(chain, Sender(hashlib.sha256(b"the SDK's facilitator").digest()))
        return register_exact_evm_facilitator(x402.x402Facilitator(), signer, network)

    return make


@pytest.fixture(scope="session")
def sdk_client(entropy: bytes) -> Any:
    """The SDK's client with the payer's key. Its cap of a dollar a payment is off: the reference listing costs ten."""
    x402 = pytest.importorskip("x402")
    from eth_account import Account
    from x402.mechanisms.evm.exact import register_exact_evm_client

    client = register_exact_evm_client(x402.x402Client(), Account.from_key(entropy))
    client.set_spend_controls(False)
    return client


class ChainSigner:
    """One sandbox chain as the SDK's facilitator sees a chain: contract calls by name, reverts as exceptions."""

    def __init__(self, chain: Chain, sender: Sender) -> None:
        self._chain = chain
        self._sender = sender

    def get_addresses(self) -> list[str]:
        """The accounts that send transactions."""
        return [self._sender.address]

    def get_chain_id(self) -> int:
        """The chain's id."""
        return self._chain.chain_id

    def get_code(self, address: str) -> bytes:
        """What stands at an address."""
        return self._chain.code(address)

    def get_balance(self, address: str, token_address: str) -> int:
        """A token balance."""
        return abi.number(self._chain.call(token_address, abi.call("balanceOf(address)", address)))

    def read_contract(self, address: str, functions: Any, name: str, *args: Any) -> Any:
        """An ``eth_call``. Many in one are made one by one: no Multicall3 stands on the sandbox's chains."""
        from x402.mechanisms.evm.multicall import encode_contract_call

        if name == "tryAggregate":
            return [(True, self._chain.call(target, data)) for target, data in args[1]]
        try:
            return self._chain.call(address, encode_contract_call(functions, name, *args), self._sender.address)
        except Reverted as error:
            raise RuntimeError(f"execution reverted: {error.reason}") from error

    def write_contract(
        self, address: str, functions: Any, name: str, *args: Any, data_suffix: str | None = None
    ) -> str:
        """A transaction."""
        from x402.mechanisms.evm.multicall import encode_contract_call

        return self._sender.send(self._chain, address, encode_contract_call(functions, name, *args))

    def wait_for_transaction_receipt(self, tx_hash: str) -> Any:
        """The receipt of a transaction."""
        from x402.mechanisms.evm.types import TransactionReceipt

        found = self._chain.receipt(tx_hash)
        assert found is not None, tx_hash
        logs = [
            {"address": log.address, "topics": list(log.topics), "data": "0x" + log.data.hex()} for log in found.logs
        ]
        return TransactionReceipt(
            status=int(found.success), block_number=found.block_number, tx_hash=found.transaction, logs=logs
        )

    def verify_typed_data(self, *_: Any) -> bool:
        """Not asked for: the SDK recovers signers itself."""
        raise AssertionError("the SDK verifies signatures itself")

    def send_transaction(self, to: str, data: bytes) -> str:
        """Not asked for: only smart wallets are deployed."""
        raise AssertionError("no wallet is deployed here")
