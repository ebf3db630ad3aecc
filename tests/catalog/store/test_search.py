"""Searching: words, phrases, weights, typing errors, facets, neighbours and prices."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from x402_catalog.reading import read
from x402_catalog.search import BadFilter, Filters, bound, price_key, price_of_key
from x402_catalog.store import Catalogue, Query
from x402_catalog.store.searching import MOST_RANKED
from x402_catalog.store.statistics import ENOUGH, limits, quantile
from x402_catalog.store.typos import distance
from x402_catalog.store.words import MOST_WORDS, terms, written

Make = Callable[..., Catalogue]
USDC = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"


def priced(slug: str, *amounts: int, **more: Any) -> dict[str, Any]:
    offers = [{"network": "base", "asset": USDC, "max_amount_required_atomic": str(amount)} for amount in amounts]
    return {"slug": slug, "title": slug, "accepts": offers, **more}


def slugs(catalogue: Catalogue, text: str, **filters: Any) -> list[str]:
    return [row.slug for row in catalogue.search(Query(text, Filters(**filters))).rows]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("image", ["made", "told"]),
        ("imag gen", ["made", "told"]),
        ('"image generation"', ["made"]),
        ('"generation image"', []),
        ('"imag"', []),
        ('"image', ["made", "told"]),
        ('made" "', ["made"]),
        ("generation-of", ["told"]),
        ("output_compression", ["made"]),
        ("compression", ["made"]),
        ("posters", ["told"]),
        ("café CAFE cafe\u0301", ["told"]),
        ("画像", ["told"]),
        ("像生", ["told"]),
        ("像画", ["told"]),
        ('"像画"', []),
    ],
)
def test_words_are_beginnings_and_quoted_ones_are_whole_and_in_order(
    catalogue: Make, text: str, expected: list[str]
) -> None:
    hints = {"input": {"bodyFields": {"output_compression": {"type": "integer", "description": "How small"}}}}
    made = catalogue(
        {"slug": "made", "title": "Image generation", "accepts": [{"hints": hints}]},
        {"slug": "told", "title": "x", "summary": "generation of an image, 画像生成 at the Café",
         "use_cases": ["Draw posters", 7]},
    )  # fmt: skip
    found = made.search(Query(text))
    assert [row.slug for row in found.rows if found.corrected is None] == expected


@pytest.mark.parametrize(
    "text", ["NEAR(a b)", "a AND", "title:x", "* ^", '"" OR', "a'; DROP TABLE facet; --", "\x00", "{}"]
)
def test_what_is_typed_is_never_syntax(catalogue: Make, text: str) -> None:
    made = catalogue({"slug": "s", "title": "near a b and title x or drop table facet"})
    found = made.search(Query(text, Filters(category=(text,), host=(text,), network=(text,), asset=(text,))))
    assert found.total == 0
    assert made.search(Query(text)).total == 1


def test_a_query_of_too_many_words_is_refused(catalogue: Make) -> None:
    made = catalogue({"slug": "s"})
    many = " ".join(f"w{number}" for number in range(MOST_WORDS))
    assert made.search(Query(many)).total == 0
    with pytest.raises(BadFilter, match="more than 64 words"):
        made.search(Query(many + " more"))


@given(st.text(max_size=40))
def test_a_query_can_be_written_again(text: str) -> None:
    wanted = terms(text)
    assert set(terms(written(wanted))) == set(wanted)


def test_a_title_counts_more_than_an_address_than_a_summary_than_a_field(catalogue: Make) -> None:
    hints = {"input": {"bodyFields": {"weather": {"type": "string"}, "x": {"description": "weather"}}}}
    others = [{"slug": f"z{number}", "title": "nothing"} for number in range(20)]
    made = catalogue(
        {"slug": "a", "title": "q", "accepts": [{"hints": hints}]}, {"slug": "b", "title": "q", "summary": "weather"},
        {"slug": "c-weather", "title": "q"}, {"slug": "d", "title": "weather"}, *others,
    )  # fmt: skip
    assert slugs(made, "weather") == ["d", "c-weather", "b", "a"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("wether", "weather"), ("waether", "weather"), ("eather", "weather"), ("weatherr forecats", "weather forecast"),
     ('"wether forecast"', '"weather forecast"'), ("xyzzy", None), ("we", None), ("zz", None),
     ("forecast weather", None), ("weather zzzzzz", None)],
)  # fmt: skip
def test_a_word_that_nobody_has_is_taken_for_its_nearest(catalogue: Make, typed: str, meant: str | None) -> None:
    made = catalogue({"slug": "w", "title": "weather forecast"}, {"slug": "x", "title": "image"})
    page = made.search(Query(typed))
    assert page.corrected == meant
    assert [row.slug for row in page.rows] == ["w"] or meant is None


@given(st.text("abc", max_size=5), st.text("abc", max_size=5), st.integers(1, 2))
def test_slips_are_counted_as_the_plain_definition_does(left: str, right: str, most: int) -> None:
    exact = plain_distance(left, right)
    assert distance(left, right, most=most) == exact if exact <= most else distance(left, right, most=most) > most


def test_a_number_is_taken_for_no_other(catalogue: Make) -> None:
    made = catalogue({"slug": "w", "title": "forecast 2025 for 10m"})
    assert made.search(Query("2024")).corrected is None
    assert made.search(Query("11m")).corrected == "10m"


def test_words_that_come_with_a_later_import_are_known(catalogue: Make, write: Callable[..., Path]) -> None:
    made = catalogue({"slug": "w", "title": "weather"})
    assert made.search(Query("earthquaek")).corrected is None
    later = write({"slug": "x", "title": "earthquake"})
    made.add(read([later]), [str(later)], 1.0)
    assert made.search(Query("earthquaek")).corrected == "earthquake"


def plain_distance(a: str, b: str) -> int:
    if not a or not b:
        return len(a) + len(b)
    found = [plain_distance(a[1:], b) + 1, plain_distance(a, b[1:]) + 1, plain_distance(a[1:], b[1:]) + (a[0] != b[0])]
    if len(a) > 1 and len(b) > 1 and (a[0], a[1]) == (b[1], b[0]):
        found.append(plain_distance(a[2:], b[2:]) + 1)
    return min(found)


def test_pages_follow_each_other_without_gap_or_overlap(catalogue: Make) -> None:
    made = catalogue(*[priced(f"s{number:02}", number % 3, category="c") for number in range(25)])
    for sort in ("price", "-price", "relevance", "host", "ratio"):
        whole = slugs(made, "s", sort=sort)
        pages = [made.search(Query("s", Filters(sort=sort, limit=10), offset)).rows for offset in (0, 10, 20)]
        assert [row.slug for page in pages for row in page] == whole
        assert sorted(whole) == [f"s{number:02}" for number in range(25)]


def test_what_is_counted_at_import_is_what_a_search_counts(catalogue: Make) -> None:
    made = catalogue(source=Path(__file__).parents[3] / "listings")
    tallied = made.search(Query(facets=True))
    counted = made.search(Query(facets=True, filters=Filters(category=("*",))))
    assert tallied.facets == counted.facets
    assert list(tallied.facets["category"]) == list(counted.facets["category"])
    assert tallied.prices == counted.prices
    assert sum(tallied.facets["output"].values()) == tallied.total == counted.total == 17


def test_the_price_shown_is_that_of_the_offers_asked_for(catalogue: Make) -> None:
    solana = {"network": "solana", "asset": "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"}
    two = priced("two", 5_000_000)
    two["accepts"].append({**solana, "max_amount_required_atomic": "20000"})
    made = catalogue(two, priced("one", 1_000_000))
    shown = lambda **filters: [(r.slug, r.price) for r in made.search(Query("", Filters(**filters))).rows]  # noqa: E731
    assert shown(sort="price") == [("two", Decimal("0.02")), ("one", Decimal(1))]
    assert shown(sort="price", network=("base",)) == [("one", Decimal(1)), ("two", Decimal(5))]


def test_more_than_can_be_ranked_comes_in_the_order_of_slugs(tmp_path: Path, catalogue: Make) -> None:
    path = tmp_path / "many.jsonl"
    lines = [f'{{"slug":"s{number:05}","title":"many"}}\n' for number in range(MOST_RANKED + 1)]
    path.write_text("".join(lines))
    made = catalogue(source=path)
    page = made.search(Query("many", Filters(limit=2)))
    assert not page.ranked
    assert [row.slug for row in page.rows] == ["s00000", "s00001"]
    assert made.search(Query("many s0000", Filters(limit=2))).ranked


def test_what_is_alike_is_of_the_same_category_and_shares_rare_words(catalogue: Make) -> None:
    made = catalogue(
        {"slug": "a", "title": "marine forecast", "summary": "the tide of the day", "category": "data"},
        {"slug": "b", "title": "tide tables", "summary": "the marine forecast", "category": "data"},
        {"slug": "c", "title": "the news", "category": "data"},
        {"slug": "d", "title": "marine forecast and tide", "category": "other"},
        {"slug": "e", "title": "unique", "category": "data"},
    )
    assert [row.slug for row in made.similar(made.ids("a")[0])] == ["b", "c"]
    assert made.similar(made.ids("e")[0]) == ()


def test_a_price_stands_among_those_of_its_category(catalogue: Make) -> None:
    some = [priced(f"s{n}", n * 10_000, category="c") for n in (1, 2, 3, 4, 100)]
    made = catalogue(*some, priced("x", 7, category="d"), {"slug": "none", "category": "c"})
    standing = made.standing(made.ids("s100")[0])
    assert standing is not None
    assert (standing.price, standing.rank, standing.peers) == (Decimal(1), 5, 5)
    assert (standing.median, standing.ratio) == (Decimal("0.03"), Decimal(1) / Decimal("0.03"))
    assert made.standing(made.ids("none")[0]) is None
    assert made.peers(made.ids("x")[0]) == {Decimal("0.000007"): 1}


def test_groups_say_how_many_at_which_price(catalogue: Make) -> None:
    some = [priced(f"s{n}", n * 10_000, category="c") for n in range(1, 21)]
    odd = [{"slug": "n", "category": "c"}, priced("far", 10_000_000, category="c"), priced("free", 0, category="c")]
    made = catalogue(*some, *odd, priced("y", 1, category="d"))
    group, other = made.groups("category")
    assert (group.name, group.count, group.unpriced, group.outliers) == ("c", 22, 1, 1)
    assert (group.p5, group.median, group.p95) == (Decimal("0.01"), Decimal("0.1"), Decimal("0.2"))
    assert group.spread == 20
    assert (other.name, other.outliers) == ("d", None)
    assert [(row.slug, median) for row, median in made.outliers()] == [("far", Decimal("0.11"))]
    assert [group.name for group in made.groups("network")] == ["eip155:8453"]
    assert made.groups("category", "s1", Filters(price="<=0.1"))[0].count == 2


PRICES = st.dictionaries(st.decimals("0.000001", "100000", places=6), st.integers(1, 5), max_size=12).map(
    lambda found: {price: found[price] for price in sorted(found)}
)


@settings(max_examples=60)
@given(PRICES, st.sampled_from([0.05, 0.5, 0.95]))
def test_a_quantile_is_the_least_price_with_enough_below_it(prices: dict[Decimal, int], part: float) -> None:
    each = [price for price, count in prices.items() for _ in range(count)]
    enough = [price for price in each if sum(one <= price for one in each) >= part * len(each)]
    assert quantile(prices, part) == (min(enough) if enough else None)


@settings(max_examples=60)
@given(PRICES, st.integers(1, 9))
def test_outliers_do_not_depend_on_the_unit_and_never_hold_the_median(prices: dict[Decimal, int], unit: int) -> None:
    edges = limits(prices)
    if sum(prices.values()) < ENOUGH:
        assert edges is None
        return
    assert edges is not None
    middle = quantile(prices, 0.5)
    assert middle is not None
    assert edges[0] < middle / 11 < middle * 11 < edges[1]
    scaled = limits({price * 10**unit: count for price, count in prices.items()})
    assert scaled is not None
    assert [float(edge) * 10**unit for edge in edges] == pytest.approx([float(edge) for edge in scaled])


DECIMALS = st.from_regex(r"[0-9]{1,80}(\.[0-9]{1,80})?", fullmatch=True).filter(str.isascii)


@given(DECIMALS, DECIMALS)
def test_keys_of_prices_sort_as_the_numbers_do(left: str, right: str) -> None:
    one, other = Decimal(left), Decimal(right)
    assert (price_key(left) < price_key(right)) == (one < other)
    assert (price_key(left) == price_key(right)) == (one == other)
    assert price_of_key(price_key(left)) == one


def test_a_price_of_a_hundred_digits_is_refused() -> None:
    with pytest.raises(BadFilter, match="more digits than any price"):
        bound("<" + "9" * 100)
