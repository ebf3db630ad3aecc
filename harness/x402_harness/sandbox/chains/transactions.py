"""Signed transactions, of the oldest kind and of type 2 (EIP-155, EIP-1559): written, and read from strangers.

The outer list is split without descending into what it holds, so that no nesting costs anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from x402_catalog.addresses import keccak
from x402_harness.wallet import Wallet, recover

LARGEST = 128 * 1024  # bytes: what nodes take
GAS = 500_000  # more than any call of the token takes
_TYPE_2 = 2
_LIST = 0xC0
_FEE_FIELDS, _LEGACY_FIELDS = 12, 9
_REPLAY_PROTECTED = 35  # v of EIP-155: 35 + 2 · chain id + parity


class Malformed(ValueError):
    """Bytes that are no signed transaction of a kind that is known here."""


class Fees(NamedTuple):
    """What a sender offers for each unit of gas, in wei: the ``most`` in all, and the ``tip`` in it."""

    most: int
    tip: int


@dataclass(frozen=True, slots=True)
class Transaction:
    """A signed transaction. ``to`` is ``None`` where it would create a contract, ``chain_id`` where it names none."""

    hash: str
    kind: int
    chain_id: int | None
    sender: str
    nonce: int
    to: str | None
    data: bytes
    value: int
    gas: int
    fees: Fees
    v: int
    r: int
    s: int


class _Item(NamedTuple):
    whole: bytes  # with its length in front
    content: bytes
    is_list: bool


def signed(wallet: Wallet, chain_id: int, nonce: int, to: str, data: bytes) -> bytes:
    """A transaction of type 2 from ``wallet``, offering nothing for its gas."""
    members = (chain_id, nonce, 0, 0, GAS, bytes.fromhex(to[2:]), 0, data, ())
    content = b"".join(_encoded(member) for member in members)
    signature = wallet.sign(keccak(bytes([_TYPE_2]) + _wrapped(content)))
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    return bytes([_TYPE_2]) + _wrapped(content + b"".join(_encoded(member) for member in (signature[64] - 27, r, s)))


def read_transaction(raw: bytes) -> Transaction:
    """The transaction in ``raw``, its sender recovered. Raises :class:`Malformed`."""
    if not raw or len(raw) > LARGEST:
        raise Malformed(f"a transaction has 1 to {LARGEST} bytes")
    if raw[0] >= _LIST:
        return _read_legacy(raw)
    if raw[0] == _TYPE_2:
        return _read_type_2(raw)
    raise Malformed(f"transaction type {raw[0]} is not taken: legacy and 2 are")


def _read_type_2(raw: bytes) -> Transaction:
    items = _split(raw[1:], _FEE_FIELDS)
    chain_id, nonce, tip, most, gas = (_number(item) for item in items[:5])
    parity, r, s = (_number(item) for item in items[9:])
    if parity > 1:
        raise Malformed("the parity of y is neither 0 nor 1")
    if not items[8].is_list:
        raise Malformed("the access list is no list")
    unsigned = keccak(bytes([_TYPE_2]) + _joined(items[:9]))
    return Transaction(
        hash="0x" + keccak(raw).hex(), kind=_TYPE_2, chain_id=chain_id, sender=_sender(unsigned, parity, r, s),
        nonce=nonce, to=_to(items[5]), data=_bytes(items[7]), value=_number(items[6]), gas=gas,
        fees=Fees(most, tip), v=parity, r=r, s=s,
    )  # fmt: skip


def _read_legacy(raw: bytes) -> Transaction:
    items = _split(raw, _LEGACY_FIELDS)
    nonce, price, gas = (_number(item) for item in items[:3])
    v, r, s = (_number(item) for item in items[6:])
    chain_id = (v - _REPLAY_PROTECTED) // 2 if v >= _REPLAY_PROTECTED else None
    if chain_id is None and v not in (27, 28):
        raise Malformed(f"v of {v}")
    replay = b"" if chain_id is None else b"".join(_encoded(member) for member in (chain_id, 0, 0))
    parity = (v - _REPLAY_PROTECTED) % 2 if chain_id is not None else v - 27
    unsigned = keccak(_wrapped(b"".join(item.whole for item in items[:6]) + replay))
    return Transaction(
        hash="0x" + keccak(raw).hex(), kind=0, chain_id=chain_id, sender=_sender(unsigned, parity, r, s),
        nonce=nonce, to=_to(items[3]), data=_bytes(items[5]), value=_number(items[4]), gas=gas,
        fees=Fees(price, price), v=v, r=r, s=s,
    )  # fmt: skip


def _split(raw: bytes, count: int) -> list[_Item]:
    outer = _take(raw, 0)
    if not outer.is_list or len(outer.whole) != len(raw):
        raise Malformed("not one RLP list")
    items: list[_Item] = []
    at = 0
    while at < len(outer.content):
        if len(items) == count:
            raise Malformed(f"more than {count} members")
        items.append(_take(outer.content, at))
        at += len(items[-1].whole)
    if len(items) != count:
        raise Malformed(f"{len(items)} members where {count} are due")
    return items


def _take(raw: bytes, at: int) -> _Item:
    from rlp.codec import consume_length_prefix
    from rlp.exceptions import DecodingError

    try:
        _, kind, length, start = consume_length_prefix(raw, at)
    except (DecodingError, IndexError) as error:
        raise Malformed(f"no RLP: {error}") from None
    if start + length > len(raw):
        raise Malformed("no RLP: cut short")
    return _Item(raw[at : start + length], raw[start : start + length], kind is list)


def _joined(items: list[_Item]) -> bytes:
    return _wrapped(b"".join(item.whole for item in items))


def _wrapped(content: bytes) -> bytes:
    from rlp.codec import length_prefix

    return bytes(length_prefix(len(content), _LIST)) + content


def _encoded(member: int | bytes | tuple[()]) -> bytes:
    from rlp import encode  # imported where used: what it stands on takes a quarter of a second

    return bytes(encode(member))


def _bytes(item: _Item) -> bytes:
    if item.is_list:
        raise Malformed("a list where bytes are due")
    return item.content


def _number(item: _Item) -> int:
    content = _bytes(item)
    if len(content) > 32 or content[:1] == b"\0":
        raise Malformed("a number is too long, or begins with zero")
    return int.from_bytes(content, "big")


def _to(item: _Item) -> str | None:
    content = _bytes(item)
    if len(content) not in (0, 20):
        raise Malformed("the receiver is no address")
    return "0x" + content.hex() if content else None


def _sender(unsigned: bytes, parity: int, r: int, s: int) -> str:
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([27 + parity])
    found = recover(unsigned, signature)
    if found is None:
        raise Malformed("the signature is nobody's")
    return found.lower()
