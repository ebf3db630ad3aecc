"""The settlement check against nodes: our own, anvil's, and such as answer anything."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
from tests.harness.support.chains import Account, authorized, cancel_struct, opened
from tests.harness.support.servers import Drip, Raw, Reply, Server, Step, closed_port
from tests.harness.support.terms import BASE, BASE_DOMAIN, BASE_USDC, NOW, PAYEE, PRICE, STRANGER, TRANSACTION

from x402_harness.edge.client import Client, Limits
from x402_harness.edge.direct import guarded_client
from x402_harness.edge.guard import Guard
from x402_harness.edge.rpc import RPC_LIMITS, Rpc, check_settlement
from x402_harness.protocol.eip3009 import authorize, digest
from x402_harness.protocol.messages import Authorization
from x402_harness.protocol.onchain import Settlement, Sought, Verdict
from x402_harness.sandbox.chains import Backend, Chains, Token
from x402_harness.sandbox.chains.anvil import AnvilChain
from x402_harness.sandbox.rpc.app import rpc_app

ANYWHERE = Guard(anywhere=True)
SECRET = "0123456789abcdef0123456789abcdef"
Paid = Callable[..., Sought]


def signed_by(payer: Account, value: int = PRICE, nonce: bytes = b"\x07" * 32) -> tuple[Authorization, bytes]:
    made = authorize(payer=payer.address, payee=PAYEE, value=value, now=NOW, timeout=300, nonce=nonce)
    return made, payer.wallet.sign(digest(BASE_DOMAIN, made))


@pytest.fixture
def paid(token: Token, payer: Account) -> Paid:
    """A payment that was settled, as it would be sought."""

    def settle(**changes: object) -> Sought:
        made, signature = signed_by(payer)
        sent = token.transfer_with_authorization(made, signature, Account("a facilitator").sender)
        return replace(Sought(8453, BASE_USDC, made, sent), **changes)  # type: ignore[arg-type]

    return settle


def asked(chains: Chains, sought: Sought, blocks: int = 1000) -> Settlement:
    """The verdict by our own node."""

    async def run() -> Settlement:
        async with Client(httpx.ASGITransport(app=rpc_app(chains))) as client:
            return await check_settlement(Rpc("http://rpc/8453", client), sought, blocks=blocks)

    return asyncio.run(run())


def test_what_was_settled_is_settled(chains: Chains, paid: Paid) -> None:
    found = asked(chains, paid())
    assert (found.verdict, found.nonce_used, found.confirmations) == (Verdict.SETTLED, True, 1)


def test_it_is_found_without_its_transaction(chains: Chains, paid: Paid) -> None:
    sought = paid()
    found = asked(chains, replace(sought, transaction=None))
    assert (found.verdict, found.transaction) == (Verdict.SETTLED, sought.transaction)


def test_a_transaction_that_never_was_has_no_receipt(chains: Chains, paid: Paid) -> None:
    found = asked(chains, paid(transaction=TRANSACTION))
    assert (found.verdict, found.nonce_used) == (Verdict.NO_RECEIPT, True)


def test_a_payment_that_was_never_sent_is_unused(chains: Chains, payer: Account) -> None:
    made, _ = signed_by(payer)
    found = asked(chains, Sought(8453, BASE_USDC, made))
    assert (found.verdict, found.nonce_used) == (Verdict.UNUSED, False)


def test_another_payment_s_transaction_does_not_prove_this_one(
    chains: Chains, paid: Paid, token: Token, payer: Account
) -> None:
    other, signature = signed_by(payer, nonce=b"\x08" * 32)
    sent = token.transfer_with_authorization(other, signature, Account("a facilitator").sender)
    assert asked(chains, paid(transaction=sent)).verdict is Verdict.OTHER_NONCE


def test_a_nonce_that_was_used_for_less_is_a_mismatch(chains: Chains, token: Token, payer: Account) -> None:
    less, signature = signed_by(payer, value=1)
    sent = token.transfer_with_authorization(less, signature, Account("a facilitator").sender)
    wanted, _ = signed_by(payer)
    for transaction in (sent, None):
        assert asked(chains, Sought(8453, BASE_USDC, wanted, transaction)).verdict is Verdict.MISMATCH


def test_a_transaction_that_reverted_failed(chains: Chains, token: Token, payer: Account) -> None:
    made, signature = signed_by(payer, value=11 * PRICE)
    sent = token.transfer_with_authorization(made, signature, Account("a facilitator").sender)
    found = asked(chains, Sought(8453, BASE_USDC, made, sent))
    assert (found.verdict, found.nonce_used) == (Verdict.FAILED, False)


def test_a_canceled_nonce_is_canceled(chains: Chains, token: Token, payer: Account) -> None:
    made, _ = signed_by(payer)
    nonce = bytes.fromhex(made.nonce[2:])
    signature = payer.signs(token.domain, cancel_struct(payer.address, nonce))
    payer.sender.send(token.chain, token.address, authorized("cancelAuthorization", (payer.address, nonce), signature))
    assert asked(chains, Sought(8453, BASE_USDC, made)).verdict is Verdict.CANCELED


def test_confirmations_are_counted(chains: Chains, paid: Paid, payer: Account, token: Token) -> None:
    sought = paid(confirmations=3)
    assert asked(chains, sought).verdict is Verdict.SHALLOW
    for _ in range(2):
        payer.sender.send(token.chain, STRANGER, b"")
    found = asked(chains, sought)
    assert (found.verdict, found.confirmations) == (Verdict.SETTLED, 3)


def test_a_search_that_looks_too_little_back_finds_nothing(
    chains: Chains, paid: Paid, payer: Account, token: Token
) -> None:
    sought = paid(transaction=None)
    payer.sender.send(token.chain, STRANGER, b"")
    assert asked(chains, sought, blocks=1).verdict is Verdict.NOT_FOUND
    assert asked(chains, sought, blocks=2).verdict is Verdict.SETTLED


def test_a_node_of_another_chain_decides_nothing(chains: Chains, paid: Paid) -> None:
    assert asked(chains, paid(chain_id=1)).verdict is Verdict.OTHER_CHAIN
    assert asked(chains, paid(chain_id=1, transaction=None)).verdict is Verdict.OTHER_CHAIN


def test_an_asset_that_is_no_token_decides_nothing(chains: Chains, paid: Paid) -> None:
    assert asked(chains, paid(asset=STRANGER)).verdict is Verdict.UNDECIDED


@pytest.mark.anvil
def test_anvil_itself_says_the_same() -> None:
    chains = opened(Backend.ANVIL)
    token, payer = chains.token(BASE, BASE_USDC), Account("payer at anvil")
    assert token is not None
    assert isinstance(token.chain, AnvilChain)
    token.mint(payer.address, PRICE)
    made, signature = signed_by(payer)
    sent = token.transfer_with_authorization(made, signature, payer.sender)
    for transaction in (sent, None):
        sought = Sought(8453, BASE_USDC, made, transaction)
        assert over_sockets(token.chain.url, sought).verdict is Verdict.SETTLED
    other, _ = signed_by(payer, nonce=b"\x08" * 32)
    assert over_sockets(token.chain.url, Sought(8453, BASE_USDC, other)).verdict is Verdict.UNUSED
    chains.close()


def over_sockets(url: str, sought: Sought, guard: Guard = ANYWHERE) -> Settlement:
    """The verdict by a node at a real address."""

    async def run() -> Settlement:
        async with guarded_client(guard, RPC_LIMITS) as client:
            return await check_settlement(Rpc(url, client), sought)

    return asyncio.run(run())


SOUGHT = Sought(8453, BASE_USDC, signed_by(Account("anybody"))[0], TRANSACTION)
TRUE = "0x" + "0" * 63 + "1"


def batch(*results: object) -> bytes:
    return json.dumps([{"jsonrpc": "2.0", "id": at, "result": one} for at, one in enumerate(results)]).encode()


NODES: dict[str, tuple[Step, str]] = {
    "hangs up": (Raw(), "cannot be reached"),
    "speaks no HTTP": (Raw(b"hello\r\n\r\n"), "cannot be reached"),
    "wants a key": (Reply(401), "status 401"),
    "sends elsewhere": (Reply(307, (("location", "https://elsewhere.example/"),)), "status 307"),
    "answers nothing": (Reply(200), "no JSON"),
    "answers HTML": (Reply(200, (), b"<html>"), "no JSON"),
    "answers very deep": (Reply(200, (), b"[" * 5000), "no JSON"),
    "answers a number": (Reply(200, (), b"5"), "no batch"),
    "knows no batches": (Reply(200, (), b'{"error":{"code":-32600,"message":"no\\u001b[31m batch"}}'), "no [31m batch"),
    "answers half": (Reply(200, (), batch("0x2105")), "eth_getTransactionReceipt: not answered"),
    "answers an error": (
        Reply(200, (), b'[{"id":0,"result":"0x2105"},{"id":1,"error":{"code":-32005,"message":"limit exceeded"}}]'),
        "eth_getTransactionReceipt: limit exceeded",
    ),
    "answers an error that is none": (Reply(200, (), b'[{"id":0,"error":5}]'), "eth_chainId: no reason given"),
    "answers strangely": (Reply(200, (), batch({}, [], 5, True)), "eth_chainId: no quantity"),
    "answers without end": (Reply(200, (), b" " * (RPC_LIMITS.body + 1)), "more than the limit"),
}


@pytest.mark.parametrize("how", NODES)
def test_a_node_that_answers_anything_leaves_it_undecided(how: str) -> None:
    step, reason = NODES[how]

    async def run() -> Settlement:
        async with Server(step) as server, guarded_client(ANYWHERE, RPC_LIMITS) as client:
            return await check_settlement(Rpc(f"http://127.0.0.1:{server.port}/v3/{SECRET}", client), SOUGHT)

    found = asyncio.run(run())
    assert found.verdict is Verdict.UNDECIDED
    assert reason in found.reason
    assert SECRET not in found.reason


def test_answers_may_come_in_any_order() -> None:
    said = json.loads(batch("0x2105", None, TRUE, "0x1"))

    async def run() -> Settlement:
        reply = Reply(200, (), json.dumps(said[::-1]).encode())
        async with Server(reply) as server, guarded_client(ANYWHERE, RPC_LIMITS) as client:
            found = await check_settlement(Rpc(server.url, client), SOUGHT)
            assert len(json.loads(server.requests[0].body)) == 4
            return found

    assert asyncio.run(run()).verdict is Verdict.NO_RECEIPT


def test_a_slow_node_is_not_waited_for_without_end() -> None:
    async def run() -> Settlement:
        drip = Drip(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n", 0.05)
        async with Server(drip) as server, guarded_client(ANYWHERE, Limits(total=0.3)) as client:
            return await check_settlement(Rpc(server.url, client), SOUGHT)

    assert "timeout" in asyncio.run(run()).reason


def test_nobody_there_leaves_it_undecided() -> None:
    port = asyncio.run(closed_port())
    assert over_sockets(f"http://127.0.0.1:{port}", SOUGHT).verdict is Verdict.UNDECIDED


def test_a_guard_that_trusts_nobody_asks_no_node_of_this_machine() -> None:
    found = over_sockets("http://127.0.0.1:8545", SOUGHT, Guard())
    assert (found.verdict, found.reason) == (Verdict.UNDECIDED, "the node cannot be reached (refused)")
