"""A chain run by anvil, a node of its own process, over JSON-RPC on loopback.

The clock stays ours: calls are run in a block of that time, and each transaction is mined at it. anvil answers calls
before its first block as if it were 1970, so that one block is mined first.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from threading import RLock, Thread
from typing import IO, Any
from weakref import finalize

import httpx

from x402_harness.sandbox.chains import layout
from x402_harness.sandbox.chains.admission import admit
from x402_harness.sandbox.chains.chain import ZERO, Block, Log, LogFilter, Receipt, Rejected, Reverted
from x402_harness.sandbox.chains.transactions import Fees, Transaction

_LISTENING = "Listening on "
_REVERTED = 3  # the code of an error that a contract made
_TIMEOUT = 30.0  # seconds
# Left to itself it mines some time after it has answered: a receipt would be there or not.
_OPTIONS = (
    "--no-mining", "--accounts", "0", "--gas-price", "0", "--block-base-fee-per-gas", "0", "--disable-min-priority-fee",
    "--disable-pool-balance-checks",
)  # fmt: skip


class AnvilMissing(Exception):
    """There is no anvil to start, or it did not, or it is gone."""


def find_anvil(command: str | None = None) -> Path:
    """The node's binary: ``command``, or ``anvil`` on PATH. Raises :class:`AnvilMissing`.

    npm puts a script in front of it, which outlives a signal: the binary behind that is meant.
    """
    found = shutil.which(command or "anvil")
    if found is None:
        raise AnvilMissing(f"{command or 'anvil'} is not to be found; npm install @foundry-rs/anvil brings it")
    path = Path(found).resolve()
    if path.suffix != ".mjs":
        return path
    native = sorted(path.parent.parent.glob("anvil-*/bin/anvil*"))
    if not native:
        raise AnvilMissing(f"{path} comes without the node for this machine")
    return native[0]


class AnvilChain:
    """Starts the node, at ``url``; :meth:`close` stops it. ``clock`` gives seconds. Raises :class:`AnvilMissing`."""

    def __init__(self, chain_id: int, clock: Callable[[], float], command: str | None = None) -> None:
        self.chain_id = chain_id
        self._clock = clock
        self._lock = RLock()
        self._last = int(clock())
        self._process, self.url = _start(find_anvil(command), chain_id, self._last)
        self._stop = finalize(self, _stop, self._process)  # also where nobody closes it, and at exit
        self._http = httpx.Client(base_url=self.url, trust_env=False, timeout=_TIMEOUT)
        self._mine(self._last)

    @property
    def pid(self) -> int:
        """The node's process."""
        return self._process.pid

    def code(self, address: str) -> bytes:
        """The code at an address."""
        return _bytes(self._rpc("eth_getCode", address, "latest"))

    def set_code(self, address: str, code: bytes) -> None:
        """Put code there."""
        self._rpc("anvil_setCode", address, "0x" + code.hex())

    def read(self, address: str, slot: int) -> int:
        """A word of storage."""
        return int(self._rpc("eth_getStorageAt", address, hex(slot), "latest"), 16)

    def write(self, address: str, slot: int, value: int) -> None:
        """Set a word of storage."""
        self._rpc("anvil_setStorageAt", address, hex(slot), f"0x{value:064x}")

    def call(self, to: str, data: bytes, sender: str = ZERO) -> bytes:
        """What the contract returns now. Raises :class:`Reverted`."""
        call = {"from": sender, "to": to, "data": "0x" + data.hex()}
        return _bytes(self._rpc("eth_call", call, "pending", {}, {"time": hex(self._now())}))

    def send_raw_transaction(self, raw: bytes) -> str:
        """Mine a signed transaction and return its hash. Raises :class:`Rejected`."""
        with self._lock:
            admit(raw, self)
            sent = self._rpc("eth_sendRawTransaction", "0x" + raw.hex())
            self._mine(self._now())
            return str(sent)

    def receipt(self, transaction: str) -> Receipt | None:
        """The receipt of a transaction by its hash."""
        found = self._rpc("eth_getTransactionReceipt", transaction)
        return _receipt(found) if found else None

    def transaction(self, transaction: str) -> Transaction | None:
        """A mined transaction by its hash."""
        found = self._rpc("eth_getTransactionByHash", transaction)
        return _transaction(found) if found else None

    def logs(self, wanted: LogFilter) -> list[Log]:
        """The logs that the filter means, oldest first."""
        topics = [None if place is None else ["0x" + topic.hex() for topic in place] for place in wanted.topics]
        last = "latest" if wanted.last is None else hex(wanted.last)
        query = {"fromBlock": hex(wanted.first), "toBlock": last, "topics": topics}
        if wanted.addresses:
            query["address"] = sorted(wanted.addresses)
        return [_log(found) for found in self._rpc("eth_getLogs", query)]

    def block(self, number: int | str) -> Block | None:
        """A block by its number or its hash."""
        if isinstance(number, str):
            found = self._rpc("eth_getBlockByHash", number, False)
        else:
            found = self._rpc("eth_getBlockByNumber", hex(number), False)
        return _block(found) if found else None

    def block_number(self) -> int:
        """The newest block's number."""
        return int(self._rpc("eth_blockNumber"), 16)

    def transaction_count(self, account: str) -> int:
        """The account's next nonce."""
        return int(self._rpc("eth_getTransactionCount", account, "latest"), 16)

    def fund(self, asset: str, account: str, amount: int) -> None:
        """Give an account so much more of the token at ``asset``."""
        with self._lock:
            layout.fund(self, asset, account, amount)

    def close(self) -> None:
        """Stop the node and wait until it is gone."""
        self._http.close()
        self._stop()

    def _now(self) -> int:
        self._last = max(self._last, int(self._clock()))
        return self._last

    def _mine(self, seconds: int) -> None:
        self._rpc("evm_setNextBlockTimestamp", seconds)
        self._rpc("evm_mine")

    def _rpc(self, method: str, *params: Any) -> Any:
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        try:
            with self._lock:
                answer = self._http.post("/", json=call).json()
        except httpx.HTTPError as error:
            raise AnvilMissing(f"the node does not answer: {type(error).__name__}") from None
        if "error" in answer:
            raise _error(answer["error"])
        return answer["result"]


def _start(binary: Path, chain_id: int, timestamp: int) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [
            binary, "--chain-id", str(chain_id), "--host", "127.0.0.1", "--port", "0", "--timestamp", str(timestamp),
            *_OPTIONS,
        ],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(_LISTENING):
            Thread(target=_drain, args=(process.stdout,), daemon=True).start()
            return process, "http://" + line.removeprefix(_LISTENING).strip()
    process.stdout.close()
    raise AnvilMissing(f"{binary} ended with status {process.wait()} before it listened")


def _drain(output: IO[str]) -> None:
    # It tells every request, and would stand still if nobody listened.
    with output:
        for _ in output:
            pass


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _error(error: dict[str, Any]) -> Exception:
    if error.get("code") == _REVERTED:
        return Reverted(_bytes(error.get("data") or "0x"))
    return Rejected(str(error.get("message")))


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def _log(found: dict[str, Any]) -> Log:
    return Log(
        found["address"].lower(), tuple(_bytes(topic) for topic in found["topics"]), _bytes(found["data"]),
        int(found["blockNumber"], 16), found["blockHash"], found["transactionHash"], int(found["logIndex"], 16),
    )  # fmt: skip


def _receipt(found: dict[str, Any]) -> Receipt:
    return Receipt(
        found["transactionHash"], found["status"] == "0x1", int(found["blockNumber"], 16), found["blockHash"],
        found["from"].lower(), (found["to"] or ZERO).lower(), tuple(_log(log) for log in found["logs"]),
    )  # fmt: skip


def _block(found: dict[str, Any]) -> Block:
    return Block(
        int(found["number"], 16), found["hash"], found["parentHash"], int(found["timestamp"], 16),
        tuple(found["transactions"]),
    )  # fmt: skip


def _transaction(found: dict[str, Any]) -> Transaction:
    def number(member: str) -> int:
        return int(found.get(member) or "0x0", 16)

    kind = number("type")
    fees = Fees(number("maxFeePerGas"), number("maxPriorityFeePerGas")) if kind else Fees(*[number("gasPrice")] * 2)
    return Transaction(
        hash=found["hash"], kind=kind, chain_id=int(found["chainId"], 16) if found.get("chainId") else None,
        sender=found["from"].lower(), nonce=number("nonce"), to=(found["to"] or ZERO).lower(),
        data=_bytes(found["input"]), value=number("value"), gas=number("gas"), fees=fees,
        v=number("v"), r=number("r"), s=number("s"),
    )  # fmt: skip
