"""Charts of prices: every listing is in a bar and in a row, whatever the prices are."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from x402_catalog.store import Group
from x402_harness.reporting.pricecharts import Mark, histogram, spreads

DIGITS = st.integers(1, 10**40)
PRICES = st.dictionaries(
    st.builds(lambda digits, power: Decimal(digits).scaleb(power), DIGITS, st.integers(-60, 30)) | st.just(Decimal(0)),
    st.integers(1, 10**6), min_size=1, max_size=30,
)  # fmt: skip


def edges(row: str) -> tuple[Decimal, Decimal]:
    low, high = (Decimal(one.removeprefix("$")) for one in row.split(" to "))
    return low, high


@given(PRICES)
def test_every_listing_is_in_the_row_of_its_price(prices):
    chart = histogram(prices, "prices")
    assert chart
    counted = {name: int(count) for name, count in chart.rows}
    assert sum(counted.values()) == sum(prices.values())
    for name, count in counted.items():
        if name != "free":
            low, high = edges(name)
            assert count == sum(number for price, number in prices.items() if low <= price < high and price)


@given(PRICES)
def test_the_drawing_stays_within_its_frame(prices):
    marks = [Mark("one", price, "own") for price in prices]
    chart = histogram(prices, "prices", marks[:2])
    assert chart
    frame = [float(one) for one in re.search(r'viewBox="0 0 (\d+) (\d+)"', chart.svg).groups()]
    assert chart.svg.count("<rect") <= 48
    for x, wide in re.findall(r'<rect class="bar" x="([-\d.]+)" y="[-\d.]+" width="([-\d.]+)"', chart.svg):
        assert 0 <= float(x) <= float(x) + float(wide) <= frame[0]
    for x in re.findall(r'<line class="mark own" x1="([-\d.]+)"', chart.svg):
        assert 0 <= float(x) <= frame[0]


def test_edges_are_one_two_and_five_times_powers_of_ten():
    chart = histogram({Decimal("0.01"): 1, Decimal("0.0199"): 1, Decimal("0.02"): 1, Decimal("0.05"): 4}, "prices")
    assert chart
    assert chart.rows == (("$0.01 to $0.02", "2"), ("$0.02 to $0.05", "1"), ("$0.05 to $0.10", "4"))


def test_there_is_no_chart_of_nothing():
    assert histogram({}, "prices") is None
    assert spreads([], "category") is None


@pytest.mark.parametrize("name", ["media", "<script>", "\u202egpj", ""])
def test_a_group_is_drawn_from_its_low_to_its_high_price(name):
    low, middle, high = Decimal("0.001"), Decimal("0.01"), Decimal(10)
    free = Group("free", 1, 0, Decimal(0), Decimal(0), Decimal(0), None, None)
    chart = spreads([Group(name, 3, 0, low, middle, high, high / low, None), free], "category")
    assert chart
    assert chart.rows == ((name or "none", "$0.001", "$0.01", "$10.00"),)
    assert "<script" not in chart.svg
    assert "\u202e" not in chart.svg
