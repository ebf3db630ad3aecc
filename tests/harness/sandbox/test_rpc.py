"""JSON-RPC: what nodes answer, and what strangers send; every answer is one that JSON-RPC knows."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.support.chains import BACKENDS, Account, opened
from tests.harness.support.terms import BASE_USDC, NOW, PAYEE, PAYER, STRANGER

from x402_harness.protocol import abi
from x402_harness.sandbox.chains import Backend, Chain, Chains
from x402_harness.sandbox.chains.transactions import signed
from x402_harness.sandbox.rpc.app import LARGEST_BATCH, LARGEST_BODY, respond, rpc_app
from x402_harness.sandbox.rpc.methods import METHODS

SENDER = Account("somebody who speaks JSON-RPC")
PAY = abi.call("transfer(address,uint256)", STRANGER, 1)
ANVIL_S_BLOOM = [
    168,
    481,
    1060,
    1244,
    1271,
    1363,
    1443,
    1567,
    1676,
    1845,
    1989,
    2007,
]  # of the transfer below, as that node has it
BALANCE = "0x" + abi.call("balanceOf(address)", PAYER).hex()


def call(method: str, *params: Any, **members: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 7, "method": method, "params": list(params), **members}


def ask(chain: Chain, method: str, *params: Any) -> Any:
    """The result of one call."""
    answer = respond(chain, call(method, *params))
    assert "error" not in answer, answer
    return answer["result"]


def error(chain: Chain, method: str, *params: Any) -> dict[str, Any]:
    """The error of one call."""
    said: dict[str, Any] = respond(chain, call(method, *params))["error"]
    return said


@pytest.fixture(scope="module", params=BACKENDS)
def chain(request: pytest.FixtureRequest) -> Iterator[Chain]:
    """Base, run by each backend in turn."""
    chains = opened(request.param)
    yield chains.by_id(8453)
    chains.close()


@pytest.fixture(scope="module")
def sent(chain: Chain) -> str:
    """A transfer that was mined."""
    ask(chain, "testbuy_fund", SENDER.address, BASE_USDC, "0x64")
    raw = signed(SENDER.wallet, 8453, 0, BASE_USDC, PAY)
    return str(ask(chain, "eth_sendRawTransaction", "0x" + raw.hex()))


def test_money_is_given_by_call(chain: Chain) -> None:
    before = int(ask(chain, "eth_call", {"to": BASE_USDC, "data": BALANCE}), 16)
    for amount in (5, "5", "0x5"):
        ask(chain, "testbuy_fund", PAYER, BASE_USDC, amount)
    assert int(ask(chain, "eth_call", {"to": BASE_USDC, "input": BALANCE}, "pending"), 16) == before + 15


@pytest.mark.parametrize(
    ("params", "why"),
    [
        ([PAYER, STRANGER, 1], "no token"), ([PAYER, BASE_USDC, -1], "quantity"),
        ([PAYER, BASE_USDC, True], "quantity"), ([PAYER, BASE_USDC, 1.5], "quantity"),
        ([PAYER, BASE_USDC, "1 USDC"], "quantity"),
        ([PAYER, BASE_USDC, 2**256], "added"), (["me", BASE_USDC, 1], "address"), ([PAYER, BASE_USDC], "missing"),
    ],
)  # fmt: skip
def test_money_that_cannot_be_given_is_not(chain: Chain, params: list[Any], why: str) -> None:
    said = error(chain, "testbuy_fund", *params)
    assert said["code"] == -32602
    assert why in said["message"]


def test_the_chain_says_who_it_is(chain: Chain) -> None:
    assert (ask(chain, "eth_chainId"), ask(chain, "net_version")) == ("0x2105", "8453")
    assert ask(chain, "web3_clientVersion").startswith("testbuy/")
    assert (ask(chain, "eth_gasPrice"), ask(chain, "eth_maxPriorityFeePerGas")) == ("0x0", "0x0")
    assert int(ask(chain, "eth_getBalance", PAYER, "latest"), 16) > 10**18
    assert ask(chain, "eth_getCode", BASE_USDC, "latest").startswith("0x5f")
    assert ask(chain, "eth_getCode", PAYER) == "0x"
    assert int(ask(chain, "eth_getStorageAt", BASE_USDC, "0x8", "latest"), 16) == 6


def test_a_transaction_is_sent_and_found_again(chain: Chain, sent: str) -> None:
    receipt, found = ask(chain, "eth_getTransactionReceipt", sent), ask(chain, "eth_getTransactionByHash", sent)
    assert (receipt["status"], receipt["transactionHash"]) == ("0x1", sent)
    assert (found["hash"], found["from"], found["to"]) == (sent, SENDER.address, BASE_USDC)
    assert (found["input"], found["type"], found["nonce"]) == ("0x" + PAY.hex(), "0x2", "0x0")
    block = ask(chain, "eth_getBlockByNumber", receipt["blockNumber"], True)
    assert (block["hash"], block["timestamp"]) == (receipt["blockHash"], hex(NOW))
    assert block["transactions"] == [found]
    assert ask(chain, "eth_getBlockByHash", block["hash"], False)["transactions"] == [sent]
    assert ask(chain, "eth_getTransactionCount", SENDER.address, "pending") == "0x1"


def test_logs_are_found_by_what_they_say(chain: Chain, sent: str) -> None:
    receipt = ask(chain, "eth_getTransactionReceipt", sent)
    topics = ["0x" + abi.topic("Transfer(address,address,uint256)").hex(), "0x" + abi.word(SENDER.address).hex()]
    query = {"address": BASE_USDC, "topics": topics, "fromBlock": "0x0", "toBlock": "latest"}
    assert ask(chain, "eth_getLogs", query) == receipt["logs"]
    assert ask(chain, "eth_getLogs", {**query, "address": [STRANGER, BASE_USDC.lower()]}) == receipt["logs"]
    assert ask(chain, "eth_getLogs", {**query, "topics": [None, topics[1:]]}) == receipt["logs"]
    assert ask(chain, "eth_getLogs", {"blockHash": receipt["blockHash"]}) == receipt["logs"]
    assert ask(chain, "eth_getLogs", {**query, "topics": [topics[1]]}) == []
    assert ask(chain, "eth_getLogs", {**query, "fromBlock": "earliest", "toBlock": "earliest"}) == []


def test_the_bloom_says_where_to_look(chain: Chain, sent: str) -> None:
    bits = int(ask(chain, "eth_getTransactionReceipt", sent)["logsBloom"], 16)
    assert [place for place in range(2048) if bits >> place & 1] == ANVIL_S_BLOOM


def test_what_is_not_there_is_null(chain: Chain) -> None:
    nothing = "0x" + "00" * 32
    for method in ("eth_getTransactionReceipt", "eth_getTransactionByHash", "eth_getBlockByHash"):
        assert ask(chain, method, nothing) is None
    assert ask(chain, "eth_getBlockByNumber", "0xffffff") is None


def test_a_revert_says_why_in_words_and_data(chain: Chain) -> None:
    said = error(chain, "eth_call", {"from": PAYEE, "to": BASE_USDC, "data": "0x" + PAY.hex()}, "latest")
    reason = "ERC20: transfer amount exceeds balance"
    assert said == {"code": 3, "message": f"execution reverted: {reason}", "data": "0x" + abi.error(reason).hex()}
    assert error(chain, "eth_estimateGas", {"from": PAYEE, "to": BASE_USDC, "data": "0x" + PAY.hex()}) == said
    assert error(chain, "eth_call", {"to": BASE_USDC}) == {"code": 3, "message": "execution reverted", "data": "0x"}


def test_what_is_no_transaction_is_refused(chain: Chain) -> None:
    wrong = signed(SENDER.wallet, 1, 0, BASE_USDC, PAY)
    assert error(chain, "eth_sendRawTransaction", "0x" + wrong.hex())["code"] == -32000
    assert "RLP" in error(chain, "eth_sendRawTransaction", "0x02")["message"]


def test_the_past_is_not_kept(chain: Chain, sent: str) -> None:
    query = {"to": BASE_USDC, "data": BALANCE}
    assert error(chain, "eth_call", query, "0x0")["code"] == -32000
    assert error(chain, "eth_call", query, {"blockNumber": "0x0"})["code"] == -32000
    newest = ask(chain, "eth_getBlockByNumber", "latest", False)
    for block in (newest["number"], {"blockHash": newest["hash"]}, {"blockNumber": "latest"}, None):
        assert ask(chain, "eth_call", query, block).startswith("0x")


def test_fees_were_always_nothing(chain: Chain, sent: str) -> None:
    history = ask(chain, "eth_feeHistory", "0x2", "latest", [10, 90])
    assert history["baseFeePerGas"] == ["0x0"] * 3
    assert history["reward"] == [["0x0", "0x0"]] * 2
    assert int(history["oldestBlock"], 16) == int(ask(chain, "eth_blockNumber"), 16) - 1
    assert len(ask(chain, "eth_feeHistory", 10**9, "earliest")["gasUsedRatio"]) == 1


@pytest.fixture(scope="module")
def plain() -> Chain:
    """Base, in Python."""
    return opened(Backend.MEMORY).by_id(8453)


BAD_PARAMS = [
    ("eth_call", []), ("eth_call", ["0x"]), ("eth_call", [{}]), ("eth_call", [{"to": "0x1"}]),
    ("eth_call", [{"to": BASE_USDC, "data": "0x0"}]), ("eth_call", [{"to": BASE_USDC, "data": 5}]),
    ("eth_call", [{"to": BASE_USDC, "from": "me"}]), ("eth_call", [{"to": BASE_USDC}, "newest"]),
    ("eth_getBlockByNumber", ["0x"]), ("eth_getBlockByNumber", [5]), ("eth_getBlockByNumber", ["0x" + "f" * 65]),
    ("eth_getBlockByNumber", ["latest", "yes"]), ("eth_getBlockByHash", ["0x00"]),
    ("eth_getTransactionReceipt", [None]), ("eth_getTransactionCount", ["vitalik.eth"]),
    ("eth_getLogs", ["all"]), ("eth_getLogs", [{"topics": "0x00"}]), ("eth_getLogs", [{"topics": [None] * 5}]),
    ("eth_getLogs", [{"topics": [["0x00"]]}]), ("eth_getLogs", [{"address": ["x"]}]),
    ("eth_getLogs", [{"address": [BASE_USDC] * 1001}]), ("eth_getStorageAt", [BASE_USDC, "8"]),
    ("eth_sendRawTransaction", ["0xzz"]), ("eth_feeHistory", ["0x1"]),
]  # fmt: skip


@pytest.mark.parametrize(("method", "params"), BAD_PARAMS)
def test_params_that_are_none_are_refused(plain: Chain, method: str, params: list[Any]) -> None:
    assert error(plain, method, *params)["code"] == -32602


def test_a_batch_is_answered_in_its_order(plain: Chain) -> None:
    batch = [call("eth_chainId", id="a"), call("nothing", id=2), call("eth_blockNumber", id=3), {"jsonrpc": "1.0"}]
    said = respond(plain, batch)
    assert [one["id"] for one in said] == ["a", 2, 3, None]
    assert [one.get("error", {}).get("code") for one in said] == [None, -32601, None, -32600]


def test_a_notification_is_not_answered(plain: Chain) -> None:
    told = call("eth_chainId")
    del told["id"]
    assert respond(plain, told) is None
    assert respond(plain, [told, told]) is None
    assert [one["id"] for one in respond(plain, [told, call("eth_chainId")])] == [7]


@pytest.mark.parametrize(
    "message",
    [[], 5, "eth_chainId", None, {}, {"jsonrpc": "2.0", "id": 1}, call("x", id=[1]), call("x", id={"a": 1}),
     call("x", jsonrpc="1.0"), {**call("x"), "method": 5}, [call("eth_chainId")] * (LARGEST_BATCH + 1)],
)  # fmt: skip
def test_what_is_no_call_is_refused(plain: Chain, message: Any) -> None:
    assert respond(plain, message)["error"]["code"] == -32600


def test_params_by_name_are_refused(plain: Chain) -> None:
    assert respond(plain, call("eth_chainId", params={"a": 1}))["error"]["code"] == -32602


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
    | st.sampled_from(["latest", "0x1", "0x" + "11" * 32, BASE_USDC, BALANCE]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["to", "from", "data", "topics", "address", "blockHash", "fromBlock"]), inner),
    max_leaves=8,
)  # fmt: skip


@given(st.sampled_from(sorted(METHODS)), st.lists(values, max_size=4))
def test_nothing_that_is_sent_is_worse_than_an_error(plain: Chain, method: str, params: list[Any]) -> None:
    said = respond(plain, call(method, *params))
    assert ("result" in said) != ("error" in said)
    json.dumps(said)


def over_http(chains: Chains, path: str, raw: bytes) -> httpx.Response:
    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(app=rpc_app(chains), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://rpc") as client:
            return await client.post(path, content=raw)

    return asyncio.run(run())


def test_each_chain_has_its_own_path() -> None:
    chains = opened(Backend.MEMORY)
    for chain_id in (8453, 1, 84532):
        answer = over_http(chains, f"/{chain_id}", json.dumps(call("eth_chainId")).encode())
        assert answer.json() == {"jsonrpc": "2.0", "id": 7, "result": hex(chain_id)}
    assert [chain.chain_id for chain in chains.opened()] == [8453, 1, 84532]


@pytest.mark.parametrize("path", ["/999999", "/base", "/08453", "/-1", "/" + "9" * 5000, "/8453/x", "/"])
def test_a_chain_that_there_is_not_has_no_path(path: str) -> None:
    assert over_http(opened(Backend.MEMORY), path, b"{}").status_code == 404


@pytest.mark.parametrize(
    ("raw", "status"), [(b"", 400), (b"{", 400), (b"[" * 5000, 400), (b" " * (LARGEST_BODY + 1), 413)]
)
def test_what_is_no_json_is_a_parse_error(raw: bytes, status: int) -> None:
    answer = over_http(opened(Backend.MEMORY), "/8453", raw)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, -32700)


def test_a_notification_has_no_body() -> None:
    told = b'{"jsonrpc":"2.0","method":"eth_chainId"}'
    answer = over_http(opened(Backend.MEMORY), "/8453", told)
    assert (answer.status_code, answer.content) == (204, b"")
