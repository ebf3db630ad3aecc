"""Wallets: one account, signatures that a token contract takes, and a key that is shown nowhere."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.support.terms import KEY, PAYER

from x402_harness.wallet import SIGNATURE_LENGTH, ThrowawayWallet, recover

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
DIGEST = b"\x42" * 32
WALLET = ThrowawayWallet(KEY)
SIGNATURE = WALLET.sign(DIGEST)


def test_the_account_is_the_one_of_the_key() -> None:
    assert WALLET.address == PAYER


def test_a_signature_is_the_same_every_time() -> None:
    assert WALLET.sign(DIGEST) == SIGNATURE == ThrowawayWallet(KEY).sign(DIGEST)


@given(st.binary(min_size=32, max_size=32), st.integers(1, ORDER - 1).map(lambda key: key.to_bytes(32, "big")))
def test_a_signature_has_the_form_that_contracts_take_and_recovers(digest: bytes, key: bytes) -> None:
    wallet = ThrowawayWallet(key)
    signature = wallet.sign(digest)
    assert len(signature) == SIGNATURE_LENGTH
    assert signature[64] in (27, 28)
    assert 0 < int.from_bytes(signature[32:64], "big") <= ORDER // 2
    assert recover(digest, signature) == wallet.address


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_key_is_made_from_32_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="32 random bytes"):
        ThrowawayWallet(bytes(length))


def test_making_a_wallet_leaves_the_recursion_limit_alone() -> None:
    program = "import sys; before = sys.getrecursionlimit(); from x402_harness.wallet import ThrowawayWallet; "
    program += "ThrowawayWallet(b'k' * 32); print(sys.getrecursionlimit() - before)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "0\n"


def test_the_key_is_shown_nowhere() -> None:
    assert repr(WALLET) == str(WALLET) == f"ThrowawayWallet({PAYER})"
    assert not hasattr(WALLET, "__dict__")
    for write_down in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="not written down"):
            write_down(WALLET)


@pytest.mark.parametrize("v", [0, 1, 26, 29, 255])
def test_another_v_recovers_to_nobody(v: int) -> None:
    assert recover(DIGEST, SIGNATURE[:64] + bytes([v])) is None


@pytest.mark.parametrize("signature", [b"", SIGNATURE[:-1], SIGNATURE + b"\0"])
def test_another_length_recovers_to_nobody(signature: bytes) -> None:
    assert recover(DIGEST, signature) is None


def test_a_high_s_recovers_to_nobody() -> None:
    high = ORDER - int.from_bytes(SIGNATURE[32:64], "big")
    flipped = SIGNATURE[:32] + high.to_bytes(32, "big") + bytes([55 - SIGNATURE[64]])
    assert recover(DIGEST, flipped) is None


def test_another_digest_recovers_to_somebody_else() -> None:
    assert recover(b"\x43" * 32, SIGNATURE) != PAYER


@given(st.binary(min_size=64, max_size=64), st.sampled_from([27, 28]))
def test_no_bytes_at_all_raise(points: bytes, v: int) -> None:
    assert recover(DIGEST, points + bytes([v])) != PAYER


@pytest.mark.parametrize("r", [0, 1, ORDER - 1, ORDER, 2**256 - 1])
@pytest.mark.parametrize("s", [0, 1, ORDER // 2])
def test_points_at_the_edges_raise_nothing(r: int, s: int) -> None:
    assert recover(DIGEST, r.to_bytes(32, "big") + s.to_bytes(32, "big") + b"\x1b") != PAYER
