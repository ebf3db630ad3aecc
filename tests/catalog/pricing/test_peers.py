"""Prices of many: robust spreads, slips of the decimals, and units."""

from __future__ import annotations

from math import log10

import pytest
from hypothesis import given
from hypothesis import strategies as st

from x402_catalog.pricing import slip_of, spread_of, unit_of

prices = st.lists(st.floats(-6, 3), min_size=9, max_size=60)


@given(prices, st.floats(-3, 3))
def test_a_spread_moves_with_its_prices(values, by):
    one, other = spread_of(values, 3), spread_of([value + by for value in values], 3)
    assert other.median == pytest.approx(one.median + by)
    assert other.scale == pytest.approx(one.scale)
    assert (other.low, other.high) == pytest.approx((one.low + by, one.high + by))


@given(prices)
def test_the_median_is_no_outlier_and_what_is_ordinary_is_none(values):
    spread = spread_of(values, 3)
    assert spread.low < spread.median < spread.high
    for value in values:
        assert not (spread.is_ordinary(value) and spread.is_outlier(value))


@given(st.lists(st.floats(-3, -2), min_size=21, max_size=40), st.lists(st.sampled_from([-9.0, 6.0, 9.0]), max_size=9))
def test_wrong_prices_do_not_move_the_spread_far(values, wrong):
    spread = spread_of([*values, *wrong], 3)
    assert -3 <= spread.median <= -2
    assert spread.is_outlier(6.0)


def test_equal_prices_leave_room_for_a_factor_of_ten():
    spread = spread_of([log10(0.01)] * 30, 3)
    assert not spread.is_outlier(log10(0.1))
    assert spread.is_outlier(log10(0.12))


@pytest.mark.parametrize(
    ("distance", "atomic", "exponent"),
    [
        (3.0, 10_000_000, 3), (2.6, 4_000_000, 3), (-3.1, 8, -3), (6.4, 10**10, 6), (-5.5, 3, -6), (11.5, 10**16, 12),
        (2.0, 3_000_000, 2), (2.0, 3_300_000, None), (-2.0, 20_000, -2), (-2.0, 5, None), (1.4, 400_000, None),
        (0.0, 10_000, None), (4.4, 10**8, None), (9.0, 10**13, None),
    ],
)  # fmt: skip
def test_a_slip_is_a_power_of_ten_that_somebody_makes(distance, atomic, exponent):
    slip = slip_of(distance, spread_of([0.0], 1), atomic, 6)
    assert (slip.exponent if slip else None) == exponent


def test_a_thousandth_that_several_peers_ask_was_meant_however_far_from_their_median():
    prices = [log10(0.005)] * 12 + [log10(0.001)] * 3 + [log10(0.02)]
    asked = {dollars: slip_of(log10(dollars), spread_of(prices, 3), round(dollars * 10**6), 6) for dollars in (1, 0.9)}
    assert asked[1] is not None
    assert asked[1].exponent == 3
    assert asked[0.9] is None


def test_of_two_explanations_the_one_nearer_to_the_median_is_given():
    slip = slip_of(2.45, spread_of([0.0], 1), 282_000_000, 6)
    assert slip is not None
    assert slip.exponent == 2


def test_a_group_is_spread_no_less_than_asked_for():
    narrow, wide = spread_of([-2.0] * 5, 1), spread_of([-2.0] * 5, 1, 0.6)
    assert narrow.is_outlier(-0.5)
    assert not wide.is_outlier(-0.5)
    assert wide.is_outlier(1.0)


@pytest.mark.parametrize(
    ("summary", "unit"),
    [
        ("Draw for $0.02 per image", ("image", "0.02")), ("Videos ($0.01/second)", ("second", "0.01")),
        ("0.5 USDC per 1k tokens", ("1k tokens", "0.5")), ("$3 per million tokens", ("1m tokens", "3")),
        ("priced per-token", ("token", None)), ("Calls at $0.01 per call", None), ("wallets per chain", None),
        ("per image of x" + "y" * 10**6, ("image", None)), ("", None),
    ],
)  # fmt: skip
def test_a_unit_is_read_where_the_text_names_one(summary, unit, listing):
    assert unit_of(listing({"summary": summary})) == unit


def test_the_page_names_the_unit_before_the_text(listing):
    page = {"offers": {"priceSpecification": {"unitText": "page"}}}
    assert unit_of(listing({"summary": "$1 per image", "json_ld": page})) == ("page", None)
