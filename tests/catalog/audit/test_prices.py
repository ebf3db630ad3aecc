"""Prices among their peers: who is judged, by whom, and what is said of it."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest

from x402_catalog.audit import audit, declared
from x402_catalog.claims import truth_sheet
from x402_catalog.findings import Finding
from x402_catalog.models import Listing, listing_of
from x402_catalog.records import Record
from x402_catalog.rules.judge import Evidence, Verdict
from x402_catalog.search import Filters
from x402_catalog.store import select

PRICES = ("PRICE020", "PRICE021", "PRICE022")


def findings(listings: list[Listing], of: Listing) -> list[Finding]:
    return [found for found in audit(listings).judge(of).findings if found.rule.startswith("PRICE")]


def the_finding(listings: list[Listing], of: Listing) -> Finding:
    (found,) = findings(listings, of)
    return found


@pytest.fixture
def peers(make) -> list[Listing]:
    """Twelve sellers that ask about a cent."""
    return [make(10_000 + 500 * number) for number in range(12)]


@pytest.mark.parametrize(
    ("atomic", "rule", "words"),
    [
        (10_000_000, "PRICE022", "0.01 USDC would be ordinary (thousandths taken for units)"),
        (10_000_000_000, "PRICE022", "0.01 USDC would be ordinary (an amount scaled to atomic units twice)"),
        (10**16, "PRICE022", "0.01 USDC would be ordinary (an amount for 18 decimals on an asset of 6)"),
        (1_000_000, "PRICE022", "0.01 USDC would be ordinary (cents given as dollars)"),
        (12, "PRICE022", "0.012 USDC would be ordinary (units taken for thousandths)"),
        (400_000, "PRICE020", "0.400000 USDC is 31 times the median"),
        (300, "PRICE021", "0.000300 USDC is 1/42 of the median"),
    ],
)
def test_a_price_out_of_line_is_told_with_what_may_have_been_meant(atomic, rule, words, peers, make):
    odd = make(atomic)
    found = the_finding([*peers, odd], odd)
    assert (found.rule, found.level, found.observed) == (rule, "warning", str(atomic))
    assert words in found.message
    assert found.location.pointer == "/accepts/0/max_amount_required_atomic"
    text = odd.record.raw.decode().splitlines()[found.location.line - 1]
    assert text[found.location.column - 1 :].startswith(json.dumps(str(atomic)))


@pytest.mark.parametrize("atomic", [2_000, 10_000, 60_000, 100_000])
def test_a_price_within_ten_times_of_its_peers_is_left_alone(atomic, peers, make):
    one = make(atomic)
    assert findings([*peers, one], one) == []


def test_a_finding_names_its_peers_and_the_search_that_lists_them(peers, make):
    odd = make(10_000_000)
    found = the_finding([*peers, odd], odd)
    assert "among 12 peers category 'data', GET (13 sellers in all): $0.013, spread ×2.0" in found.message
    command = found.help.split("Peers: ")[1]
    assert command == "testbuy search --category data --method GET"
    listed = select([*peers, odd], "", Filters(category=("data",), method=("GET",)))
    assert {listing.slug for listing in listed} == {listing.slug for listing in (*peers, odd)}


def test_a_category_of_a_hostile_name_is_searched_as_text_and_not_as_a_pattern(make):
    name = "da*ta'; rm -rf /\x1b[2J"
    listings = [make(10_000, category=name) for _ in range(12)]
    odd = make(10_000_000, category=name)
    arguments = shlex.split(the_finding([*listings, odd], odd).help.split("Peers: ")[1])
    assert arguments[:3] == ["testbuy", "search", "--category"]
    other = make(10_000, category="dataX" + name[3:])
    listed = select([*listings, odd, other], "", Filters(category=(arguments[3],)))
    assert len(listed) == 13


def test_too_few_peers_are_no_peers(peers, make):
    odd = make(10_000_000)
    judge = audit([*peers[:7], odd]).judge(odd)
    assert judge.findings == []
    reasons = {one.detail for one in judge.judgements if one.verdict is Verdict.NOT_TESTED}
    assert reasons == {"fewer than 8 peers of 3 sellers in category 'data'"}


def test_a_hundred_listings_of_two_sellers_are_no_market(make):
    listings = [make(10_000, host=f"{'ab'[number % 2]}.example") for number in range(100)]
    odd = make(10_000_000)
    assert findings([*listings, odd], odd) == []


def test_a_seller_of_hundreds_does_not_make_the_market(peers, make):
    swarm = [make(10_000_000, host="swarm.example") for _ in range(300)]
    odd = make(10_000_000)
    assert [found.rule for found in findings([*peers, *swarm, odd], odd)] == ["PRICE022"]


def test_a_price_that_is_unusual_for_its_seller_is_told_even_where_anything_is_sold(make):
    market = [make(10 ** (3 + number % 4)) for number in range(24)]
    shop = [make(5_000, host="shop.example") for _ in range(12)]
    odd = make(5_000_000, host="shop.example")
    found = the_finding([*market, *shop, odd], odd)
    assert (found.rule, found.help.split("Peers: ")[1]) == ("PRICE022", "testbuy search --host shop.example")


def test_several_dear_things_of_a_seller_are_a_tier_and_no_slip(make):
    market = [make(10 ** (3 + number % 4)) for number in range(24)]
    shop = [make(5_000, host="shop.example") for _ in range(12)]
    reports = [make(atomic, host="shop.example") for atomic in (900_000, 1_000_000, 1_500_000)]
    assert [findings([*market, *shop, *reports], one) for one in reports] == [[], [], []]


def test_a_price_that_is_like_none_of_the_sellers_dear_things_is_of_no_tier(make):
    market = [make(10 ** (3 + number % 4)) for number in range(24)]
    shop = [make(atomic, host="shop.example") for atomic in (*[5_000] * 12, 20_000, 25_000, 30_000)]
    odd = make(100_000, host="shop.example")
    assert the_finding([*market, *shop, odd], odd).rule == "PRICE020"


def test_what_a_seller_asks_for_other_things_acquits_no_member_of_a_family(make):
    market = [make(10 ** (3 + number % 4)) for number in range(24)]
    reports = [make(atomic, host="shop.example") for atomic in (900_000, 1_000_000, 1_500_000)]
    family = [make(1_000, host="shop.example", url=f"https://shop.example/jobs/{number}") for number in range(1, 12)]
    odd = make(1_000_000, host="shop.example", url="https://shop.example/jobs/12")
    (found,) = (one for one in findings([*market, *reports, *family, odd], odd) if one.rule in PRICES)
    assert found.rule == "PRICE020"
    assert "of the family of" in found.message


def test_a_category_in_which_everything_is_sold_does_not_acquit_what_its_images_accuse(make):
    pictures = {"mime_type": "image/png"}
    images = [make(800_000 + 1_000 * number, offer=pictures) for number in range(12)]
    others = [make(10 ** (3 + number % 4)) for number in range(40)]
    odd = make(21_500, offer=pictures)
    found = the_finding([*images, *others, odd], odd)
    assert found.rule == "PRICE021"
    assert "answers image" in found.message


def test_a_few_prices_of_a_seller_show_a_slip_and_no_mere_outlier(make):
    market = [make(10 ** (2 + number % 6)) for number in range(40)]
    shop = [make(200_000, host="shop.example") for _ in range(5)]
    slip, dear = make(200, host="shop.example"), make(4_000_000, host="shop.example")
    assert the_finding([*market, *shop, slip], slip).rule == "PRICE022"
    assert findings([*market, *shop, dear], dear) == []
    assert findings([*market, *shop[:3], slip], slip) == []


def test_a_few_prices_of_a_seller_acquit_none(peers, make):
    shop = [make(atomic, host="shop.example") for atomic in (1_000_000, 2_000_000, 3_000_000, 5_000_000, 10_000_000)]
    assert [the_finding([*peers, *shop], one).rule for one in shop] == ["PRICE020"] * 5


def test_listings_that_share_words_count_before_a_category_in_which_everything_is_sold(make):
    market = [make(10 ** (3 + number % 4), summary="anything else entirely") for number in range(40)]
    charts = [make(2_000, title="Tide chart", summary="when the sea is high") for _ in range(10)]
    odd = make(80_000, title="Tide chart", summary="when it is low")
    found = the_finding([*market, *charts, odd], odd)
    assert found.rule == "PRICE020"
    assert found.help.split("Peers: ")[1] == "testbuy search 'tide chart'"
    assert len(select([*market, *charts, odd], "tide chart")) == 11


def test_money_that_is_none_and_money_of_unknown_assets_is_not_judged(peers, make):
    free, test = (
        make(0),
        make(10**10, offer={"network": "base-sepolia", "asset": "0x036CbD53842c5426634e7929541eC2318f3dCF7e"}),
    )
    strange, broken = make(10**10, offer={"asset": "0x" + "1" * 40}), make("ten")
    result = audit([*peers, free, test, strange, broken])
    assert [result.judge(one).findings for one in (free, test, strange, broken)] == [[], [], [], []]
    counts = result.counts()
    assert (counts.listings, counts.priced, counts.judged) == (16, 13, 12)
    assert counts.not_judged == {"nothing is asked": 1, "no price in real money of a known asset": 3}


def test_the_offer_that_differs_is_the_one_that_is_told(peers, make):
    odd = make(10_000)
    second = {**odd.raw["accepts"][0], "max_amount_required_atomic": "10000000"}
    value = {**odd.raw, "accepts": [odd.raw["accepts"][0], second]}
    both = listing_of(Record(value, json.dumps(value).encode(), "both.json"))
    assert the_finding([*peers, both], both).location.pointer == "/accepts/1/max_amount_required_atomic"


def test_a_unit_is_compared_with_the_same_unit(make):
    texts = [make(10_000, summary=f"Words written, ${price} per 1k tokens", category=f"c{n}") for n, price in
             enumerate(("0.01", "0.02", "0.015", "0.02", "0.01", "0.02", "0.01", "0.03", "0.02", "0.01"))]  # fmt: skip
    odd = make(10_000, summary="Words written, $2 per 1k tokens", category="other")
    (found,) = [found for found in audit([*texts, odd]).judge(odd).findings if found.rule == "PRICE024"]
    assert "$2 per 1k tokens is" in found.message
    assert found.help.split("Peers: ")[1] == "testbuy search 'per tokens'"


def image_sellers(make: Any) -> list[Listing]:
    prices = (5_000, 10_000, 10_000, 12_000, 20_000, 20_000, 25_000, 30_000, 8_000, 15_000)
    return [make(price, category="media", title="Image generation", summary="Images of prompts",
                 offer={"hints": {"input": {"type": "http", "method": "POST"}}}) for price in prices]  # fmt: skip


def test_the_reference_listing_gets_an_experts_verdict(reference, listing, make):
    one = listing(reference)
    assert [found.rule for found in declared.judge(one).findings if found.rule in {"PRICE002", "PRICE003"}] == []
    (by_its_own,) = [found for found in declared.judge(one).findings if found.rule == "PRICE023"]
    assert by_its_own.level == "info"
    assert "0.010000 would be 0.5 times it" in by_its_own.message
    assert "the listing says that it is not suspected" in by_its_own.message
    assert audit([one]).judge(one).findings == []
    found = the_finding([*image_sellers(make), one], one)
    assert found.rule == "PRICE022"
    assert "0.01 USDC would be ordinary" in found.message


def test_a_truth_sheet_gains_the_evidence_of_the_catalogue(reference, listing, make):
    reference["accepts"][0]["max_amount_required_atomic"] = "15000"
    one = listing(reference)
    sheet = truth_sheet(one, audit([*image_sellers(make), one]).judge(one).judgements)
    (claim,) = [claim for claim in sheet if claim.pointer == "/pricing_decimal_suspect"]
    assert (claim.verdict, claim.evidence) == (Verdict.HELD, Evidence.CATALOGUE)
    assert "is no outlier among 10 peers with the words 'image generation" in claim.reason


def test_what_peers_say_never_contradicts_what_is_declared(reference, listing, make):
    one = listing(reference)
    judgements = audit([*image_sellers(make), one]).judge(one).judgements
    assert judgements
    assert Verdict.CONTRADICTED not in {judgement.verdict for judgement in judgements}


def test_a_listing_that_was_not_there_is_not_judged(peers, make):
    judge = audit(peers).judge(make(10_000_000))
    assert (judge.findings, judge.judgements) == ([], [])
