"""What the reference listing holds, falsified leaf by leaf; and what its prose says."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from x402_catalog.claims import About, Claim, leaves, truth_sheet
from x402_catalog.claims.statements import OTHER
from x402_catalog.models import listing_of, member, pointer
from x402_catalog.records import Record
from x402_catalog.rules.judge import Judge, Verdict
from x402_catalog.validation import validate

LISTING = Path(__file__).parents[3] / "listings" / "api-venice-ai-api-v1-images-generations.json"
REFERENCE = json.loads(LISTING.read_bytes())


def judged(document: dict[str, Any]) -> Judge:
    return validate(listing_of(Record(document, json.dumps(document).encode(), "listing.json")))


def sheet(document: dict[str, Any]) -> dict[str, Claim]:
    judge = judged(document)
    return {claim.pointer: claim for claim in truth_sheet(judge.listing, judge.judgements)}


CLAIMS = sheet(REFERENCE)
HELD = [steps for steps, _ in leaves(REFERENCE) if CLAIMS[pointer(*steps)].verdict is Verdict.HELD]
DECIDED = [  # by a rule, for as far as the listing alone can tell: another value gives a finding
    *HELD,
    ("accepts", 0, "pay_to"), ("accepts", 0, "asset"), ("accepts", 0, "max_amount_required_atomic"),
    ("accepts", 0, "network"), ("accepts", 0, "scheme"), ("accepts", 0, "hints", "input", "method"),
    ("accepts", 0, "hints", "input", "type"), ("example_request_body", "size"), ("url",), ("slug",), ("category",),
    ("pricing_sanity", "median_category_atomic"), ("json_ld", "offers", "availability"), ("generated_at",),
]  # fmt: skip


def another(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    return f"{value}x" if isinstance(value, str) else ["another"]


def falsified(steps: tuple[str | int, ...]) -> dict[str, Any]:
    document = copy.deepcopy(REFERENCE)
    holder = member(document, *steps[:-1])
    holder[steps[-1]] = another(holder[steps[-1]])
    return document


@pytest.mark.parametrize("steps", HELD, ids=lambda steps: pointer(*steps))
def test_what_is_held_is_held_no_longer_when_it_is_false(steps: tuple[str | int, ...]) -> None:
    claim = sheet(falsified(steps)).get(pointer(*steps))
    assert claim is None or claim.verdict is not Verdict.HELD


@pytest.mark.parametrize("steps", DECIDED, ids=lambda steps: pointer(*steps))
def test_what_a_rule_decides_is_found_or_contradicted_when_it_is_false(steps: tuple[str | int, ...]) -> None:
    told = {(finding.rule, finding.location.pointer) for finding in judged(falsified(steps)).findings}
    known = {(finding.rule, finding.location.pointer) for finding in judged(REFERENCE).findings}
    verdicts = {at: claim.verdict for at, claim in sheet(falsified(steps)).items()}
    assert told - known or verdicts != {at: claim.verdict for at, claim in CLAIMS.items()}


def test_most_of_the_page_of_the_reference_listing_is_held() -> None:
    assert len(HELD) >= 28


@pytest.mark.parametrize("at", CLAIMS)
def test_every_leaf_of_the_reference_listing_is_spoken_of(at: str) -> None:
    assert CLAIMS[at].section != OTHER.section


FIELDS = "/accepts/0/hints/input/bodyFields"


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (f"{FIELDS}/n/description", "request n: the seller takes only 1"),
        (f"{FIELDS}/size/description", "request size: left out, it is 1024x1024"),
        (f"{FIELDS}/user/description", "request user: the seller does not use it"),
        (f"{FIELDS}/output_compression/description", "request output_compression: the seller does not use it"),
    ],
)
def test_a_constraint_in_prose_is_a_claim_about_the_seller(at: str, said: str) -> None:
    claim = CLAIMS[at]
    assert (claim.statement, claim.about, claim.verdict) == (said, About.SELLER, Verdict.NOT_TESTED)


@pytest.mark.parametrize(
    "at",
    [
        f"{FIELDS}/prompt/description",
        f"{FIELDS}/model/description",
        "/accepts/0/hints/output/properties/created/description",
    ],
)
def test_any_other_description_of_a_field_is_wording(at: str) -> None:
    claim = CLAIMS[at]
    assert (claim.about, claim.verdict) == (About.NOBODY, Verdict.UNCHECKABLE)
    assert claim.reason == "a wording: no rule reads it"
    assert " described as " in claim.statement


@pytest.mark.parametrize(
    ("definition", "said"),
    [
        ({"type": "string", "description": "At most 80 characters."}, "request x: at most 80 characters"),
        ({"type": "array", "description": "Up to 20 of them."}, "request x: at most 20 items"),
        ({"type": "boolean", "description": "Default: true"}, "request x: left out, it is true"),
        ({"type": "string", "description": "asc|desc"}, "request x: one of asc or desc"),
        ({"type": "string", "description": "Only supports {a}"}, "request x described as Only supports {a}"),
        (
            {"type": "string", "description": "Uses the default model."},
            "request x described as Uses the default model.",
        ),
    ],
)
def test_prose_is_told_in_few_words(definition: dict[str, Any], said: str) -> None:
    document = {"accepts": [{"hints": {"input": {"method": "POST", "bodyFields": {"x": definition}}}}]}
    assert sheet(document)["/accepts/0/hints/input/bodyFields/x/description"].statement == said


def test_a_field_that_is_called_description_describes_nothing() -> None:
    fields = {"description": "string", "title": "string", "size": {"type": "integer"}}
    document = {"accepts": [{"hints": {"input": {"method": "POST", "bodyFields": fields}}}]}
    claim = sheet(document)["/accepts/0/hints/input/bodyFields/description"]
    assert (claim.statement, claim.about) == ("request description: string", About.SELLER)
