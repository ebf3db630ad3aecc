"""The pytest plugin, run inside pytest."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

REFERENCE = "api-venice-ai-api-v1-images-generations"
CONTRADICTORY = "api-filingdesk-example-v1-company-report"
FREE = "free-promptyard-example-v1-moderate"


@pytest.fixture
def copied(pytester, listings):
    """A folder of three listings in the pytester's project: a good one, a contradictory one, a free one."""
    folder = pytester.mkdir("shop")
    for slug in (REFERENCE, CONTRADICTORY, FREE):
        (folder / f"{slug}.json").write_bytes((listings / f"{slug}.json").read_bytes())
    return folder


def run(pytester, *arguments):
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", *arguments)


def test_each_listing_is_one_item_without_any_test_code(pytester, copied):
    result = run(pytester, "--testbuy-listings", "shop", "shop")
    result.assert_outcomes(passed=1, failed=1, skipped=1)
    assert result.ret == 1


def test_a_failure_prints_as_the_command_does_and_names_the_option_to_change(pytester, copied):
    result = run(pytester, "--testbuy-listings", "shop", "-k", CONTRADICTORY)
    result.stdout.fnmatch_lines(
        [
            "*PRICE001 error: the JSON-LD says 0.05, the offer 0.500000 USDC",
            f"*shop/{CONTRADICTORY}.json:194:16 /json_ld/offers/price",
            "*--testbuy-fail-on*",
        ]
    )


def test_a_listing_that_is_not_bought_is_skipped_with_the_reason(pytester, copied):
    result = run(pytester, "--testbuy-listings", "shop", "-k", FREE, "-rs")
    result.stdout.fnmatch_lines(["*judged, not bought: offer 0: free: there is nothing to buy*"])


def test_header_and_summary_say_that_it_is_simulated(pytester, copied):
    result = run(pytester, "--testbuy-listings", "shop", "-k", REFERENCE)
    result.stdout.fnmatch_lines(["testbuy: mode mock (simulated sellers)*", "*2 planned · 2 settled*simulated*"])


def test_selection_by_name_marker_and_node_id_works(pytester, copied):
    run(pytester, "--testbuy-listings", "shop", "-k", REFERENCE).assert_outcomes(passed=1, deselected=2)
    run(pytester, "--testbuy-listings", "shop", "-m", "not testbuy").assert_outcomes(deselected=3)
    node = f"shop/{REFERENCE}.json::{REFERENCE}"
    run(pytester, "--testbuy-listings", "shop", node).assert_outcomes(passed=1)


def test_rows_of_a_jsonl_file_are_items_and_a_broken_one_fails(pytester, listings):
    good = json.dumps(json.loads((listings / f"{REFERENCE}.json").read_text()))
    pytester.makefile(".jsonl", feed=f"{good}\n{{broken\n{good}\n")
    result = run(pytester, "--testbuy-listings", "feed.jsonl", "-v")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines([f"*::{REFERENCE} PASSED*", "*::unreadable:2 FAILED*", f"*::{REFERENCE}#2 PASSED*"])


def test_options_have_ini_twins_and_the_command_line_wins(pytester, copied):
    pytester.makeini("[pytest]\ntestbuy_listings = shop\ntestbuy_rows = 1\n")
    result = run(pytester, "-k", REFERENCE)
    result.stdout.fnmatch_lines(["*1 planned · 1 settled*"])
    result = run(pytester, "-k", REFERENCE, "--testbuy-rows", "3")
    result.stdout.fnmatch_lines(["*3 planned · 3 settled*"])


def test_a_stricter_level_fails_on_warnings(pytester, copied):
    result = run(pytester, "--testbuy-listings", "shop", "-k", REFERENCE, "--testbuy-fail-on", "warning")
    result.assert_outcomes(failed=1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--testbuy-listings", "nowhere"), "*nowhere does not exist*"),
        (("--testbuy-listings", "shop", "--testbuy-rows", "0"), "*'0' is no positive number*"),
        (("--testbuy-listings", "shop", "--testbuy-seed", "x"), "*'x' is no number*"),
    ],
)
def test_wrong_options_are_usage_errors(pytester, copied, arguments, message):
    result = run(pytester, *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])


def test_without_the_option_other_tests_are_left_alone(pytester, copied):
    pytester.makepyfile("def test_one():\n    pass\n")
    result = run(pytester)
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*testbuy:*")


def test_items_run_in_parallel_workers(pytester, copied):
    pytest.importorskip("xdist")
    result = run(pytester, "--testbuy-listings", "shop", "-n", "2")
    result.assert_outcomes(passed=1, failed=1, skipped=1)


def test_importing_the_plugin_imports_nothing_of_ours_or_heavy():
    code = (
        "import pytest, sys; before = set(sys.modules); import x402_harness.pytest_plugin; "
        "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["x402_harness"]
