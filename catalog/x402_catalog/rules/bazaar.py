"""HINT043: what version 2 shows of a request and an answer, against the schema that it gives for them."""

from __future__ import annotations

from functools import reduce

from x402_catalog.findings import Level
from x402_catalog.jsonschemas import Checker
from x402_catalog.models import Json, Listing, Offer, below, steps
from x402_catalog.rules.hints import INPUT_SCHEMA
from x402_catalog.rules.judge import Judge
from x402_catalog.rules.registry import rule

INFO_FITS = rule(
    "HINT043",
    Level.ERROR,
    "declared example breaks the schema beside it",
    why="Facilitators refuse to list the endpoint, and a buyer that copies the example sends what is refused.",
    basis="x402 v2 extensions.bazaar: info must satisfy schema",
    mend="Correct info (hints.input, hints.output) or the schema.",
)


def info_fits(listing: Listing, judge: Judge) -> None:
    """Version 2's ``info`` satisfies its ``schema``, once for each declaration."""
    seen: list[Json] = []
    for offer in listing.offers:
        if isinstance(offer.hints.get("schema"), dict) and offer.hints not in seen:
            seen.append(offer.hints)
            _compare(listing, judge, offer)


def _compare(listing: Listing, judge: Judge, offer: Offer) -> None:
    schema, at = offer.hints["schema"], f"{offer.pointer}/hints"
    if problem := judge.schema_problem(schema):
        judge.contradicted(INPUT_SCHEMA, f"{at}/schema{problem.pointer}", problem.message, expected=problem.keyword)
        return
    shown = {name: offer.hints[name] for name in ("input", "output") if name in offer.hints}
    if broken := Checker(schema).problem(shown):
        place = at + broken.pointer
        # What is missing contradicts nothing that is there.
        report = judge.remark if broken.keyword == "required" else judge.contradicted
        report(
            INFO_FITS, place, broken.message,
            observed=reduce(below, steps(place), listing.raw), expected=f"{broken.keyword} of the schema",
        )  # fmt: skip


CHECKS = (info_fits,)
