"""An account that sends transactions, one after the other: no two of them share a nonce."""

from __future__ import annotations

from threading import Lock

from x402_harness.sandbox.chains.chain import Chain
from x402_harness.sandbox.chains.transactions import signed
from x402_harness.wallet import ThrowawayWallet


class Sender:
    """Sends from a throwaway key, made of 32 random bytes when it is first needed."""

    def __init__(self, entropy: bytes) -> None:
        self._entropy = entropy
        self._wallet: ThrowawayWallet | None = None
        self._lock = Lock()

    @property
    def address(self) -> str:
        """The account, in EIP-55 form."""
        return self._key().address

    def send(self, chain: Chain, to: str, data: bytes) -> str:
        """Call ``to`` in a transaction of type 2 and return its hash. Raises :class:`Rejected`."""
        wallet = self._key()
        with self._lock:
            nonce = chain.transaction_count(wallet.address)
            return chain.send_raw_transaction(signed(wallet, chain.chain_id, nonce, to, data))

    def _key(self) -> ThrowawayWallet:
        if self._wallet is None:
            self._wallet = ThrowawayWallet(self._entropy)
        return self._wallet
