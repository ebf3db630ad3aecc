"""web3.py and the official facilitator over our JSON-RPC, on real sockets: they find an Ethereum node there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("web3", reason="web3.py is the client here")
pytest.importorskip("x402", reason="the official SDK's facilitator settles here")

from eth_account import Account
from tests.harness.support.terms import PAYEE, STRANGER, option_v1, option_v2
from web3 import Web3
from web3.exceptions import ContractLogicError
from web3.middleware import SignAndSendRawMiddlewareBuilder
from x402 import x402Facilitator
from x402.mechanisms.evm.exact import register_exact_evm_facilitator
from x402.mechanisms.evm.signers import FacilitatorWeb3Signer
from x402.schemas import PaymentPayload, PaymentRequirements
from x402.schemas.v1 import PaymentPayloadV1, PaymentRequirementsV1

from x402_harness.edge.direct import guarded_client
from x402_harness.edge.guard import Guard
from x402_harness.edge.rpc import RPC_LIMITS, Rpc, check_settlement
from x402_harness.protocol.eip3009 import Domain, authorize, digest
from x402_harness.protocol.onchain import Sought, Verdict
from x402_harness.sandbox.chains import Chains
from x402_harness.sandbox.rpc.app import rpc_app
from x402_harness.wallet import ThrowawayWallet

ASSET = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"
DOMAIN = Domain("USD Coin", "2", 8453, ASSET)
PRICE = 20_000
ABI: list[dict[str, Any]] = [
    {
        "type": "function", "name": "transfer", "stateMutability": "nonpayable", "outputs": [{"type": "bool"}],
        "inputs": [{"name": "to", "type": "address"}, {"name": "value", "type": "uint256"}],
    },
    {
        "type": "function", "name": "balanceOf", "stateMutability": "view", "outputs": [{"type": "uint256"}],
        "inputs": [{"name": "account", "type": "address"}],
    },
    {"type": "function", "name": "name", "stateMutability": "view", "outputs": [{"type": "string"}], "inputs": []},
    {
        "type": "event", "name": "Transfer", "anonymous": False,
        "inputs": [
            {"name": "from", "type": "address", "indexed": True}, {"name": "to", "type": "address", "indexed": True},
            {"name": "value", "type": "uint256", "indexed": False},
        ],
    },
]  # fmt: skip


@pytest.fixture(scope="module")
def chains() -> Chains:
    """Chains on the system's clock, which the SDK reads too."""
    return Chains(time.time)


@pytest.fixture(scope="module")
def url(chains: Chains, serve: Callable[[Any], str]) -> str:
    """Where Base is spoken to."""
    return serve(rpc_app(chains)) + "/8453"


@pytest.fixture(scope="module")
def w3(url: str) -> Iterator[Any]:
    """web3.py, attached."""
    made = Web3(Web3.HTTPProvider(url))
    yield made
    hang_up(made)


def hang_up(w3: Any) -> None:
    """Close the connections that web3 keeps."""
    manager = w3.provider._request_session_manager
    for session in manager.session_cache._data.values():
        session.close()


def test_web3_attaches_and_reads(w3: Any, wallet: ThrowawayWallet) -> None:
    assert w3.is_connected()
    assert (w3.eth.chain_id, w3.eth.gas_price, w3.eth.max_priority_fee) == (8453, 0, 0)
    assert w3.eth.get_block("latest")["number"] == w3.eth.block_number
    assert w3.eth.get_code(ASSET) != b""
    assert w3.eth.get_balance(wallet.address) > 10**18
    assert w3.eth.get_storage_at(ASSET, 8)[-1] == 6
    assert w3.eth.fee_history(1, "latest")["baseFeePerGas"] == [0, 0]
    assert w3.eth.contract(ASSET, abi=ABI).functions.name().call() == "USD Coin"


def test_web3_sends_waits_and_reads_the_event(w3: Any, wallet: ThrowawayWallet) -> None:
    sender = Account.create()
    w3.provider.make_request("testbuy_fund", [sender.address, ASSET, 1000])
    w3.middleware_onion.inject(SignAndSendRawMiddlewareBuilder.build(sender), layer=0)
    token = w3.eth.contract(ASSET, abi=ABI)
    # Gas, fees and nonce are found out by web3 itself.
    sent = token.functions.transfer(STRANGER, 400).transact({"from": sender.address})
    receipt = w3.eth.wait_for_transaction_receipt(sent)
    assert receipt["status"] == 1
    (event,) = token.events.Transfer().process_receipt(receipt)
    assert (event["args"]["from"], event["args"]["to"], event["args"]["value"]) == (sender.address, STRANGER, 400)
    assert w3.eth.get_transaction(sent)["from"] == sender.address
    assert token.functions.balanceOf(sender.address).call() == 600
    found = token.events.Transfer().get_logs(from_block=0, argument_filters={"from": sender.address})
    assert [log["transactionHash"] for log in found] == [sent]


def test_web3_is_told_why_a_contract_refuses(w3: Any) -> None:
    call = w3.eth.contract(ASSET, abi=ABI).functions.transfer(STRANGER, 1)
    with pytest.raises(ContractLogicError, match="ERC20: transfer amount exceeds balance"):
        call.call({"from": PAYEE})
    with pytest.raises(ContractLogicError, match="ERC20: transfer amount exceeds balance"):
        call.estimate_gas({"from": PAYEE})


@pytest.fixture(scope="module")
def facilitator(url: str) -> Iterator[Any]:
    """The official facilitator with its own web3 signer."""
    signer = FacilitatorWeb3Signer("0x" + "33" * 32, url)
    yield register_exact_evm_facilitator(x402Facilitator(), signer, "eip155:8453")
    hang_up(signer._w3)


Judge = Callable[..., tuple[Any, Any]]


@pytest.fixture
def judge(facilitator: Any, chains: Chains, request: pytest.FixtureRequest) -> Judge:
    """What the official facilitator says of a payment, and what it settles it to."""
    wallet = ThrowawayWallet(digest(DOMAIN, _terms(PAYEE, request.node.name)))
    token = chains.token("base", ASSET)
    assert token is not None
    token.mint(wallet.address, PRICE)

    def asked(version: int, *, value: int = PRICE, forged: bool = False) -> tuple[Any, Any]:
        made = authorize(
            payer=wallet.address, payee=PAYEE, value=value, now=int(time.time()), timeout=300, nonce=b"\x01" * 32
        )
        signer = ThrowawayWallet(b"\x44" * 32) if forged else wallet
        payload = {"signature": "0x" + signer.sign(digest(DOMAIN, made)).hex(), "authorization": made.wire()}
        models = _models(version, payload, str(value))
        return asyncio.run(facilitator.verify(*models)), asyncio.run(facilitator.settle(*models))

    return asked


def _terms(payee: str, name: str) -> Any:
    return authorize(payer=payee, payee=payee, value=1, now=0, timeout=1, nonce=name.encode().ljust(32)[-32:])


def _models(version: int, payload: dict[str, Any], value: str) -> tuple[Any, Any]:
    if version == 1:
        terms = option_v1(payTo=PAYEE, maxAmountRequired=value)
        message = {"x402Version": 1, "scheme": "exact", "network": "base", "payload": payload}
        return PaymentPayloadV1.model_validate(message), PaymentRequirementsV1.model_validate(terms)
    terms = option_v2(payTo=PAYEE, amount=value)
    message = {"x402Version": 2, "accepted": terms, "payload": payload}
    return PaymentPayload.model_validate(message), PaymentRequirements.model_validate(terms)


@pytest.mark.parametrize("version", [1, 2])
def test_the_official_facilitator_verifies_and_settles_over_our_rpc(judge: Judge, chains: Chains, version: int) -> None:
    before = chains.balances("base", ASSET, PAYEE, PAYEE).payee
    verified, settled = judge(version)
    assert (verified.is_valid, verified.invalid_reason) == (True, None)
    assert (settled.success, settled.error_reason) == (True, None)
    assert chains.balances("base", ASSET, PAYEE, PAYEE).payee == before + PRICE
    chain = chains.chain("base")
    assert chain is not None
    receipt = chain.receipt(settled.transaction)
    assert receipt is not None
    assert [len(log.topics) for log in receipt.logs] == [3, 3]


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"value": PRICE + 1}, "invalid_exact_evm_insufficient_balance"),
        ({"forged": True}, "invalid_exact_evm_payload_signature"),
    ],
)
def test_the_official_facilitator_reads_our_reverts(judge: Judge, how: dict[str, Any], reason: str) -> None:
    verified, settled = judge(2, **how)
    assert (verified.is_valid, verified.invalid_reason) == (False, reason)
    assert not settled.success


def test_the_official_facilitator_is_told_of_a_replay(judge: Judge) -> None:
    assert judge(2)[1].success
    assert judge(2)[0].invalid_reason == "invalid_exact_evm_nonce_already_used"


def test_our_own_check_over_the_same_sockets_agrees(judge: Judge, url: str, request: pytest.FixtureRequest) -> None:
    _, settled = judge(2)
    payer = ThrowawayWallet(digest(DOMAIN, _terms(PAYEE, request.node.name))).address
    paid = authorize(payer=payer, payee=PAYEE, value=PRICE, now=0, timeout=1, nonce=b"\x01" * 32)

    async def check() -> Verdict:
        async with guarded_client(Guard(frozenset({"127.0.0.1"})), RPC_LIMITS) as client:
            sought = Sought(8453, ASSET, paid, settled.transaction)
            return (await check_settlement(Rpc(url, client), sought)).verdict

    assert asyncio.run(check()) is Verdict.SETTLED
