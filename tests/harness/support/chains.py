"""Chains for tests: the backends that can be had here, accounts of a test's own, and calls of every function."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import pytest
from tests.harness.support.terms import NOW

from x402_catalog.addresses import keccak
from x402_harness.protocol import abi
from x402_harness.protocol.eip3009 import Domain, domain_separator
from x402_harness.sandbox.chains import Backend, Chain, Chains, Reverted, Sender
from x402_harness.wallet import ThrowawayWallet

ANVIL = os.environ.get("TESTBUY_ANVIL", "anvil")
needs_revm = pytest.mark.skipif(find_spec("pyrevm") is None, reason="pyrevm has no wheel here")
BACKENDS = (
    pytest.param(Backend.MEMORY),
    pytest.param(Backend.REVM, marks=needs_revm),
    pytest.param(Backend.ANVIL, marks=pytest.mark.anvil),
)
TRANSFER, RECEIVE = "TransferWithAuthorization", "ReceiveWithAuthorization"
_TERMS = "(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
CANCEL_TYPE = b"CancelAuthorization(address authorizer,bytes32 nonce)"


def opened(backend: Backend, clock: Callable[[], float] = lambda: NOW) -> Chains:
    """Chains run by a backend. Whoever opens them closes them."""
    return Chains(clock, backend, anvil=ANVIL)


class Account:
    """Somebody with a key: a wallet, and a sender of transactions with it."""

    def __init__(self, name: str) -> None:
        entropy = hashlib.sha256(name.encode()).digest()
        self.wallet = ThrowawayWallet(entropy)
        self.sender = Sender(entropy)
        self.address = self.wallet.address

    def signs(self, domain: Domain, struct: bytes) -> bytes:
        """The signature of a struct under a token's domain (EIP-712)."""
        return self.wallet.sign(keccak(b"\x19\x01" + domain_separator(domain) + struct))


def transfer_struct(kind: str, *words: int | str | bytes) -> bytes:
    """The hash of a transfer or receive authorization: from, to, value, validAfter, validBefore, nonce."""
    return keccak(keccak((kind + _TERMS).encode()) + b"".join(abi.word(word) for word in words))


def cancel_struct(authorizer: str, nonce: bytes) -> bytes:
    """The hash of a cancellation."""
    return keccak(keccak(CANCEL_TYPE) + abi.word(authorizer) + nonce)


def authorized(function: str, words: tuple[Any, ...], signature: bytes, *, by_bytes: bool = False) -> bytes:
    """Calldata of a function that takes a signature after ``words``, in either overload."""
    kinds = ",".join("address" if isinstance(word, str) else "uint256" for word in words[:-1]) + ",bytes32"
    if not by_bytes:
        v, r, s = signature[64], signature[:32], signature[32:64]
        return abi.call(f"{function}({kinds},uint8,bytes32,bytes32)", *words, v, r, s)
    padded = signature + b"\0" * (-len(signature) % 32)
    return abi.call(f"{function}({kinds},bytes)", *words, 32 * (len(words) + 1), len(signature)) + padded


def tried(chain: Chain, to: str, data: bytes, sender: str) -> tuple[bytes, str | None]:
    """What a call returns, and why it reverts (``None``: it does not)."""
    try:
        return chain.call(to, data, sender), None
    except Reverted as error:
        return b"", error.reason
