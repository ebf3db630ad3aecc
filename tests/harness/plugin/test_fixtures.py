"""Fixtures, the marker and the hooks, in tests of one's own."""

from __future__ import annotations

import pytest
from tests.harness.plugin.conftest import CONTRADICTORY, FREE, REFERENCE


@pytest.fixture
def tests(pytester, run, shop):
    """Run a test module over the listings of the shop, without their own items."""

    def call(text, *arguments, conftest=None):
        if conftest:
            pytester.makeconftest(conftest)
        pytester.makepyfile(test_own=text)
        return run("--testbuy-listings", "shop", "-v", "-k", "test_own", "-rs", *arguments)

    return call


def test_a_test_of_listings_runs_once_for_each(tests):
    result = tests("""
        def test_each(testbuy_listing, testbuy_catalogue):
            assert testbuy_listing.offers and testbuy_listing in testbuy_catalogue
    """)
    assert result.parseoutcomes()["passed"] == 3
    result.stdout.fnmatch_lines([f"test_own.py::test_each[[]{CONTRADICTORY}[]] PASSED*"])


def test_a_test_of_cases_runs_once_for_each_planned_purchase_and_skips_what_is_not_bought(tests):
    result = tests("""
        def test_each(testbuy_case, testbuy_buyer, testbuy_budget):
            made = testbuy_buyer.buy(testbuy_case)
            made.assert_conforms()
            assert made.answer.status == 200 and made.transaction and made.spent == testbuy_case.price
            assert testbuy_budget.settled >= 1
    """)
    outcomes = result.parseoutcomes()
    assert (outcomes["passed"], outcomes["skipped"]) == (4, 1)
    result.stdout.fnmatch_lines_random(
        [f"*test_each[[]{REFERENCE}-row01 example[]] PASSED*", "*not bought: offer 0: free*", "4 settled*"]
    )


def test_the_marker_chooses_listing_number_strength_and_rules(tests):
    result = tests(f"""
        import pytest

        @pytest.mark.testbuy(listing="{REFERENCE}", max_buys=3, strength=1)
        def test_rows(testbuy_case):
            assert testbuy_case.listing.slug == "{REFERENCE}"

        @pytest.mark.testbuy(listing="shop/{FREE}.json")
        def test_file(testbuy_listing):
            assert testbuy_listing.slug == "{FREE}"

        @pytest.mark.testbuy(listing="{REFERENCE}", max_buys=1, checks="RESP")
        def test_rules(testbuy_case, testbuy_buyer):
            assert all(one.rule.startswith("RESP") for one in testbuy_buyer.buy(testbuy_case).findings)
    """)
    assert result.parseoutcomes()["passed"] == 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("max_buy=2", "*no option 'max_buy': did you mean 'max_buys'?*"),
        ("'slug'", "*takes options by name: listing, max_buys, strength, checks*"),
        ("max_buys=0", "*max_buys=0*not a number of purchases from 1*"),
        ("max_buys=True", "*max_buys=True*not a number*"),
        ("strength=4", "*strength=4*not 1, 2 or 3*"),
        ("listing=5", "*listing=5*not a slug or a file's path*"),
        ("checks=['RESQ']", "*no rule has the code 'RESQ'*"),
        ("listing='nothing-like-it'", "*'nothing-like-it'*no slug among the 3 listings*"),
    ],
)
def test_a_wrong_marker_is_an_error_of_collection(tests, options, message):
    result = tests(f"""
        import pytest

        @pytest.mark.testbuy({options})
        def test_one(testbuy_listing):
            pass
    """)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines([message])


def test_without_listings_the_fixtures_say_what_they_need(pytester, run):
    pytester.makepyfile("def test_one(testbuy_listing):\n    pass\n")
    result = run()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*need listings: --testbuy-listings PATH*"])


def test_a_failed_purchase_is_told_as_the_command_tells_it(tests):
    result = tests(
        f"""
        import pytest

        @pytest.mark.testbuy(listing="{REFERENCE}", max_buys=1)
        def test_one(testbuy_case, testbuy_buyer):
            testbuy_buyer.buy(testbuy_case).assert_conforms()
        """,
        conftest="""
        from x402_catalog.findings import Finding, Level

        def pytest_testbuy_check(purchase):
            return [Finding("RESP003", Level.ERROR, f"a rule of one's own: {purchase.answer.status}")]
        """,
    )
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(
        ["*RESP003 error: a rule of one's own: 200", "*paid *10.000000 USDC settled in 0x*", "*request *POST https://*"]
    )


def test_hooks_choose_cases_and_hear_of_purchases(tests, pytester):
    result = tests(
        """
        def test_each(testbuy_case, testbuy_buyer):
            testbuy_buyer.buy(testbuy_case)
        """,
        conftest="""
        def pytest_testbuy_cases(listing, cases):
            return cases[:1]

        def pytest_testbuy_bought(purchase, config):
            print("heard of", purchase.case.listing.slug)
        """,
    )
    outcomes = result.parseoutcomes()
    assert (outcomes["passed"], outcomes["skipped"]) == (2, 1)


def test_the_sandbox_has_facilitator_chain_and_a_seller_for_each_listing(tests):
    result = tests(f"""
        import json
        import urllib.request

        def test_one(testbuy_sandbox):
            with urllib.request.urlopen(testbuy_sandbox.facilitator + "/supported") as answer:
                assert json.load(answer)["kinds"]
            asked = urllib.request.Request(
                testbuy_sandbox.rpc("base"), b'{{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}}',
                {{"content-type": "application/json"}})
            with urllib.request.urlopen(asked) as answer:
                assert int(json.load(answer)["result"], 16) == 8453
            assert testbuy_sandbox.sellers["{REFERENCE}"].startswith(testbuy_sandbox.url)
    """)
    assert result.parseoutcomes()["passed"] == 1


def test_async_tests_buy_too(tests):
    result = tests(f"""
        import pytest

        @pytest.mark.anyio
        @pytest.mark.testbuy(listing="{REFERENCE}", max_buys=1)
        async def test_one(testbuy_case, testbuy_buyer):
            assert (await testbuy_buyer.abuy(testbuy_case)).settled

        @pytest.fixture
        def anyio_backend():
            return "asyncio"
    """)
    assert result.parseoutcomes()["passed"] == 1


def test_what_a_purchase_was_goes_to_every_reporter(pytester, run, shop):
    run("--testbuy-listings", f"shop/{REFERENCE}.json", "-k", "row01", "--junitxml", "out.xml")
    text = (pytester.path / "out.xml").read_text()
    assert '<property name="testbuy_state" value="settled"' in text
    assert '<property name="testbuy_spent" value="10.000000 USDC"' in text
