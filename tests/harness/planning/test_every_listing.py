"""Every listing: no planned request breaks what is declared, no negative one satisfies it, by another judge's word."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
from tests.harness.support.listings import PATHS, load

from x402_catalog.hints import RequestShape, request_shape
from x402_catalog.models import Listing
from x402_catalog.reading import read
from x402_catalog.sources import listings
from x402_harness.generation.requests import Unrequestable
from x402_harness.planning.negatives import negatives_for
from x402_harness.planning.rows import rows_for

TEXTUAL = ("syntax", "charset", "media type")


def judge(listing: Listing, rows: int | None) -> int:
    """Plan a listing and judge every request by the reference implementation; how many there were."""
    shape = request_shape(listing, listing.offers[0])
    try:
        plan = rows_for(listing, shape, rows, 402)
    except Unrequestable:
        return 0
    for row in plan.rows:
        values = row.candidate.values
        for part, sent in (("path", values.path), ("query", values.query), ("body", values.body)):
            assert part not in shape.parts or is_valid(shape, part, sent), (listing.slug, part, sent)
    assert plan.coverage.pairs <= plan.coverage.most_pairs
    if rows is None:
        assert (plan.coverage.levels, plan.coverage.pairs) == (plan.coverage.all_levels, plan.coverage.all_pairs)
    judge_negatives(listing, shape)
    return len(plan.rows)


def judge_negatives(listing: Listing, shape: RequestShape) -> None:
    for negative in negatives_for(listing, shape, 402, 40):
        if negative.part == "body" and shape.media_type == "application/json" and negative.keyword not in TEXTUAL:
            sent = json.loads(negative.request.body)
            assert not is_valid(shape, "body", sent) or negative.keyword == "format", (listing.slug, negative)


def is_valid(shape: RequestShape, part: str, value: object) -> bool:
    return jsonschema.Draft202012Validator(shape.parts[part]).is_valid(value)


def recorded() -> Iterator[Listing]:
    folder = os.environ.get("TESTBUY_DATA")
    for item in read([str(Path(folder) / "bazaar.jsonl")]) if folder else ():
        for made in listings(item):
            if isinstance(made, Listing) and made.offers:
                yield made


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_listing_of_the_project_is_planned_without_an_invalid_request(path):
    assert judge(load(path), 12) >= 1


def test_a_sample_of_real_listings_is_planned_without_an_invalid_request():
    sample = list(recorded())[::60]
    if not sample:
        pytest.skip("TESTBUY_DATA is not set")
    assert sum(judge(listing, 6) for listing in sample) >= len(sample)


@pytest.mark.long
def test_every_real_listing_is_planned_whole_without_an_invalid_request():
    every = list(recorded())
    if not every:
        pytest.skip("TESTBUY_DATA is not set")
    assert sum(judge(listing, None) for listing in every) > len(every)
