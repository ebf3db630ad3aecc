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

from x402_catalog.addresses import keccak
from x402_catalog.models import Listing, listing_of
from x402_catalog.records import Record
from x402_harness.protocol.messages import Authorization
from x402_harness.sandbox.chain import Chains
from x402_harness.sandbox.token import Reverted, Token
from x402_harness.sandbox.world import World
from x402_harness.wallet import ThrowawayWallet

LISTINGS = Path(__file__).parents[3] / "listings"
FACILITATOR = "0x00000000000000000000000000000000000f4c17"

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
        return register_exact_evm_facilitator(x402.x402Facilitator(), ChainSigner(world.chains, network), network)

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

    def __init__(self, chains: Chains, network: str) -> None:
        self._chains = chains
        self._network = network
        self._receipts: dict[str, Any] = {}

    def get_addresses(self) -> list[str]:
        """The accounts that send transactions."""
        return [FACILITATOR]

    def get_chain_id(self) -> int:
        """The chain's id."""
        return int(self._network.split(":")[1])

    def get_code(self, address: str) -> bytes:
        """Something where a token stands; nothing for accounts of people."""
        return b"\x60" if self._chains.token(self._network, address) else b""

    def get_balance(self, address: str, token_address: str) -> int:
        """A token balance."""
        return self._token(token_address).balance(address)

    def read_contract(self, address: str, abi: Any, function_name: str, *args: Any) -> Any:
        """An ``eth_call``: a transfer is only tried."""
        if function_name == "tryAggregate":
            return [(True, _view(self._token(target), data)) for target, data in args[1]]
        assert function_name == "transferWithAuthorization", function_name
        authorization, signature = _transfer(args)
        try:
            self._token(address).check(authorization, signature, int(time.time()))
        except Reverted as error:
            raise RuntimeError(f"execution reverted: {error}") from error
        return None

    def write_contract(self, address: str, abi: Any, name: str, *args: Any, data_suffix: str | None = None) -> str:
        """A transaction: the transfer is done, and its log kept for the receipt."""
        from x402.mechanisms.evm.types import TransactionReceipt

        authorization, signature = _transfer(args)
        made = self._token(address).transfer_with_authorization(authorization, signature, int(time.time()))
        log = _transfer_log(address, authorization)
        self._receipts[made] = TransactionReceipt(status=1, block_number=1, tx_hash=made, logs=[log])
        return made

    def wait_for_transaction_receipt(self, tx_hash: str) -> Any:
        """The receipt of a transaction that was sent here."""
        return self._receipts[tx_hash]

    def verify_typed_data(self, *_: Any) -> bool:
        """Not asked for: the SDK recovers signers itself."""
        raise AssertionError("the SDK verifies signatures itself")

    def send_transaction(self, to: str, data: bytes) -> str:
        """Not asked for: only smart wallets are deployed."""
        raise AssertionError("no wallet is deployed here")

    def _token(self, address: str) -> Token:
        found = self._chains.token(self._network, address)
        assert found is not None, address
        return found


def _transfer(args: tuple[Any, ...]) -> tuple[Authorization, bytes]:
    payer, payee, value, after, before, nonce, *signature = args
    words = {"value": str(value), "validAfter": str(after), "validBefore": str(before), "nonce": "0x" + nonce.hex()}
    authorization = Authorization.model_validate({"from": payer, "to": payee, **words})
    if len(signature) == 1:
        return authorization, bytes(signature[0])
    v, r, s = signature
    return authorization, r + s + bytes([v])


def _transfer_log(token: str, authorization: Authorization) -> dict[str, Any]:
    parties = ("0x" + party[2:].lower().rjust(64, "0") for party in (authorization.from_, authorization.to))
    topic = "0x" + keccak(b"Transfer(address,address,uint256)").hex()
    return {"address": token, "topics": [topic, *parties], "data": f"0x{int(authorization.value):064x}"}


def _view(token: Token, call: bytes) -> bytes:
    from eth_abi.abi import encode

    account, nonce = "0x" + call[16:36].hex(), "0x" + call[36:68].hex()
    views: dict[bytes, Callable[[], bytes]] = {
        b"balanceOf(address)": lambda: encode(["uint256"], [token.balance(account)]),
        b"name()": lambda: encode(["string"], [token.domain.name]),
        b"version()": lambda: encode(["string"], [token.domain.version]),
        b"authorizationState(address,bytes32)": lambda: encode(["bool"], [token.authorization_state(account, nonce)]),
    }
    return next(view for signature, view in views.items() if keccak(signature)[:4] == call[:4])()
