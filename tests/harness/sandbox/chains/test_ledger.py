"""A chain from outside: nonces, blocks, receipts and logs, the same on every backend."""

from __future__ import annotations

import threading

import pytest
from eth_account import Account as EthAccount
from tests.harness.support.chains import Account, opened
from tests.harness.support.terms import BASE, NOW, PRICE, STRANGER

from x402_harness.protocol import abi
from x402_harness.sandbox.chains import Backend, Chain, Chains, Rejected, Reverted, Token
from x402_harness.sandbox.chains.chain import LogFilter
from x402_harness.sandbox.chains.transactions import signed

PAY = abi.call("transfer(address,uint256)", STRANGER, 1)
TRANSFER = abi.topic("Transfer(address,address,uint256)")


@pytest.fixture
def chain(token: Token) -> Chain:
    """The chain of Base."""
    return token.chain


def test_a_transaction_is_mined_at_once_in_a_block_of_its_own(chain: Chain, token: Token, payer: Account) -> None:
    before = chain.block_number()
    sent = payer.sender.send(chain, token.address, PAY)
    receipt = chain.receipt(sent)
    assert receipt is not None
    assert (receipt.transaction, receipt.success, receipt.block_number) == (sent, True, before + 1)
    assert (receipt.sender, receipt.to) == (payer.address.lower(), token.address.lower())
    block = chain.block(receipt.block_number)
    assert block is not None
    assert (block.hash, block.transactions, block.timestamp) == (receipt.block_hash, (sent,), NOW)
    assert chain.block(block.hash) == block
    parent = chain.block(before)
    assert parent is not None
    assert block.parent == parent.hash


def test_a_mined_transaction_is_remembered_whole(chain: Chain, token: Token, payer: Account) -> None:
    found = chain.transaction(payer.sender.send(chain, token.address, PAY))
    assert found is not None
    assert (found.sender, found.nonce, found.to, found.data) == (payer.address.lower(), 0, token.address.lower(), PAY)
    assert (found.kind, found.chain_id, found.value) == (2, 8453, 0)


def test_what_a_contract_refuses_is_mined_and_changes_nothing(chain: Chain, token: Token, payer: Account) -> None:
    too_much = abi.call("transfer(address,uint256)", STRANGER, 11 * PRICE)
    receipt = chain.receipt(payer.sender.send(chain, token.address, too_much))
    assert receipt is not None
    assert (receipt.success, receipt.logs) == (False, ())
    assert token.balance(payer.address) == 10 * PRICE
    assert chain.transaction_count(payer.address) == 1


def test_nonces_count_up_one_by_one(chain: Chain, token: Token, payer: Account) -> None:
    raw = signed(payer.wallet, chain.chain_id, 0, token.address, PAY)
    chain.send_raw_transaction(raw)
    assert chain.transaction_count(payer.address.lower()) == 1
    with pytest.raises(Rejected, match="nonce too low"):
        chain.send_raw_transaction(raw)
    with pytest.raises(Rejected, match="nonce too high"):
        chain.send_raw_transaction(signed(payer.wallet, chain.chain_id, 2, token.address, PAY))
    assert token.balance(payer.address) == 10 * PRICE - 1


def test_what_is_no_transaction_for_this_chain_is_not_taken(chain: Chain, token: Token, payer: Account) -> None:
    with pytest.raises(Rejected, match="chain id"):
        chain.send_raw_transaction(signed(payer.wallet, 1, 0, token.address, PAY))
    with pytest.raises(Rejected):
        chain.send_raw_transaction(b"\x02nonsense")
    members = {"type": 2, "chainId": 8453, "nonce": 0, "gas": 10**6, "maxFeePerGas": 0, "maxPriorityFeePerGas": 0}
    for changes, why in (({"value": 1, "to": STRANGER}, "native coin"), ({"value": 0, "data": b"\x00"}, "created")):
        raw = EthAccount.create().sign_transaction({**members, **changes}).raw_transaction
        with pytest.raises(Rejected, match=why):
            chain.send_raw_transaction(bytes(raw))


def test_a_call_of_an_account_returns_nothing(chain: Chain) -> None:
    assert chain.call(STRANGER, PAY) == b""
    assert chain.code(STRANGER) == b""


def test_what_is_not_there_is_not_found(chain: Chain) -> None:
    nothing = "0x" + "00" * 32
    assert (chain.receipt(nothing), chain.transaction(nothing), chain.block(nothing)) == (None, None, None)
    assert chain.block(10**6) is None


def test_logs_are_found_by_address_topic_and_block(chain: Chain, token: Token, payer: Account) -> None:
    first = chain.receipt(payer.sender.send(chain, token.address, PAY))
    second = chain.receipt(payer.sender.send(chain, token.address, PAY))
    assert first is not None
    assert second is not None
    mine = frozenset({abi.word(payer.address)})

    def found(**changes: object) -> list[str]:
        wanted = {"addresses": frozenset({token.address.lower()}), "topics": (frozenset({TRANSFER}), mine), **changes}
        return [log.transaction for log in chain.logs(LogFilter(**wanted))]  # type: ignore[arg-type]

    both = [first.transaction, second.transaction]
    assert found() == both
    assert found(addresses=frozenset()) == both
    assert found(topics=(None, mine)) == both
    assert found(first=second.block_number) == both[1:]
    assert found(last=first.block_number) == both[:1]
    assert found(addresses=frozenset({STRANGER.lower()})) == []
    assert found(topics=(frozenset({TRANSFER}), None, mine)) == []
    assert found(topics=(frozenset({TRANSFER, abi.word(0)}), mine)) == both


def test_senders_in_many_threads_share_no_nonce(chain: Chain, token: Token, payer: Account) -> None:
    sent: list[str] = []
    threads = [
        threading.Thread(target=lambda: sent.append(payer.sender.send(chain, token.address, PAY))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(sent)) == 8
    assert token.balance(payer.address) == 10 * PRICE - 8


def test_money_given_while_other_money_moves_is_all_there(token: Token, payer: Account) -> None:
    def give() -> None:
        for _ in range(10):
            token.mint(payer.address, 1)

    def pay() -> None:
        for _ in range(10):
            payer.sender.send(token.chain, token.address, PAY)

    threads = [threading.Thread(target=work) for work in (give, pay) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert token.balance(payer.address) == 10 * PRICE


@pytest.mark.parametrize("backend", [Backend.MEMORY])
def test_a_clock_that_goes_back_does_not_take_the_chain_with_it(backend: Backend) -> None:
    times = [float(NOW)]
    chains = opened(backend, lambda: times[-1])
    chain = chains.chain(BASE)
    assert chain is not None
    for now, expected in ((NOW + 5, NOW + 5), (NOW + 2, NOW + 5), (NOW + 9, NOW + 9)):
        times.append(now)
        receipt = chain.receipt(Account(f"sender at {now}").sender.send(chain, STRANGER, b""))
        assert receipt is not None
        block = chain.block(receipt.block_number)
        assert block is not None
        assert block.timestamp == expected


def test_code_that_python_does_not_know_is_not_run_by_it() -> None:
    chain = opened(Backend.MEMORY).by_id(8453)
    chain.set_code(STRANGER.lower(), b"\x60\x00")
    with pytest.raises(Reverted):
        chain.call(STRANGER, b"")


def test_chains_know_nothing_of_each_other(chains: Chains, payer: Account) -> None:
    if chains.backend is Backend.ANVIL:
        pytest.skip("one node is one chain")
    base, ethereum = chains.chain("base"), chains.chain("ethereum")
    assert base is not None
    assert ethereum is not None
    payer.sender.send(base, STRANGER, b"")
    assert (base.transaction_count(payer.address), ethereum.transaction_count(payer.address)) == (1, 0)
