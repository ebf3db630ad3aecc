"""Keystores: a key comes back by its password alone, from a file that nobody else may read."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account as SdkAccount
from tests.harness.support.terms import KEY, PAYER

from x402_harness.policy import Mode
from x402_harness.wallet import (
    KeyRefused,
    Keystore,
    UserWallet,
    decrypt,
    from_environment,
    from_hex,
    home,
    read_password,
    unlock,
)

OWN = bytes(range(1, 33))
PASSWORD = "correct horse"
QUICK = 2**10  # scrypt's n, for tests; the product's takes a second
# The file of the Web3 Secret Storage definition, with PBKDF2.
DEFINED: dict[str, Any] = {
    "crypto": {
        "cipher": "aes-128-ctr",
        "cipherparams": {"iv": "6087dab2f9fdbbfaddc31a909735c1e6"},
        "ciphertext": "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
        "kdf": "pbkdf2",
        "kdfparams": {
            "c": 262144, "dklen": 32, "prf": "hmac-sha256",
            "salt": "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd",
        },
        "mac": "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
    },
    "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
    "version": 3,
}  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Keystore:
    return Keystore(tmp_path / "home" / "wallets", work=QUICK)


def kept(tmp_path: Path, content: Any, mode: int = 0o600) -> Path:
    path = tmp_path / "key.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    path.chmod(mode)
    return path


def test_a_key_comes_back_by_its_password(store: Keystore) -> None:
    made = store.add("main", OWN, PASSWORD)
    assert decrypt(made.path, PASSWORD) == OWN
    assert unlock(made.path, PASSWORD).address == made.address == UserWallet(OWN).address
    assert unlock(made.path, PASSWORD).sign(bytes(32)) == UserWallet(OWN).sign(bytes(32))


def test_the_file_is_one_that_other_programs_read(store: Keystore, tmp_path: Path) -> None:
    made = store.add("main", OWN, PASSWORD)
    assert bytes(SdkAccount.decrypt(made.path.read_text(), PASSWORD)) == OWN
    theirs = kept(tmp_path, SdkAccount.encrypt(OWN, PASSWORD, kdf="pbkdf2", iterations=1000))
    assert decrypt(theirs, PASSWORD) == OWN


def test_the_file_of_the_definition_is_read(tmp_path: Path) -> None:
    key = decrypt(kept(tmp_path, DEFINED), "testpassword")
    assert key.hex() == "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d"


def test_another_password_opens_nothing(store: Keystore) -> None:
    made = store.add("main", OWN, PASSWORD)
    with pytest.raises(KeyRefused, match="the password is wrong"):
        unlock(made.path, PASSWORD + "!")


def test_nobody_else_may_look(store: Keystore) -> None:
    made = store.add("main", OWN, PASSWORD)
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    for folder in (made.path.parent, made.path.parent.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.skipif(os.name != "posix", reason="no such permissions")
@pytest.mark.parametrize("mode", [0o604, 0o640, 0o620, 0o601, 0o666, 0o777])
def test_a_file_that_others_can_reach_is_refused(store: Keystore, mode: int) -> None:
    made = store.add("main", OWN, PASSWORD)
    made.path.chmod(mode)
    with pytest.raises(KeyRefused, match=f"mode 0{mode:o}.*chmod 600"):
        unlock(made.path, PASSWORD)


def test_a_link_is_judged_by_what_it_leads_to(store: Keystore, tmp_path: Path) -> None:
    made = store.add("main", OWN, PASSWORD)
    (tmp_path / "link").symlink_to(made.path)
    assert unlock(tmp_path / "link", PASSWORD).address == made.address
    made.path.chmod(0o644)
    with pytest.raises(KeyRefused, match="others"):
        unlock(tmp_path / "link", PASSWORD)


def test_an_account_is_never_overwritten(store: Keystore) -> None:
    made = store.add("main", OWN, PASSWORD)
    before = made.path.read_bytes()
    with pytest.raises(KeyRefused, match="there is an account 'main' already"):
        store.add("main", KEY, PASSWORD)
    assert made.path.read_bytes() == before


@pytest.mark.parametrize("name", ["", ".", "..", "../main", "a/b", "-x", "a b", "a\n", "ä", "x" * 65, "a\0b"])
def test_a_name_that_would_lead_elsewhere_is_refused(store: Keystore, name: str) -> None:
    with pytest.raises(KeyRefused, match="no name of an account"):
        store.add(name, OWN, PASSWORD)


def test_an_empty_password_is_refused(store: Keystore) -> None:
    with pytest.raises(KeyRefused, match="protects nothing"):
        store.add("main", OWN, "")


def test_accounts_are_listed_by_name_with_what_their_files_state(store: Keystore, tmp_path: Path) -> None:
    assert store.accounts() == []
    two, one = store.add("two", OWN, PASSWORD), store.add("one", KEY, PASSWORD)
    folder = one.path.parent
    (folder / "broken.json").write_text("{")
    (folder / "notes.txt").write_text("no account")
    found = store.accounts()
    assert [(account.name, account.address) for account in found] == [
        ("broken", None), ("one", PAYER), ("two", two.address),
    ]  # fmt: skip


def changed(**kdfparams: Any) -> dict[str, Any]:
    return {**DEFINED, "crypto": {**DEFINED["crypto"], "kdfparams": {**DEFINED["crypto"]["kdfparams"], **kdfparams}}}


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"\xff", b"[]", b"7", b"{}", b"[" * 60_000, b'{"a":' * 10_000, {"version": 3}, {"crypto": 1},
        {**DEFINED, "crypto": {}}, {**DEFINED, "version": 9}, changed(c="262144"), changed(c=-1), changed(n=0),
        changed(dklen=None), changed(dklen=7), changed(prf="magic"), changed(salt="zz"),
        {**DEFINED, "crypto": {**DEFINED["crypto"], "kdf": "magic"}},
    ],
    ids=range(20),
)  # fmt: skip
def test_what_is_no_keystore_is_refused_in_words(tmp_path: Path, content: Any) -> None:
    with pytest.raises(KeyRefused, match=r"key\.json"):
        unlock(kept(tmp_path, content), "testpassword")


@pytest.mark.parametrize("asked", [{"n": 2**30}, {"r": 2**24}, {"p": 2**24}, {"c": 10**9}, {"dklen": 2**30}])
def test_a_file_that_asks_for_endless_work_is_refused_at_once(tmp_path: Path, asked: dict[str, int]) -> None:
    with pytest.raises(KeyRefused, match="more work"):
        unlock(kept(tmp_path, changed(**asked)), "testpassword")


def test_a_file_without_end_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(KeyRefused, match="larger"):
        unlock(kept(tmp_path, b"x" * 10_000_000), PASSWORD)
    with pytest.raises(KeyRefused, match="is no file"):
        unlock(Path("/dev/zero"), PASSWORD)


def test_a_file_that_states_another_address_is_refused(store: Keystore, tmp_path: Path) -> None:
    made = json.loads(store.add("main", OWN, PASSWORD).path.read_bytes())
    with pytest.raises(KeyRefused, match="the address of another key"):
        unlock(kept(tmp_path, {**made, "address": PAYER}), PASSWORD)


@pytest.mark.parametrize("text", [OWN.hex(), "0x" + OWN.hex(), f"  0x{OWN.hex().upper()}\n"])
def test_a_key_is_read_from_hex(text: str) -> None:
    assert from_hex(text) == OWN
    assert from_environment({"TESTBUY_PRIVATE_KEY": text}) == OWN


@pytest.mark.parametrize("text", ["", "0x", "ab", OWN.hex() + "00", "z" * 64, "0X" + OWN.hex(), "١" * 64])
def test_what_is_no_key_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(KeyRefused) as caught:
        from_hex(text)
    assert not text or text not in str(caught.value)


def test_an_environment_without_a_key_has_none() -> None:
    with pytest.raises(KeyRefused, match="is not set"):
        from_environment({})


@pytest.mark.parametrize("key", [bytes(32), b"\xff" * 32, bytes(31), b""])
def test_a_number_that_is_no_key_is_refused(key: bytes) -> None:
    with pytest.raises(KeyRefused, match="no private key"):
        UserWallet(key)


@pytest.mark.parametrize(
    ("key", "modes"),
    [
        (OWN, {Mode.TESTNET, Mode.LIVE}),
        (bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"), {Mode.TESTNET}),
        (bytes(31) + b"\1", {Mode.TESTNET}),
        (b"\x11" * 32, {Mode.TESTNET}),
    ],
)
def test_a_users_key_pays_in_the_modes_that_it_is_good_for(key: bytes, modes: set[Mode]) -> None:
    assert {mode for mode in Mode if UserWallet(key).may_pay(mode)} == modes


@pytest.mark.parametrize(("content", "password"), [(b"a b\n", "a b"), (b"a\r\n", "a"), (b"a\n\n", "a\n"), (b" ", " ")])
def test_a_password_is_a_files_first_line_without_its_end(tmp_path: Path, content: bytes, password: str) -> None:
    assert read_password(kept(tmp_path, content)) == password


@pytest.mark.parametrize(("content", "mode"), [(b"", 0o600), (b"\n", 0o600), (b"\xff", 0o600), (b"a", 0o644)])
def test_a_password_that_cannot_be_one_is_refused(tmp_path: Path, content: bytes, mode: int) -> None:
    with pytest.raises(KeyRefused):
        read_password(kept(tmp_path, content, mode))


ME = Path("/home/me")


@pytest.mark.parametrize(
    ("environ", "platform", "expected"),
    [
        ({}, "linux", "/home/me/.local/share/testbuy"),
        ({"XDG_DATA_HOME": "/data"}, "linux", "/data/testbuy"),
        ({"XDG_DATA_HOME": "data"}, "linux", "/home/me/.local/share/testbuy"),
        ({"XDG_DATA_HOME": ""}, "freebsd14", "/home/me/.local/share/testbuy"),
        ({}, "darwin", "/home/me/Library/Application Support/testbuy"),
        ({"LOCALAPPDATA": "/users/me/local"}, "win32", "/users/me/local/testbuy"),
        ({}, "win32", "/home/me/AppData/Local/testbuy"),
        ({"TESTBUY_HOME": "/mine", "XDG_DATA_HOME": "/data"}, "linux", "/mine"),
        ({"TESTBUY_HOME": ""}, "linux", "/home/me/.local/share/testbuy"),
    ],
)
def test_a_users_data_is_kept_where_the_system_keeps_it(environ: dict[str, str], platform: str, expected: str) -> None:
    assert home(environ, platform=platform, user=ME).as_posix() == expected
