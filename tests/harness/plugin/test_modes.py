"""Real money: nothing but what is typed on the command line turns it on, and it buys an approved plan alone."""

from __future__ import annotations

import time

import pytest
from tests.harness.support.plans import live_plan, write

from x402_harness.ledger import Entry
from x402_harness.wallet import Keystore

ANVIL_KEY = bytes.fromhex("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80")
LIVE = ("--testbuy-mode", "live", "--testbuy-plan", "p", "--testbuy-approve", "d")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (LIVE[:2], "*needs --testbuy-plan FILE and --testbuy-approve DIGEST*"),
        (LIVE[:4], "*needs --testbuy-plan FILE and --testbuy-approve DIGEST*"),
        ((*LIVE[:2], *LIVE[4:]), "*needs --testbuy-plan FILE and --testbuy-approve DIGEST*"),
        (LIVE[2:4], "*--testbuy-plan FILE and --testbuy-approve DIGEST belong together*"),
        (LIVE[2:], "*--testbuy-plan needs the plan's --testbuy-mode beside it*"),
        (("--testbuy-mode", "mock", *LIVE[2:]), "*--testbuy-plan needs the plan's --testbuy-mode beside it*"),
        (LIVE, "*name one key that pays*"),
        ((*LIVE, "--testbuy-account", "main"), "*no password is asked for in a test session*"),
        (("--testbuy-mode", "replay"), "*--testbuy-mode replay needs --testbuy-recordings FOLDER*"),
        (("--testbuy-record", "new"), "*--testbuy-record needs --testbuy-recordings FOLDER*"),
        (("--testbuy-mode", "replay", "--testbuy-recordings", "nowhere"), "*nowhere is no folder*"),
    ],
)
def test_a_mode_says_what_it_needs(run, shop, arguments, message):
    result = run("--testbuy-listings", "shop", *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])


@pytest.fixture
def ready(pytester, net):
    """A plan for real money with everything that it needs; the words that would apply it."""
    now = {"created": int(time.time()), "expires": int(time.time()) + 3600}
    write(net, live_plan(net, "https://127.0.0.1/gen", **now))
    key = ("--testbuy-account", "main", "--testbuy-password-file", str(net.home / "password"))
    pytester.makepyfile(test_one="def test_one():\n    pass\n")
    plan = ("--testbuy-plan", str(net.folder / "buy.plan"), "--testbuy-approve", net.digest())
    return ("--testbuy-mode", "live"), plan, key


def refused(result, message="*--testbuy-* is typed on the command line: no file, addopts, PYTEST_ADDOPTS, plugin, *"):
    assert result.ret == pytest.ExitCode.USAGE_ERROR, result.stdout.str()
    result.stderr.fnmatch_lines([message])


def test_typed_it_leads_as_far_as_the_guards_of_real_money(run, net, ready):
    mode, plan, key = ready
    result = run(*mode, *plan, *key)
    result.stdout.fnmatch_lines(
        [
            "testbuy: mode live (the listings' own endpoints, real money, at most *",
            "*SPEND024 error: *",
            "*bought    no: *",
            "0 settled (real money, at the listings' own endpoints)",
        ]
    )
    assert [row.state for row in net.rows()] == [Entry.REFUSED]


def test_an_equals_sign_is_typed_too(run, net, ready):
    mode, plan, key = ready
    run("=".join(mode), "=".join(plan[:2]), "=".join(plan[2:]), *key).stdout.fnmatch_lines(["*mode live*"])


@pytest.mark.parametrize("mode", ["live", "LIVE", "real"])
def test_the_option_of_a_file_does_not_turn_it_on(pytester, run, ready, mode):
    pytester.makeini(f"[pytest]\ntestbuy_mode = {mode}\n")
    refused(run(*ready[2]), "*testbuy_mode: *cannot be set in a file: only mock, replay and testnet can*")
    refused(run("-o", f"testbuy_mode={mode}", *ready[1], *ready[2]), "*testbuy_mode: *cannot be set in a file*")


@pytest.mark.parametrize("which", [(0,), (1,), (0, 1)])
def test_addopts_of_a_file_do_not_turn_it_on(pytester, run, net, ready, which):
    pytester.makeini(f"[pytest]\naddopts = {' '.join(word for part in which for word in ready[part])}\n")
    refused(run(*(word for part in (0, 1, 2) if part not in which for word in ready[part])))
    assert net.rows() == []


@pytest.mark.parametrize("which", [(0,), (1,), (0, 1)])
def test_the_environment_does_not_turn_it_on(monkeypatch, run, net, ready, which):
    monkeypatch.setenv("PYTEST_ADDOPTS", " ".join(word for part in which for word in ready[part]))
    for name in ("TESTBUY_MODE", "TESTBUY_PYTEST_MODE", "TESTBUY_LIVE"):
        monkeypatch.setenv(name, "live")
    refused(run(*(word for part in (0, 1, 2) if part not in which for word in ready[part])))
    assert net.rows() == []


def test_a_file_of_arguments_does_not_turn_it_on(pytester, run, ready):
    words = pytester.path / "words.txt"
    words.write_text("\n".join((*ready[0], *ready[1])))
    refused(run(f"@{words}", *ready[2]))


HOOKS = {
    "configure": "def pytest_configure(config):",
    "configure, first": "import pytest\n@pytest.hookimpl(tryfirst=True)\ndef pytest_configure(config):",
    "configure, last": "import pytest\n@pytest.hookimpl(trylast=True)\ndef pytest_configure(config):",
    "session": (
        "import pytest\n@pytest.hookimpl(tryfirst=True)\ndef pytest_sessionstart(session):\n    config = session.config"
    ),
}


@pytest.mark.parametrize("when", HOOKS)
@pytest.mark.parametrize("plan_is_typed", [True, False])
def test_a_conftest_does_not_turn_it_on(pytester, run, net, ready, when, plan_is_typed):
    _, plan, key = ready
    lines = [HOOKS[when], "    config.option.testbuy_mode = 'live'"]
    if not plan_is_typed:
        lines += [f"    config.option.testbuy_plan = {plan[1]!r}", f"    config.option.testbuy_approve = {plan[3]!r}"]
    pytester.makeconftest("\n".join(lines))
    typed = ("--testbuy-mode", "testnet", *plan) if plan_is_typed else ("--testbuy-listings", "net/shops.json")
    result = run(*typed, *key)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert net.rows() == []


def test_a_conftest_that_is_late_changes_nothing(pytester, run, net, ready):
    pytester.makeconftest("""
        def pytest_collection_modifyitems(config):
            config.option.testbuy_mode = 'live'

        def pytest_runtest_setup(item):
            item.config.option.testbuy_mode = 'live'
    """)
    result = run("--testbuy-listings", "net/shops.json", "-k", "row01")
    result.assert_outcomes(passed=1, deselected=2)
    result.stdout.fnmatch_lines(["1 settled (sandbox money, sellers made from the listings)"])
    assert net.rows() == []


def test_a_plugin_that_puts_words_in_does_not_turn_it_on(pytester, run, net, ready):
    mode, plan, key = ready
    pytester.makepyfile(
        words=f"def pytest_load_initial_conftests(args):\n    args[:] = {[*mode, *plan]!r} + args\n"
    )  # fmt: skip
    pytester.syspathinsert()
    refused(run("-p", "words", *key))
    assert net.rows() == []


@pytest.mark.parametrize("name", ["testbuy_plan", "testbuy_approve", "testbuy_unsafe_env_key", "testbuy_allow_private"])
def test_what_loosens_a_guard_has_no_twin_in_a_file(pytester, run, shop, name):
    pytester.makeini(f"[pytest]\n{name} = x\ntestbuy_listings = shop\n")
    result = run("--strict-config")
    assert result.ret != pytest.ExitCode.OK
    assert name in result.stdout.str() + result.stderr.str()


@pytest.mark.parametrize("option", ["mode='live'", "plan='p'", "approve='d'"])
def test_a_marker_cannot_choose_the_money(pytester, run, shop, option):
    pytester.makepyfile(f"import pytest\n\n@pytest.mark.testbuy({option})\ndef test_one(testbuy_listing):\n    pass\n")
    result = run("--testbuy-listings", "shop", "-k", "test_one")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*has no option *"])


def test_a_plan_for_real_money_is_not_one_for_test_money(run, ready):
    mode, plan, key = ready
    refused(run(mode[0], "testnet", *plan, *key), "*the plan is refused; nothing was signed: SPEND064: *")


def test_a_key_that_everybody_has_pays_no_real_money(run, net):
    account = Keystore(net.home / "wallets", work=2**10).add("anvil", ANVIL_KEY, "canary-in-a-coal-mine")
    now = {"created": int(time.time()), "expires": int(time.time()) + 3600}
    write(net, live_plan(net, "https://shop.example.com/gen", payer=account.address, **now))
    result = run(
        "--testbuy-mode", "live", "--testbuy-plan", net.folder / "buy.plan", "--testbuy-approve", net.digest(),
        "--testbuy-account", "anvil", "--testbuy-password-file", net.home / "password", "-k", "row01",
    )  # fmt: skip
    result.assert_outcomes(failed=1, deselected=1)
    result.stdout.fnmatch_lines(["the key cannot pay: everybody has this key*"])
    assert [row.state for row in net.rows()] == [Entry.PLANNED]


@pytest.mark.long
def test_workers_are_told_by_their_controller_what_was_typed(pytester, net, ready):
    mode, plan, key = ready
    workers = ("-p", "no:cacheprovider", "-n", "2", "-k", "row")
    result = pytester.runpytest_subprocess(*workers, *mode, *plan, *key)
    result.stdout.fnmatch_lines(["*SPEND024 error*", "0 settled (real money, *"])
    pytester.makeconftest("def pytest_configure(config):\n    config.option.testbuy_mode = 'live'\n")
    result = pytester.runpytest_subprocess(*workers, "--testbuy-listings", "net/shops.json", *key)
    assert result.ret != 0
    result.stdout.no_fnmatch_line("*settled*")
