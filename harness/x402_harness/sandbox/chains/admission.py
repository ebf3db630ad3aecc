"""What every chain of the sandbox asks of a transaction before it is mined, in the words that nodes have for it."""

from __future__ import annotations

from x402_harness.sandbox.chains.chain import Chain, Rejected
from x402_harness.sandbox.chains.transactions import Malformed, Transaction, read_transaction


def admit(raw: bytes, chain: Chain) -> tuple[Transaction, str]:
    """The transaction in ``raw`` and whom it calls. Raises :class:`Rejected`.

    Nothing is queued: a nonce is due or it is wrong.
    """
    try:
        transaction = read_transaction(raw)
    except Malformed as error:
        raise Rejected(str(error)) from None
    if transaction.chain_id not in (None, chain.chain_id):
        raise Rejected(f"invalid chain id for signer: have {transaction.chain_id} want {chain.chain_id}")
    due = chain.transaction_count(transaction.sender)
    if transaction.nonce != due:
        low_or_high = "low" if transaction.nonce < due else "high"
        raise Rejected(f"nonce too {low_or_high}: next nonce {due}, tx nonce {transaction.nonce}")
    if transaction.value:
        raise Rejected("no native coin moves on this chain: value must be 0")
    if transaction.to is None:
        raise Rejected("no contract is created by a transaction on this chain")
    return transaction, transaction.to
