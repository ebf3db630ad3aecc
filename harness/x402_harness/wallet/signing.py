"""Signing: the only place that holds a key. A wallet signs digests and shows its address, nothing else."""

from __future__ import annotations

import sys
from functools import lru_cache
from typing import Any, NoReturn, Protocol, final

from x402_catalog.addresses import checksum
from x402_harness.policy import Mode
from x402_harness.policy.testkeys import is_guessable, is_test_account

SIGNATURE_LENGTH = 65
HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0  # of secp256k1: the highest s of EIP-2


class KeyRefused(Exception):
    """A key is not used; the message says why, and never what it is."""


class Wallet(Protocol):
    """Something that can sign for one account."""

    @property
    def address(self) -> str:
        """The account, in EIP-55 form."""
        ...

    def sign(self, digest: bytes) -> bytes:
        """The 65-byte signature ``r ‖ s ‖ v`` of a 32-byte digest, low ``s``, ``v`` 27 or 28."""
        ...

    def may_pay(self, mode: Mode) -> bool:
        """Whether its key belongs to the money of that mode: sandbox keys to mock runs, users' keys to all others."""
        ...


class _Signer:
    """One account. The key is in no attribute that is told, and cannot be written down by pickling.

    It is eth-account's own signer, without the half second that importing the rest of that library takes.
    """

    __slots__ = ("_address", "_key")

    def __init__(self, key: bytes) -> None:
        from eth_keys.datatypes import PrivateKey

        self._key: Any = PrivateKey(key)
        self._address = checksum(self._key.public_key.to_address())

    @property
    def address(self) -> str:
        """The account, in EIP-55 form."""
        return self._address

    def sign(self, digest: bytes) -> bytes:
        """The signature of ``digest`` (RFC 6979: the same digest gives the same bytes)."""
        made = self._key.sign_msg_hash(digest)
        return bytes(made.to_bytes()[:64]) + bytes([27 + made.v])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.address})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("keys are not written down")


@final
class ThrowawayWallet(_Signer):
    """A wallet made from 32 fresh random bytes, for sandbox money only. It cannot load a key from anywhere."""

    __slots__ = ()

    def __init__(self, entropy: bytes) -> None:
        if len(entropy) != 32:
            raise ValueError("a throwaway key is made from 32 random bytes")
        super().__init__(entropy)

    def may_pay(self, mode: Mode) -> bool:
        """In mock runs, and nowhere else."""
        return mode is Mode.MOCK

    def reveal(self) -> str:
        """The key in hex, for whoever is to buy in a sandbox with it. It owns nothing anywhere else."""
        return "0x" + bytes(self._key.to_bytes()).hex()


@final
class UserWallet(_Signer):
    """A user's own key, for test money and real money, never for a mock run: its signatures are worth money.

    Raises :class:`KeyRefused` for what is no key. A key that everybody has pays in test money only.
    """

    __slots__ = ("_public",)

    def __init__(self, key: bytes) -> None:
        try:
            super().__init__(key)
        except Exception as error:  # the library's messages may show what it was given
            raise KeyRefused(f"no private key: {type(error).__name__}") from None
        self._public = is_guessable(key) or is_test_account(self.address)

    def may_pay(self, mode: Mode) -> bool:
        """In testnet runs, and in live ones if nobody else has the key."""
        return mode is Mode.TESTNET or (mode is Mode.LIVE and not self._public)

    @property
    def is_public(self) -> bool:
        """Whether everybody has the key."""
        return self._public


def accounts() -> Any:
    """The library's ``Account``, for keystore files. It is imported where it is needed: that takes half a second."""
    limit = sys.getrecursionlimit()
    from eth_account import Account

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
