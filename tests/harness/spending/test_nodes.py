"""Nodes: what they say before a signature, after a payment and of old entries, over real sockets."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest
from tests.harness.support.chains import Account, authorized, cancel_struct
from tests.harness.support.servers import Reply, Server, closed_port
from tests.harness.support.terms import PAYEE, SEPOLIA, SEPOLIA_DOMAIN, SEPOLIA_USDC, TRANSACTION
from tests.harness.support.testnet import KEY, USDC, Testnet

from x402_catalog.addresses import keccak
from x402_catalog.money import Money
from x402_harness.buying.nodes import NodeOracle, Nodes
from x402_harness.edge.client import Client
from x402_harness.edge.rpc import Rpc, RpcError
from x402_harness.ledger import Entry, Ledger, reconcile
from x402_harness.policy import Caps
from x402_harness.protocol.eip3009 import authorize, digest, domain_separator
from x402_harness.protocol.messages import Authorization
from x402_harness.protocol.onchain import Verdict
from x402_harness.wallet import UserWallet

T = TypeVar("T")
PRICE = 20_000
SECRET = "0123456789abcdef0123456789abcdef"


def signed(nonce: int, value: int = PRICE, *, since: float = 0, window: int = 300) -> Authorization:
    """What the payer signs ``since`` seconds ago."""
    return authorize(
        payer=UserWallet(KEY).address, payee=PAYEE, value=value, now=int(time.time() - since), timeout=window,
        nonce=nonce.to_bytes(32, "big"),
    )  # fmt: skip


def settle(net: Testnet, made: Authorization) -> str:
    """Have somebody settle an authorization."""
    token = net.world.chains.token(SEPOLIA, SEPOLIA_USDC)
    assert token is not None
    signature = UserWallet(KEY).sign(digest(SEPOLIA_DOMAIN, made))
    return token.transfer_with_authorization(made, signature, Account("a facilitator").sender)


def cancel(net: Testnet, made: Authorization) -> None:
    """Have the payer cancel an authorization."""
    chain = net.world.chains.chain(SEPOLIA)
    assert chain is not None
    words = (made.from_, bytes.fromhex(made.nonce[2:]))
    struct = b"\x19\x01" + domain_separator(SEPOLIA_DOMAIN) + cancel_struct(*words)
    signature = UserWallet(KEY).sign(keccak(struct))
    data = authorized("cancelAuthorization", words, signature)
    Account("a facilitator").sender.send(chain, SEPOLIA_USDC, data)


def asked(net: Testnet, ask: Callable[[Nodes], Awaitable[T]], **settings: Any) -> tuple[T, list[float]]:
    """What nodes say, and how long they were waited for."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async def run() -> T:
        async with Client() as client:
            node = Rpc(net.rpc.partition("=")[2], client)
            return await ask(Nodes({SEPOLIA: node}, sleep=sleep, **settings))

    return asyncio.run(run()), waited


def settlement(made: Authorization, transaction: str | None) -> Callable[[Nodes], Awaitable[Any]]:
    return lambda nodes: nodes.settlement(SEPOLIA, SEPOLIA_USDC, made, transaction)


def test_what_moved_is_settled_at_once(net: Testnet) -> None:
    made = signed(1)
    sent = settle(net, made)
    for transaction in (sent, None):
        seen, waited = asked(net, settlement(made, transaction))
        assert (seen.verdict, seen.transaction, waited) == (Verdict.SETTLED, sent, [])


def test_what_does_not_show_is_waited_for_as_long_as_its_patience_lasts(net: Testnet) -> None:
    for transaction, verdict in ((None, Verdict.UNUSED), (TRANSACTION, Verdict.NO_RECEIPT)):
        seen, waited = asked(net, settlement(signed(1), transaction), patience=5.0)
        assert (seen.verdict, sum(waited)) == (verdict, 6.0)


def test_what_was_refused_is_looked_for_once(net: Testnet) -> None:
    seen, waited = asked(
        net, lambda nodes: nodes.settlement(SEPOLIA, SEPOLIA_USDC, signed(1), None, patient=False)
    )  # fmt: skip
    assert (seen and seen.verdict, waited) == (Verdict.UNUSED, [])


def test_too_few_confirmations_are_waited_for_and_then_said(net: Testnet) -> None:
    made = signed(1)
    seen, waited = asked(net, settlement(made, settle(net, made)), confirmations=3, patience=2.0)
    assert (seen.verdict, seen.confirmations, waited) == (Verdict.SHALLOW, 1, [2.0])


def test_a_network_without_a_node_is_not_asked_about(net: Testnet) -> None:
    seen, _ = asked(net, lambda nodes: nodes.settlement("eip155:8453", SEPOLIA_USDC, signed(1), None))
    assert seen is None


REFUSALS = {
    "another chain": ("base-sepolia={url}/rpc/8453", "SPEND051"),
    "no node": ("base-sepolia={url}/nowhere/" + SECRET, "SPEND050"),
    "nobody there": ("base-sepolia=http://127.0.0.1:{closed}/" + SECRET, "SPEND050"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_nothing_is_signed_while_the_node_cannot_be_relied_on_and_its_url_is_never_shown(
    net: Testnet, case: str
) -> None:
    value, code = REFUSALS[case]
    net.world.fund(net.payer, Money(1, USDC))
    net.plan()
    done = net.apply("--rpc", value.format(url=net.url, closed=asyncio.run(closed_port())))
    assert (done.returncode, code in done.stdout) == (4, True), done.stdout
    assert (net.earned, [row.state for row in net.rows()]) == (0, [Entry.REFUSED])
    kept = b"".join(path.read_bytes() for path in net.folder.rglob("*") if path.is_file())
    assert SECRET.encode() not in kept + (done.stdout + done.stderr).encode()


def test_a_payer_without_enough_money_is_told_before_anything_is_signed(net: Testnet) -> None:
    net.plan()
    settle(net, signed(1, value=10_000_000 - PRICE + 1))
    before = net.earned
    done = net.apply("--rpc", net.rpc)
    assert (done.returncode, "SPEND052" in done.stdout, net.earned) == (4, True, before)
    assert "holds 0.019999 USDC" in done.stdout


WORD = "0x" + (10**9).to_bytes(32, "big").hex()
OWN = "0x" + domain_separator(SEPOLIA_DOMAIN).hex()
TOKENS = {
    "another domain": (WORD, "0x" + "11" * 32, "SPEND053"), "no contract": ("0x", "0x", "SPEND053"),
    "no answer to the domain": (WORD, "0x", "SPEND053"), "junk": (None, 7, "SPEND053"),
    "poor": ("0x0", OWN, "SPEND052"),
}  # fmt: skip


@pytest.mark.parametrize("case", TOKENS)
def test_a_token_that_is_another_than_the_tables_is_not_paid_with(net: Testnet, case: str) -> None:
    balance, separator, code = TOKENS[case]
    results = [{"id": number, "result": one} for number, one in enumerate(["0x14a34", balance, separator])]

    async def run() -> Any:
        node = Server(*[Reply(200, (), json.dumps(results).encode())] * 3)
        async with node:
            return await asyncio.to_thread(net.apply, "--rpc", f"base-sepolia={node.url}")

    net.plan()
    done = asyncio.run(run())
    assert (done.returncode, code in done.stdout, net.earned) == (4, True, 0), done.stdout


def test_a_node_that_repeats_the_key_of_its_url_does_not_give_it_away(net: Testnet) -> None:
    said = {"error": {"code": -32000, "message": f"{'x' * 150} {SECRET} is over its limit: {SECRET.upper()}"}}

    async def run() -> Any:
        async with Server(*[Reply(200, (), json.dumps(said).encode())] * 3) as node:
            return await asyncio.to_thread(net.apply, "--rpc", f"base-sepolia={node.url}/{SECRET}?key={SECRET}")

    net.plan()
    done = asyncio.run(run())
    assert (done.returncode, "(withheld)" in done.stdout, SECRET[:6] in done.stdout.lower()) == (4, True, False)


def test_environment_names_nodes_and_the_option_comes_first(net: Testnet) -> None:
    net.plan()
    closed = f"http://127.0.0.1:{asyncio.run(closed_port())}/{SECRET}"
    done = net.testbuy(
        "apply", net.folder / "buy.plan", "--approve", net.digest(), "--no-input", *net.key, "-q",
        "--reports", net.folder / "reports", TESTBUY_RPC_BASE_SEPOLIA=closed,
    )  # fmt: skip
    assert "SPEND050" in done.stdout
    net.plan("--seed", "7")
    done = net.testbuy(
        "apply", net.folder / "buy.plan", "--approve", net.digest(), "--no-input", *net.key, "-q",
        "--reports", net.folder / "reports", "--rpc", net.rpc, TESTBUY_RPC_BASE_SEPOLIA=closed,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (f"http://{SECRET}", "NETWORK=URL"), (f"base-sepolia=ftp://{SECRET}", "no absolute http(s) URL"),
        (f"nowhere=http://{SECRET}", "no EVM network"), (f"solana=http://{SECRET}", "no EVM network"),
        (f"base=http://{SECRET}.example", "over https"),
    ],
)  # fmt: skip
def test_what_names_no_node_is_a_usage_error_that_does_not_repeat_it(net: Testnet, value: str, said: str) -> None:
    done = net.testbuy("ledger", "reconcile", "--rpc", value)
    assert (done.returncode, said in done.stderr, SECRET in done.stderr) == (2, True, False), done.stderr


def test_a_node_of_a_main_network_is_asked_at_public_addresses_only(net: Testnet) -> None:
    booked(net, signed(1), Entry.UNKNOWN, network="eip155:8453")
    done = net.testbuy("ledger", "reconcile", "--rpc", "base=https://127.0.0.1:1/rpc")
    assert (done.returncode, "the node cannot be reached (refused)" in done.stdout) == (6, True), done.stdout


ROADS = {
    Entry.RESERVED: (), Entry.SIGNED: (Entry.SIGNED,), Entry.SENT: (Entry.SIGNED, Entry.SENT),
    Entry.UNKNOWN: (Entry.SIGNED, Entry.SENT, Entry.UNKNOWN),
}  # fmt: skip


def booked(net: Testnet, made: Authorization, state: Entry, *, network: str = SEPOLIA) -> None:
    """An entry for an authorization, as a run may have left it."""
    asset = USDC if network == SEPOLIA else type(USDC)(network, SEPOLIA_USDC, "USDC", 6)
    with Ledger(net.home / "ledger.db", time.time) as ledger:
        entry = ledger.reserve(
            run="run", case=made.nonce, price=Money(PRICE, asset), caps=Caps(PRICE, 10**9), authorization=made,
            digest=digest(SEPOLIA_DOMAIN, made),
        )  # fmt: skip
        ledger.move(entry, *ROADS[state])


@pytest.mark.parametrize("state", ROADS)
def test_reconciling_ends_what_the_chain_tells_and_leaves_the_rest(net: Testnet, state: Entry) -> None:
    paid, over, canceled, fresh = signed(1), signed(2, since=400), signed(3), signed(4)
    for made in (paid, over, canceled, fresh):
        booked(net, made, state)
    other, ours = signed(5, value=1), signed(5)
    booked(net, ours, state)
    cancel(net, canceled)
    settle(net, other)
    sent = settle(net, paid)
    done = net.testbuy("ledger", "reconcile", "--rpc", net.rpc, "--format", "json")
    told = {entry["nonce"]: (entry["state"], entry["reason"]) for entry in json.loads(done.stdout)["entries"]}
    assert told[paid.nonce] == ("settled", "the chain shows that the nonce is used")
    assert told[over.nonce][0] == "expired"
    assert told[canceled.nonce] == ("expired", "the chain shows that the payer canceled the authorization")
    assert told[fresh.nonce] == (state, "unused, but its window is not over")
    assert told[ours.nonce][0] == state
    assert "transfer mismatch" in told[ours.nonce][1]
    assert done.returncode == 6
    assert {row.case: row.transaction for row in net.rows()}[paid.nonce] == sent


def test_a_node_that_has_no_final_block_can_tell_what_was_paid_and_not_what_never_will_be(net: Testnet) -> None:
    paid, over = signed(1), signed(2, since=400)
    for made in (paid, over):
        booked(net, made, Entry.UNKNOWN)
    settle(net, paid)

    class Old(Rpc):
        """A node of before there was finality."""

        async def ask(self, calls: Any) -> Any:
            if any(call.params[:1] == ("finalized",) for call in calls):
                raise RpcError("eth_getBlockByNumber: unknown tag")
            return await super().ask(calls)

    async def run() -> list[Entry]:
        async with Client() as client:
            nodes = Nodes({SEPOLIA: Old(net.rpc.partition("=")[2], client)})
            with Ledger(net.home / "ledger.db", time.time) as ledger:
                done = await reconcile(ledger, NodeOracle(nodes, {one.nonce: one for one in (paid, over)}))
                return [one.after for one in done]

    assert asyncio.run(run()) == [Entry.SETTLED, Entry.UNKNOWN]


def test_what_is_on_another_network_than_the_nodes_stays_open(net: Testnet) -> None:
    booked(net, signed(1), Entry.UNKNOWN, network="eip155:8453")
    done = net.testbuy("ledger", "reconcile", "--rpc", net.rpc)
    assert (done.returncode, "no node of eip155:8453 is named" in done.stdout) == (6, True)


def test_the_books_of_a_mock_run_are_reconciled_with_a_sandbox_on_this_machine(net: Testnet) -> None:
    made = signed(1)
    booked(net, made, Entry.UNKNOWN)
    settle(net, made)
    (net.home / "ledger.db").rename(net.folder / "run.db")
    done = net.testbuy("ledger", "reconcile", "--ledger", net.folder / "run.db", "--rpc", net.rpc)
    assert (done.returncode, "settled" in done.stdout) == (0, True)
