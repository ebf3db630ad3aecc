"""Real money: the same road, up to where only a public endpoint would be paid. Nothing here could be."""

from __future__ import annotations

import json
import time

import pytest
from tests.harness.support.plans import live_plan, write
from tests.harness.support.terms import BASE
from tests.harness.support.testnet import Testnet

from x402_harness.ledger import Entry
from x402_harness.wallet import Keystore

ANVIL_KEY = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")


@pytest.fixture
def now() -> dict[str, int]:
    """A plan's first and last second."""
    return {"created": int(time.time()), "expires": int(time.time()) + 3600}


@pytest.mark.parametrize(
    ("url", "code"),
    [("http://shop.example.com/gen", "SPEND023"), ("https://127.0.0.1/gen", "SPEND024"),
     ("https://localhost/gen", "SPEND024"), ("https://u@shop.example.com/gen", "SPEND024")],
)  # fmt: skip
def test_real_money_is_not_spent_in_the_clear_or_on_this_machine(
    net: Testnet, now: dict[str, int], url: str, code: str
) -> None:
    write(net, live_plan(net, url, **now))
    done = net.apply("--mode", "live", "--format", "json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["mode"], told["money"]) == (4, "live", "real money")
    assert code in {finding["rule"] for finding in told["findings"]}
    assert [row.state for row in net.rows()] == [Entry.REFUSED]
    assert net.events("exchange") == []


def test_a_live_plan_does_not_reach_private_addresses(net: Testnet, now: dict[str, int]) -> None:
    write(net, live_plan(net, "https://shop.example.com/gen", allow_private=True, **now))
    done = net.apply()
    assert (done.returncode, "private addresses" in done.stderr, net.rows()) == (2, True, [])


def test_a_live_plan_is_not_applied_as_one_of_test_money(net: Testnet, now: dict[str, int]) -> None:
    write(net, live_plan(net, "https://shop.example.com/gen", **now))
    done = net.apply("--mode", "testnet")
    assert (done.returncode, "SPEND064" in done.stdout, net.rows()) == (4, True, [])


@pytest.mark.parametrize("networks", [["eip155:84532"], [BASE, "eip155:84532"]])
def test_the_networks_of_test_money_and_real_money_are_never_mixed(
    net: Testnet, now: dict[str, int], networks: list[str]
) -> None:
    write(net, live_plan(net, "https://shop.example.com/gen", networks=networks, **now))
    done = net.apply()
    assert (done.returncode, "live runs do not pay on eip155:84532" in done.stderr, net.rows()) == (2, True, [])


def test_a_key_that_everybody_has_pays_no_real_money(net: Testnet, now: dict[str, int]) -> None:
    account = Keystore(net.home / "wallets", work=2**10).add("anvil", ANVIL_KEY, "canary-in-a-coal-mine")
    write(net, live_plan(net, "https://shop.example.com/gen", payer=account.address, **now))
    done = net.apply("--account", "anvil")
    assert (done.returncode, "everybody has this key" in done.stderr, net.rows()) == (4, True, [])
