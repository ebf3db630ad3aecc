"""Real money: the same road, up to where only a public endpoint would be paid. Nothing here could be."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from tests.harness.support.listings import hints
from tests.harness.support.terms import BASE, BASE_USDC
from tests.harness.support.testnet import Testnet, sold

from x402_catalog.models import Listing, listing_of
from x402_catalog.records import Record
from x402_harness.ledger import Entry
from x402_harness.planning.cases import plan
from x402_harness.planning.planfile import CallPart, CapsPart, PlanFile, RowPart, request_digest, row_digest, sealed
from x402_harness.policy import Caps
from x402_harness.wallet import Keystore

ANVIL_KEY = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")


def live_plan(net: Testnet, url: str, **changes: Any) -> PlanFile:
    """A plan for Base, written to the usual place, that testbuy plan itself would not write."""
    path, value = net.folder / "shops.json", sold(network="base", asset=BASE_USDC, hints=hints(), url=url)
    path.write_text(json.dumps([value]))
    listing: Listing = listing_of(Record(value, json.dumps(value).encode(), str(path), pointer="/0"))
    caps = Caps(50_000, 1_000_000, 1_000_000)
    (case,) = plan([listing], rows=1, seed=1, caps=caps).cases
    request, terms = case.candidate.request, case.expected
    call = CallPart(
        case=case.id, listing=listing.slug, method=request.method, url=request.url, request=request_digest(case),
        row=RowPart(file=str(path), line=1, pointer="/0", sha256=row_digest(listing)), version=1, scheme="exact",
        network=terms.network, asset=terms.asset, symbol="USDC", amount=str(terms.amount), price="0.020000",
        pay_to=terms.pay_to, timeout=300,
    )  # fmt: skip
    members: dict[str, Any] = {
        "version": "0", "mode": "live", "payer": net.payer, "networks": [BASE], "seed": 1, "rows": 1,
        "created": 0, "expires": 0, "allow_side_effects": False, "allow_private": False, "calls": [call],
        "caps": CapsPart(per_call=50_000, per_run=1_000_000, per_day=1_000_000), "left_out": [], "totals": [],
        "total": "0.02",
    }  # fmt: skip
    return sealed(**members | changes)


@pytest.fixture
def now() -> dict[str, int]:
    """A plan's first and last second."""
    return {"created": int(time.time()), "expires": int(time.time()) + 3600}


def write(net: Testnet, found: PlanFile) -> Path:
    path = net.folder / "buy.plan"
    path.write_text(found.text())
    return path


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
