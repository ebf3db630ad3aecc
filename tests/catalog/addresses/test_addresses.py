"""Addresses: their families by form, and the EIP-55 checksum."""

from __future__ import annotations

import pytest
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from x402_catalog.addresses import (
    ZERO,
    Family,
    checksum,
    claims_checksum,
    family,
    has_valid_checksum,
    keccak,
    same_address,
)

# The test vectors of EIP-55.
ALL_CAPS = ["0x52908400098527886E0F7030069857D2E4169EE7", "0x8617E340B3D01FA5F11F306F4090FD50E238070D"]
ALL_LOWER = ["0xde709f2102306220921060314715629080e2fb77", "0x27b1fdb04752bbc536007a920d24acb045561c26"]
MIXED = [
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]
SOLANA_USDC = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"

evm_addresses = st.binary(min_size=20, max_size=20).map(lambda data: "0x" + data.hex())


@pytest.mark.parametrize("address", ALL_CAPS + ALL_LOWER + MIXED)
def test_the_vectors_of_eip_55_are_their_own_checksums(address: str) -> None:
    assert checksum(address) == address
    assert checksum(address.lower()) == address
    assert has_valid_checksum(address)


@given(evm_addresses)
def test_checksums_are_those_of_eth_utils(address: str) -> None:
    assert checksum(address) == to_checksum_address(address)


@given(evm_addresses, st.integers(min_value=2, max_value=41))
def test_changing_the_case_of_one_letter_breaks_the_checksum(address: str, index: int) -> None:
    good = checksum(address)
    changed = good[:index] + good[index].swapcase() + good[index + 1 :]
    if changed != good and claims_checksum(changed):
        assert not has_valid_checksum(changed)


@pytest.mark.parametrize("address", MIXED)
def test_an_address_in_one_case_claims_no_checksum(address: str) -> None:
    assert claims_checksum(address)
    assert not claims_checksum(address.lower())
    assert not claims_checksum("0x" + address[2:].upper())
    assert has_valid_checksum("0x" + address[2:].upper())


@pytest.mark.parametrize(
    "text",
    [
        "", "0x", ZERO[:-1], ZERO + "0", ZERO[2:], "0X" + "0" * 40, ZERO[:-1] + "g", ZERO + "\n", " " + ZERO,
        ZERO[:-1] + "٣", SOLANA_USDC,
    ],
)  # fmt: skip
def test_what_is_no_hex_address_has_no_checksum(text: str) -> None:
    with pytest.raises(ValueError, match="not a 20-byte hex address"):
        checksum(text)


@given(evm_addresses)
def test_twenty_bytes_in_hex_are_of_the_evm_family(address: str) -> None:
    assert family(address) is Family.EVM
    assert family(checksum(address)) is Family.EVM


@pytest.mark.parametrize("address", [SOLANA_USDC, "So11111111111111111111111111111111111111112", "1" * 32])
def test_thirty_two_to_forty_four_base58_characters_are_of_the_solana_family(address: str) -> None:
    assert family(address) is Family.SOLANA


@pytest.mark.parametrize(
    "value",
    ["", "USDC", "1" * 31, "1" * 45, SOLANA_USDC[:-1] + "0", SOLANA_USDC[:-1] + "l", SOLANA_USDC + "\n", "vitalik.eth",
     None, 5, b"0x", ["0x"]],
)  # fmt: skip
def test_anything_else_is_of_no_family(value: object) -> None:
    assert family(value) is None


@given(st.text(max_size=50))
def test_no_text_is_refused_with_an_exception(text: str) -> None:
    assert family(text) in {None, Family.EVM, Family.SOLANA}


def test_case_matters_in_solana_addresses_and_not_in_evm_ones() -> None:
    assert same_address(MIXED[0], MIXED[0].lower())
    assert not same_address(MIXED[0], MIXED[1])
    assert same_address(SOLANA_USDC, SOLANA_USDC)
    assert not same_address(SOLANA_USDC, SOLANA_USDC.lower())
    assert not same_address(SOLANA_USDC, MIXED[0])


def test_keccak_is_ethereums_and_not_sha3s() -> None:
    assert keccak(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
