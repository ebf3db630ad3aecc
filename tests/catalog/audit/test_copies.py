"""Copies: what is the same, what is nearly, what is one template filled in, and who is the cheapest."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from x402_catalog.audit import audit
from x402_catalog.duplicates import endpoint_of
from x402_catalog.duplicates.near import VALUES, similarity
from x402_catalog.models import Listing

TEXT = "Forecasts of wind and rain for every harbour of the northern coast, hour by hour, a week ahead"


def rules(*listings: Listing) -> dict[str, list[str]]:
    result = audit(listings)
    return {one.rule.code: [listings[number].slug for number in one.members] for one in result.copies}


@pytest.mark.parametrize(
    "other",
    [
        "https://shop.example/a/b/",
        "https://SHOP.example/a/b",
        "https://shop.example:443/a/b#top",
        "http://shop.example/a/b",
    ],
)
def test_one_endpoint_is_one_however_its_url_is_written(other, make):
    one, two = make(url="https://shop.example/a/b"), make(url=other)
    assert rules(one, two) == {"DUP001": [one.slug, two.slug]}


@pytest.mark.parametrize(
    "other",
    [
        "https://shop.example/a/c",
        "https://other.example/a/b",
        "https://shop.example:8443/a/b",
        "https://shop.example/a/b?x=1",
    ],
)
def test_other_endpoints_are_others(other, make):
    assert rules(make(url="https://shop.example/a/b"), make(url=other)) == {}


def test_methods_tell_endpoints_apart(make):
    post = {"hints": {"input": {"type": "http", "method": "POST"}}}
    assert rules(make(url="https://shop.example/a"), make(url="https://shop.example/a", offer=post)) == {}


def test_the_order_of_a_query_does_not_count(make):
    one, two = make(url="https://shop.example/a?x=1&y=2"), make(url="https://shop.example/a?y=2&x=1")
    assert "DUP001" in rules(one, two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (f"0x{7:040x}", f"0x{8:040x}"), ("17", "18"), ("BTC", "ETH"), ("2026-01-01", "2026-01-02"),
        ("6428ab66-a167-46dd-ae61-4b39cba623fc", "6935a6a7-244f-4d49-91c7-09bd6a0ba444"),
        ("bafkreia6nujebdr2tyzvc4ayvtpi5az5dgrtd3scdvf3", "bafybeiceyif7fype4d4ksyfed52e2cyq5ghrgc7wagd2"),
    ],
)  # fmt: skip
def test_values_of_a_parameter_make_a_family(one, two, make):
    first, second = (
        make(url=f"https://shop.example/wallets/{value}/stats", summary=f"Stats of {value}") for value in (one, two)
    )
    assert rules(first, second) == {"DUP004": [first.slug, second.slug]}


def test_ids_behind_which_different_things_stand_make_none(make):
    one = make(url="https://shop.example/services/17", summary="An audit of certificates")
    two = make(url="https://shop.example/services/18", summary="A logo for a shop")
    assert rules(one, two) == {}


def test_equal_content_elsewhere_is_an_exact_copy_and_with_one_payee_a_mirror(make):
    one, two = make(summary=TEXT), make(summary=TEXT)
    assert rules(one, two) == {"DUP002": [one.slug, two.slug]}
    payee = {"pay_to": "0x" + "a" * 40}
    one, two = make(summary=TEXT, offer=payee), make(summary=TEXT, offer=payee)
    assert rules(one, two) == {"DUP005": [one.slug, two.slug]}


def test_a_word_changed_makes_a_near_copy_and_a_text_of_few_words_makes_none(make):
    one, two = make(summary=TEXT), make(summary=TEXT.replace("ahead", "onwards"))
    assert rules(one, two) == {"DUP003": [one.slug, two.slug]}
    assert rules(make(summary="Access to protected content"), make(summary="Access to protected content")) == {}


def test_the_cheapest_of_a_cluster_is_named_and_the_dearest_told(make):
    dear, cheap = make(30_000, summary=TEXT), make(10_000, summary=TEXT)
    result = audit([dear, cheap])
    exact, differ = result.judge(dear).findings
    assert (exact.rule, differ.rule) == ("DUP002", "PRICE025")
    assert f"the cheapest is {cheap.slug} at $0.01, the dearest {dear.slug} at $0.03" in exact.message
    assert (differ.observed, differ.expected) == ("30000", "10000")
    assert result.judge(cheap).findings == []


def test_declared_clusters_are_compared_with_what_is_alike(make):
    one, two = (
        make(summary=TEXT, duplicate_cluster_id="data-cl-1"),
        make(summary=TEXT, duplicate_cluster_id="data-cl-1"),
    )
    three, four = (
        make(summary="tides", duplicate_cluster_id="data-cl-2"),
        make(summary="whois", duplicate_cluster_id="data-cl-2"),
    )
    five = make(summary=TEXT, duplicate_cluster_id="data-cl-5")
    result = audit([one, two, three, four, five])
    told = {found.rule: found for listing in (one, two, three, four, five) for found in result.judge(listing).findings}
    assert told["DUP006"].observed == "data-cl-1"
    assert told["DUP006"].expected == ["data-cl-5"]
    assert told["DUP007"].observed == "data-cl-2"
    held = [one.verdict for one in result.judge(two).judgements if one.pointer == "/duplicate_cluster_id"]
    assert held == ["held"]


def test_thousands_of_copies_take_no_longer_than_as_many_others(make):
    copies = [make(summary=TEXT, duplicate_cluster_id="all") for _ in range(3000)]
    result = audit(copies)
    assert [len(one.members) for one in result.copies] == [3000]
    assert sum(1 for _ in result.findings()) == 1


@pytest.mark.parametrize(
    "url", ["", "http://[", "https://\ud800.example/", "https://a.example/" + "1/" * 5000, "x" * 10**6]
)
def test_hostile_urls_and_texts_are_survived(url, make):
    listing = make(
        url=url, summary="\ud800 " * 1000, hints={"a": 2**70}, offer={"hints": {"input": 2**80, "output": "\ud800"}}
    )
    assert audit([listing]).counts().listings == 1


@given(st.lists(st.tuples(*[st.sampled_from([0, 1, 0x7FFF, 0x8000, 0xFFFF])] * 2), min_size=VALUES, max_size=VALUES))
def test_sketches_are_alike_by_the_share_of_their_values_that_are_equal(pairs):
    one, other = (array("H", values).tobytes() for values in zip(*pairs, strict=True))
    assert similarity(one, other) == sum(a == b for a, b in pairs) / VALUES


@given(st.from_regex(r"https?://[a-z]{1,5}(/[a-z?&#=@:.]{1,3}){0,3}", fullmatch=True))
def test_a_url_that_is_plain_is_the_same_endpoint_as_with_its_port_and_a_fragment(url):
    port = ":443" if url.startswith("https") else ":80"
    head, slash, path = url.partition("://")[2].partition("/")
    longer = f"{url.partition(':')[0]}://{head}{port}{slash}{path}"
    assert endpoint_of("GET", url) == endpoint_of("GET", longer if "#" in path else longer + "#there")
