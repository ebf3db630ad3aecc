"""Transactions: what eth-account signs is read, what is signed here it reads, and strange bytes are refused."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
import rlp
from eth_account import Account
from eth_account.typed_transactions import TypedTransaction
from hexbytes import HexBytes
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.support.terms import BASE_USDC, KEY, PAYER

from x402_harness.sandbox.chains.transactions import LARGEST, Fees, Malformed, read_transaction, signed
from x402_harness.wallet import ThrowawayWallet

TYPE_2 = {
    "type": 2, "chainId": 8453, "nonce": 3, "to": BASE_USDC, "value": 0, "gas": 21_000, "maxFeePerGas": 7,
    "maxPriorityFeePerGas": 2, "data": b"\x01\x02",
}  # fmt: skip
LEGACY = {"nonce": 0, "to": BASE_USDC, "value": 5, "gas": 21_000, "gasPrice": 9, "data": b"", "chainId": 8453}


def by_eth_account(**members: Any) -> tuple[bytes, str]:
    made = Account.from_key(KEY).sign_transaction(members)
    return bytes(made.raw_transaction), "0x" + bytes(made.hash).hex()


@pytest.mark.parametrize(
    "members",
    [
        TYPE_2,
        {**TYPE_2, "nonce": 0, "data": b"\x55" * 3000},
        {**TYPE_2, "accessList": [{"address": BASE_USDC, "storageKeys": ["0x" + "01" * 32]}]},
        {**TYPE_2, "to": b""},
        LEGACY,
        {**LEGACY, "nonce": 2**40, "data": b"\x00"},
        {key: value for key, value in LEGACY.items() if key != "chainId"},
    ],
)
def test_what_eth_account_signs_is_read(members: dict[str, Any]) -> None:
    raw, hashed = by_eth_account(**members)
    read = read_transaction(raw)
    assert (read.hash, read.sender) == (hashed, PAYER.lower())
    assert (read.nonce, read.gas, read.value) == (members["nonce"], members["gas"], members["value"])
    assert read.chain_id == members.get("chainId")
    assert read.data == members["data"]
    assert read.to == (members["to"].lower() if members["to"] else None)
    assert read.fees == (Fees(7, 2) if read.kind == 2 else Fees(9, 9))


@given(st.integers(0, 2**64), st.binary(max_size=300))
def test_what_is_signed_here_eth_account_reads(nonce: int, data: bytes) -> None:
    raw = signed(ThrowawayWallet(KEY), 8453, nonce, BASE_USDC, data)
    assert Account.recover_transaction(raw) == PAYER
    read = TypedTransaction.from_bytes(HexBytes(raw)).as_dict()
    assert (read["chainId"], read["nonce"], bytes(read["data"])) == (8453, nonce, data)
    assert (read["maxFeePerGas"], read["maxPriorityFeePerGas"], read["value"]) == (0, 0, 0)
    assert read_transaction(raw).sender == PAYER.lower()


def members_of(raw: bytes) -> list[Any]:
    return list(rlp.decode(raw[1:]))


def with_member(place: int, value: Any) -> bytes:
    members = members_of(by_eth_account(**TYPE_2)[0])
    members[place] = value
    return b"\x02" + rlp.encode(members)


GOOD = by_eth_account(**TYPE_2)[0]
STRANGE = {
    "nothing": b"",
    "one byte": b"\x02",
    "another type": b"\x01" + GOOD[1:],
    "a blob transaction": b"\x03" + GOOD[1:],
    "no list": b"\x02\x80",
    "cut short": GOOD[:-1],
    "more behind it": GOOD + b"\x00",
    "too few members": b"\x02" + rlp.encode(members_of(GOOD)[:-1]),
    "too many members": b"\x02" + rlp.encode([*members_of(GOOD), b""]),
    "a list for a number": with_member(1, [b"\x01"]),
    "a number with a leading zero": with_member(1, b"\x00\x01"),
    "a number of 33 bytes": with_member(1, b"\x01" * 33),
    "a receiver of 19 bytes": with_member(5, b"\x01" * 19),
    "bytes for an access list": with_member(8, b"\x01"),
    "a parity of 2": with_member(9, b"\x02"),
    "r of zero": with_member(10, b""),
    "s beyond the order": with_member(11, b"\xff" * 32),
    "a high s": with_member(11, b"\x7f" + b"\xff" * 31),
    "a length that never ends": b"\x02\xff" + b"\xff" * 8,
    "a length with leading zeros": b"\x02\xf9\x00\x10",
    "lists in lists in lists": b"\x02" + b"\xc1" * 40 + b"\xc0",
    "lists in lists, very deep": b"\xfb\x00\xff\xff\xff" + b"\xfa\x01\x00\x00" * 30_000,
    "more bytes than any": b"\x02" + rlp.encode([b"\x01" * LARGEST]),
    "a legacy v of 5": rlp.encode([b"", b"", b"\x01", b"\x01" * 20, b"", b"", b"\x05", b"\x01", b"\x01"]),
}


@pytest.mark.parametrize("what", STRANGE)
def test_strange_bytes_are_no_transaction(what: str) -> None:
    with pytest.raises(Malformed):
        read_transaction(STRANGE[what])


@given(st.binary(max_size=200) | st.builds(lambda tail: b"\x02\xf8" + tail, st.binary(max_size=200)))
def test_no_bytes_are_worse_than_refused(raw: bytes) -> None:
    with contextlib.suppress(Malformed):
        read_transaction(raw)


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_one_other_byte_is_another_sender_or_none(place: int, change: int) -> None:
    raw = GOOD[:place] + bytes([GOOD[place] ^ change]) + GOOD[place + 1 :]
    with contextlib.suppress(Malformed):
        assert read_transaction(raw).sender != PAYER.lower()
