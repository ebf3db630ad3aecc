"""An executor in Python alone: it runs one contract, the sandbox's token, wherever its code stands."""

from __future__ import annotations

from x402_harness.sandbox.chains import native
from x402_harness.sandbox.chains.chain import Reverted, Storage
from x402_harness.sandbox.chains.contract.artefact import artefact
from x402_harness.sandbox.chains.executor import Message, Outcome


class MemoryExecutor:
    """Code and storage in dictionaries."""

    def __init__(self, chain_id: int) -> None:
        self._chain_id = chain_id
        self._code: dict[str, bytes] = {}
        self._words: dict[tuple[str, int], int] = {}

    def code(self, address: str) -> bytes:
        """The code at an address."""
        return self._code.get(address.lower(), b"")

    def set_code(self, address: str, code: bytes) -> None:
        """Put code there."""
        self._code[address.lower()] = code

    def read(self, address: str, slot: int) -> int:
        """A word of storage."""
        return self._words.get((address.lower(), slot), 0)

    def write(self, address: str, slot: int, value: int) -> None:
        """Set a word of storage."""
        self._words[address.lower(), slot] = value

    def run(self, message: Message, *, keep: bool) -> Outcome:
        """Run a call; what it changes stays if ``keep``. An account's answer is empty."""
        code = self.code(message.to)
        if not code:
            return Outcome(b"")
        if code != artefact().runtime:
            raise Reverted
        draft = _Draft(self)
        outcome = native.Token(draft, self._chain_id, message).run()
        if keep:
            self._words.update(draft.words)
        return outcome if keep else Outcome(outcome.output)


class _Draft:
    """Storage with what one call has written so far."""

    def __init__(self, base: Storage) -> None:
        self._base = base
        self.words: dict[tuple[str, int], int] = {}

    def code(self, address: str) -> bytes:
        return self._base.code(address)

    def set_code(self, address: str, code: bytes) -> None:
        raise Reverted

    def read(self, address: str, slot: int) -> int:
        found = self.words.get((address, slot))
        return self._base.read(address, slot) if found is None else found

    def write(self, address: str, slot: int, value: int) -> None:
        self.words[address, slot] = value
