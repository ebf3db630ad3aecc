"""Where the token keeps what, and how a chain is furnished with it: deployed, funded, told whom to refuse.

Vyper keeps a string as its length and then its bytes, and an entry of a mapping at ``keccak256(slot ‖ key)``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from x402_catalog.addresses import keccak
from x402_catalog.money import UINT256_MAX
from x402_harness.protocol import abi
from x402_harness.protocol.eip3009 import Domain
from x402_harness.sandbox.chains.chain import Storage
from x402_harness.sandbox.chains.contract.artefact import artefact

LONGEST = {"name": 64, "version": 32, "symbol": 32}  # bytes, as the contract declares them
LARGEST_BALANCE = 2**255 - 1


@dataclass(frozen=True, slots=True)
class Contract:
    """A token as it is to stand at ``domain.contract`` on the chain ``domain.chain_id``."""

    domain: Domain
    symbol: str
    decimals: int


def slot(variable: str, *keys: str | bytes) -> int:
    """The place of a variable, or of the entry of a mapping under one or two keys."""
    place = artefact().slots[variable]
    for key in keys:
        place = _entry(place, abi.word(key))
    return place


@lru_cache(maxsize=8192)  # the same accounts come again and again
def _entry(place: int, key: bytes) -> int:
    return int.from_bytes(keccak(place.to_bytes(32, "big") + key), "big")


def deploy(storage: Storage, contract: Contract) -> None:
    """Put the token at its address. Raises ``ValueError`` for a name, version or symbol that is too long."""
    address = contract.domain.contract.lower()
    storage.set_code(address, artefact().runtime)
    for variable, text in (
        ("name", contract.domain.name), ("version", contract.domain.version), ("symbol", contract.symbol),
    ):  # fmt: skip
        _write_string(storage, address, variable, text.encode())
    storage.write(address, slot("decimals"), contract.decimals)


def fund(storage: Storage, asset: str, account: str, amount: int) -> None:
    """Give an account so much more of an asset. Raises ``ValueError`` for a balance that the token cannot hold."""
    token = asset.lower()
    balance = storage.read(token, slot("balanceOf", account)) + amount
    supply = storage.read(token, slot("totalSupply")) + amount
    if amount < 0 or balance > LARGEST_BALANCE or supply > UINT256_MAX:
        raise ValueError(f"{amount} cannot be added to what the account holds")
    storage.write(token, slot("balanceOf", account), balance)
    storage.write(token, slot("totalSupply"), supply)


def blacklist(storage: Storage, asset: str, account: str, *, listed: bool = True) -> None:
    """Have the token refuse an account, or no longer refuse it."""
    storage.write(asset.lower(), slot("isBlacklisted", account), int(listed))


def read_string(storage: Storage, address: str, variable: str) -> bytes:
    """A string that the token keeps."""
    place = slot(variable)
    length = min(storage.read(address, place), LONGEST[variable])
    words = (storage.read(address, place + 1 + at) for at in range(-(-length // 32)))
    return b"".join(word.to_bytes(32, "big") for word in words)[:length]


def _write_string(storage: Storage, address: str, variable: str, raw: bytes) -> None:
    if len(raw) > LONGEST[variable]:
        raise ValueError(f"a {variable} of the sandbox's token has at most {LONGEST[variable]} bytes")
    place = slot(variable)
    storage.write(address, place, len(raw))
    for at in range(0, len(raw), 32):
        storage.write(address, place + 1 + at // 32, int.from_bytes(raw[at : at + 32].ljust(32, b"\0"), "big"))
