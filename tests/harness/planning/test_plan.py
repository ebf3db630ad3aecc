"""Plans: what is bought, in which order and for how much, and every reason why something is not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.harness.support.listings import FOLDER, PATHS, hints, listing, load, offer, with_input
from tests.harness.support.terms import BASE, BASE_USDC, PAYEE, PAYER, PRICE, SEPOLIA_USDC, STRANGER

from x402_catalog.models import Listing
from x402_harness.generation.requests import Source
from x402_harness.planning.cases import Case, Plan, Skip, plan, plan_listing
from x402_harness.policy import MICROS, Caps, Expected

CAPS = Caps(per_call=100 * MICROS, per_run=1_000 * MICROS)
FREE = {"q": {"type": "string", "required": True}}
TEN = {"n": {"type": "integer", "minimum": 1, "maximum": 10, "required": True}}


def planned(*listings: Listing, rows: int = 3, seed: int = 7, caps: Caps = CAPS) -> Plan:
    return plan(list(listings), rows=rows, seed=seed, caps=caps)


def made(one: Listing, rows: int = 3, seed: int = 7) -> tuple[Case, ...]:
    cases = plan_listing(one, rows=rows, seed=seed, caps=CAPS)
    assert isinstance(cases, tuple), cases
    return cases


def reason(one: Listing, caps: Caps = CAPS) -> str:
    skip = plan_listing(one, rows=3, seed=7, caps=caps)
    assert isinstance(skip, Skip), skip
    return "; ".join(skip.reasons)


def many(slug: str = "many", **changes: Any) -> Listing:
    return listing(offer(hints=hints(queryParams=TEN), **changes), slug=slug, url=f"https://{slug}.example/gen")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"scheme": "upto"}, "scheme 'upto' is not bought"),
        ({"scheme": None}, "scheme None is not bought"),
        ({"network": "atlantis"}, "network 'atlantis' is unknown"),
        ({"network": "story"}, "network 'story' is unknown"),
        ({"network": None}, "network None is unknown"),
        ({"network": "solana"}, "solana is not an EVM network"),
        ({"asset": STRANGER}, f"asset '{STRANGER}' is unknown there"),
        ({"asset": SEPOLIA_USDC}, f"asset '{SEPOLIA_USDC}' is unknown there"),
        ({"asset": None}, "asset None is unknown there"),
        ({"max_amount_required_atomic": "0.02"}, "the amount is unknown"),
        ({"max_amount_required_atomic": 20000}, "the amount is unknown"),
        ({"max_amount_required_atomic": None}, "the amount is unknown"),
        ({"max_amount_required_atomic": "0"}, "free: there is nothing to buy"),
        (
            {"network": "megaeth", "asset": "0xFAfDdbb3FC7688494971a79cc65DCa3EF82079E7"},
            "MegaUSD is paid by permit2, not EIP-3009",
        ),
        ({"pay_to": None}, "the payee is no address of the network"),
        ({"pay_to": "0x2670B922ef37c7df47158725c0cc407b5382293f"}, "the payee's address breaks its checksum"),
        ({"pay_to": "0x" + "0" * 40}, "zero address"),
        ({"pay_to": BASE_USDC}, "token's own contract"),
        ({"max_timeout_seconds": 0}, "no time to pay in"),
        ({"max_timeout_seconds": -1}, "no time to pay in"),
        ({"max_timeout_seconds": None}, "no time to pay in"),
        ({"max_amount_required_atomic": "100000001"}, "100.000001 USDC is over the cap for one call"),
    ],
)
def test_an_offer_that_cannot_be_bought_says_why(changes: dict[str, Any], expected: str) -> None:
    told = reason(listing(offer(**changes)))
    assert told.startswith("offer 0: ")
    assert expected in told


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (listing(accepts=[]), "no offer"),
        (listing(accepts=None), "no offer"),
        (listing(url=""), "no absolute http(s) URL"),
        (listing(url="/gen"), "no absolute http(s) URL"),
        (listing(url="ipfs://gen"), "no absolute http(s) URL"),
        (with_input(type="mcp"), "transport 'mcp' is not HTTP"),
        (listing(offer(hints=hints(output={"type": "object", "$ref": "https://x.example/"}))), "schema is not usable"),
        (with_input(queryParams={"n": {"type": "string", "pattern": "(", "required": True}}), "regex"),
        (
            with_input(queryParams={"n": {"type": "integer", "minimum": 5, "maximum": 4, "required": True}}),
            "no request",
        ),
    ],
)
def test_a_listing_that_cannot_be_bought_says_why(one: Listing, expected: str) -> None:
    assert expected in reason(one)


def test_every_offer_s_reason_is_told() -> None:
    told = reason(listing(offer(scheme="upto"), offer(network="solana")))
    assert told == "offer 0: scheme 'upto' is not bought; offer 1: solana is not an EVM network"


def test_the_cheapest_offer_that_can_be_bought_is_taken() -> None:
    offers = [offer(max_amount_required_atomic=text) for text in ("30000", "1", "20000")]
    offers[1]["scheme"] = "upto"
    (one,) = made(listing(*offers))
    assert (one.offer.index, one.price.atomic) == (2, PRICE)
    assert one.expected == Expected(BASE, BASE_USDC, PAYEE.lower(), PRICE)


def test_as_many_different_cases_are_made_as_rows_are_wanted() -> None:
    cases = made(with_input(queryParams={"n": {"type": "string", "enum": list("abcdefgh")}}), rows=5)
    assert [case.row for case in cases] == [1, 2, 3, 4, 5]
    assert len({case.candidate.request.url for case in cases}) == 5
    assert len({case.id for case in cases}) == 5


def test_no_more_cases_are_made_than_there_are_different_requests() -> None:
    assert len(made(listing(), rows=5)) == 1
    two = {"a": {"type": "string", "enum": ["x", "y"], "required": True}}
    assert len(made(with_input(queryParams=two), rows=5)) == 2


def test_the_same_arguments_give_the_same_plan() -> None:
    assert [case.id for case in made(many(), seed=1)] == [case.id for case in made(many(), seed=1)]
    assert {case.id for case in made(with_input(queryParams=FREE), seed=1)} != {
        case.id for case in made(with_input(queryParams=FREE), seed=2)
    }


def test_fewer_cases_are_the_beginning_of_more() -> None:
    words = {name: {"type": "string", "enum": ["x", "y", "z"]} for name in "abcd"}
    whole = [case.id for case in made(with_input(queryParams=words), rows=100)]
    assert len(whole) > 9
    for rows in (1, 2, 5, 9):
        assert [case.id for case in made(with_input(queryParams=words), rows=rows)] == whole[:rows]


def test_a_case_tells_the_levels_in_it_and_what_it_adds() -> None:
    first, second, third = made(many())
    assert {str(level) for case in (first, second, third) for level in case.planned.new} == {
        "query/n = 1, the least", "query/n = 10, the most", "query/n in between",
    }  # fmt: skip
    assert [len(case.planned.levels) for case in (first, second, third)] == [1, 1, 1]


def test_an_id_is_the_same_wherever_it_is_made() -> None:
    (one,) = made(listing())
    assert one.id == "4083a827dcb2"


@pytest.mark.parametrize(
    "other",
    [
        listing(slug="another"),
        listing(url="https://shop.example/other"),
        listing(offer(max_amount_required_atomic="1")),
        listing(offer(pay_to=STRANGER)),
        with_input(method="DELETE"),
        with_input(method="POST", bodyFields={}),
    ],
)
def test_an_id_tells_what_would_be_bought(other: Listing) -> None:
    assert made(other)[0].id != made(listing())[0].id


def test_a_copy_is_not_bought_twice() -> None:
    plan_ = planned(listing(), listing(), many())
    assert [case.listing.slug for case in plan_.cases] == ["shop-example-gen", *["many"] * 3]
    assert [skip.reasons for skip in plan_.skips] == [("a copy: the same listing is bought already",)]


def test_a_copy_of_what_is_not_bought_is_no_copy() -> None:
    plan_ = planned(listing(), listing(), caps=Caps(MICROS, PRICE - 1))
    assert plan_.cases == ()
    assert len(plan_.skips) == 2
    for skip in plan_.skips:
        assert "budget is used up" in skip.reasons[0]


def test_the_budget_of_a_run_bounds_what_is_planned() -> None:
    plan_ = planned(many("a"), many("b"), many("c"), caps=Caps(MICROS, 5 * PRICE))
    assert [case.listing.slug for case in plan_.cases] == ["a", "a", "a", "b", "b"]
    assert [skip.listing.slug for skip in plan_.skips] == ["c"]
    assert sum(case.price.atomic for case in plan_.cases) <= 5 * PRICE


def test_what_is_too_dear_for_the_rest_leaves_room_for_what_is_cheaper() -> None:
    plan_ = planned(many("dear", max_amount_required_atomic="900000"), listing(), caps=Caps(MICROS, 50_000))
    assert [case.listing.slug for case in plan_.cases] == ["shop-example-gen"]
    assert "0.900000 USDC is more than what is left" in plan_.skips[0].reasons[0]


def test_a_plan_without_budget_buys_nothing() -> None:
    assert planned(listing(), caps=Caps(MICROS, 0)).cases == ()
    assert planned().cases == ()


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_listing_of_the_project_is_bought_or_says_why_not(path: Path) -> None:
    cases = plan_listing(load(path), rows=4, seed=402, caps=CAPS)
    if isinstance(cases, Skip):
        assert all(cases.reasons)
        return
    assert 1 <= len(cases) <= 4
    for case in cases:
        assert "{" not in case.candidate.request.url
        assert case.expected.pay_to != PAYER
    assert [case.id for case in cases] == [case.id for case in made(load(path), rows=4, seed=402)]


def test_the_reference_listing_begins_with_its_own_example() -> None:
    first, *others = made(load(FOLDER / "api-venice-ai-api-v1-images-generations.json"), rows=4)
    assert (first.source, first.price.decimal) == (Source.EXAMPLE, "10.000000")
    assert {case.source for case in others} == {Source.GENERATED}
