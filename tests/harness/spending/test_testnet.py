"""Buying with test money: within caps that are given, with a key of the user's, and never with real money."""

from __future__ import annotations

import json
import subprocess

import pytest
from tests.harness.support.terms import BASE_USDC
from tests.harness.support.testnet import CAPS, Testnet, sold

from x402_harness.ledger import Entry
from x402_harness.policy import Mode
from x402_harness.runs.venue import RealVenue

PRICE = 20_000


def buy(net: Testnet, *more: object, caps: tuple[str, ...] = CAPS) -> subprocess.CompletedProcess[str]:
    where = ("--reports", net.folder / "reports", "-q", "--rows", "1", "--allow-private")
    return net.testbuy("buy", "--mode", "testnet", net.folder / "shops.json", *where, *caps, *net.key, *more)


def test_it_buys_at_the_endpoint_and_books_it_with_the_user(net: Testnet) -> None:
    done = buy(net, "--rpc", net.rpc)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (net.earned, [row.state for row in net.rows()]) == (PRICE, [Entry.SETTLED])
    assert "mode testnet · paid: the sellers' own endpoints were bought from, with test money" in done.stdout
    assert list(net.folder.glob("reports/*/ledger.db")) == []
    assert "ledger.db" not in done.stdout


def test_a_slug_is_looked_up_in_the_catalogue(net: Testnet) -> None:
    where = ("--catalogue", net.folder / "shops.json", "--reports", net.folder / "reports", "-q", "--rows", "1")
    slug = ("buy", "--mode", "testnet", "shop-example-gen", "--allow-private")
    assert net.testbuy(*slug, *where, *CAPS, *net.key).returncode == 0
    assert net.earned == PRICE


@pytest.mark.parametrize("missing", ["--per-call-max", "--budget", "--per-day-max"])
def test_every_cap_must_be_given(net: Testnet, missing: str) -> None:
    place = CAPS.index(missing)
    done = buy(net, caps=(*CAPS[:place], *CAPS[place + 2 :]))
    assert (done.returncode, missing in done.stderr, net.rows()) == (2, True, [])


def test_the_days_cap_holds_over_runs(net: Testnet) -> None:
    caps = ("--per-call-max", "0.02", "--budget", "1", "--per-day-max", "0.05")
    codes = [buy(net, caps=caps).returncode for _ in range(3)]
    assert (codes, net.earned) == ([0, 0, 4], 2 * PRICE)


def test_private_addresses_are_not_reached_unless_that_is_allowed(net: Testnet) -> None:
    where = ("--reports", net.folder / "reports", "-q", "--format", "json")
    done = net.testbuy("buy", "--mode", "testnet", net.folder / "shops.json", *where, *CAPS, *net.key)
    found = [one for one in json.loads(done.stdout)["findings"] if one["rule"] == "NET001"]
    assert (net.earned, net.rows(), bool(found)) == (0, [], True)
    assert "loopback" in json.dumps(found)


def test_real_money_is_left_alone(net: Testnet) -> None:
    net.sell(sold(network="base", asset=BASE_USDC))
    done = buy(net)
    assert "testnet runs do not pay on base" in done.stdout
    assert net.rows() == []


def test_of_two_offers_the_one_in_test_money_is_bought(net: Testnet) -> None:
    both = sold()
    real = sold(network="base", asset=BASE_USDC, max_amount_required_atomic="1")["accepts"][0]
    both["accepts"].insert(0, real)
    net.sell(both)
    assert buy(net).returncode == 0
    assert [row.network for row in net.rows()] == ["eip155:84532"]


def test_side_effects_are_only_bought_where_they_are_allowed(net: Testnet) -> None:
    net.sell(sold(risk_notes=["sends a letter"]))
    done = buy(net)
    assert ("SPEND066" in done.stdout, net.rows()) == (True, [])
    assert buy(net, "--allow-side-effects").returncode == 0
    assert net.earned == PRICE


def test_a_main_network_is_no_choice(net: Testnet) -> None:
    done = buy(net, "--network", "base")
    assert (done.returncode, "do not pay on eip155:8453" in done.stderr) == (2, True)


@pytest.mark.parametrize("arguments", [("--account", "main"), ("--rpc", "base=https://x.example"), ("-N", "base")])
def test_what_is_for_test_money_is_refused_in_mock_runs(net: Testnet, arguments: tuple[str, str]) -> None:
    done = net.testbuy("buy", net.folder / "shops.json", *arguments)
    assert (done.returncode, "is for --mode testnet" in done.stderr) == (2, True)


def test_nothing_but_plan_and_apply_spends_real_money(net: Testnet) -> None:
    told = net.testbuy("buy", "--mode", "live", net.folder / "shops.json")
    assert (told.returncode, "testbuy apply buy.plan" in told.stderr) == (2, True)
    for variable in ("TESTBUY_MODE", "TESTBUY_BUY_MODE"):
        refused = net.testbuy("buy", net.folder / "shops.json", **{variable: "live"})
        assert (refused.returncode, f"{variable}: is taken from no variable" in refused.stderr) == (2, True)
    done = net.testbuy(
        "buy", net.folder / "shops.json", "--reports", net.folder / "r", "-q", "--format", "json", TESTBUY_LIVE="1"
    )
    assert json.loads(done.stdout)["mode"] == "mock"
    assert net.rows() == []


def test_a_venue_of_real_money_has_no_private_addresses() -> None:
    for mode in (Mode.LIVE, Mode.MOCK):
        with pytest.raises(ValueError, match="private addresses"):
            RealVenue(mode, private=True)
    listing = None
    client = RealVenue(Mode.LIVE).client(listing)  # type: ignore[arg-type]  # every listing has the same
    assert client.public_only
