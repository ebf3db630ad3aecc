"""The truth sheet: every leaf of a listing is a claim, and gets the verdict that the evidence allows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from x402_catalog.claims import About, Claim, leaves, totals, truth_sheet
from x402_catalog.claims.statements import OTHER, STATEMENTS, statement
from x402_catalog.models import Listing, member, pointer
from x402_catalog.rules.judge import Evidence, Judgement, Verdict
from x402_catalog.validation import validate

LISTINGS = sorted((Path(__file__).parents[3] / "listings").glob("*.json"))

# A leaf of the reference listing for each subject, and the weakest evidence that holds a claim about it.
LEAF = {
    About.LISTING: "/pricing_sanity/ratio",
    About.CATALOGUE: "/category",
    About.SELLER: "/accepts/0/network",
    About.ANSWER: "/accepts/0/hints/output/type",
    About.NOBODY: "/summary",
}
HELD_BY = {
    About.LISTING: {Evidence.LISTING, Evidence.CATALOGUE, Evidence.PROBED, Evidence.PAID},
    About.CATALOGUE: {Evidence.CATALOGUE},
    About.SELLER: {Evidence.PROBED, Evidence.PAID},
    About.ANSWER: {Evidence.PAID},
    About.NOBODY: {Evidence.LISTING, Evidence.CATALOGUE, Evidence.PROBED, Evidence.PAID},
}


def sheet(listing: Listing) -> dict[str, Claim]:
    return {claim.pointer: claim for claim in truth_sheet(listing, validate(listing).judgements)}


def judged(listing: Listing, at: str, *judgements: tuple[Verdict, Evidence]) -> Claim:
    rows = [Judgement(at, verdict, "CAT042", evidence, "because") for verdict, evidence in judgements]
    return next(claim for claim in truth_sheet(listing, rows) if claim.pointer == at)


@pytest.fixture
def the_listing(listing: Callable[..., Listing], reference: dict[str, Any]) -> Listing:
    return listing(reference)


@pytest.mark.parametrize("path", LISTINGS, ids=lambda path: path.stem)
def test_every_leaf_of_a_listing_has_one_claim_in_document_order(listing: Callable[..., Listing], path: Path) -> None:
    raw = json.loads(path.read_bytes())
    claims = truth_sheet(listing(raw), validate(listing(raw)).judgements)
    assert [claim.pointer for claim in claims] == [pointer(*steps) for steps, _ in leaves(raw)]
    assert sum(totals(claims).values()) == len(claims)
    assert list(totals(claims)) == [str(verdict) for verdict in Verdict]


@pytest.mark.parametrize("path", LISTINGS, ids=lambda path: path.stem)
def test_every_claim_says_something_and_every_undecided_one_says_why(
    listing: Callable[..., Listing], path: Path
) -> None:
    for claim in sheet(listing(json.loads(path.read_bytes()))).values():
        assert claim.statement
        assert "{" not in claim.statement or "{" in str(claim.value)
        assert claim.section != OTHER.section
        assert (claim.rule is None) == (claim.evidence is None)
        if claim.verdict in {Verdict.NOT_TESTED, Verdict.UNCHECKABLE}:
            assert claim.reason
        assert json.loads(json.dumps(claim.to_dict())) == claim.to_dict()


@pytest.mark.parametrize("path", LISTINGS, ids=lambda path: path.stem)
def test_reading_a_listing_alone_holds_no_claim_about_its_seller_or_its_answer(
    listing: Callable[..., Listing], path: Path
) -> None:
    claims = sheet(listing(json.loads(path.read_bytes()))).values()
    held = {claim.about for claim in claims if claim.verdict is Verdict.HELD}
    assert held <= {About.LISTING, About.NOBODY}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=3), children, max_size=3),
    max_leaves=15,
)


@given(json_values)
def test_leaves_are_all_scalars_and_empty_containers_each_at_its_path(value: Any) -> None:
    found = list(leaves(value))
    assert len({steps for steps, _ in found}) == len(found)
    for steps, leaf in found:
        assert member(value, *steps) == leaf
        assert not isinstance(leaf, (dict, list)) or not leaf
    assert len(found) == count(value)


def count(value: Any) -> int:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sum(map(count, children)) or 1


@pytest.mark.parametrize("about", About)
@pytest.mark.parametrize("evidence", Evidence)
def test_a_claim_is_held_only_by_evidence_that_suffices_for_its_subject(
    the_listing: Listing, about: About, evidence: Evidence
) -> None:
    claim = judged(the_listing, LEAF[about], (Verdict.HELD, evidence))
    assert claim.about is about
    undecided = Verdict.UNCHECKABLE if about is About.NOBODY else Verdict.NOT_TESTED
    assert claim.verdict is (Verdict.HELD if evidence in HELD_BY[about] else undecided)


@pytest.mark.parametrize("about", About)
@pytest.mark.parametrize("evidence", [each for each in Evidence if each is not Evidence.SIMULATED])
def test_any_real_evidence_contradicts_a_claim(the_listing: Listing, about: About, evidence: Evidence) -> None:
    claim = judged(the_listing, LEAF[about], (Verdict.CONTRADICTED, evidence), (Verdict.HELD, Evidence.PAID))
    assert (claim.verdict, claim.evidence, claim.reason) == (Verdict.CONTRADICTED, evidence, "because")


@pytest.mark.parametrize("about", About)
@pytest.mark.parametrize("verdict", Verdict)
def test_a_simulated_seller_neither_holds_nor_contradicts_a_claim(
    the_listing: Listing, about: About, verdict: Verdict
) -> None:
    claim = judged(the_listing, LEAF[about], (verdict, Evidence.SIMULATED))
    untouched = judged(the_listing, LEAF[about])
    assert claim.verdict is untouched.verdict
    assert claim.verdict in {Verdict.NOT_TESTED, Verdict.UNCHECKABLE}
    assert (claim.rule, claim.evidence, claim.reason) == (None, None, untouched.reason)
    assert claim.simulated == f"{verdict} in simulation (CAT042)"


def test_what_a_simulation_contradicted_is_told_before_what_it_held(the_listing: Listing) -> None:
    simulated = [(Verdict.HELD, Evidence.SIMULATED), (Verdict.CONTRADICTED, Evidence.SIMULATED)]
    assert judged(the_listing, "/url", *simulated).simulated == "contradicted in simulation (CAT042)"


def test_the_strongest_evidence_decides_and_is_named(the_listing: Listing) -> None:
    rows = [(Verdict.HELD, Evidence.PROBED), (Verdict.HELD, Evidence.PAID), (Verdict.NOT_TESTED, Evidence.PAID)]
    assert judged(the_listing, "/url", *rows).evidence is Evidence.PAID


def test_what_could_not_be_judged_gives_its_own_reason(the_listing: Listing) -> None:
    claim = judged(the_listing, "/pricing_sanity/flag", (Verdict.NOT_TESTED, Evidence.LISTING))
    assert (claim.verdict, claim.reason) == (Verdict.NOT_TESTED, "because")


def test_agreement_within_the_listing_is_told_where_only_the_seller_could_decide(the_listing: Listing) -> None:
    claim = judged(the_listing, "/accepts/0/max_amount_required_atomic", (Verdict.HELD, Evidence.LISTING))
    assert claim.reason.endswith("within the listing it agrees (CAT042)")


def test_a_judgement_speaks_for_everything_below_its_place_but_not_for_the_whole_document(the_listing: Listing) -> None:
    rows = [Judgement("/accepts/0/hints/output", Verdict.CONTRADICTED, "RESP001", Evidence.PAID, "no JSON")]
    found = truth_sheet(the_listing, rows)
    below = {claim.pointer for claim in found if claim.pointer.startswith("/accepts/0/hints/output/")}
    assert {claim.pointer for claim in found if claim.verdict is Verdict.CONTRADICTED} == below
    whole = [Judgement("", Verdict.CONTRADICTED, "CAT011", Evidence.LISTING, "")]
    assert totals(truth_sheet(the_listing, whole))["contradicted"] == 0


def test_a_missing_member_contradicts_none_of_those_that_are_there(
    listing: Callable[..., Listing], reference: dict[str, Any]
) -> None:
    del reference["accepts"][0]["max_timeout_seconds"]
    assert [claim for claim in sheet(listing(reference)).values() if claim.verdict is Verdict.CONTRADICTED] == []


FALSIFIED = [
    ("/json_ld/offers/price", "0.01"),
    ("/json_ld/offers/priceSpecification/price", "100.000000"),
    ("/json_ld/offers/priceCurrency", "EUR"),
    ("/json_ld/offers/priceSpecification/priceCurrency", "USDT"),
    ("/json_ld/offers/additionalProperty/0/value", "polygon"),
    ("/json_ld/offers/additionalProperty/1/value", "0x1111111111111111111111111111111111111111"),
    ("/json_ld/sameAs", "https://api.venice.ai/other"),
    ("/json_ld/identifier", "another"),
    ("/json_ld/potentialAction/target", "https://axon402.com/test-buy?resource=another"),
    ("/axon_deep_link", "https://axon402.com/test-buy?resource=another"),
    ("/origin/host", "venice.ai"),
    ("/pricing_sanity/ratio", 5),
    ("/pricing_sanity/flag", "cheap"),
    ("/accepts/0/asset", "0x036CbD53842c5426634e7929541eC2318f3dCF7e"),
    ("/accepts/0/pay_to", "0x0000000000000000000000000000000000000000"),
    ("/accepts/0/max_amount_required_atomic", "20000000"),
    ("/accepts/0/max_timeout_seconds", -1),
    ("/accepts/0/hints/input/method", "FETCH"),
    ("/example_request_body/n", "one"),
    ("/url", "not a url"),
    ("/title", 5),
    ("/use_cases/1", 5),
]


@pytest.mark.parametrize(("at", "value"), FALSIFIED, ids=[at for at, _ in FALSIFIED])
def test_a_falsified_claim_is_contradicted(
    listing: Callable[..., Listing], reference: dict[str, Any], at: str, value: Any
) -> None:
    assert sheet(listing(reference))[at].verdict is not Verdict.CONTRADICTED
    *parents, last = [int(step) if step.isdecimal() else step for step in at.split("/")[1:]]
    member(reference, *parents)[last] = value
    claim = sheet(listing(reference))[at]
    assert claim.verdict is Verdict.CONTRADICTED
    assert claim.rule
    assert claim.evidence is Evidence.LISTING


def test_the_reference_listing_holds_what_it_says_twice(the_listing: Listing) -> None:
    held = {at for at, claim in sheet(the_listing).items() if claim.verdict is Verdict.HELD}
    assert held >= {
        "/pricing_sanity/flag", "/pricing_sanity/ratio", "/origin/host", "/json_ld/offers/price", "/json_ld/sameAs",
        "/json_ld/offers/priceSpecification/price", "/json_ld/offers/priceCurrency", "/json_ld/identifier",
        "/json_ld/offers/additionalProperty/0/value", "/json_ld/offers/additionalProperty/1/value", "/axon_deep_link",
    }  # fmt: skip
    assert totals(sheet(the_listing).values())["contradicted"] == 0


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("/accepts/0/scheme", "payment scheme exact"),
        ("/accepts/0/verified", "verified by the catalogue: no"),
        ("/pricing_sanity/ratio", "500 times the median of its category"),
        ("/accepts/0/hints/input/method", "called with POST"),
        ("/example_request_body/n", "an accepted request has n = 1"),
        ("/risk_notes", "risks: none"),
    ],
)
def test_statements_read_as_sentences_about_the_value(the_listing: Listing, at: str, said: str) -> None:
    assert sheet(the_listing)[at].statement == said


@pytest.mark.parametrize("row", STATEMENTS, ids=lambda row: "/".join(row.pattern))
def test_every_statement_can_be_reached(row: Any) -> None:
    steps = tuple({"*": "0", "**": "anything"}.get(step, step) for step in row.pattern)
    assert statement(steps) is row


@pytest.mark.parametrize("row", STATEMENTS, ids=lambda row: "/".join(row.pattern))
def test_what_nobody_can_check_gives_a_reason_and_nothing_else_does(row: Any) -> None:
    assert bool(row.reason) == (row.about is About.NOBODY)


@given(st.lists(st.text(max_size=5), min_size=1, max_size=6).map(tuple))
def test_every_leaf_says_something(steps: tuple[str, ...]) -> None:
    assert statement(steps).text


def test_a_member_that_no_row_speaks_of_is_uncheckable(listing: Callable[..., Listing]) -> None:
    (claim,) = truth_sheet(listing({"x_note": "{value} {oops}"}), [])
    assert (claim.verdict, claim.section) == (Verdict.UNCHECKABLE, "other members")
    assert claim.statement == "x_note: {value} {oops}"


def test_long_values_are_cut_in_claims(listing: Callable[..., Listing]) -> None:
    (claim,) = truth_sheet(listing({"summary": "x" * 10_000}), [])
    assert len(claim.statement) < 200
    assert len(claim.value) < 300
