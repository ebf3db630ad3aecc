"""Parameters as clients write them: quantities, data, addresses, blocks. Each reader raises :class:`RpcError`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from x402_catalog.addresses import Family, family
from x402_harness.sandbox.chains.chain import ZERO, Chain, LogFilter
from x402_harness.sandbox.rpc.errors import INVALID_PARAMS, SERVER_ERROR, RpcError

_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}")
_DATA = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_HASH = re.compile(r"0x[0-9a-fA-F]{64}")
_DECIMAL = re.compile(r"[0-9]{1,78}")
_NEWEST = frozenset({"latest", "pending", "safe", "finalized"})
_MOST_TOPICS = 4
_MOST_VALUES = 1000  # in one place of a filter


def at(params: list[Any], place: int, reader: Callable[[Any], Any], default: Any = None) -> Any:
    """The parameter at a place, read; ``default`` if there is none and it is given."""
    if place >= len(params) or params[place] is None:
        if default is not None:
            return default
        raise RpcError(INVALID_PARAMS, f"missing value for required argument {place}")
    try:
        return reader(params[place])
    except RpcError as error:
        if error.code != INVALID_PARAMS:
            raise
        raise RpcError(INVALID_PARAMS, f"argument {place}: {error.message}") from None


def quantity(value: Any) -> int:
    """A number in hex."""
    if isinstance(value, str) and _QUANTITY.fullmatch(value):
        return int(value, 16)
    raise RpcError(INVALID_PARAMS, "not a quantity in hex")


def amount(value: Any) -> int:
    """An amount: in hex, in decimal digits, or as an integer."""
    if type(value) is int and value >= 0:
        return value
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return int(value)
    return quantity(value)


def data(value: Any) -> bytes:
    """Bytes in hex."""
    if isinstance(value, str) and _DATA.fullmatch(value):
        return bytes.fromhex(value[2:])
    raise RpcError(INVALID_PARAMS, "not data in hex")


def address(value: Any) -> str:
    """An address, lower case."""
    if isinstance(value, str) and family(value) is Family.EVM:
        return value.lower()
    raise RpcError(INVALID_PARAMS, "not an address")


def hashed(value: Any) -> str:
    """A hash, lower case."""
    if isinstance(value, str) and _HASH.fullmatch(value):
        return value.lower()
    raise RpcError(INVALID_PARAMS, "not a hash of 32 bytes")


def flag(value: Any) -> bool:
    """True or false."""
    if isinstance(value, bool):
        return value
    raise RpcError(INVALID_PARAMS, "not true or false")


def block_number(value: Any, chain: Chain) -> int:
    """The number that a tag or a quantity means."""
    if value == "earliest":
        return 0
    if isinstance(value, str) and value in _NEWEST:
        return chain.block_number()
    return quantity(value)


def only_now(value: Any, chain: Chain) -> None:
    """Whether a block is the newest: the state of others is not kept. Takes EIP-1898's object too."""
    if isinstance(value, dict):
        block = chain.block(at([value.get("blockHash")], 0, hashed)) if "blockHash" in value else None
        number = block.number if block else block_number(value.get("blockNumber"), chain)
    else:
        number = block_number(value, chain)
    if number != chain.block_number():
        raise RpcError(SERVER_ERROR, f"the state of block {number} is not kept: ask for latest")


def call(value: Any) -> tuple[str, bytes, str]:
    """Whom a call object calls, with what, and from where. No coin moves."""
    if not isinstance(value, dict):
        raise RpcError(INVALID_PARAMS, "not a call object")
    if value.get("value") is not None and quantity(value["value"]):
        raise RpcError(SERVER_ERROR, "no native coin moves on this chain: value must be 0")
    sent = value.get("input") if value.get("input") is not None else value.get("data")
    sender = value.get("from")
    return address(value.get("to")), b"" if sent is None else data(sent), ZERO if sender is None else address(sender)


def log_filter(value: Any, chain: Chain) -> LogFilter:
    """The object of ``eth_getLogs``."""
    if not isinstance(value, dict):
        raise RpcError(INVALID_PARAMS, "not a filter object")
    addresses = frozenset(address(one) for one in _listed(value.get("address")))
    topics = tuple(_topic(place) for place in _topics(value.get("topics")))
    if value.get("blockHash") is not None:
        block = chain.block(hashed(value["blockHash"]))
        if block is None:
            raise RpcError(SERVER_ERROR, "unknown block")
        return LogFilter(addresses, topics, block.number, block.number)
    first, last = (block_number(value.get(name) or "latest", chain) for name in ("fromBlock", "toBlock"))
    return LogFilter(addresses, topics, first, last)


def _topics(value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list) or len(value) > _MOST_TOPICS:
        raise RpcError(INVALID_PARAMS, "topics are a list of at most four places")
    return value


def _topic(value: Any) -> frozenset[bytes] | None:
    found = frozenset(bytes.fromhex(hashed(one)[2:]) for one in _listed(value))
    return found or None


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, list) and len(value) > _MOST_VALUES:
        raise RpcError(INVALID_PARAMS, f"more than {_MOST_VALUES} values in one place")
    return value if isinstance(value, list) else [value]
