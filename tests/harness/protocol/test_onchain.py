"""What a chain says of a payment: verdicts over answers as data, true ones and any others."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.support.terms import (
    BASE_USDC,
    PAYEE,
    PAYER,
    PRICE,
    SEPOLIA_USDC,
    STRANGER,
    TRANSACTION,
    authorization,
)

from x402_harness.protocol import abi
from x402_harness.protocol.onchain import (
    CANCELED,
    TRANSFER,
    USED,
    Settlement,
    Sought,
    Verdict,
    judge_nonce,
    judge_receipt,
    judge_search,
    nonce_calls,
    receipt_calls,
    search_call,
)

SOUGHT = Sought(8453, BASE_USDC, authorization(), TRANSACTION)
NONCE = "0x" + "07" * 32
TRUE, FALSE = "0x" + "0" * 63 + "1", "0x" + "0" * 64

Answers = list[Any]


def word(value: int | str) -> str:
    return "0x" + abi.word(value).hex()


def log(event: str, *indexed: str, data: str = "0x", address: str = BASE_USDC) -> dict[str, Any]:
    topics = ["0x" + abi.topic(event).hex(), *indexed]
    return {"address": address, "topics": topics, "data": data, "transactionHash": TRANSACTION, "logIndex": "0x0"}


def used(nonce: str = NONCE, payer: str = PAYER, **changes: Any) -> dict[str, Any]:
    return log(USED, word(payer), nonce, **changes)


def moved(payer: str = PAYER, payee: str = PAYEE, value: int = PRICE, **changes: Any) -> dict[str, Any]:
    return log(TRANSFER, word(payer), word(payee), data=word(value), **changes)


def answers(
    *logs: dict[str, Any], chain: Any = "0x2105", state: Any = TRUE, head: Any = "0x64", **receipt: Any
) -> Answers:
    found = {"status": "0x1", "blockNumber": "0x64", "logs": list(logs) or [used(), moved()], **receipt}
    return [chain, found, state, head]


BY_RECEIPT: dict[str, tuple[Answers, Verdict]] = {
    "what was signed": (answers(), Verdict.SETTLED),
    "addresses and topics in capitals": (
        answers(used(address=BASE_USDC.upper().replace("X", "x", 1), nonce="0x" + "07" * 32), moved()), Verdict.SETTLED,
    ),
    "among the logs of other payments": (
        answers(
            used(nonce="0x" + "08" * 32), moved(value=1), moved(address=STRANGER, value=1),
            used(), moved(), moved(value=2),
        ),
        Verdict.SETTLED,
    ),
    "another chain": (answers(chain="0x1"), Verdict.OTHER_CHAIN),
    "another chain without a receipt": (["0x1", None, FALSE, "0x64"], Verdict.OTHER_CHAIN),
    "no receipt": (["0x2105", None, FALSE, "0x64"], Verdict.NO_RECEIPT),
    "no receipt and the nonce used": (["0x2105", None, TRUE, "0x64"], Verdict.NO_RECEIPT),
    "a transaction that reverted": (answers(status="0x0"), Verdict.FAILED),
    "no logs": (answers(logs=[]), Verdict.OTHER_NONCE),
    "only a transfer of that amount": (answers(moved()), Verdict.OTHER_NONCE),
    "another nonce": (answers(used(nonce="0x" + "08" * 32), moved()), Verdict.OTHER_NONCE),
    "another payer's nonce": (answers(used(payer=STRANGER), moved()), Verdict.OTHER_NONCE),
    "another token's nonce": (answers(used(address=SEPOLIA_USDC), moved()), Verdict.OTHER_NONCE),
    "a cancellation": (answers(log(CANCELED, word(PAYER), NONCE)), Verdict.OTHER_NONCE),
    "no transfer after it": (answers(moved(), used()), Verdict.MISMATCH),
    "another token's transfer": (answers(used(), moved(address=SEPOLIA_USDC)), Verdict.MISMATCH),
    "less": (answers(used(), moved(value=PRICE - 1)), Verdict.MISMATCH),
    "more": (answers(used(), moved(value=PRICE + 1)), Verdict.MISMATCH),
    "another payee": (answers(used(), moved(payee=STRANGER)), Verdict.MISMATCH),
    "another payer's money": (answers(used(), moved(payer=STRANGER)), Verdict.MISMATCH),
    "the right transfer after a wrong one": (answers(used(), moved(value=1), moved()), Verdict.MISMATCH),
    "a token that knows nothing of it": (answers(state=FALSE), Verdict.UNDECIDED),
    "no token there": (answers(state="0x"), Verdict.UNDECIDED),
    "a token that says 2": (answers(state="0x" + "0" * 63 + "2"), Verdict.UNDECIDED),
    "a chain id that is none": (answers(chain=8453), Verdict.UNDECIDED),
    "a receipt that is none": (["0x2105", "yes", TRUE, "0x64"], Verdict.UNDECIDED),
    "a status that is none": (answers(status=True), Verdict.UNDECIDED),
    "logs that are none": (answers(logs="none"), Verdict.UNDECIDED),
    "a log that is none": (answers(logs=[used(), {"address": 5}]), Verdict.UNDECIDED),
    "a block that is none": (answers(blockNumber=None), Verdict.UNDECIDED),
    "a number without end": (answers(blockNumber="0x" + "f" * 5000), Verdict.UNDECIDED),
    "a number that is no hex": (answers(head="0xzz"), Verdict.UNDECIDED),
}  # fmt: skip


@pytest.mark.parametrize("what", BY_RECEIPT)
def test_a_receipt_has_one_verdict(what: str) -> None:
    given_, verdict = BY_RECEIPT[what]
    found = judge_receipt(SOUGHT, given_)
    assert (found.verdict, found.transaction) == (verdict, TRANSACTION)
    assert found.reason


@pytest.mark.parametrize(
    ("head", "wanted", "verdict", "confirmations"),
    [
        (100, 1, Verdict.SETTLED, 1), (100, 2, Verdict.SHALLOW, 1), (111, 12, Verdict.SETTLED, 12),
        (110, 12, Verdict.SHALLOW, 11), (99, 1, Verdict.SHALLOW, 0),
    ],
)  # fmt: skip
def test_a_block_is_relied_on_when_enough_stand_on_it(
    head: int, wanted: int, verdict: Verdict, confirmations: int
) -> None:
    found = judge_receipt(replace(SOUGHT, confirmations=wanted), answers(head=hex(head)))
    assert (found.verdict, found.confirmations) == (verdict, confirmations)


def test_no_receipt_still_says_whether_the_nonce_is_used() -> None:
    assert judge_receipt(SOUGHT, ["0x2105", None, TRUE, "0x64"]).nonce_used is True
    assert judge_receipt(SOUGHT, ["0x2105", None, FALSE, "0x64"]).nonce_used is False


def test_an_unused_nonce_needs_no_search() -> None:
    found = judge_nonce(SOUGHT, ["0x2105", FALSE, "0x64"])
    assert isinstance(found, Settlement)
    assert (found.verdict, found.nonce_used) == (Verdict.UNUSED, False)
    assert judge_nonce(SOUGHT, ["0x2105", TRUE, "0x64"]) == 100


@pytest.mark.parametrize(
    ("said", "verdict"),
    [(["0x1", TRUE, "0x64"], Verdict.OTHER_CHAIN), (["0x2105", "0x", "0x64"], Verdict.UNDECIDED),
     ([None, TRUE, "0x64"], Verdict.UNDECIDED)],
)  # fmt: skip
def test_a_node_that_cannot_know_is_not_searched(said: Answers, verdict: Verdict) -> None:
    found = judge_nonce(SOUGHT, said)
    assert isinstance(found, Settlement)
    assert found.verdict is verdict


def test_a_search_finds_the_transaction_that_used_the_nonce() -> None:
    unclaimed = replace(SOUGHT, transaction=None)
    assert judge_search(unclaimed, [used(nonce="0x" + "09" * 32), used()]) == SOUGHT


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ([], Verdict.NOT_FOUND), ([used(payer=STRANGER)], Verdict.NOT_FOUND), ([moved()], Verdict.NOT_FOUND),
        ([used(address=STRANGER)], Verdict.NOT_FOUND), ([log(CANCELED, word(PAYER), NONCE)], Verdict.CANCELED),
        (None, Verdict.UNDECIDED), ([{"topics": []}], Verdict.UNDECIDED), (["log"], Verdict.UNDECIDED),
    ],
)  # fmt: skip
def test_a_search_that_finds_none_says_so(said: Any, verdict: Verdict) -> None:
    found = judge_search(SOUGHT, said)
    assert isinstance(found, Settlement)
    assert (found.verdict, found.nonce_used) == (verdict, True)


def test_questions_name_the_payment() -> None:
    chain, receipt, state, head = receipt_calls(SOUGHT)
    assert (chain.method, receipt.method, head.method) == (
        "eth_chainId",
        "eth_getTransactionReceipt",
        "eth_blockNumber",
    )
    assert receipt.params == (TRANSACTION,)
    assert state.params[0]["data"][:10] == "0xe94a0102"
    assert state.params[0]["data"][10:] == abi.word(PAYER).hex() + NONCE[2:]
    assert state in nonce_calls(SOUGHT)
    query = search_call(SOUGHT, -5, 255).params[0]
    assert (query["fromBlock"], query["toBlock"], query["address"]) == ("0x0", "0xff", BASE_USDC.lower())
    assert query["topics"][1:] == [word(PAYER), NONCE]
    assert query["topics"][0][0].startswith("0x98de5035")


junk: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["0x1", TRUE, NONCE, "0x2105"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["status", "logs", "blockNumber", "topics", "address", "data"]), inner)
    ),
    max_leaves=6,
)
JUDGES: list[tuple[Callable[[Sought, Any], Any], int]] = [(judge_receipt, 4), (judge_nonce, 3)]


@given(st.sampled_from(JUDGES), st.data())
def test_no_answers_are_worse_than_undecided(
    judge: tuple[Callable[[Sought, Any], Any], int], data: st.DataObject
) -> None:
    said = data.draw(st.lists(junk, min_size=judge[1], max_size=judge[1]))
    found = judge[0](SOUGHT, said)
    assert isinstance(found, int) or found.verdict is not Verdict.SETTLED
    assert isinstance(judge_search(SOUGHT, said[0]), Settlement)


@given(junk)
def test_no_member_of_a_receipt_is_worse_than_undecided(value: Any) -> None:
    for member in ("status", "blockNumber", "logs"):
        found = judge_receipt(SOUGHT, answers(**{member: value}))
        assert isinstance(found.verdict, Verdict)
        json.dumps(found.reason)
