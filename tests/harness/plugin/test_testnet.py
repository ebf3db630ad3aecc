"""Test money from pytest: under caps that are given, with the user's key, in the user's books, over all workers."""

from __future__ import annotations

import json

import pytest
from tests.harness.plugin.conftest import CAPS
from tests.harness.support.terms import BASE_USDC
from tests.harness.support.testnet import KEY, PASSWORD, sold

from x402_harness.ledger import Entry

PRICE = 20_000


def test_purchases_are_made_at_the_listings_own_endpoints_and_booked_with_the_user(spend, net):
    result = spend("--testbuy-rpc", net.rpc, "-v", "--junitxml", "out.xml")
    result.assert_outcomes(passed=3)
    assert (net.earned, [row.state for row in net.rows()]) == (2 * PRICE, [Entry.SETTLED] * 2)
    result.stdout.fnmatch_lines(
        [
            "testbuy: mode testnet (the listings' own endpoints, test money, at most 0.05 a call, 1.00 in all, 5.00 *",
            "2 settled (test money, at the listings' own endpoints)",
            "spent 0.040000 USDC on eip155:84532",
        ]
    )


def test_the_key_and_the_password_are_told_nowhere(pytester, spend, net):
    result = spend("--testbuy-recordings", "kept", "--junitxml", "out.xml", "-rA", "-vv", "--testbuy-fail-on", "info")
    told = result.stdout.str() + result.stderr.str()
    told += "".join(path.read_text() for path in pytester.path.rglob("*.xml"))
    told += "".join(path.read_text(errors="replace") for path in (pytester.path / "kept").rglob("*") if path.is_file())
    assert net.earned == 2 * PRICE
    assert KEY.hex() not in told.lower()
    assert PASSWORD not in told


@pytest.mark.parametrize("missing", ["--testbuy-per-call-max", "--testbuy-budget", "--testbuy-per-day-max"])
def test_every_cap_must_be_given(spend, net, missing):
    place = CAPS.index(missing)
    result = spend(caps=(*CAPS[:place], *CAPS[place + 2 :]))
    assert (result.ret, net.rows()) == (pytest.ExitCode.USAGE_ERROR, [])
    result.stderr.fnmatch_lines([f"*--testbuy-mode testnet needs caps: {missing}*"])


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ((), "*name one key that pays: --testbuy-account NAME, *"),
        (("--testbuy-account", "main"), "*no password is asked for in a test session: give --testbuy-password-file*"),
        (("--testbuy-account", "main", "--testbuy-unsafe-env-key"), "*name one key that pays*"),
    ],
)
def test_a_key_must_be_named(spend, net, key, message):
    result = spend(key=key or ("-q",))
    assert (result.ret, net.rows()) == (pytest.ExitCode.USAGE_ERROR, [])
    result.stderr.fnmatch_lines([message])


@pytest.mark.parametrize(
    ("account", "password", "message"),
    [("main", "wrong", "the key cannot pay: *"), ("nobody", PASSWORD, "the key cannot pay: *nobody*")],
)
def test_a_key_that_cannot_be_opened_fails_purchases_in_one_line(spend, net, account, password, message):
    (net.home / "password").write_text(password)
    result = spend(key=("--testbuy-account", account, "--testbuy-password-file", net.home / "password"))
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines([message])
    result.stdout.no_fnmatch_line("*Traceback*")
    assert net.rows() == []


def test_the_key_in_the_environment_is_used_where_that_is_asked_for(spend, net, monkeypatch):
    monkeypatch.setenv("TESTBUY_PRIVATE_KEY", "0x" + KEY.hex())
    result = spend(key=("--testbuy-unsafe-env-key",))
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(
        ["testbuy: mode testnet (*, the key in the environment, where every program can read it)*"]
    )
    assert net.earned == 2 * PRICE


def test_nothing_is_opened_where_nothing_is_bought(spend, net):
    (net.home / "password").unlink()
    spend("-k", "listing").assert_outcomes(passed=1, deselected=2)
    spend("--collect-only", "-q").stdout.fnmatch_lines(["*row01*"])
    assert net.rows() == []


def test_caps_hold_over_items_and_over_sessions(spend, net):
    caps = ("--testbuy-per-call-max", "0.02", "--testbuy-budget", "0.02", "--testbuy-per-day-max", "0.05")
    spend(caps=caps).assert_outcomes(passed=2, failed=1)
    spend(caps=caps).assert_outcomes(passed=2, failed=1)
    result = spend(caps=caps)
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["*SPEND0*error*"])
    assert net.earned == 2 * PRICE


def test_two_workers_spend_one_budget(pytester, net):
    result = pytester.runpytest_subprocess(
        "-p", "no:cacheprovider", "-n", "2", "-k", "row", "--testbuy-listings", "net/shops.json", "--testbuy-rows", "4",
        "--testbuy-mode", "testnet", "--testbuy-allow-private", "--testbuy-account", "main", "--testbuy-password-file",
        net.home / "password", "--testbuy-per-call-max", "0.02", "--testbuy-budget", "0.05",
        "--testbuy-per-day-max", "1",
    )  # fmt: skip
    outcomes = result.parseoutcomes()
    assert outcomes["passed"] == 2
    assert outcomes["failed"] >= 1
    assert net.earned == 2 * PRICE
    assert len({row.run for row in net.rows()}) == 1
    result.stdout.fnmatch_lines(["2 settled (test money, *"])


def test_private_addresses_are_not_reached_unless_that_is_allowed(run, net):
    key = ("--testbuy-account", "main", "--testbuy-password-file", net.home / "password")
    result = run("--testbuy-mode", "testnet", "--testbuy-listings", "net/shops.json", *CAPS, *key, "-k", "row01")
    result.stdout.fnmatch_lines(["*NET001*loopback*"])
    assert (net.earned, net.rows()) == (0, [])


def test_real_money_and_side_effects_are_left_alone(spend, net):
    net.sell(sold(network="base", asset=BASE_USDC), sold("letters-example-gen", risk_notes=["sends a letter"]))
    result = spend("-rs")
    assert result.parseoutcomes()["skipped"] == 2
    result.stdout.fnmatch_lines_random(["*testnet runs do not pay on base*", "*SPEND066*"])
    assert net.rows() == []


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--testbuy-network", "base"), "*--testbuy-network: testnet runs do not pay on eip155:8453*"),
        (("--testbuy-rpc", "nowhere"), "*--testbuy-rpc is written NETWORK=URL*"),
        (("--testbuy-rpc", "base=http://node.example/SECRET"), "*must be spoken to over https*"),
        (("--testbuy-url", "http://localhost:1"), "*a seller of your own*is bought from in mode mock*"),
        (("--testbuy-budget", "much"), "*'much' is no amount of dollars*"),
    ],
)
def test_what_does_not_go_with_test_money_is_a_usage_error(spend, net, more, message):
    result = spend(*more)
    assert (result.ret, net.rows()) == (pytest.ExitCode.USAGE_ERROR, [])
    result.stderr.fnmatch_lines([message])
    assert "SECRET" not in result.stderr.str()


def test_in_tests_of_ones_own_each_case_is_bought_once_and_strangers_are_left_alone(pytester, spend, net):
    pytester.makepyfile(
        test_own="""
        import pytest
        from x402_harness import NotBuyable

        def test_one(testbuy_case, testbuy_buyer, testbuy_listing):
            made = testbuy_buyer.buy(testbuy_case)
            made.assert_conforms()
            assert "test money" in "".join(made.told())
            again = testbuy_buyer.buy(testbuy_case)
            assert (again.settled, "was signed for before" in str(again.findings)) == (False, True)
            for refused in (testbuy_buyer.probe, testbuy_buyer.send_invalid, testbuy_buyer.try_refusals):
                with pytest.raises(NotBuyable):
                    refused(testbuy_listing)
        """
    )
    spend("-k", "test_one", "--testbuy-rows", 1).assert_outcomes(passed=1, deselected=2)
    assert net.earned == PRICE


def test_what_is_left_unknown_is_told_and_not_signed_for_again(spend, net):
    net.serve(sold(), faults="charge-then-500")
    result = spend("-k", "row01")
    result.assert_outcomes(failed=1, deselected=2)
    result.stdout.fnmatch_lines(["1 of unknown outcome: money may yet move; testbuy ledger reconcile"])
    assert [row.state for row in net.rows()] == [Entry.UNKNOWN]
    net.serve(sold())
    again = spend("-k", "row01")
    again.assert_outcomes(failed=1, deselected=2)
    again.stdout.fnmatch_lines(["*was signed for before: entry 1 of pytest-*, unknown*"])
    assert net.earned == PRICE


def planned(net, *more):
    net.plan("--rows", "2", *more)
    return ("--testbuy-plan", net.folder / "buy.plan", "--testbuy-approve", net.digest())


def test_an_approved_plan_is_bought_exactly_and_once(spend, net):
    plan = planned(net)
    result = spend(*plan, caps=())
    result.assert_outcomes(passed=3)
    assert net.earned == 2 * PRICE
    result.stdout.fnmatch_lines(["testbuy: mode testnet (*at most 0.05 a call, 0.04 in all, 5.00 in 24 hours*"])
    again = spend(*plan, caps=())
    assert again.ret == pytest.ExitCode.USAGE_ERROR
    again.stderr.fnmatch_lines(["*the plan is refused; nothing was signed: SPEND062: *2 settled*"])
    assert net.apply().returncode == 4
    assert net.earned == 2 * PRICE


def test_what_is_left_of_a_plan_is_bought_in_another_session(spend, net):
    plan = planned(net)
    spend(*plan, "-k", "row01", caps=()).assert_outcomes(passed=1, deselected=2)
    spend(*plan, caps=()).assert_outcomes(passed=2)
    assert net.earned == 2 * PRICE


@pytest.mark.long
def test_workers_share_what_a_plan_may_spend(pytester, net):
    result = pytester.runpytest_subprocess(
        "-p", "no:cacheprovider", "-n", "2", "--testbuy-mode", "testnet", *planned(net), "--testbuy-account", "main",
        "--testbuy-password-file", net.home / "password",
    )  # fmt: skip
    result.assert_outcomes(passed=3)
    assert net.earned == 2 * PRICE


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda plan: plan.update(expires=plan["expires"] + 1), "SPEND060"),
        (lambda plan: plan["calls"][0].update(amount="19999"), "SPEND060"),
        (lambda plan: plan.update(mode="live"), "SPEND060"),
    ],
)
def test_an_altered_plan_is_refused_as_a_whole(spend, net, edit, code):
    plan = planned(net)
    told = json.loads((net.folder / "buy.plan").read_text())
    edit(told)
    (net.folder / "buy.plan").write_text(json.dumps(told))
    result = spend(*plan, caps=())
    assert (result.ret, net.rows()) == (pytest.ExitCode.USAGE_ERROR, [])
    result.stderr.fnmatch_lines([f"*the plan is refused; nothing was signed: {code}*"])


def test_another_digest_another_row_and_another_file_are_refused(spend, net):
    plan = planned(net)
    for given, message in [
        ((*plan[:3], "0" * 64), "*SPEND065*another plan's*"),
        (("--testbuy-plan", "nowhere", *plan[2:]), "*nowhere cannot be read*"),
        (("--testbuy-plan", net.folder / "shops.json", *plan[2:]), "*is no plan*"),
    ]:
        result = spend(*given, caps=())
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines([message])
    net.list(sold(max_amount_required_atomic="19999"))
    result = spend(*plan, caps=())
    result.stderr.fnmatch_lines(["*SPEND063*its row was changed*"])
    assert net.rows() == []


def test_nothing_but_the_plan_is_bought_under_it(pytester, spend, net):
    plan = planned(net)
    pytester.makepyfile(
        test_own="""
        import dataclasses
        import pytest
        from x402_harness import NotBuyable

        def test_one(testbuy_listing, testbuy_buyer):
            cases = testbuy_buyer.cases(testbuy_listing)
            other = dataclasses.replace(cases[0], id="000000000000")
            with pytest.raises(NotBuyable, match="the plan does not buy case 000000000000"):
                testbuy_buyer.buy(other)
        """
    )
    spend(*plan, "-k", "test_one", caps=()).assert_outcomes(passed=1, deselected=3)
    assert net.earned == 0
