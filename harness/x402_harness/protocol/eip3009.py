"""EIP-3009 ``TransferWithAuthorization`` as EIP-712 typed data: domains, digests, windows.

Every word is a static 32 bytes, so the hashes are computed here and no ABI library is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from x402_catalog.addresses import checksum, keccak
from x402_catalog.money import UINT256_MAX
from x402_harness.protocol import abi
from x402_harness.protocol.errors import LocalProtocolError
from x402_harness.protocol.messages import Authorization

DOMAIN_TYPE = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
TRANSFER_TYPE = (
    b"TransferWithAuthorization(address from,address to,uint256 value,"
    b"uint256 validAfter,uint256 validBefore,bytes32 nonce)"
)
BACKDATE = 600  # seconds; a chain's clock may lag behind ours


@dataclass(frozen=True, slots=True)
class Domain:
    """An EIP-712 domain: token ``name`` and ``version``, ``chain_id``, and the token's ``contract``."""

    name: str
    version: str
    chain_id: int
    contract: str


@lru_cache(maxsize=1)
def transfer_typehash() -> bytes:
    """keccak256 of the primary type."""
    return keccak(TRANSFER_TYPE)


@lru_cache(maxsize=256)
def domain_separator(domain: Domain) -> bytes:
    """The 32-byte separator that the token's ``DOMAIN_SEPARATOR()`` returns (EIP-712)."""
    return keccak(
        keccak(DOMAIN_TYPE)
        + keccak(domain.name.encode())
        + keccak(domain.version.encode())
        + abi.word(domain.chain_id)
        + abi.word(domain.contract)
    )


def digest(domain: Domain, authorization: Authorization) -> bytes:
    """The 32 bytes that the payer signs: ``keccak256(0x1901 || domainSeparator || structHash)``."""
    struct = keccak(
        transfer_typehash()
        + abi.word(authorization.from_)
        + abi.word(authorization.to)
        + abi.word(int(authorization.value))
        + abi.word(int(authorization.valid_after))
        + abi.word(int(authorization.valid_before))
        + bytes.fromhex(authorization.nonce[2:])
    )
    return keccak(b"\x19\x01" + domain_separator(domain) + struct)


def authorize(*, payer: str, payee: str, value: int, now: int, timeout: int, nonce: bytes) -> Authorization:
    """An authorization valid from shortly before ``now`` until ``timeout`` seconds after it, addresses in EIP-55.

    Raises :class:`LocalProtocolError` for a value, window or nonce that no contract would take.
    """
    if not 0 < value <= UINT256_MAX:
        raise LocalProtocolError(f"value {value} is no positive uint256")
    if timeout <= 0 or len(nonce) != 32:
        raise LocalProtocolError("a positive timeout and a nonce of 32 bytes are needed")
    return Authorization(
        **{"from": checksum(payer)},
        to=checksum(payee),
        value=str(value),
        valid_after=str(max(0, now - BACKDATE)),
        valid_before=str(now + timeout),
        nonce="0x" + nonce.hex(),
    )
