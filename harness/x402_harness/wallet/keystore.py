"""Keystores: keys in Web3 Secret Storage files (version 3), one file an account, in a folder of the user's own."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from x402_catalog.addresses import Family, checksum, family
from x402_harness.protocol.parsing import loads
from x402_harness.wallet.files import read_secret, write_secret
from x402_harness.wallet.home import private_folder
from x402_harness.wallet.signing import KeyRefused, UserWallet, accounts

VARIABLE = "TESTBUY_PRIVATE_KEY"
WORK = 2**18  # scrypt's n: a second and 256 MB for every guess
_MOST_SCRYPT = 2**23  # n × r × p: of memory 128 times that, a gigabyte
_MOST_PBKDF2 = 10_000_000  # rounds
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HEX_KEY = re.compile(r"(0x)?[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the keystore: its ``name``, its file, and the ``address`` that the file states, if it does."""

    name: str
    path: Path
    address: str | None


class Keystore:
    """The accounts in a folder. ``work`` is what a guess at a password costs: scrypt's ``n``, a power of two."""

    def __init__(self, folder: Path, *, work: int = WORK) -> None:
        self._folder = folder
        self._work = work

    def accounts(self) -> list[Account]:
        """Every account, by name. A file that cannot be read states no address."""
        found = sorted(self._folder.glob("*.json")) if self._folder.is_dir() else []
        return [Account(path.stem, path, _stated(path)) for path in found if _NAME.fullmatch(path.stem)]

    def add(self, name: str, key: bytes, password: str) -> Account:
        """Keep a 32-byte key under a new name. Raises :class:`KeyRefused`."""
        path = self.path(name)
        if not password:
            raise KeyRefused("an empty password protects nothing")
        wallet = UserWallet(key)
        made = accounts().encrypt(key, password, kdf="scrypt", iterations=self._work)
        private_folder(self._folder)
        try:
            write_secret(path, json.dumps(made).encode() + b"\n")
        except FileExistsError:
            raise KeyRefused(f"there is an account {name!r} already") from None
        return Account(name, path, wallet.address)

    def path(self, name: str) -> Path:
        """Where an account of that name is kept. Raises :class:`KeyRefused` for what is no name."""
        if _NAME.fullmatch(name) is None:
            raise KeyRefused(f"{name[:80]!r} is no name of an account: letters, digits, '.', '_' and '-', at most 64")
        return self._folder / f"{name}.json"


def unlock(path: Path, password: str) -> UserWallet:
    """The wallet in a keystore file. Raises :class:`KeyRefused`, ``OSError``."""
    return UserWallet(decrypt(path, password))


def decrypt(path: Path, password: str) -> bytes:
    """The key in a keystore file, to be kept elsewhere. Raises :class:`KeyRefused`, ``OSError``."""
    data = _read(path)
    _require_bounded(data, path)
    try:
        key = bytes(accounts().decrypt(data, password))
    except Exception as error:  # what a file may do to the library is without end; none of it says what the key is
        why = "the password is wrong" if "MAC" in str(error) else f"no keystore of version 3 ({type(error).__name__})"
        raise KeyRefused(f"{path}: {why}") from None
    stated = _address(data)
    if stated is not None and stated != UserWallet(key).address:
        raise KeyRefused(f"{path} states the address of another key")
    return key


def from_hex(text: str) -> bytes:
    """A private key written as 64 hex digits. Raises :class:`KeyRefused`, which does not show it."""
    if _HEX_KEY.fullmatch(text.strip()) is None:
        raise KeyRefused("a private key is 64 hex digits")
    return bytes.fromhex(text.strip().removeprefix("0x"))


def from_environment(environ: Mapping[str, str]) -> bytes:
    """The key in ``TESTBUY_PRIVATE_KEY``, which every program that the user starts can read.

    Only to be asked where the user said so. Raises :class:`KeyRefused`.
    """
    text = environ.get(VARIABLE)
    if not text:
        raise KeyRefused(f"{VARIABLE} is not set")
    return from_hex(text)


def _read(path: Path) -> dict[str, Any]:
    try:
        data = loads(read_secret(path))
    except ValueError:
        raise KeyRefused(f"{path} is no keystore: it is no JSON") from None
    if not isinstance(data, dict):
        raise KeyRefused(f"{path} is no keystore: it is no JSON object")
    return data


def _require_bounded(data: dict[str, Any], path: Path) -> None:
    # The file says itself how much memory and time it takes to open.
    inner = data.get("crypto", data.get("Crypto"))
    asked = inner.get("kdfparams") if isinstance(inner, dict) else None
    if not isinstance(asked, dict):
        raise KeyRefused(f"{path} is no keystore of version 3")
    numbers = [asked.get(name, 1) for name in ("n", "r", "p", "c", "dklen")]
    if not all(type(number) is int and number > 0 for number in numbers):
        raise KeyRefused(f"{path} is no keystore of version 3")
    n, r, p, c, length = numbers
    if n * r * p > _MOST_SCRYPT or c > _MOST_PBKDF2 or length > 64:
        raise KeyRefused(f"{path} asks for more work than any keystore should")


def _stated(path: Path) -> str | None:
    try:
        return _address(_read(path))
    except (KeyRefused, OSError):
        return None


def _address(data: dict[str, Any]) -> str | None:
    text = data.get("address")
    plain = "0x" + text.lower().removeprefix("0x") if isinstance(text, str) else ""
    return checksum(plain) if family(plain) is Family.EVM else None
