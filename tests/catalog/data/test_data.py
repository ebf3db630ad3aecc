"""Real records that nobody here wrote: they load with nothing lost, and what they declare can be used or is told."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from x402_catalog.findings import Finding
from x402_catalog.hints import RequestShape
from x402_catalog.hints.request import PARTS
from x402_catalog.jsonschemas import Checker, problem_of
from x402_catalog.models import Listing, Offer, mapping, member
from x402_catalog.reading import read
from x402_catalog.reading.pages import LISTS
from x402_catalog.records import Record
from x402_catalog.rules.judge import Judge
from x402_catalog.sources import listings
from x402_catalog.validation import validate

DATA = Path(os.environ.get("TESTBUY_DATA", "data"))
SOURCES = {
    "bazaar.jsonl": 765,
    "x402all-shape.derived.jsonl": 765,
    "pages/payai-page.json": 40,
    "pages/agentpay-sweep.json": 60,
    "challenges": 13,
    "x402all-partial": 7,
}

each_source = pytest.mark.parametrize("name", SOURCES)


@pytest.fixture
def found(name: str) -> list[Listing]:
    if not (DATA / name).exists():
        pytest.skip("real records are not here: set TESTBUY_DATA to their folder")
    made = [one for record in read([DATA / name]) for one in _of(record)]
    lost = [one for one in made if isinstance(one, Finding)]
    assert lost == []
    return [one for one in made if isinstance(one, Listing)]


def _of(record: Record | Finding) -> Iterator[Listing | Finding]:
    yield from listings(record) if isinstance(record, Record) else [record]


def values_of(name: str) -> list[Any]:
    """The records as the standard library reads them."""
    paths = sorted((DATA / name).glob("*.json")) if (DATA / name).is_dir() else [DATA / name]
    rows = [
        row
        for path in paths
        for row in (path.read_text().splitlines() if path.suffix == ".jsonl" else [path.read_text()])
    ]
    wholes = [json.loads(row) for row in rows]
    return [entry for whole in wholes for entry in next((whole[key] for key in LISTS if key in whole), [whole])]


@each_source
def test_every_record_is_a_listing_and_is_kept_as_it_is(name: str, found: list[Listing]) -> None:
    assert len(found) == SOURCES[name]
    if name != "challenges":
        assert [listing.record.value for listing in found] == [entry.get("record", entry) for entry in values_of(name)]


@each_source
def test_every_declared_field_is_in_the_request_or_in_a_finding(name: str, found: list[Listing]) -> None:
    for listing in found:
        judge = validate(listing)
        places = {finding.location.pointer for finding in judge.findings}
        for offer in listing.offers:
            shape = judge.request(offer)
            for part, field in declared(offer):
                is_told = any(f"/{part}" in (place or "") for place in places)
                assert field in fields_of(shape) or is_told, (listing.url, field)


def declared(offer: Offer) -> set[tuple[str, str]]:
    source = mapping(offer.hints.get("input"))
    parts = {part: mapping(source.get(part)) for part in PARTS}
    return {(part, name) for part, fields in parts.items() for name in mapping(fields.get("properties")) or fields}


def fields_of(shape: RequestShape) -> set[str]:
    body = mapping(member(shape.body, "properties"))
    return {field.name for field in (*shape.path, *shape.query, *shape.headers)} | set(body)


@each_source
def test_every_schema_made_of_a_listing_satisfies_the_metaschema(name: str, found: list[Listing]) -> None:
    for listing in found:
        judge = validate(listing)
        told = {finding.rule for finding in judge.findings}
        for offer in listing.offers:
            for schema in schemas_of(judge, offer):
                assert problem_of(schema) is None or told & {"HINT003", "HINT004", "HINT006"}, listing.url


def schemas_of(judge: Judge, offer: Offer) -> Iterator[Any]:
    yield from judge.request(offer).parts.values()
    if judge.response(offer).schema is not None:
        yield judge.response(offer).schema


@each_source
def test_a_declared_example_satisfies_its_schema_or_a_finding_says_why_not(name: str, found: list[Listing]) -> None:
    for listing in found:
        judge = validate(listing)
        told = {finding.rule for finding in judge.findings}
        for offer, (is_valid, code) in product(listing.offers, CHECKED):
            assert is_valid(judge, listing, offer) or code in told, (listing.url, code)


def example_fits(judge: Judge, listing: Listing, offer: Offer) -> bool:
    shape = judge.request(offer)
    return shape.example is None or shape.body is None or Checker(shape.body).is_valid(shape.example)


def body_fits(judge: Judge, listing: Listing, offer: Offer) -> bool:
    shape = judge.request(offer)
    if not isinstance(listing.example, dict) or shape.body is None:
        return True
    return problem_of(shape.body) is not None or Checker(shape.body).is_valid(listing.example)


CHECKED = ((example_fits, "HINT043"), (body_fits, "HINT005"))
