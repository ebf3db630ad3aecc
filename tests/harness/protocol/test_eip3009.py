"""Authorizations: what is asked to be signed can be taken by the contract, or is not built at all."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.support.terms import BASE_DOMAIN, NOW, PAYEE, PAYER, SEPOLIA_DOMAIN, authorization

from x402_catalog.money import UINT256_MAX
from x402_harness.protocol.eip3009 import digest
from x402_harness.protocol.errors import LocalProtocolError


def test_an_authorization_begins_a_little_earlier_and_ends_with_the_timeout() -> None:
    made = authorization(now=NOW, timeout=300)
    assert (int(made.valid_after), int(made.valid_before)) == (NOW - 600, NOW + 300)


def test_the_window_never_begins_before_time_itself() -> None:
    assert authorization(now=10).valid_after == "0"


def test_addresses_are_written_with_their_checksum() -> None:
    made = authorization(payer=PAYER.lower(), payee=PAYEE.lower())
    assert (made.from_, made.to) == (PAYER, PAYEE)


@pytest.mark.parametrize(
    "changes",
    [
        {"value": 0}, {"value": -1}, {"value": UINT256_MAX + 1}, {"timeout": 0}, {"timeout": -5},
        {"nonce": b""}, {"nonce": b"\x01" * 31}, {"nonce": b"\x01" * 33},
    ],
)  # fmt: skip
def test_what_no_contract_would_take_is_our_fault(changes: dict[str, Any]) -> None:
    with pytest.raises(LocalProtocolError):
        authorization(**changes)


@given(st.integers(1, UINT256_MAX), st.binary(min_size=32, max_size=32), st.integers(1, 10**6))
def test_every_member_is_bound_by_the_digest(value: int, nonce: bytes, timeout: int) -> None:
    made = authorization(value=value, nonce=nonce, timeout=timeout)
    others = (
        authorization(value=value % UINT256_MAX + 1, nonce=nonce, timeout=timeout),
        authorization(value=value, nonce=bytes(reversed(nonce[1:])) + bytes([nonce[0] ^ 1]), timeout=timeout),
        authorization(value=value, nonce=nonce, timeout=timeout + 1),
        authorization(value=value, nonce=nonce, timeout=timeout, payee=PAYER),
        authorization(value=value, nonce=nonce, timeout=timeout, payer=PAYEE),
        authorization(value=value, nonce=nonce, timeout=timeout, now=NOW + 1),
    )
    hashed = digest(BASE_DOMAIN, made)
    assert hashed not in {digest(BASE_DOMAIN, other) for other in others if other != made}
    assert hashed != digest(SEPOLIA_DOMAIN, made)
