"""Price flags: what is known of their ratios is judged, what lies between different flags is not."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from x402_catalog.models import Listing
from x402_catalog.pricing import FLAGS, as_ratio, position, possible_flags

ratios = st.decimals(min_value=0, max_value=10**6, places=3)

# Ratios seen on x402all with the flag that they carried.
SEEN = [
    ("500", "expensive_outlier"), ("10.4", "expensive_outlier"), ("0.33", "normal"), ("0.333", "normal"),
    ("0.5", "normal"), ("0.8", "normal"), ("0.18", "cheap"), ("0.033", "cheap_outlier"),
]  # fmt: skip


@pytest.mark.parametrize(("ratio", "flag"), SEEN)
def test_a_ratio_that_was_seen_may_carry_the_flag_that_it_was_seen_with(ratio: str, flag: str) -> None:
    assert flag in possible_flags(Decimal(ratio))


@pytest.mark.parametrize(
    ("ratio", "flag"),
    [("0", "cheap_outlier"), ("0.033", "cheap_outlier"), ("0.18", "cheap"), ("0.333", "normal"), ("0.5", "normal"),
     ("0.8", "normal"), ("10.4", "expensive_outlier"), ("1000000", "expensive_outlier")],
)  # fmt: skip
def test_a_known_ratio_one_beyond_the_extremes_and_one_between_equal_flags_carry_one_flag(
    ratio: str, flag: str
) -> None:
    assert possible_flags(Decimal(ratio)) == (flag,)


@pytest.mark.parametrize(
    ("ratio", "flags"),
    [
        ("0.1", ("cheap_outlier", "cheap")),
        ("0.25", ("cheap", "normal")),
        ("0.801", ("normal", "expensive", "expensive_outlier")),
        ("1", ("normal", "expensive", "expensive_outlier")),
        ("10.399", ("normal", "expensive", "expensive_outlier")),
    ],
)
def test_a_ratio_between_different_flags_may_carry_any_of_them(ratio: str, flags: tuple[str, ...]) -> None:
    assert possible_flags(Decimal(ratio)) == flags


@given(ratios, ratios)
def test_a_higher_ratio_never_carries_a_cheaper_flag(left: Decimal, right: Decimal) -> None:
    low, high = (possible_flags(value) for value in sorted((left, right)))
    assert FLAGS.index(low[0]) <= FLAGS.index(high[0])
    assert FLAGS.index(low[-1]) <= FLAGS.index(high[-1])


@given(ratios)
def test_the_flags_of_a_ratio_are_neighbours(value: Decimal) -> None:
    found = possible_flags(value)
    assert found
    assert found == FLAGS[FLAGS.index(found[0]) : FLAGS.index(found[0]) + len(found)]


@pytest.mark.parametrize(
    ("value", "expected"),
    [(500, "500.000"), (0.667, "0.667"), (0.6666, "0.667"), (1e30, "1" + "0" * 30 + ".000"), (-1, "-1.000"),
     (0, "0.000"), (10**90, "1" + "0" * 90 + ".000"), (0.1 + 0.2, "0.300")],
)  # fmt: skip
def test_a_declared_ratio_counts_to_three_decimals(value: float, expected: str) -> None:
    assert as_ratio(value) == Decimal(expected)


@pytest.mark.parametrize("value", [None, True, "500", [500], {}])
def test_what_is_no_number_is_no_ratio(value: Any) -> None:
    assert as_ratio(value) is None


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_no_finite_number_is_too_large_to_be_a_ratio(value: float) -> None:
    assert as_ratio(value) is not None


def test_the_reference_listing_stands_at_five_hundred_times_its_median(
    listing: Callable[..., Listing], reference: dict[str, Any]
) -> None:
    found = position(listing(reference))
    assert found is not None
    assert (found.amount, found.median, found.ratio) == (10_000_000, 20_000, Decimal("500.000"))


@pytest.mark.parametrize("median", [None, True, "20000", 20000.0, -1])
def test_without_a_usable_median_there_is_no_position(
    listing: Callable[..., Listing], reference: dict[str, Any], median: object
) -> None:
    reference["pricing_sanity"]["median_category_atomic"] = median
    assert position(listing(reference)) is None


def test_a_median_of_zero_gives_no_ratio_and_no_amount_gives_no_position(
    listing: Callable[..., Listing], reference: dict[str, Any]
) -> None:
    reference["pricing_sanity"]["median_category_atomic"] = 0
    found = position(listing(reference))
    assert found is not None
    assert found.ratio is None
    reference["accepts"][0]["max_amount_required_atomic"] = "$1"
    assert position(listing(reference)) is None


def test_the_first_offer_with_a_price_counts(listing: Callable[..., Listing], reference: dict[str, Any]) -> None:
    reference["accepts"].insert(0, {"max_amount_required_atomic": "free"})
    found = position(listing(reference))
    assert found is not None
    assert found.amount == 10_000_000
