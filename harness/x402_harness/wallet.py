"""Wallets: the only place that holds a key. A wallet signs digests and shows its address, nothing else."""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import Any, Protocol

from x402_catalog.addresses import checksum

SIGNATURE_LENGTH = 65
HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0  # of secp256k1: the highest s of EIP-2


class Wallet(Protocol):
    """Something that can sign for one account."""

    @property
    def address(self) -> str:
        """The account, in EIP-55 form."""
        ...

    def sign(self, digest: bytes) -> bytes:
        """The 65-byte signature ``r ‖ s ‖ v`` of a 32-byte digest, low ``s``, ``v`` 27 or 28."""
        ...


class ThrowawayWallet:
    """A wallet made from 32 fresh random bytes, for sandbox money only. It cannot load a key from anywhere."""

    def __init__(self, entropy: bytes) -> None:
        if len(entropy) != 32:
            raise ValueError("a throwaway key is made from 32 random bytes")
        self._account: Any = _accounts().from_key(entropy)

    @property
    def address(self) -> str:
        """The account, in EIP-55 form."""
        return str(self._account.address)

    def sign(self, digest: bytes) -> bytes:
        """The signature of ``digest`` (RFC 6979: the same digest gives the same bytes)."""
        return bytes(self._account.unsafe_sign_hash(digest).signature)

    def __repr__(self) -> str:
        return f"ThrowawayWallet({self.address})"


def _accounts() -> Any:
    limit = sys.getrecursionlimit()
    from eth_account import Account  # imported where a signature is due: it takes half a second

    sys.setrecursionlimit(limit)  # importing it raises the limit a hundredfold, to where deep data ends the process
    return Account


def recover(digest: bytes, signature: bytes) -> str | None:
    """The EIP-55 address that made ``signature``; ``None`` if it is none that a token contract takes.

    USDC takes 65 bytes, ``v`` of 27 or 28 and a low ``s`` (EIP-2).
    """
    if len(signature) != SIGNATURE_LENGTH or signature[64] not in (27, 28):
        return None
    if int.from_bytes(signature[32:64], "big") > HALF_ORDER:
        return None
    return _recover(digest, signature)


@lru_cache(maxsize=256)  # a payment is verified, verified again when it is settled, and then looked at by the token
def _recover(digest: bytes, signature: bytes) -> str | None:
    from eth_keys.datatypes import Signature
    from eth_keys.exceptions import BadSignature, ValidationError  # type: ignore[attr-defined]  # it is there, unlisted

    try:
        key = Signature(signature[:64] + bytes([signature[64] - 27])).recover_public_key_from_msg_hash(digest)
    except (BadSignature, ValidationError):
        return None
    return checksum(key.to_address())
