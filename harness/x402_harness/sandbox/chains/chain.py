"""A chain as it is seen from outside, whatever runs it.

Addresses and hashes are lower-case hex with ``0x``; topics and data are bytes; times are seconds since 1970.
No account pays for gas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

from x402_harness.protocol import abi
from x402_harness.sandbox.chains.transactions import Transaction

ZERO = "0x" + "0" * 40


class Reverted(Exception):
    """A contract refuses: its ``reason`` in its own words (empty if it gives none), and its ``data`` whole."""

    def __init__(self, data: bytes = b"") -> None:
        self.data = data
        self.reason = abi.reason(data)
        super().__init__(self.reason)

    @classmethod
    def saying(cls, reason: str) -> Self:
        """A refusal with that text."""
        return cls(abi.error(reason))


class Rejected(Exception):
    """A transaction that the chain does not take at all; the message says why."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block with the hashes of its transactions."""

    number: int
    hash: str
    parent: str
    timestamp: int
    transactions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Log:
    """An event, and where it stands. ``index`` counts within the block."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes
    block_number: int
    block_hash: str
    transaction: str
    index: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a transaction: ``success`` is false where the contract reverted."""

    transaction: str
    success: bool
    block_number: int
    block_hash: str
    sender: str
    to: str
    logs: tuple[Log, ...] = ()


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which logs: of these ``addresses`` (none: any), with these ``topics``, in blocks ``first`` to ``last``.

    A place of ``topics`` holds the values that it may have; ``None`` is any. ``last`` of ``None`` is the newest block.
    """

    addresses: frozenset[str] = frozenset()
    topics: tuple[frozenset[bytes] | None, ...] = ()
    first: int = 0
    last: int | None = None

    def takes(self, log: Log) -> bool:
        """Whether a log is meant, blocks apart."""
        if self.addresses and log.address not in self.addresses:
            return False
        if len(log.topics) < len(self.topics):
            return False
        pairs = zip(self.topics, log.topics, strict=False)
        return all(wanted is None or found in wanted for wanted, found in pairs)


class Storage(Protocol):
    """Code and storage that can be read and written past every contract: how a sandbox is furnished."""

    def code(self, address: str) -> bytes:
        """The code at an address; empty for an account."""
        ...

    def set_code(self, address: str, code: bytes) -> None:
        """Put code there."""
        ...

    def read(self, address: str, slot: int) -> int:
        """A word of storage."""
        ...

    def write(self, address: str, slot: int, value: int) -> None:
        """Set a word of storage."""
        ...


class Chain(Storage, Protocol):
    """One EVM chain."""

    @property
    def chain_id(self) -> int:
        """Its id."""
        ...

    def call(self, to: str, data: bytes, sender: str = ZERO) -> bytes:
        """What the contract returns now; nothing stays. Raises :class:`Reverted`."""
        ...

    def send_raw_transaction(self, raw: bytes) -> str:
        """Mine a signed transaction and return its hash. Raises :class:`Rejected` if it is not taken.

        What a contract refuses is mined too: its receipt says so.
        """
        ...

    def receipt(self, transaction: str) -> Receipt | None:
        """The receipt of a transaction by its hash; ``None`` if there is none yet."""
        ...

    def transaction(self, transaction: str) -> Transaction | None:
        """A mined transaction by its hash."""
        ...

    def logs(self, wanted: LogFilter) -> list[Log]:
        """The logs that the filter means, oldest first."""
        ...

    def block(self, number: int | str) -> Block | None:
        """A block by its number or its hash."""
        ...

    def block_number(self) -> int:
        """The newest block's number."""
        ...

    def transaction_count(self, account: str) -> int:
        """How many transactions an account has sent: its next nonce."""
        ...

    def fund(self, asset: str, account: str, amount: int) -> None:
        """Give an account so much more of the token at ``asset``, whatever else happens at the same time.

        Raises ``ValueError`` for a balance that the token cannot hold.
        """
        ...

    def close(self) -> None:
        """Stop whatever runs for this chain."""
        ...
