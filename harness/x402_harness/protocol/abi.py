"""The contract ABI as far as tokens of EIP-3009 use it: selectors, static words, one string; every word is 32 bytes."""

from __future__ import annotations

from functools import lru_cache

from x402_catalog.addresses import keccak

WORD = 32
ERROR = bytes.fromhex("08c379a0")  # Error(string)
_ADDRESS_BITS = 160


@lru_cache(maxsize=256)
def selector(signature: str) -> bytes:
    """The first four bytes of the hash of ``name(type,…)``."""
    return keccak(signature.encode())[:4]


@lru_cache(maxsize=64)
def topic(signature: str) -> bytes:
    """The first topic of an event ``Name(type,…)``."""
    return keccak(signature.encode())


def word(value: int | str | bytes | bool) -> bytes:
    """One argument as 32 bytes: a number, an address in hex, or up to 32 bytes that are kept to the left."""
    if isinstance(value, bytes):
        return value.ljust(WORD, b"\0")
    return (int(value, 16) if isinstance(value, str) else int(value)).to_bytes(WORD, "big")


def call(signature: str, *arguments: int | str | bytes | bool) -> bytes:
    """Calldata of a function whose arguments are all static."""
    return selector(signature) + b"".join(word(argument) for argument in arguments)


def number(data: bytes) -> int:
    """The first word as a number. Raises ``ValueError`` if there is none."""
    if len(data) < WORD:
        raise ValueError("less than a word")
    return int.from_bytes(data[:WORD], "big")


def address(value: int) -> str:
    """A number as an address, lower case. Raises ``ValueError`` if it has more than 20 bytes."""
    if value >> _ADDRESS_BITS:
        raise ValueError("no address")
    return f"0x{value:040x}"


def tail(data: bytes) -> bytes:
    """``bytes`` or ``string`` as the only returned value. Raises ``ValueError`` if it is not whole."""
    start = number(data)
    length = number(data[start:])
    found = data[start + WORD : start + WORD + length]
    if len(found) != length:
        raise ValueError("cut short")
    return found


def string(text: str) -> bytes:
    """A string as the only returned value."""
    raw = text.encode()
    return word(WORD) + word(len(raw)) + raw + b"\0" * (-len(raw) % WORD)


def error(reason: str) -> bytes:
    """What a contract returns when it reverts with a text; nothing for an empty one."""
    return ERROR + string(reason) if reason else b""


def reason(data: bytes) -> str:
    """The text in what a contract returned when it reverted; empty if there is none."""
    if not data.startswith(ERROR):
        return ""
    try:
        return tail(data[4:]).decode("utf-8", "replace")
    except ValueError:
        return ""
