"""Items without any test code."""

from __future__ import annotations

import json
import subprocess
import sys
from xml.etree import ElementTree

import pytest
from tests.harness.plugin.conftest import ALONE, CONTRADICTORY, FREE, REFERENCE


def test_a_listing_is_judged_by_itself_and_each_planned_purchase_is_an_item(run, shop):
    result = run("--testbuy-listings", "shop", "shop", "-v")
    result.assert_outcomes(passed=6, failed=1, skipped=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines_random(
        [
            f"*::{REFERENCE}[[]listing[]] PASSED*",
            f"*::{REFERENCE}[[]row01 example[]] PASSED*",
            f"*::{REFERENCE}[[]row02 size=* PASSED*",
            f"*::{FREE}[[]purchases[]] SKIPPED*",
        ]
    )


def test_a_failure_prints_as_the_command_does_and_says_how_to_see_it_again(run, shop):
    result = run("--testbuy-listings", "shop", "-k", CONTRADICTORY)
    result.stdout.fnmatch_lines(
        [
            "*PRICE001 error: the JSON-LD says 0.05, the offer 0.500000 USDC",
            f"*shop/{CONTRADICTORY}.json:194:16 /json_ld/offers/price",
            "*observed*0.05*",
            f"*again*pytest --testbuy-listings=shop 'shop/{CONTRADICTORY}.json::{CONTRADICTORY}[[]listing[]]'",
            "*--testbuy-fail-on*--testbuy-checks*",
        ]
    )


@pytest.mark.parametrize("system", ["", "true"], ids=["by hand", "on a CI system"])
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["in one process", "in workers"])
def test_the_summary_tells_a_failure_in_one_line(pytester, shop, monkeypatch, system, workers):
    monkeypatch.setenv("CI", system)
    monkeypatch.setenv("COLUMNS", "400")
    result = pytester.runpytest("-p", "no:cacheprovider", *ALONE, "--testbuy-listings", "shop", *workers)
    item = f"FAILED shop/{CONTRADICTORY}.json::{CONTRADICTORY}[listing]"
    told = "✗ PRICE001 error: the JSON-LD says 0.05, the offer 0.500000 USDC (and 1 more)"
    assert [line for line in result.outlines if line.startswith("FAILED")] == [f"{item} - {told}"]
    assert len([line for line in result.outlines if line.startswith("    again ")]) == 1


def test_a_failure_stands_where_the_listing_is_wrong_for_other_reporters_too(run, shop, pytester):
    result = run("--testbuy-listings", "shop", "-k", CONTRADICTORY, "--tb=line", "--junitxml", "out.xml")
    told = "✗ PRICE001 error: the JSON-LD says 0.05, the offer 0.500000 USDC (and 1 more)"
    assert f"{shop / CONTRADICTORY}.json:194: {told}" in result.outlines
    failure = ElementTree.parse(pytester.path / "out.xml").find(".//failure")
    assert failure.get("message") == told
    assert "/json_ld/offers/price" in failure.text


def test_a_listing_that_is_not_bought_is_skipped_with_the_reason(run, shop):
    result = run("--testbuy-listings", "shop", "-k", FREE, "-rs")
    result.stdout.fnmatch_lines(["*judged, not bought: offer 0: free: there is nothing to buy*"])


def test_header_and_summary_say_what_was_bought_and_that_it_is_simulated(run, shop):
    result = run("--testbuy-listings", "shop", "-k", REFERENCE)
    result.stdout.fnmatch_lines(
        [
            "testbuy: mode mock (simulated sellers)*",
            "2 settled (sandbox money, sellers made from the listings)",
            "spent 20.000000 USDC on eip155:8453",
            "* of * levels shown*findings*",
        ]
    )


def test_selection_by_name_marker_and_node_id_works(run, shop):
    run("--testbuy-listings", "shop", "-k", f"{REFERENCE} and row01").assert_outcomes(passed=1, deselected=7)
    run("--testbuy-listings", "shop", "-m", "not testbuy").assert_outcomes(deselected=8)
    node = f"shop/{REFERENCE}.json::{REFERENCE}[row01 example]"
    run("--testbuy-listings", "shop", node).assert_outcomes(passed=1)


def test_the_last_failures_are_run_again_and_the_first_one_can_stop_the_run(pytester, shop):
    ordered = (*ALONE, "--testbuy-listings", "shop", "shop")
    pytester.runpytest_inprocess(*ordered, "-x").assert_outcomes(failed=1)
    pytester.runpytest_inprocess(*ordered, "--lf").assert_outcomes(failed=1)
    pytester.runpytest_inprocess(*ordered, "--ff", "-x").assert_outcomes(failed=1)


def test_rows_of_a_jsonl_file_are_items_and_a_broken_one_fails(pytester, run, listings):
    good = json.dumps(json.loads((listings / f"{REFERENCE}.json").read_text()))
    pytester.makefile(".jsonl", feed=f"{good}\n{{broken\n{good}\n")
    result = run("--testbuy-listings", "feed.jsonl", "-v", "--testbuy-rows", 1)
    result.assert_outcomes(passed=4, failed=1)
    result.stdout.fnmatch_lines([f"*::{REFERENCE}[[]*", "*::unreadable:2 FAILED*", f"*::{REFERENCE}#2[[]*"])


def test_names_hold_nothing_that_divides_node_ids_or_moves_a_terminal(pytester, run, listings):
    hostile = json.loads((listings / f"{REFERENCE}.json").read_text())
    hostile["slug"] = "a::b/c[d]\x1b[31m\n"
    pytester.makefile(".json", hostile=json.dumps(hostile))
    result = run("--testbuy-listings", "hostile.json", "--collect-only", "-q")
    lines = [line for line in result.outlines if "listing]" in line]
    assert lines == ["hostile.json::a__b_c_d__[31m_[listing]".replace("_[31m", "_31m")] or "\x1b" not in lines[0]
    assert lines[0].count("::") == 1


def test_options_have_ini_twins_and_the_command_line_wins(pytester, run, shop):
    pytester.makeini("[pytest]\ntestbuy_listings = shop\ntestbuy_rows = 1\n")
    run("-k", REFERENCE).stdout.fnmatch_lines(["1 settled*"])
    run("-k", REFERENCE, "--testbuy-rows", "3").stdout.fnmatch_lines(["3 settled*"])


def test_a_stricter_level_fails_on_warnings_and_a_choice_of_rules_forgives(run, shop):
    strict = ("--testbuy-listings", "shop", "-k", f"{REFERENCE} and listing", "--testbuy-fail-on", "warning")
    run(*strict).assert_outcomes(failed=1, deselected=7)
    run(*strict, "--testbuy-checks", "RESP,PAY").assert_outcomes(passed=1, deselected=7)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--testbuy-listings", "nowhere"), "*nowhere does not exist*"),
        (("--testbuy-rows", "0"), "*--testbuy-rows: '0' is no number from 1 to 100000*"),
        (("--testbuy-seed", "x"), "*'x' is no number*"),
        (("--testbuy-listings", "shop", "--testbuy-checks", "RESQ"), "*no rule has the code 'RESQ'*Did you mean*"),
        (("--testbuy-listings", "shop", "--testbuy-budget", "much"), "*'much' is no amount of dollars*"),
        (("--testbuy-url", "https://api.venice.ai"), "*is not on this machine*"),
        (("--testbuy-url", "http://localhost:1", "--testbuy-app", "a:b"), "*give one*"),
    ],
)
def test_wrong_options_are_usage_errors(run, shop, arguments, message):
    result = run(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])


def test_a_budget_that_is_used_up_refuses_the_rest_and_says_so(run, shop):
    result = run("--testbuy-listings", "shop", "-k", f"{REFERENCE} and row", "--testbuy-budget", "15")
    result.assert_outcomes(passed=1, failed=1, deselected=6)
    result.stdout.fnmatch_lines(["*SPEND0*error*", "*bought    no: *"])


def test_without_the_option_other_tests_are_left_alone(pytester, run):
    pytester.makepyfile("def test_one():\n    pass\n")
    result = run()
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*testbuy:*")
    result.stdout.no_fnmatch_line("*settled*")


@pytest.mark.long
def test_workers_share_one_ledger(pytester, shop):
    pytest.importorskip("xdist")
    result = pytester.runpytest_subprocess(
        "-p", "no:cacheprovider", "--testbuy-listings", f"shop/{REFERENCE}.json", "-n", "2", "-k", "row",
        "--testbuy-rows", "3", "--testbuy-budget", "25",
    )  # fmt: skip
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["2 settled*", "spent 20.000000 USDC*"])


def test_a_session_that_asks_for_nothing_imports_nothing_of_ours_but_the_plugin(pytester):
    pytester.makepyfile(
        conftest="""
            import sys

            def pytest_unconfigure(config):
                ours = {name for name in sys.modules if name.startswith(("x402_harness", "x402_catalog"))}
                print("loaded:", *sorted(name for name in ours if ".pytest_plugin" not in name))
        """,
        test_theirs="def test_of_their_own(): pass",
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", *ALONE)
    result.assert_outcomes(passed=1)
    assert result.outlines[-1] == "loaded: x402_harness"


def test_importing_the_plugin_imports_nothing_of_ours_or_heavy():
    code = (
        "import pytest, sys; before = set(sys.modules); import x402_harness.pytest_plugin; "
        "print(*sorted({name for name in set(sys.modules) - before}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ours = {name for name in done.stdout.split() if not name.startswith("x402_harness")}
    assert not ours
    assert len(done.stdout.split()) <= 6


def test_importing_the_plugin_costs_less_than_twenty_milliseconds_of_cpu():
    code = (
        "import pytest, time; began = time.process_time(); import x402_harness.pytest_plugin; "
        "print(time.process_time() - began)"
    )
    costs = [float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
             for _ in range(3)]  # fmt: skip
    assert min(costs) < 0.02
