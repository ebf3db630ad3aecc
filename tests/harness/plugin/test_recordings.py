"""Recorded purchases are judged again in CI, as the same items, without money, keys, or a seller that answers."""

from __future__ import annotations

import json

import pytest
from tests.harness.plugin.conftest import REFERENCE
from tests.harness.support import shops
from tests.harness.support.testnet import sold

PRICE = 20_000
KEPT = ("--testbuy-recordings", "kept")
HERE = ("--testbuy-listings", "net/shops.json")


@pytest.fixture
def bought(spend, net):
    """Two purchases with test money that were recorded; then nobody sells anything any more."""
    spend(*KEPT).assert_outcomes(passed=3)
    assert net.earned == 2 * PRICE
    net.serve()
    return net


def books(net):
    return [(row.run, row.case) for row in net.rows()]


@pytest.mark.parametrize("mode", [(), ("--testbuy-mode", "replay")])
def test_they_are_played_as_the_items_that_were_bought(run, bought, mode):
    before = books(bought)
    result = run(*HERE, *KEPT, *mode, "-v", "--junitxml", "out.xml")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        [
            "testbuy: mode replay*",
            "*::shop-example-gen[[]listing[]] PASSED*",
            "*::shop-example-gen[[]row01 *[]] PASSED*",
            "2 replayed: bought before, judged again, nothing paid",
        ]
    )
    assert books(bought) == before


def test_reporters_are_told_that_they_were_recorded(pytester, run, bought):
    run(*HERE, *KEPT, "--junitxml", "out.xml")
    text = (pytester.path / "out.xml").read_text()
    assert text.count('<property name="testbuy_recorded" value="1"') == 2
    assert text.count('<property name="testbuy_evidence" value="paid"') == 2
    assert text.count('<property name="testbuy_state" value="settled"') == 2


def test_all_of_them_are_played_whatever_number_is_bought(run, bought):
    run(*HERE, *KEPT, "--testbuy-rows", 1).assert_outcomes(passed=3)


def test_the_command_line_replays_them_too(pytester, bought):
    done = bought.testbuy("replay", pytester.path / "kept", "--reports", bought.folder / "reports", "-q")
    assert done.returncode == 0, done.stdout
    assert "2 settled" in done.stdout


def test_they_are_judged_by_the_listing_of_today(run, bought):
    (told,) = json.loads((bought.folder / "shops.json").read_text())
    told["accepts"][0]["hints"]["output"] = {"type": "object", "required": ["weather"], "properties": {}}
    (bought.folder / "shops.json").write_text(json.dumps([told]))
    result = run(*HERE, *KEPT, "-k", "row")
    result.assert_outcomes(failed=2, deselected=1)
    result.stdout.fnmatch_lines(["*RESP003 error*", "*paid *0.020000 USDC settled in 0x* (recorded)"])


def test_a_stale_recording_is_told_and_not_judged(run, bought):
    bought.list(sold(max_amount_required_atomic="30000"))
    result = run(*HERE, *KEPT, "-v", "-rs", "--testbuy-mode", "replay")
    result.assert_outcomes(passed=1, skipped=3)
    result.stdout.fnmatch_lines(
        [
            "*::shop-example-gen[[]stale recording[]] SKIPPED*",
            "*::shop-example-gen[[]stale recording#2[]] SKIPPED*",
            "not judged: the recording of row 1 (*) is stale: the price was 0.020000 USDC, and is 0.030000 USDC now",
        ]
    )


def test_what_was_not_recorded_is_skipped_in_replay_and_simulated_otherwise(run, bought):
    bought.list(sold(), sold("other-example-gen"))
    result = run(*HERE, *KEPT, "--testbuy-mode", "replay", "-k", "other", "-rs")
    assert result.parseoutcomes()["skipped"] == 1
    result.stdout.fnmatch_lines(["*nothing was recorded of it, and nothing is bought in replay*"])
    result = run(*HERE, *KEPT, "-k", "row")
    result.assert_outcomes(passed=4, deselected=2)
    result.stdout.fnmatch_lines(["2 replayed: *", "2 settled (sandbox money, sellers made from the listings)"])


def test_tests_of_ones_own_play_them_too(pytester, run, bought):
    pytester.makepyfile(
        test_own="""
        import dataclasses
        import pytest
        from x402_harness import NotBuyable

        def test_each(testbuy_case, testbuy_buyer):
            made = testbuy_buyer.buy(testbuy_case)
            made.assert_conforms()
            assert made.recorded and made.answer.status == 200 and made.transaction
            with pytest.raises(NotBuyable, match="was not recorded, and nothing is bought in replay"):
                testbuy_buyer.buy(dataclasses.replace(testbuy_case, id="000000000000"))
            with pytest.raises(NotBuyable, match="nobody is asked anything in replay"):
                testbuy_buyer.probe(testbuy_case.listing)
        """
    )
    run(*HERE, *KEPT, "--testbuy-mode", "replay", "-k", "test_each").assert_outcomes(passed=2, deselected=3)


def test_ini_options_replay_and_need_nothing_else(pytester, run, bought):
    pytester.makeini("[pytest]\ntestbuy_listings = net/shops.json\ntestbuy_mode = replay\ntestbuy_recordings = kept\n")
    run().assert_outcomes(passed=3)


@pytest.mark.parametrize(("keeping", "earned"), [("new", 0), ("once", 0), ("all", 2), ("none", 2)])
def test_what_is_bought_again_is_chosen(spend, net, keeping, earned):
    spend(*KEPT)
    before = net.earned
    spend(*KEPT, "--testbuy-record", keeping).assert_outcomes(passed=3)
    assert net.earned - before == earned * PRICE


def test_new_rows_are_bought_beside_the_recorded_ones_unless_it_is_once(spend, net):
    spend(*KEPT, "--testbuy-rows", 1)
    spend(*KEPT, "--testbuy-record", "once", "--testbuy-rows", 2)
    assert net.earned == PRICE
    spend(*KEPT, "--testbuy-record", "new", "--testbuy-rows", 2)
    assert net.earned == 2 * PRICE


def test_nothing_is_kept_where_nothing_is_to_be(pytester, spend, net):
    spend(*KEPT, "--testbuy-record", "none")
    assert (net.earned, (pytester.path / "kept").exists()) == (2 * PRICE, False)


@pytest.mark.parametrize(
    "edit", [lambda told: told.pop("listing"), lambda told: told.update(schema_version=9), lambda told: told.clear()]
)
def test_a_recording_that_cannot_be_read_is_named(pytester, run, bought, edit):
    path = min((pytester.path / "kept").glob("*.json"))
    told = json.loads(path.read_text())
    edit(told)
    path.write_text(json.dumps(told))
    result = run(*HERE, *KEPT)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*--testbuy-recordings: {path.name} is *"])


@pytest.mark.parametrize("member", ["values", "terms", "levels", "request"])
def test_a_recording_with_a_part_missing_is_stale(pytester, run, bought, member):
    for path in (pytester.path / "kept").glob("*.json"):
        told = json.loads(path.read_text())
        del told[member]
        path.write_text(json.dumps(told))
    result = run(*HERE, *KEPT)
    result.assert_outcomes(passed=1, skipped=3)
    result.stdout.fnmatch_lines(["not judged: *is stale: the recording is malformed: *"])


def test_recordings_among_the_listings_are_no_listings(run, bought):
    result = run("--testbuy-listings", ".", *KEPT, "--collect-only", "-q")
    assert [line for line in result.outlines if line.startswith("net/shops.json")]
    assert not [line for line in result.outlines if line.startswith("kept/")]


def test_purchases_at_a_server_on_this_machine_replay_without_it(pytester, run, shop, listings):
    listing = ("--testbuy-listings", f"shop/{REFERENCE}.json")
    with shops.shop(listings / f"{REFERENCE}.json") as url:
        place = f"{url}/api.venice.ai/api/v1/images/generations"
        bought = run(*listing, *KEPT, "--testbuy-url", place, "--testbuy-sandbox", url, "-k", "row")
        bought.assert_outcomes(passed=2, deselected=4)
    result = run(*listing, *KEPT, "--testbuy-mode", "replay")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["2 replayed: bought before, judged again, nothing paid"])
    assert len(list((pytester.path / "kept").glob("*.json"))) == 2


def test_purchases_from_made_up_sellers_are_not_kept(pytester, run, shop):
    run("--testbuy-listings", f"shop/{REFERENCE}.json", *KEPT, "-k", "row").stdout.fnmatch_lines(["2 settled*"])
    assert not (pytester.path / "kept").exists()
