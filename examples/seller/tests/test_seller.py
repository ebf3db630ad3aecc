"""What is listed is what is sold."""

import pytest

pytestmark = pytest.mark.testbuy(listing="../listing.json", max_buys=4)


def test_what_is_bought_is_what_is_listed(testbuy_buyer, testbuy_case):
    testbuy_buyer.buy(testbuy_case).assert_conforms("warning")


def test_nothing_is_sold_for_a_forged_payment(testbuy_buyer, testbuy_listing):
    testbuy_buyer.try_refusals(testbuy_listing).assert_conforms("warning")


def test_terms_and_refusals_are_in_order(testbuy_buyer, testbuy_listing):
    errors = [*testbuy_buyer.probe(testbuy_listing).findings, *testbuy_buyer.send_invalid(testbuy_listing).findings]
    assert not [str(one.message) for one in errors if one.level != "info"]
