"""Money is an integer of atomic units: what is read as one, how it is written, and what cannot be mixed."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from x402_catalog.money import UINT256_MAX, Asset, Money, from_decimal, parse_atomic, ratio, to_decimal

USDC = Asset("eip155:8453", "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913", "USDC", 6)
MUSD = Asset("eip155:31612", "0xdD468A1DDc392dcdbEf6db6e34E89AA338F9F186", "mUSD", 18)

atomic_amounts = st.integers(min_value=0, max_value=UINT256_MAX)
decimals = st.integers(min_value=0, max_value=18)


@given(atomic_amounts)
def test_every_uint256_is_an_atomic_amount(amount: int) -> None:
    assert parse_atomic(str(amount)) == amount


def test_the_largest_uint256_is_an_amount_and_the_next_number_is_none() -> None:
    assert parse_atomic(str(UINT256_MAX)) == 2**256 - 1
    assert parse_atomic(str(UINT256_MAX + 1)) is None


def test_leading_zeros_do_not_change_an_amount() -> None:
    assert parse_atomic("007") == 7
    assert parse_atomic("0" * 78) == 0


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "1 ", " 1", "1\n", "+1", "-1", "-0", "1.0", "1.", ".5", "1e6", "1E6", "0x10", "1_000", "1,000", "$1",
        "NaN", "Infinity", "none", "\uff11\uff12", "\u0663", "\u00b2", "1\u00a0", "\u200b1", "0" * 79, "9" * 5000,
    ],
)  # fmt: skip
def test_a_string_that_is_no_plain_decimal_integer_is_no_amount(text: str) -> None:
    assert parse_atomic(text) is None


@pytest.mark.parametrize("value", [None, 1, 1.0, True, b"1", ["1"], {"amount": "1"}])
def test_only_a_string_is_an_amount(value: object) -> None:
    assert parse_atomic(value) is None


@given(st.text())
def test_whatever_is_read_as_an_amount_is_made_of_ascii_digits(text: str) -> None:
    if parse_atomic(text) is not None:
        assert set(text) <= set("0123456789")


@given(st.integers(min_value=0, max_value=10**59), decimals)
def test_an_amount_written_in_whole_units_reads_back_the_same(amount: int, places: int) -> None:
    assert from_decimal(to_decimal(amount, places), places) == amount


@pytest.mark.parametrize(
    ("amount", "places", "written"),
    [
        (10_000_000, 6, "10.000000"),
        (1, 6, "0.000001"),
        (0, 6, "0.000000"),
        (1, 18, "0.000000000000000001"),
        (10**18, 18, "1.000000000000000000"),
        (5, 0, "5"),
        (-1, 6, "-0.000001"),
        (-12_345_678, 6, "-12.345678"),
        (UINT256_MAX, 6, f"{UINT256_MAX // 10**6}.{UINT256_MAX % 10**6:06d}"),
    ],
)
def test_an_amount_is_written_with_all_its_decimals(amount: int, places: int, written: str) -> None:
    assert to_decimal(amount, places) == written


@pytest.mark.parametrize(
    ("text", "places", "amount"),
    [
        ("10", 6, 10_000_000),
        ("10.5", 6, 10_500_000),
        ("0.000001", 6, 1),
        ("0.0000010", 6, 1),
        ("1.000000000000000001", 18, 10**18 + 1),
        ("3.0", 0, 3),
        ("0010", 6, 10_000_000),
    ],
)
def test_a_decimal_reads_as_atomic_units(text: str, places: int, amount: int) -> None:
    assert from_decimal(text, places) == amount


@pytest.mark.parametrize("text", ["0.0000001", "1.2345678", "0.5"])
def test_a_decimal_finer_than_the_asset_is_none(text: str) -> None:
    assert from_decimal(text, 6 if text != "0.5" else 0) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "1.",
        ".1",
        "-1",
        "+1",
        "1e-05",
        "$1",
        "1,5",
        "1 ",
        "1\n",
        "\uff11",
        "1.\u0665",
        "NaN",
        "1.2.3",
        "9" * 61,
    ],
)
def test_what_is_no_plain_decimal_is_none(text: str) -> None:
    assert from_decimal(text, 6) is None


@given(st.integers(min_value=0, max_value=10**90), st.integers(min_value=1, max_value=10**90))
def test_a_ratio_is_exact_to_three_decimals_half_to_even(amount: int, median: int) -> None:
    with localcontext() as context:
        context.prec = 400
        exact = (Decimal(amount) / Decimal(median)).quantize(Decimal("0.001"), rounding=ROUND_HALF_EVEN)
    assert ratio(amount, median) == exact


@pytest.mark.parametrize(
    ("amount", "median", "expected"),
    [
        (10_000_000, 20_000, "500.000"),
        (2, 3, "0.667"),
        (5, 10_000, "0.000"),  # 0.0005: half, to the even 0.000
        (15, 10_000, "0.002"),  # 0.0015: half, to the even 0.002
        (25, 10_000, "0.002"),  # 0.0025: half, to the even 0.002
        (0, 1, "0.000"),
        (UINT256_MAX, 1, f"{UINT256_MAX}.000"),
        (1, UINT256_MAX, "0.000"),
    ],
)
def test_known_ratios(amount: int, median: int, expected: str) -> None:
    assert ratio(amount, median) == Decimal(expected)


@given(atomic_amounts, atomic_amounts)
def test_money_of_one_asset_adds_and_compares_as_integers_do(left: int, right: int) -> None:
    total = Money(left, USDC) + Money(right, USDC)
    assert total == Money(left + right, USDC)
    assert (Money(left, USDC) <= Money(right, USDC)) == (left <= right)


@pytest.mark.parametrize(
    "other",
    [
        MUSD,
        Asset("eip155:1", USDC.address, "USDC", 6),
        Asset(USDC.network, "0x036CbD53842c5426634e7929541eC2318f3dCF7e", "USDC", 6),
        Asset(USDC.network, USDC.address, "USDC", 18),
    ],
    ids=["another token", "another network", "another contract", "other decimals"],
)
def test_money_of_different_assets_neither_adds_nor_compares(other: Asset) -> None:
    with pytest.raises(ValueError, match="are different assets"):
        Money(1, USDC) + Money(1, other)
    with pytest.raises(ValueError, match="are different assets"):
        assert Money(1, USDC) <= Money(1, other)


def test_money_is_told_in_whole_units_with_its_symbol() -> None:
    assert str(Money(10_000_000, USDC)) == "10.000000 USDC"
    assert Money(1, MUSD).decimal == "0.000000000000000001"
    assert str(USDC) == "USDC on eip155:8453"


def test_equal_amounts_of_different_assets_are_not_equal() -> None:
    assert Money(1, USDC) != Money(1, MUSD)
