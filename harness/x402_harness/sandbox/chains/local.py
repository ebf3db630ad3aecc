"""A chain in this process: blocks, nonces, receipts and logs over an executor. Every transaction has its own block."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock

from x402_catalog.addresses import keccak
from x402_harness.sandbox.chains import layout
from x402_harness.sandbox.chains.admission import admit
from x402_harness.sandbox.chains.chain import ZERO, Block, Log, LogFilter, Receipt, Reverted
from x402_harness.sandbox.chains.executor import Executor, Message, Outcome
from x402_harness.sandbox.chains.transactions import Transaction


class LocalChain:
    """``clock`` gives the time in seconds: that of every call, and of a block when it is mined.

    Block times never go back. No native coin moves and no contract is created by a transaction. It may be used by
    several threads.
    """

    def __init__(self, chain_id: int, executor: Executor, clock: Callable[[], float]) -> None:
        self.chain_id = chain_id
        self._executor = executor
        self._clock = clock
        self._lock = RLock()
        self._blocks = [Block(0, _hash(chain_id, 0), "0x" + "0" * 64, int(clock()))]
        self._numbers = {self._blocks[0].hash: 0}
        self._transactions: dict[str, Transaction] = {}
        self._receipts: dict[str, Receipt] = {}
        self._counts: dict[str, int] = {}
        self._logs: list[Log] = []

    def code(self, address: str) -> bytes:
        """The code at an address."""
        with self._lock:
            return self._executor.code(address)

    def set_code(self, address: str, code: bytes) -> None:
        """Put code there."""
        with self._lock:
            self._executor.set_code(address, code)

    def read(self, address: str, slot: int) -> int:
        """A word of storage."""
        with self._lock:
            return self._executor.read(address, slot)

    def write(self, address: str, slot: int, value: int) -> None:
        """Set a word of storage."""
        with self._lock:
            self._executor.write(address, slot, value)

    def call(self, to: str, data: bytes, sender: str = ZERO) -> bytes:
        """What the contract returns now. Raises :class:`Reverted`."""
        with self._lock:
            return self._run(sender, to, data, self._now(), keep=False).output

    def send_raw_transaction(self, raw: bytes) -> str:
        """Mine a signed transaction and return its hash. Raises :class:`Rejected`."""
        with self._lock:
            transaction, to = admit(raw, self)
            self._mine(transaction, to)
        return transaction.hash

    def receipt(self, transaction: str) -> Receipt | None:
        """The receipt of a transaction by its hash."""
        return self._receipts.get(transaction.lower())

    def transaction(self, transaction: str) -> Transaction | None:
        """A mined transaction by its hash."""
        return self._transactions.get(transaction.lower())

    def logs(self, wanted: LogFilter) -> list[Log]:
        """The logs that the filter means, oldest first."""
        last = self.block_number() if wanted.last is None else wanted.last
        with self._lock:
            return [log for log in self._logs if wanted.first <= log.block_number <= last and wanted.takes(log)]

    def block(self, number: int | str) -> Block | None:
        """A block by its number or its hash."""
        found = self._numbers.get(number.lower(), -1) if isinstance(number, str) else number
        return self._blocks[found] if 0 <= found < len(self._blocks) else None

    def block_number(self) -> int:
        """The newest block's number."""
        return len(self._blocks) - 1

    def transaction_count(self, account: str) -> int:
        """The account's next nonce."""
        return self._counts.get(account.lower(), 0)

    def fund(self, asset: str, account: str, amount: int) -> None:
        """Give an account so much more of the token at ``asset``."""
        with self._lock:
            layout.fund(self, asset, account, amount)

    def close(self) -> None:
        """Nothing runs."""

    def _mine(self, transaction: Transaction, to: str) -> None:
        number, now = len(self._blocks), self._now()
        try:
            outcome = self._run(transaction.sender, to, transaction.data, now, keep=True)
            success = True
        except Reverted:
            outcome, success = Outcome(b""), False
        block = Block(
            number, _hash(self.chain_id, number, transaction.hash), self._blocks[-1].hash, now,
            (transaction.hash,),
        )  # fmt: skip
        logs = tuple(
            Log(event.address, event.topics, event.data, number, block.hash, transaction.hash, index)
            for index, event in enumerate(outcome.events)
        )
        self._transactions[transaction.hash] = transaction
        self._receipts[transaction.hash] = Receipt(
            transaction.hash, success, number, block.hash, transaction.sender, to, logs
        )
        self._counts[transaction.sender] = transaction.nonce + 1
        self._logs.extend(logs)
        self._numbers[block.hash] = number
        self._blocks.append(block)

    def _run(self, sender: str, to: str, data: bytes, now: int, *, keep: bool) -> Outcome:
        message = Message(sender.lower(), to.lower(), data, len(self._blocks), now)
        return self._executor.run(message, keep=keep)

    def _now(self) -> int:
        return max(int(self._clock()), self._blocks[-1].timestamp)


def _hash(chain_id: int, number: int, transaction: str = "") -> str:
    return "0x" + keccak(f"testbuy block {number} of {chain_id} {transaction}".encode()).hex()
