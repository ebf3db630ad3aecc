"""Search and selection: filters, prices, orders, samples and words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from x402_catalog.models import Listing, listing_of
from x402_catalog.records import Record
from x402_catalog.search import SORTS, BadFilter, Filters, cheapest, host
from x402_catalog.store import select

LISTINGS = [
    listing_of(Record(json.loads(path.read_bytes()), b"", path.name))
    for path in sorted((Path(__file__).parents[3] / "listings").glob("*.json"))
]
BASE_USDC = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"
TEST_USDC = "0x036CbD53842c5426634e7929541eC2318f3dCF7e"
SOLANA_USDC = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"


def offer(network: str, asset: str, atomic: str) -> dict[str, str]:
    return {"network": network, "asset": asset, "max_amount_required_atomic": atomic}


@pytest.fixture
def shelf(listing: Callable[..., Listing]) -> list[Listing]:
    """Four listings: cheap on Base, dear on Base and cheap on Solana, free of known terms, and one on a testnet."""

    def made(slug: str, url: str, *offers: dict[str, str], **more: Any) -> Listing:
        return listing({"slug": slug, "title": slug.title(), "url": url, "accepts": list(offers), **more})

    return [
        made("cheap", "https://api.a.example/x", offer("base", BASE_USDC, "10000"), category="media",
             pricing_sanity={"flag": "cheap", "ratio": 0.1}, trust_tier="verified"),
        made("both", "https://api.b.example/x", offer("base", BASE_USDC, "5000000"),
             offer("solana", SOLANA_USDC, "20000"), category="Data", pricing_sanity={"flag": "normal", "ratio": 0.5}),
        made("unpriced", "https://c.example/x", offer("base", "USDC", "free"), category="data"),
        made("test", "http://localhost:8000/x", offer("eip155:84532", TEST_USDC, "1")),
    ]  # fmt: skip


def slugs(found: list[Listing]) -> list[str]:
    return [listing.slug for listing in found]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, ["both", "cheap", "test", "unpriced"]),
        ({"category": ("data",)}, ["both", "unpriced"]),
        ({"category": ("data", "media")}, ["both", "cheap", "unpriced"]),
        ({"network": ("base",)}, ["both", "cheap", "unpriced"]),
        ({"network": ("eip155:8453",)}, ["both", "cheap", "unpriced"]),
        ({"network": ("base-sepolia",)}, ["test"]),
        ({"network": ("nowhere",)}, []),
        ({"host": ("*.example",)}, ["both", "cheap", "unpriced"]),
        ({"host": ("API.B.EXAMPLE",)}, ["both"]),
        ({"host": ("localhost",)}, ["test"]),
        ({"asset": ("usdc",)}, ["both", "cheap", "test", "unpriced"]),
        ({"asset": (SOLANA_USDC,)}, ["both"]),
        ({"flag": ("cheap", "normal")}, ["both", "cheap"]),
        ({"tier": ("verif*",)}, ["cheap"]),
        ({"method": ("get",)}, ["both", "cheap", "test", "unpriced"]),
        ({"method": ("POST",)}, []),
        ({"price": "<=0.02"}, ["both", "cheap", "test"]),
        ({"price": "0.01"}, ["cheap"]),
        ({"price": "= $0.010"}, ["cheap"]),
        ({"price": ">0.01"}, ["both"]),
        ({"price": ">= 5"}, ["both"]),
        ({"price": "<0.000001"}, []),
    ],
)
def test_a_filter_selects_what_it_says(shelf: list[Listing], filters: dict[str, Any], expected: list[str]) -> None:
    assert slugs(select(shelf, filters=Filters(**filters))) == expected


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"network": ("base",), "price": "<=0.02"}, ["cheap"]),
        ({"network": ("solana",), "price": "<=0.02"}, ["both"]),
        ({"network": ("solana",), "price": ">1"}, []),
        ({"asset": (SOLANA_USDC,), "network": ("base",)}, []),
        ({"asset": (BASE_USDC.lower(),), "price": ">1"}, ["both"]),
    ],
)
def test_offer_filters_must_match_one_and_the_same_offer(
    shelf: list[Listing], filters: dict[str, Any], expected: list[str]
) -> None:
    assert slugs(select(shelf, filters=Filters(**filters))) == expected


@pytest.mark.parametrize(
    "price", ["", "cheap", "<=", "<= ", "=<1", "1..2", "-1", "1e3", "<=0.05 USDC", "1 2", "٣", "NaN", "<>1"]
)
def test_a_price_that_is_no_comparison_is_refused_with_an_example(shelf: list[Listing], price: str) -> None:
    with pytest.raises(BadFilter, match=r'write it like "<=0.05"'):
        select(shelf, filters=Filters(price=price))


def test_an_unknown_order_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadFilter, match="one of price, -price, relevance, ratio, host"):
        select([], filters=Filters(sort="prize"))


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("price", ["test", "cheap", "both", "unpriced"]),
        ("-price", ["both", "cheap", "test", "unpriced"]),
        ("ratio", ["both", "cheap", "test", "unpriced"]),
        ("host", ["cheap", "both", "unpriced", "test"]),
        ("relevance", ["both", "cheap", "test", "unpriced"]),
    ],
)
def test_listings_are_sorted_and_those_without_the_number_come_last(
    shelf: list[Listing], sort: str, expected: list[str]
) -> None:
    assert slugs(select(shelf, filters=Filters(sort=sort))) == expected


@pytest.mark.parametrize("sort", SORTS)
def test_the_order_does_not_depend_on_the_order_of_the_source(sort: str) -> None:
    filters = Filters(sort=sort)
    assert slugs(select(LISTINGS, filters=filters)) == slugs(select(LISTINGS[::-1], filters=filters))


@given(st.integers(min_value=0, max_value=30), st.integers())
def test_a_sample_is_as_large_as_asked_and_the_same_for_the_same_seed(size: int, seed: int) -> None:
    filters = Filters(sample=size, seed=seed)
    found = slugs(select(LISTINGS, filters=filters))
    assert found == slugs(select(LISTINGS, filters=filters))
    assert len(found) == min(size, len(LISTINGS))
    assert set(found) <= set(slugs(LISTINGS))


def test_different_seeds_draw_different_samples() -> None:
    drawn = {tuple(slugs(select(LISTINGS, filters=Filters(sample=3, seed=seed)))) for seed in range(20)}
    assert len(drawn) > 5


def test_a_limit_cuts_after_sorting(shelf: list[Listing]) -> None:
    assert slugs(select(shelf, filters=Filters(sort="price", limit=2))) == ["test", "cheap"]
    assert slugs(select(shelf, filters=Filters(limit=0))) == []


@pytest.mark.parametrize(
    "query",
    ["venice", "VENICE", "ven imag", "image generation", "Venice AI · Image Generation", "venice.ai", "gen-ven", ""],
)
def test_every_word_of_a_query_begins_a_word_of_the_listing(query: str) -> None:
    assert "api-venice-ai-api-v1-images-generations" in slugs(select(LISTINGS, query))


@pytest.mark.parametrize("query", ["enice", "venice zebra", "imagess"])
def test_a_word_that_begins_none_finds_nothing(query: str) -> None:
    assert select(LISTINGS, query) == []


def test_names_of_parts_of_the_request_are_found() -> None:
    assert "api-venice-ai-api-v1-images-generations" in slugs(select(LISTINGS, "output_compression"))


def test_a_title_counts_more_than_a_summary(listing: Callable[..., Listing]) -> None:
    named = listing({"slug": "z", "title": "Weather", "summary": ""})
    told = listing({"slug": "a", "title": "Other", "summary": "about the weather"})
    assert slugs(select([told, named], "weather")) == ["z", "a"]


@given(st.text(max_size=20))
def test_no_query_is_too_odd(query: str) -> None:
    assert set(slugs(select(LISTINGS, query))) <= set(slugs(LISTINGS))


def test_the_cheapest_offer_is_a_listings_price(shelf: list[Listing]) -> None:
    assert [str(cheapest(listing)) for listing in shelf] == ["0.010000", "0.020000", "None", "0.000001"]


def test_a_url_without_a_host_has_none(listing: Callable[..., Listing]) -> None:
    assert [host(listing({"url": url})) for url in ("https://A.example/x", "nonsense", "https://[::1", "")] == [
        "a.example", "", "", "",
    ]  # fmt: skip


@given(
    st.sampled_from(("https://", "http://", "HTTPS://", " https://", "")),
    st.lists(st.sampled_from([*"aB1.-:/?#@[]% \n\té", "http://", "%41"]), max_size=8).map("".join),
)
def test_the_host_of_a_url_is_that_of_the_standard_library(
    listing: Callable[..., Listing], scheme: str, rest: str
) -> None:
    try:
        expected = urlsplit(scheme + rest).hostname or ""
    except ValueError:
        expected = ""
    assert host(listing({"url": scheme + rest})) == expected
