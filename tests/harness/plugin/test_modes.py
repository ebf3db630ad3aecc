"""Whose money: nothing but the command line leads to more than sandbox money, and not even that by itself."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--testbuy-mode", "live"), "*needs --testbuy-plan FILE and --testbuy-approve DIGEST*"),
        (("--testbuy-mode", "live", "--testbuy-plan", "p", "--testbuy-approve", "d"), "*testbuy apply FILE*"),
        (("--testbuy-plan", "p"), "*needs --testbuy-plan FILE and --testbuy-approve DIGEST*"),
        (("--testbuy-mode", "testnet"), "*testnet needs caps: --testbuy-per-call-max and --testbuy-budget*"),
        (("--testbuy-mode", "testnet", "--testbuy-per-call-max", "1", "--testbuy-budget", "2"), "*testbuy plan*"),
    ],
)
def test_more_than_sandbox_money_is_refused_with_what_it_needs(run, shop, arguments, message):
    result = run("--testbuy-listings", "shop", *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])


@pytest.mark.parametrize("mode", ["live", "LIVE", "real"])
def test_no_file_turns_real_money_on(pytester, run, shop, mode):
    pytester.makeini(f"[pytest]\ntestbuy_mode = {mode}\ntestbuy_listings = shop\n")
    result = run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*testbuy_mode: *cannot be set in a file*"])


@pytest.mark.parametrize("name", ["testbuy_plan", "testbuy_approve"])
def test_a_plan_and_its_approval_have_no_twin_in_a_file(pytester, run, shop, name):
    pytester.makeini(f"[pytest]\n{name} = x\ntestbuy_listings = shop\n")
    result = run("--strict-config")
    assert result.ret != pytest.ExitCode.OK
    assert name in result.stdout.str() + result.stderr.str()


def test_a_marker_cannot_choose_the_money(pytester, run, shop):
    pytester.makepyfile(
        "import pytest\n\n@pytest.mark.testbuy(mode='live')\ndef test_one(testbuy_listing):\n    pass\n"
    )
    result = run("--testbuy-listings", "shop", "-k", "test_one")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*has no option 'mode'*"])
