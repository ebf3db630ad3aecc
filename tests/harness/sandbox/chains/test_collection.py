"""The collection: chains and tokens by name, made when they are asked for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from tests.harness.support.chains import ANVIL, Account, opened
from tests.harness.support.terms import BASE, BASE_DOMAIN, BASE_USDC, NOW, PAYEE, PAYER, PRICE, STRANGER

from x402_harness.protocol import abi
from x402_harness.sandbox.chains import Backend, Chains, Contract
from x402_harness.sandbox.chains.anvil import AnvilChain, AnvilMissing, find_anvil


def test_a_chain_is_made_when_it_is_first_asked_for() -> None:
    chains = opened(Backend.MEMORY)
    assert chains.opened() == ()
    assert chains.chain("base") is chains.chain(BASE)
    assert [chain.chain_id for chain in chains.opened()] == [8453]
    chains.close()
    assert chains.opened() == ()


@pytest.mark.parametrize("name", ["solana", "eip155:999999", "story", "nonsense", ""])
def test_where_there_is_no_chain_there_is_no_token(name: str) -> None:
    chains = opened(Backend.MEMORY)
    assert chains.chain(name) is None
    assert chains.token(name, BASE_USDC) is None
    assert not chains.nonce_used(name, BASE_USDC, PAYER, "0x" + "07" * 32)
    with pytest.raises(KeyError):
        chains.balances(name, BASE_USDC, PAYER, PAYEE)


def test_an_asset_that_needs_permit2_is_no_token_here() -> None:
    assert opened(Backend.MEMORY).token("megaeth", "0xFAfDdbb3FC7688494971a79cc65DCa3EF82079E7") is None


def test_a_look_alike_can_be_put_on_a_chain(chains: Chains) -> None:
    domain = replace(BASE_DOMAIN, contract=STRANGER)
    token = chains.deploy(Contract(domain, "USDC", 18))
    assert chains.token("base", STRANGER.lower()) == token
    token.mint(PAYER, PRICE)
    assert chains.balances(BASE, STRANGER, PAYER, PAYEE).payer == PRICE
    assert chains.balances(BASE, BASE_USDC, PAYER, PAYEE).payer == 0
    assert abi.number(token.chain.call(STRANGER, abi.call("decimals()"))) == 18


def test_a_name_that_the_contract_cannot_keep_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 64 bytes"):
        opened(Backend.MEMORY).deploy(Contract(replace(BASE_DOMAIN, name="U" * 65), "U", 6))


def test_a_backend_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="geth"):
        Chains(lambda: NOW, "geth")


def test_without_anvil_it_is_said_what_brings_it(tmp_path: Path) -> None:
    with pytest.raises(AnvilMissing, match="npm install"):
        Chains(lambda: NOW, Backend.ANVIL, anvil=str(tmp_path / "anvil")).chain("base")


def test_npm_s_script_in_front_of_anvil_is_looked_behind(tmp_path: Path) -> None:
    package = tmp_path / "node_modules" / "@foundry-rs"
    native = package / "anvil-linux-amd64" / "bin" / "anvil"
    script = package / "anvil" / "bin.mjs"
    for path in (native, script):
        path.parent.mkdir(parents=True)
        path.touch(mode=0o755)
    assert find_anvil(str(script)) == native
    native.unlink()
    with pytest.raises(AnvilMissing, match="this machine"):
        find_anvil(str(script))


def test_something_that_is_not_anvil_is_not_waited_for(tmp_path: Path) -> None:
    fake = tmp_path / "anvil"
    fake.write_text("#!/bin/sh\nexit 3\n")
    fake.chmod(0o755)
    with pytest.raises(AnvilMissing, match="status 3"):
        Chains(lambda: NOW, Backend.ANVIL, anvil=str(fake)).chain("base")


@pytest.fixture
def node() -> Iterator[AnvilChain]:
    """A node of a test's own."""
    chains = opened(Backend.ANVIL)
    chain = chains.chain("base")
    assert isinstance(chain, AnvilChain)
    yield chain
    chains.close()


def is_listening(chain: AnvilChain) -> bool:
    try:
        httpx.post(chain.url, json={}, trust_env=False)
    except httpx.ConnectError:
        return False
    return True


@pytest.mark.anvil
def test_closing_stops_the_node(node: AnvilChain) -> None:
    assert Account("anybody").sender.send(node, STRANGER, b"")
    assert is_listening(node)
    node.close()
    assert not is_listening(node)
    node.close()


@pytest.mark.anvil
def test_a_node_that_was_killed_is_said_to_be_gone(node: AnvilChain) -> None:
    os.kill(node.pid, signal.SIGKILL)
    while is_listening(node):
        pass
    with pytest.raises(AnvilMissing, match="does not answer"):
        node.block_number()


@pytest.mark.anvil
def test_a_process_that_forgets_to_close_leaves_no_node_behind() -> None:
    script = (
        "import os, time; from x402_harness.sandbox.chains.anvil import AnvilChain;"
        "print(AnvilChain(8453, time.time, os.environ['TESTBUY_ANVIL']).url)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TESTBUY_ANVIL": ANVIL},
    )
    with pytest.raises(httpx.ConnectError):
        httpx.post(done.stdout.strip(), json={}, trust_env=False)
