"""What a chain knows, as nodes write it. Gas is not counted here and no state is hashed: those members are zero."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from x402_catalog.addresses import checksum, keccak
from x402_harness.sandbox.chains.chain import Block, Chain, Log, Receipt
from x402_harness.sandbox.chains.transactions import Transaction

_NO_HASH = "0x" + "0" * 64
_NOBODY = "0x" + "0" * 40
_GAS_LIMIT = 30_000_000


def block(chain: Chain, found: Block, *, whole: bool) -> dict[str, Any]:
    """A block; with ``whole`` its transactions too, otherwise their hashes."""
    receipts = [receipt for sent in found.transactions if (receipt := chain.receipt(sent))]
    transactions: list[Any] = list(found.transactions)
    if whole:
        transactions = [transaction(chain, one) for sent in found.transactions if (one := chain.transaction(sent))]
    return {
        "number": hex(found.number),
        "hash": found.hash,
        "parentHash": found.parent,
        "timestamp": hex(found.timestamp),
        "transactions": transactions,
        "logsBloom": bloom(log for receipt in receipts for log in receipt.logs),
        "nonce": "0x" + "0" * 16,
        "sha3Uncles": _NO_HASH,
        "transactionsRoot": _NO_HASH,
        "stateRoot": _NO_HASH,
        "receiptsRoot": _NO_HASH,
        "mixHash": _NO_HASH,
        "miner": _NOBODY,
        "difficulty": "0x0",
        "totalDifficulty": "0x0",
        "extraData": "0x",
        "size": "0x0",
        "gasLimit": hex(_GAS_LIMIT),
        "gasUsed": "0x0",
        "baseFeePerGas": "0x0",
        "uncles": [],
    }


def transaction(chain: Chain, found: Transaction) -> dict[str, Any]:
    """A mined transaction."""
    receipt = chain.receipt(found.hash)
    of_type_2 = {
        "maxFeePerGas": hex(found.fees.most),
        "maxPriorityFeePerGas": hex(found.fees.tip),
        "accessList": [],
        "yParity": hex(found.v),
    }
    return {
        "hash": found.hash,
        "type": hex(found.kind),
        "chainId": None if found.chain_id is None else hex(found.chain_id),
        "from": checksum(found.sender),
        "to": checksum(found.to) if found.to else None,
        "nonce": hex(found.nonce),
        "input": "0x" + found.data.hex(),
        "value": hex(found.value),
        "gas": hex(found.gas),
        "gasPrice": hex(found.fees.most),
        "v": hex(found.v),
        "r": hex(found.r),
        "s": hex(found.s),
        "blockNumber": hex(receipt.block_number) if receipt else None,
        "blockHash": receipt.block_hash if receipt else None,
        "transactionIndex": "0x0" if receipt else None,
        **(of_type_2 if found.kind == 2 else {}),
    }


def receipt(chain: Chain, found: Receipt) -> dict[str, Any]:
    """A receipt."""
    sent = chain.transaction(found.transaction)
    return {
        "transactionHash": found.transaction,
        "transactionIndex": "0x0",
        "type": hex(sent.kind) if sent else "0x0",
        "status": "0x1" if found.success else "0x0",
        "blockNumber": hex(found.block_number),
        "blockHash": found.block_hash,
        "from": checksum(found.sender),
        "to": checksum(found.to),
        "contractAddress": None,
        "logs": [log(one) for one in found.logs],
        "logsBloom": bloom(found.logs),
        "gasUsed": "0x0",
        "cumulativeGasUsed": "0x0",
        "effectiveGasPrice": "0x0",
    }


def log(found: Log) -> dict[str, Any]:
    """A log."""
    return {
        "address": checksum(found.address),
        "topics": ["0x" + topic.hex() for topic in found.topics],
        "data": "0x" + found.data.hex(),
        "blockNumber": hex(found.block_number),
        "blockHash": found.block_hash,
        "transactionHash": found.transaction,
        "transactionIndex": "0x0",
        "logIndex": hex(found.index),
        "removed": False,
    }


def bloom(logs: Iterable[Log]) -> str:
    """The 2048-bit filter of addresses and topics (Yellow Paper §4.3.1), so that clients which look there find them."""
    bits = 0
    for one in logs:
        for value in (bytes.fromhex(one.address[2:]), *one.topics):
            digest = keccak(value)
            for place in (0, 2, 4):
                bits |= 1 << (int.from_bytes(digest[place : place + 2], "big") % 2048)
    return f"0x{bits:0512x}"
