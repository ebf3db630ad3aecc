"""The methods: what clients of Ethereum nodes ask for, and ``testbuy_fund``, which gives sandbox money."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from x402_catalog.__about__ import __version__
from x402_harness.protocol import abi
from x402_harness.sandbox.chains.chain import Chain, Rejected, Reverted
from x402_harness.sandbox.chains.contract.artefact import artefact
from x402_harness.sandbox.chains.transactions import GAS
from x402_harness.sandbox.rpc import params as read
from x402_harness.sandbox.rpc import results
from x402_harness.sandbox.rpc.errors import INVALID_PARAMS, NO_METHOD, REVERTED, SERVER_ERROR, RpcError

Method = Callable[[Chain, list[Any]], Any]
BALANCE = 10**24  # wei that every account seems to have: gas is free, and clients look first
_MOST_HISTORY = 1024  # blocks of one fee history


def perform(chain: Chain, method: str, params: list[Any]) -> Any:
    """The result of a method. Raises :class:`RpcError`."""
    function = METHODS.get(method)
    if function is None:
        raise RpcError(NO_METHOD, f"the method {method[:80]} does not exist/is not available")
    try:
        return function(chain, params)
    except Reverted as error:
        message = f"execution reverted: {error.reason}" if error.reason else "execution reverted"
        raise RpcError(REVERTED, message, "0x" + error.data.hex()) from None
    except Rejected as error:
        raise RpcError(SERVER_ERROR, str(error)) from None


def _call(chain: Chain, params: list[Any]) -> str:
    to, data, sender = read.at(params, 0, read.call)
    read.only_now(_block(params, 1), chain)
    return "0x" + chain.call(to, data, sender).hex()


def _estimate(chain: Chain, params: list[Any]) -> str:
    to, data, sender = read.at(params, 0, read.call)
    chain.call(to, data, sender)
    return hex(GAS)  # nothing counts gas: this is always enough


def _block_by_number(chain: Chain, params: list[Any]) -> Any:
    number = read.at(params, 0, lambda value: read.block_number(value, chain))
    found = chain.block(number)
    return results.block(chain, found, whole=read.at(params, 1, read.flag, default=False)) if found else None


def _block_by_hash(chain: Chain, params: list[Any]) -> Any:
    found = chain.block(read.at(params, 0, read.hashed))
    return results.block(chain, found, whole=read.at(params, 1, read.flag, default=False)) if found else None


def _count(chain: Chain, params: list[Any]) -> str:
    account = read.at(params, 0, read.address)
    read.only_now(_block(params, 1), chain)
    return hex(chain.transaction_count(account))


def _balance(chain: Chain, params: list[Any]) -> str:
    read.at(params, 0, read.address)
    return hex(BALANCE)


def _code(chain: Chain, params: list[Any]) -> str:
    account = read.at(params, 0, read.address)
    read.only_now(_block(params, 1), chain)
    return "0x" + chain.code(account).hex()


def _storage(chain: Chain, params: list[Any]) -> str:
    account, slot = read.at(params, 0, read.address), read.at(params, 1, read.quantity)
    read.only_now(_block(params, 2), chain)
    return f"0x{chain.read(account, slot):064x}"


def _send(chain: Chain, params: list[Any]) -> str:
    return chain.send_raw_transaction(read.at(params, 0, read.data))


def _receipt(chain: Chain, params: list[Any]) -> Any:
    found = chain.receipt(read.at(params, 0, read.hashed))
    return results.receipt(chain, found) if found else None


def _transaction(chain: Chain, params: list[Any]) -> Any:
    found = chain.transaction(read.at(params, 0, read.hashed))
    return results.transaction(chain, found) if found else None


def _logs(chain: Chain, params: list[Any]) -> Any:
    wanted = read.at(params, 0, lambda value: read.log_filter(value, chain))
    return [results.log(found) for found in chain.logs(wanted)]


def _fee_history(chain: Chain, params: list[Any]) -> Any:
    newest = read.at(params, 1, lambda value: read.block_number(value, chain))
    asked = min(read.at(params, 0, read.amount), _MOST_HISTORY, newest + 1)
    percentiles = params[2] if len(params) > 2 and isinstance(params[2], list) else []
    return {
        "oldestBlock": hex(newest + 1 - asked),
        "baseFeePerGas": ["0x0"] * (asked + 1),
        "gasUsedRatio": [0.0] * asked,
        "reward": [["0x0"] * min(len(percentiles), 100)] * asked,
    }


def _fund(chain: Chain, params: list[Any]) -> str:
    account, asset = read.at(params, 0, read.address), read.at(params, 1, read.address)
    amount = read.at(params, 2, read.amount)
    if chain.code(asset) != artefact().runtime:
        raise RpcError(INVALID_PARAMS, "argument 1: no token of the sandbox stands there")
    try:
        chain.fund(asset, account, amount)
    except ValueError as error:
        raise RpcError(INVALID_PARAMS, f"argument 2: {error}") from None
    return hex(abi.number(chain.call(asset, abi.call("balanceOf(address)", account))))


def _block(params: list[Any], place: int) -> Any:
    return params[place] if place < len(params) and params[place] is not None else "latest"


METHODS: dict[str, Method] = {
    "web3_clientVersion": lambda chain, params: f"testbuy/{__version__}",
    "net_version": lambda chain, params: str(chain.chain_id),
    "net_listening": lambda chain, params: True,
    "eth_chainId": lambda chain, params: hex(chain.chain_id),
    "eth_syncing": lambda chain, params: False,
    "eth_accounts": lambda chain, params: [],
    "eth_blockNumber": lambda chain, params: hex(chain.block_number()),
    "eth_gasPrice": lambda chain, params: "0x0",
    "eth_maxPriorityFeePerGas": lambda chain, params: "0x0",
    "eth_feeHistory": _fee_history,
    "eth_getBlockByNumber": _block_by_number,
    "eth_getBlockByHash": _block_by_hash,
    "eth_call": _call,
    "eth_estimateGas": _estimate,
    "eth_getTransactionCount": _count,
    "eth_getBalance": _balance,
    "eth_getCode": _code,
    "eth_getStorageAt": _storage,
    "eth_sendRawTransaction": _send,
    "eth_getTransactionReceipt": _receipt,
    "eth_getTransactionByHash": _transaction,
    "eth_getLogs": _logs,
    "testbuy_fund": _fund,
}
