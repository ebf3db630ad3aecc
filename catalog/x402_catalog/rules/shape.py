"""CAT011 to CAT013, CAT015: the shape of a listing, by the published schemas."""

from __future__ import annotations

from typing import Any

from x402_catalog.findings import Level
from x402_catalog.jsonschemas import Problem, published_checker
from x402_catalog.models import Listing
from x402_catalog.rules.judge import Judge
from x402_catalog.rules.registry import Rule, rule

LISTING_SHAPE = rule(
    "CAT011",
    Level.ERROR,
    "listing breaks its schema",
    why="A consumer that relies on the member fails or guesses.",
    basis="listing.schema.json",
    mend="Give the member the form that the schema names.",
)
OFFER_SHAPE = rule(
    "CAT012",
    Level.ERROR,
    "offer breaks its schema",
    why="A buyer cannot build a payment from an offer whose terms are missing or of the wrong type.",
    basis="offer.schema.json; x402 specification v1 §5.1, v2 §5.1 (PaymentRequirements)",
    mend="State scheme, network, pay_to, asset, the amount as a decimal string and the timeout in seconds.",
)
NO_OFFER = rule(
    "CAT013",
    Level.WARNING,
    "listing has no offer",
    why="Without an entry in accepts nothing can be bought, and no price is stated.",
    basis="x402 specification v1 §5.1, v2 §5.1 (accepts)",
    mend="List the payment options that the endpoint's 402 offers, or remove the listing.",
)
TERMS_ELSEWHERE = rule(
    "CAT015",
    Level.INFO,
    "terms are not in the source",
    why="Its format names endpoints, perhaps with a price; where and how to pay only the endpoint's 402 tells.",
    basis="OpenAPI x-payment-info; .well-known/x402",
    mend="Nothing; probe the endpoint for its terms.",
)


def listing_shape(listing: Listing, judge: Judge) -> None:
    """The listing without its offers, so that one broken offer does not hide the rest."""
    if judge.is_well_formed:
        return
    bare = {**listing.raw, "accepts": []} if isinstance(listing.raw.get("accepts"), list) else listing.raw
    _report(LISTING_SHAPE, judge, bare, "listing", "")


def offer_shapes(listing: Listing, judge: Judge) -> None:
    """Every entry of ``accepts`` by itself; its hints are judged apart."""
    if judge.is_well_formed:
        return
    entries = listing.raw.get("accepts")
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        bare = {**entry, "hints": None} if isinstance(entry, dict) else entry
        _report(OFFER_SHAPE, judge, bare, "offer", f"/accepts/{index}")


def has_offers(listing: Listing, judge: Judge) -> None:
    """``accepts`` is not empty."""
    if listing.raw.get("accepts") != []:
        return
    if how := listing.inferred.get("/accepts"):
        judge.remark(TERMS_ELSEWHERE, "/accepts", how)
    else:
        judge.remark(NO_OFFER, "/accepts", "accepts is empty: nothing can be bought", observed=[])


def _report(rule: Rule, judge: Judge, value: object, schema: str, base: str) -> None:
    problems = published_checker(schema).problems(value)
    if (how := judge.listing.inferred.get(base)) and (lacking := [each for each in problems if _is_lacking(each)]):
        # The format has no place for the terms: that they are not there is no fault of its author.
        problems = [each for each in problems if each not in lacking]
        judge.remark(TERMS_ELSEWHERE, base, how)
    for problem in problems:
        # What is missing contradicts nothing that is there.
        report = judge.remark if _is_lacking(problem) else judge.contradicted
        report(
            rule,
            base + problem.pointer,
            problem.message,
            observed=_seen(problem),
            expected=f"{problem.keyword} at {problem.schema_pointer} of {schema}.schema.json",
        )


def _seen(problem: Problem) -> Any:
    """Beside a member that is missing those that are there, by name: what was judged apart is not in the value."""
    return list(problem.observed) if _is_lacking(problem) and isinstance(problem.observed, dict) else problem.observed


def _is_lacking(problem: Problem) -> bool:
    return problem.keyword == "required"


CHECKS = (listing_shape, offer_shapes, has_offers)
