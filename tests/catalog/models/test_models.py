"""Listings and offers: typed views that never raise, over JSON that is kept whole."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from x402_catalog.claims import leaves
from x402_catalog.models import Listing, below, listing_of, member, pointer, steps
from x402_catalog.records import Record

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=6), children, max_size=3),
    max_leaves=8,
)
MEMBERS = ["slug", "title", "url", "category", "summary", "accepts", "pricing_sanity", "example_request_body"]
OFFER_MEMBERS = [
    "scheme", "network", "pay_to", "asset", "max_amount_required_atomic", "max_timeout_seconds", "mime_type", "extra",
    "hints",
]  # fmt: skip


def test_the_reference_listing_reads_as_written(listing: Callable[..., Listing], reference: dict[str, Any]) -> None:
    read = listing(reference)
    (offer,) = read.offers
    assert read.slug == "api-venice-ai-api-v1-images-generations"
    assert read.method == "POST"
    assert read.raw is reference
    assert (offer.scheme, offer.version, offer.timeout, offer.amount) == ("exact", 1, 300, 10_000_000)
    assert offer.network is not None
    assert offer.network.caip2 == "eip155:8453"
    assert str(offer.price) == "10.000000 USDC"
    assert offer.pointer == "/accepts/0"
    assert offer.mime_type is None


@given(st.dictionaries(st.sampled_from(MEMBERS), json_values))
def test_no_listing_is_too_odd_for_a_view(raw: dict[str, Any]) -> None:
    read = listing_of(Record(raw, b"{}", "odd.json"))
    assert read.raw is raw
    assert isinstance(read.method, str)
    assert read.slug


@given(st.dictionaries(st.sampled_from(OFFER_MEMBERS), json_values))
def test_no_offer_is_too_odd_for_a_view(raw: dict[str, Any]) -> None:
    (offer,) = listing_of(Record({"accepts": [raw]}, b"{}", "odd.json")).offers
    assert offer.raw is raw
    assert (offer.price is not None) == (offer.amount is not None and offer.token is not None)
    assert offer.version in {1, 2}


def test_offers_keep_their_place_when_an_entry_is_no_object(listing: Callable[..., Listing]) -> None:
    read = listing({"accepts": ["base", {"scheme": "exact"}, None, {"scheme": "upto"}]})
    assert [offer.pointer for offer in read.offers] == ["/accepts/1", "/accepts/3"]


@pytest.mark.parametrize(
    ("hints", "method"),
    [
        ({"method": "get"}, "GET"),
        ({"bodyFields": {"a": {"type": "string"}}}, "POST"),
        ({"body": {"a": 1}}, "POST"),
        ({"data": {"a": 1}}, "POST"),
        ({"properties": {"a": {"type": "string"}}}, "POST"),
        ({"queryParams": {"a": "x"}}, "GET"),
        ({"bodyFields": None}, "GET"),
        ({"method": 5}, "GET"),
        ({}, "GET"),
    ],
)
def test_the_method_is_the_declared_one_or_follows_from_the_fields(
    listing: Callable[..., Listing], hints: dict[str, Any], method: str
) -> None:
    assert listing({"accepts": [{"hints": {"input": hints}}]}).method == method


def test_a_listing_without_a_slug_is_known_by_its_place() -> None:
    assert listing_of(Record({}, b"{}", "all.jsonl", line=7)).slug == "all.jsonl:7"
    assert listing_of(Record({}, b"{}", "all.json", pointer="/3")).slug == "all.json#/3"


def test_a_caip2_network_makes_an_offer_of_version_2(listing: Callable[..., Listing]) -> None:
    (offer,) = listing({"accepts": [{"network": "eip155:84532"}]}).offers
    assert offer.version == 2


@pytest.mark.parametrize("timeout", [True, "300", 300.0, None])
def test_a_timeout_is_an_integer_or_nothing(listing: Callable[..., Listing], timeout: object) -> None:
    (offer,) = listing({"accepts": [{"max_timeout_seconds": timeout}]}).offers
    assert offer.timeout is None


@given(st.lists(st.text(max_size=4) | st.integers(min_value=0, max_value=99), max_size=5))
def test_pointers_escape_what_rfc_6901_says(path: list[Any]) -> None:
    written = pointer(*path)
    assert written.count("/") == len(path)
    read = [step.replace("~1", "/").replace("~0", "~") for step in written.split("/")[1:]]
    assert read == [str(step) for step in path]


def test_a_member_is_found_through_objects_and_arrays_and_a_missing_step_is_none() -> None:
    value = {"a": [{"b": 1}, None]}
    assert member(value, "a", 0, "b") == 1
    assert member(value) is value
    for path in (("a", 5), ("a", "0"), ("b",), (0,), ("a", 1, "b"), ("a", 0, "b", "c")):
        assert member(value, *path) is None


@given(json_values)
def test_every_place_in_a_document_is_found_again_by_its_steps(value: Any) -> None:
    for path, leaf in leaves({"a~/b": value, "5": [value], "³": {"0": value}}):
        assert steps(pointer(*path)) == [str(step) for step in path]
        assert reduce(below, steps(pointer(*path)), {"a~/b": value, "5": [value], "³": {"0": value}}) == leaf


@pytest.mark.parametrize("step", ["³", "٣", "-1", "1", "9" * 5000, "", "a"])
def test_what_is_no_index_of_an_array_leads_nowhere(step: str) -> None:
    assert below(["x"], step) is None
