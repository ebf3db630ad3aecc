"""Kinds: whatever a JSON object holds, it is a listing, holds some, or is a finding."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from x402_catalog.claims import truth_sheet
from x402_catalog.findings import Finding
from x402_catalog.models import Listing
from x402_catalog.records import Record
from x402_catalog.sources import Kind, kind_of, listings
from x402_catalog.validation import validate

NAMES = ["accepts", "resource", "url", "items", "resources", "record", "listing", "slug", "paths", "openapi", "error",
         "x402Version", "request", "response", "status", "headers", "body", "payment-required", "extensions", "bazaar",
         "info", "schema", "input", "output", "routeTemplate", "paymentRequirements", "payTo", "pay_to", "amount",
         "get", "network", "asset", "x-payment-info", "offers", "price", "protocols", "parameters", "name", "in",
         "content", "requestBody", "responses", "200", "application/json", "$ref", "properties", "type", "servers",
         "queryParams", "outputSchema", "hints", "maxAmountRequired", "tags", "lastUpdated", "/x",
         "advisoryPriceUsd"]  # fmt: skip
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4)
    | st.sampled_from(["#/paths", "#/", "https://a.example/x/y", "https://[", "/x/:y", "eyJ9", "USDC", "base", "http",
                       "eyJhY2NlcHRzIjpbMV19", "1e999999999", "object", "string", "query", "eip155:8453"])
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), below, max_size=5)
    ),
    max_leaves=25,
)
objects = st.dictionaries(st.sampled_from(NAMES), values, max_size=6)
operations = st.fixed_dictionaries(
    {"openapi": st.just("3.1.0"), "paths": st.fixed_dictionaries({"/x": st.fixed_dictionaries(
        {"get": st.builds(lambda payment, rest: {**rest, "x-payment-info": payment}, objects, objects)})})}
)  # fmt: skip
items = st.builds(
    lambda info, schema, rest, offer: {
        **rest, "accepts": [offer], "extensions": {"bazaar": {"info": info, "schema": schema}}
    },
    objects, objects, objects, objects,
)  # fmt: skip
exchanges = st.builds(
    lambda headers, body: {"response": {"status": 402, "headers": headers, "body": body}}, values, values
)


def of(value: dict[str, Any], kind: Kind | None = None) -> list[Listing | Finding]:
    return list(listings(Record(value, json.dumps(value).encode(), "any.json"), kind))


@given(objects | operations | items | exchanges, st.sampled_from([None, *Kind]))
def test_every_object_yields_a_listing_or_a_finding(value: dict[str, Any], kind: Kind | None) -> None:
    assert kind_of(value) in Kind
    assert of(value, kind)


@given(objects | operations | items | exchanges)
def test_whatever_a_source_holds_its_listings_can_be_judged_and_located(value: dict[str, Any]) -> None:
    for listing in of(value):
        if isinstance(listing, Listing):
            judge = validate(listing)
            truth_sheet(listing, judge.judgements)
            assert all(finding.location.line == 1 for finding in judge.findings)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({"openapi": "3.0.3", "paths": {}}, Kind.OPENAPI),
        ({"openapi": "3.0.3"}, Kind.X402ALL),
        ({"slug": "a", "accepts": [{"payTo": "0x"}]}, Kind.X402ALL),
        ({"accepts": [{"pay_to": "0x"}]}, Kind.X402ALL),
        ({"resource": "https://a.example", "accepts": [], "type": "http", "x402Version": 1}, Kind.BAZAAR),
        ({"x402Version": 1, "accepts": [], "error": ""}, Kind.CHALLENGE),
        ({"x402Version": 2, "accepts": [], "resource": {"url": "https://a.example"}}, Kind.CHALLENGE),
        ({"x402Version": 2, "accepts": [], "resource": {"url": "https://a.example"}, "lastUpdated": 1}, Kind.BAZAAR),
        ({"response": {"status": 402}}, Kind.CHALLENGE),
        ({"response": "402"}, Kind.X402ALL),
    ],
)
def test_the_content_alone_tells_the_kind(value: dict[str, Any], kind: Kind) -> None:
    assert kind_of(value) is kind


def test_wrappers_inside_wrappers_end(tmp_path: Path) -> None:
    value: dict[str, Any] = {"slug": "deep"}
    for _ in range(50):
        value = {"record": value}
    assert [type(each) for each in of(value)] == [Listing]


def test_the_faults_of_a_text_are_told_once() -> None:
    fault = of({"items": []})[0]
    assert isinstance(fault, Finding)
    record = Record({"items": [{"slug": "a"}, {"slug": "b"}]}, b"{}", "page.json", faults=(fault,))
    assert [each for each in listings(record) if isinstance(each, Finding)] == [fault]
    alone = Record({"slug": "a"}, b"{}", "one.json", faults=(fault,))
    (listing,) = listings(alone)
    assert isinstance(listing, Listing)
    assert listing.record.faults == (fault,)
