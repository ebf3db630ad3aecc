"""Beside the plugins of its users' environments: workers, random order, coverage, event loops, Hypothesis."""

from __future__ import annotations

import pytest
from tests.harness.plugin.conftest import ALONE, CONTRADICTORY, REFERENCE

for plugin in ("xdist", "pytest_asyncio", "pytest_cov", "pytest_randomly"):
    pytest.importorskip(plugin, reason="a plugin of the test extra")

OWN = f"""
import random

import pytest
from hypothesis import HealthCheck, given, settings

from own import price
from x402_harness import load_listings, requests_for

pytestmark = pytest.mark.testbuy(listing="{REFERENCE}", max_buys=2)
(LISTING,) = load_listings("shop/{REFERENCE}.json")


@pytest.mark.asyncio
async def test_with_asyncio(testbuy_case, testbuy_buyer):
    made = await testbuy_buyer.abuy(testbuy_case)
    assert price(made) == testbuy_case.price


@pytest.mark.anyio
async def test_with_anyio(testbuy_case, testbuy_buyer):
    assert (await testbuy_buyer.abuy(testbuy_case)).settled


@pytest.fixture
def anyio_backend():
    return "asyncio"


@settings(max_examples=3, database=None, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(requests_for(LISTING))
def test_with_hypothesis(testbuy_catalogue, request):
    assert request.body and len(testbuy_catalogue) == 3


def test_randomness_is_no_matter(testbuy_case, testbuy_buyer):
    random.seed(5)
    first = testbuy_buyer.buy(testbuy_case)
    random.seed(5)
    second = testbuy_buyer.buy(testbuy_case)
    assert first.settled and second.settled and first.transaction != second.transaction
"""
PASSED = 6 + 7  # items of three listings, and the tests above: two, two, one, two


@pytest.fixture
def project(pytester, shop):
    """A project that uses all of them; run it in a process of its own."""
    pytester.makepyfile(own="def price(made):\n    return made.spent\n", test_own=OWN)

    def run(*more):
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", "--testbuy-listings", "shop", ".", *more)

    return run


def test_all_of_them_together(project):
    result = project("--cov=own", "--cov-report=term-missing", "-q")
    result.assert_outcomes(passed=PASSED, failed=1, skipped=1)
    result.stdout.fnmatch_lines_random(
        [f"FAILED shop/{CONTRADICTORY}.json::{CONTRADICTORY}[[]listing[]]*", "own.py * 100%*", "12 settled*"]
    )


@pytest.mark.parametrize("workers", [pytest.param(2, marks=pytest.mark.long), pytest.param(4, marks=pytest.mark.long)])
def test_with_workers_too(project, workers):
    result = project("-n", str(workers), "--cov=own", "--hypothesis-seed=7")
    result.assert_outcomes(passed=PASSED, failed=1, skipped=1)
    result.stdout.fnmatch_lines_random(["own.py * 100%*", "12 settled*", f"*{CONTRADICTORY}[[]listing[]]*"])


def test_another_order_gives_the_same_items_and_purchases(pytester, shop):
    found = []
    for seed in (1, 2):
        result = pytester.runpytest_inprocess(
            "-p", "no:cacheprovider", "-p", "no:asyncio", "--testbuy-listings", "shop", "-v", "-k",
            REFERENCE, f"--randomly-seed={seed}",
        )  # fmt: skip
        result.assert_outcomes(passed=3, deselected=5)
        found.append([line.split(" PASSED")[0] for line in result.outlines if " PASSED" in line])
    assert sorted(found[0]) == sorted(found[1])


def test_selection_chooses_before_anything_is_bought(run, shop):
    result = run("--testbuy-listings", "shop", "-m", "testbuy", "-k", "row01 and not venice")
    result.assert_outcomes(passed=1, deselected=7)
    result.stdout.fnmatch_lines(["1 settled*"])
    run("--testbuy-listings", "shop", "--deselect", "shop").assert_outcomes(deselected=8)


@pytest.mark.parametrize("option", ["--sw", "--ff"])
def test_what_failed_is_found_again(pytester, shop, option):
    ordered = (*ALONE, "--testbuy-listings", "shop", "shop", option)
    assert pytester.runpytest_inprocess(*ordered).ret in (1, 2)
    result = pytester.runpytest_inprocess(*ordered, "-x", "-v")
    result.stdout.fnmatch_lines([f"*{CONTRADICTORY}[[]listing[]] FAILED*"])


@pytest.mark.long
@pytest.mark.parametrize("workers", [2, 4])
def test_the_first_failure_stops_workers_too(pytester, shop, workers):
    result = pytester.runpytest_subprocess(*ALONE, "--testbuy-listings", "shop", "-n", str(workers), "-x", "shop")
    assert result.ret != 0
    assert result.parseoutcomes()["failed"] == 1
