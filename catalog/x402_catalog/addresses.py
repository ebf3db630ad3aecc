"""Addresses: their families, and the EIP-55 checksum."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

_LONGEST = 44  # characters of any address
ZERO = "0x" + "0" * 40
_EVM = re.compile(r"0x[0-9a-fA-F]{40}")
_BASE58 = re.compile(r"[1-9A-HJ-NP-Za-km-z]{32,44}")


class Family(StrEnum):
    """What kind of chain an address belongs to, by its form alone."""

    EVM = "evm"
    SOLANA = "solana"


def family(text: object) -> Family | None:
    """The family that ``text`` has the form of; ``None`` if it has none."""
    return _family(text) if isinstance(text, str) and len(text) <= _LONGEST else None


@lru_cache(maxsize=4096)  # half a dozen rules ask for each address of an offer
def _family(text: str) -> Family | None:
    if _EVM.fullmatch(text):
        return Family.EVM
    return Family.SOLANA if _BASE58.fullmatch(text) else None


@lru_cache(maxsize=65536)
def checksum(address: str) -> str:
    """The EIP-55 form of a 20-byte hex address. Raises ``ValueError`` for anything else."""
    if not _EVM.fullmatch(address):
        raise ValueError(f"not a 20-byte hex address: {address[:60]!r}")
    digits = address[2:].lower()
    digest = keccak(digits.encode()).hex()
    return "0x" + "".join(
        digit.upper() if int(nibble, 16) > 7 else digit for digit, nibble in zip(digits, digest, strict=False)
    )


def claims_checksum(address: str) -> bool:
    """Whether an EVM address is in mixed case, and so claims an EIP-55 checksum."""
    digits = address[2:]
    return digits != digits.lower() and digits != digits.upper()


def has_valid_checksum(address: str) -> bool:
    """Whether an EVM address either claims no checksum or claims the right one (EIP-55)."""
    return not claims_checksum(address) or address == checksum(address)


def same_address(left: str, right: str) -> bool:
    """Whether two addresses are the same account: case matters only outside the EVM."""
    if family(left) is Family.EVM and family(right) is Family.EVM:
        return left.lower() == right.lower()
    return left == right


def keccak(data: bytes) -> bytes:
    """Keccak-256, as Ethereum uses it."""
    from eth_hash.auto import keccak as digest  # imported where used: it loads a C library

    return digest(data)
