"""What runs contracts for a local chain: it keeps code and storage, and knows nothing of blocks or signatures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from x402_harness.sandbox.chains.chain import Storage


@dataclass(frozen=True, slots=True)
class Message:
    """A call of ``to`` by ``sender``, in the block ``number`` at ``timestamp``."""

    sender: str
    to: str
    data: bytes
    number: int
    timestamp: int


class Event(NamedTuple):
    """What a contract logged."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call returned, and what it logged."""

    output: bytes
    events: tuple[Event, ...] = ()


class Executor(Storage, Protocol):
    """Runs calls."""

    def run(self, message: Message, *, keep: bool) -> Outcome:
        """Run a call; what it changes stays if ``keep``. Raises :class:`Reverted`: then nothing is changed."""
        ...
