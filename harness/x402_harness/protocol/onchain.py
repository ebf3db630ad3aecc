"""What a chain says of a payment, whoever claims what: questions for a node, and the verdict over its answers.

A payment is bound to its nonce, not to a transfer of the same amount: settled is what used that nonce, at that asset,
and moved that value between those two. The node's answers are data of a stranger.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple

from x402_harness.protocol import abi
from x402_harness.protocol.messages import Authorization

USED = "AuthorizationUsed(address,bytes32)"
CANCELED = "AuthorizationCanceled(address,bytes32)"
TRANSFER = "Transfer(address,address,uint256)"
_LARGEST_QUANTITY = 66  # characters: 0x and 32 bytes


class Verdict(StrEnum):
    """What became of a payment, as far as a chain shows."""

    SETTLED = "settled"
    SHALLOW = "too few confirmations"  # settled, but its block is too new to be relied on
    MISMATCH = "transfer mismatch"  # the nonce was used for another payee or value
    OTHER_NONCE = "nonce not in transaction"
    FAILED = "transaction failed"
    NO_RECEIPT = "no receipt"
    CANCELED = "canceled"
    UNUSED = "unused"
    NOT_FOUND = "used outside the blocks looked at"
    OTHER_CHAIN = "other chain"
    UNDECIDED = "undecided"  # the answers cannot be read, or contradict each other


class Call(NamedTuple):
    """One call of JSON-RPC."""

    method: str
    params: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Sought:
    """A payment to look for: signed for ``asset`` on ``chain_id``; ``transaction`` is the hash that is claimed for it.

    ``confirmations`` is how many blocks must stand, its own counted, before it is relied on.
    """

    chain_id: int
    asset: str
    authorization: Authorization
    transaction: str | None = None
    confirmations: int = 1


@dataclass(frozen=True, slots=True)
class Settlement:
    """The verdict, its reason in words, and what was seen: ``nonce_used`` is ``None`` where that was not learnt.

    ``block`` is where a canceled nonce was canceled.
    """

    verdict: Verdict
    reason: str
    transaction: str | None = None
    confirmations: int = 0
    nonce_used: bool | None = None
    block: int | None = None


class Unreadable(Exception):
    """An answer that is none; the message says to which question."""


class _Log(NamedTuple):
    address: str
    topics: tuple[str, ...]
    data: str
    transaction: str
    block: Any = None


def receipt_calls(sought: Sought) -> tuple[Call, ...]:
    """The batch that decides on a transaction: chain id, receipt, state of the nonce, newest block."""
    receipt = Call("eth_getTransactionReceipt", (sought.transaction,))
    return Call("eth_chainId"), receipt, _state(sought), Call("eth_blockNumber")


def nonce_calls(sought: Sought) -> tuple[Call, ...]:
    """The batch that comes before a search: chain id, state of the nonce, newest block."""
    return Call("eth_chainId"), _state(sought), Call("eth_blockNumber")


def search_call(sought: Sought, first: int, last: int) -> Call:
    """The search for whatever used up the nonce, in blocks ``first`` to ``last``."""
    topics = [[_hex(abi.topic(USED)), _hex(abi.topic(CANCELED))], *_parties(sought)]
    window = {"fromBlock": hex(max(0, first)), "toBlock": hex(last)}
    return Call("eth_getLogs", ({"address": sought.asset.lower(), "topics": topics, **window},))


def judge_receipt(sought: Sought, answers: Sequence[Any]) -> Settlement:
    """The verdict over the answers to :func:`receipt_calls`."""
    try:
        return _judge_receipt(sought, answers)
    except Unreadable as error:
        return Settlement(Verdict.UNDECIDED, str(error), sought.transaction)


def judge_nonce(sought: Sought, answers: Sequence[Any]) -> Settlement | int:
    """The newest block, if the nonce is used and is to be searched for; otherwise the verdict."""
    try:
        chain_id, used, head = (
            number(answers[0], "eth_chainId"),
            _flag(answers[1]),
            number(answers[2], "eth_blockNumber"),
        )
    except Unreadable as error:
        return Settlement(Verdict.UNDECIDED, str(error))
    if chain_id != sought.chain_id:
        return _other_chain(sought, chain_id)
    if not used:
        return Settlement(Verdict.UNUSED, "the payer's nonce is not used", nonce_used=False)
    return head


def judge_search(sought: Sought, answer: Any) -> Settlement | Sought:
    """Who used the nonce: the payment with its transaction, to be judged by its receipt; otherwise the verdict."""
    try:
        logs = _logs(answer, "eth_getLogs")
    except Unreadable as error:
        return Settlement(Verdict.UNDECIDED, str(error), nonce_used=True)
    ours = [log for log in logs if log.address == sought.asset.lower() and list(log.topics[1:]) == _parties(sought)]
    for log in ours:
        if log.topics[0] == _hex(abi.topic(CANCELED)):
            return _canceled(log)
        if log.topics[0] == _hex(abi.topic(USED)):
            return replace(sought, transaction=log.transaction)
    return Settlement(Verdict.NOT_FOUND, "the nonce was used before the blocks looked at", nonce_used=True)


def _canceled(log: _Log) -> Settlement:
    seen = Settlement(Verdict.CANCELED, "the payer canceled the nonce", log.transaction, nonce_used=True)
    with suppress(Unreadable):
        return replace(seen, block=number(log.block, "the log's block"))
    return seen


def _judge_receipt(sought: Sought, answers: Sequence[Any]) -> Settlement:
    chain_id, used = number(answers[0], "eth_chainId"), _flag(answers[2])
    if chain_id != sought.chain_id:
        return _other_chain(sought, chain_id)
    seen = Settlement(Verdict.UNDECIDED, "", sought.transaction, nonce_used=used)
    receipt = answers[1]
    if receipt is None:
        return replace(seen, verdict=Verdict.NO_RECEIPT, reason="the chain has no receipt of this transaction")
    if not isinstance(receipt, dict):
        raise Unreadable("eth_getTransactionReceipt: no object")
    depth = number(answers[3], "eth_blockNumber") - number(receipt.get("blockNumber"), "the receipt's block") + 1
    seen = replace(seen, confirmations=max(0, depth))
    if number(receipt.get("status"), "the receipt's status") != 1:
        return replace(seen, verdict=Verdict.FAILED, reason="the transaction reverted")
    return _judge_logs(sought, seen, _logs(receipt.get("logs"), "the receipt's logs"))


def _judge_logs(sought: Sought, seen: Settlement, logs: list[_Log]) -> Settlement:
    of_asset = [log for log in logs if log.address == sought.asset.lower()]
    wanted = (_hex(abi.topic(USED)), *_parties(sought))
    place = next((at for at, log in enumerate(of_asset) if log.topics == wanted), None)
    if place is None:
        return replace(
            seen, verdict=Verdict.OTHER_NONCE, reason="the transaction did not use the payer's nonce at this asset"
        )
    moved = next((log for log in of_asset[place:] if log.topics[:1] == (_hex(abi.topic(TRANSFER)),)), None)
    if moved is None or (moved.topics[1:], moved.data) != _movement(sought.authorization):
        return replace(seen, verdict=Verdict.MISMATCH, reason="the nonce was used, but not for this payee and value")
    if not seen.nonce_used:
        return replace(seen, reason="a log shows the nonce used, and the token says that it is not")
    if seen.confirmations < sought.confirmations:
        of = f"{seen.confirmations} of {sought.confirmations} confirmations"
        return replace(seen, verdict=Verdict.SHALLOW, reason=f"the transfer stands, with {of}")
    return replace(seen, verdict=Verdict.SETTLED, reason="the nonce was used and the value moved")


def _movement(authorization: Authorization) -> tuple[tuple[str, ...], str]:
    parties = tuple(_hex(abi.word(party)) for party in (authorization.from_, authorization.to))
    return parties, _hex(abi.word(int(authorization.value)))


def _state(sought: Sought) -> Call:
    authorization = sought.authorization
    data = abi.call("authorizationState(address,bytes32)", authorization.from_, bytes.fromhex(authorization.nonce[2:]))
    return Call("eth_call", ({"to": sought.asset.lower(), "data": _hex(data)}, "latest"))


def _parties(sought: Sought) -> list[str]:
    return [_hex(abi.word(sought.authorization.from_)), sought.authorization.nonce.lower()]


def _other_chain(sought: Sought, chain_id: int) -> Settlement:
    return Settlement(
        Verdict.OTHER_CHAIN, f"the node is of chain {chain_id}, not {sought.chain_id}", sought.transaction
    )


def number(answer: Any, question: str) -> int:
    """A quantity. Raises :class:`Unreadable`."""
    if isinstance(answer, str) and answer.startswith("0x") and 2 < len(answer) <= _LARGEST_QUANTITY:
        try:
            return int(answer, 16)
        except ValueError:
            pass
    raise Unreadable(f"{question}: no quantity")


def _flag(answer: Any) -> bool:
    # Exactly one word of 0 or 1: an account without code answers a call with nothing.
    if not (isinstance(answer, str) and len(answer) == _LARGEST_QUANTITY):
        raise Unreadable("authorizationState: the asset does not answer it")
    value = number(answer, "authorizationState")
    if value not in (0, 1):
        raise Unreadable("authorizationState: neither true nor false")
    return value == 1


def _logs(answer: Any, question: str) -> list[_Log]:
    if not isinstance(answer, list):
        raise Unreadable(f"{question}: no list")
    return [_log(entry, question) for entry in answer]


def _log(entry: Any, question: str) -> _Log:
    if not isinstance(entry, dict):
        raise Unreadable(f"{question}: no object")
    address, data, topics = entry.get("address"), entry.get("data"), entry.get("topics")
    sent = entry.get("transactionHash")
    if not (isinstance(topics, list) and all(isinstance(one, str) for one in (address, data, sent, *topics))):
        raise Unreadable(f"{question}: no log")
    lowered = tuple(topic.lower() for topic in topics)
    return _Log(str(address).lower(), lowered, str(data).lower(), str(sent).lower(), entry.get("blockNumber"))


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
