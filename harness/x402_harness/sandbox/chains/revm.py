"""Contracts run by revm, in this process (pyrevm). Gas is not looked at: its counts are not exact there."""

from __future__ import annotations

import re
from typing import Any

from x402_harness.sandbox.chains.chain import Reverted
from x402_harness.sandbox.chains.executor import Event, Message, Outcome

_REVERT = re.compile(r"Revert \{ gas_used: [0-9]+, output: 0x([0-9a-f]*) \}")
_GAS = 30_000_000  # of a whole block, whatever the sender offers


class RevmExecutor:
    """One EVM. Raises ``ImportError`` where pyrevm has no wheel."""

    def __init__(self, chain_id: int) -> None:
        from pyrevm import EVM, AccountInfo, BlockEnv, CfgEnv, Env

        self._evm: Any = EVM(Env(cfg=CfgEnv(chain_id=chain_id)))
        self._account_info: Any = AccountInfo
        self._block_env: Any = BlockEnv

    def code(self, address: str) -> bytes:
        """The code at an address."""
        return bytes(self._evm.get_code(address) or b"")

    def set_code(self, address: str, code: bytes) -> None:
        """Put code there."""
        self._evm.insert_account_info(address, self._account_info(code=code, nonce=1))

    def read(self, address: str, slot: int) -> int:
        """A word of storage."""
        return int(self._evm.storage(address, slot))

    def write(self, address: str, slot: int, value: int) -> None:
        """Set a word of storage."""
        self._evm.insert_account_storage(address, slot, value)

    def run(self, message: Message, *, keep: bool) -> Outcome:
        """Run a call; what it changes stays if ``keep``."""
        self._evm.set_block_env(self._block_env(number=message.number, timestamp=message.timestamp))
        before = self._evm.snapshot()
        try:
            output = self._evm.message_call(message.sender, message.to, calldata=message.data, gas=_GAS)
        except RuntimeError as error:
            self._evm.revert(before)
            raise _reverted(error) from None
        events = tuple(_event(log) for log in self._evm.result.logs) if keep else ()
        if not keep:
            self._evm.revert(before)
        return Outcome(bytes(output), events)


def _reverted(error: RuntimeError) -> Reverted:
    found = _REVERT.search(str(error))
    return Reverted(bytes.fromhex(found[1])) if found else Reverted()


def _event(log: Any) -> Event:
    topics, data = log.data
    return Event(log.address.lower(), tuple(bytes(topic) for topic in topics), bytes(data))
