"""Every file of the corpus is one source: dropping one in adds a case.

``source`` is what the file holds, ``kind`` the format that ``--source`` forces. ``expect`` lists what comes of it, in
order. For a listing: its ``source``, essential ``members`` by pointer, where in its record they were ``moved`` from,
all that was ``inferred``; ``at``, where in the file its record stands; and where they matter, the schemas of
``request`` and ``response``, and ``findings`` with the place in its record of each. For a ``finding``: its code, and
``at``.
"""

from __future__ import annotations

import json
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

from x402_catalog.claims import leaves
from x402_catalog.findings import Finding, Level, Location
from x402_catalog.hints import request_shape, response_shape
from x402_catalog.models import Listing, below, pointer, steps
from x402_catalog.reading import read
from x402_catalog.records import Record
from x402_catalog.sources import Kind, listings
from x402_catalog.validation import validate

CORPUS = Path(__file__).with_name("corpus")
CASES = sorted(CORPUS.glob("*/*.json"))

each_case = pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")


def at(value: Any, place: str) -> Any:
    return reduce(below, steps(place), value)


def whole(listing: Listing) -> str:
    """Where the listing's record stands in its file."""
    return listing.record.pointer + listing.record.base


def results(path: Path, folder: Path) -> tuple[dict[str, Any], str, list[Listing | Finding]]:
    case = json.loads(path.read_bytes())
    text = json.dumps(case["source"], indent=2, ensure_ascii=False)
    (folder / "source.json").write_text(text, encoding="utf-8")
    kind = Kind(case["kind"]) if "kind" in case else None
    found: list[Listing | Finding] = []
    for record in read([folder / "source.json"]):
        found.extend(listings(record, kind) if isinstance(record, Record) else [record])
    return case, text, found


def made(path: Path, folder: Path) -> list[tuple[dict[str, Any], Listing]]:
    case, _, found = results(path, folder)
    return [(row, one) for row, one in zip(case["expect"], found, strict=True) if isinstance(one, Listing)]


def value_at(text: str, place: Location) -> Any:
    assert place.line is not None
    assert place.column is not None
    offset = sum(len(row) + 1 for row in text.split("\n")[: place.line - 1]) + place.column - 1
    return json.JSONDecoder().raw_decode(text, offset)[0]


@each_case
def test_a_source_gives_what_is_in_it_in_order(path: Path, tmp_path: Path) -> None:
    case, _, found = results(path, tmp_path)
    told = [{"finding": one.rule} if isinstance(one, Finding) else {"source": one.source} for one in found]
    assert told == [{key: row[key] for key in ("finding", "source") if key in row} for row in case["expect"]]
    for row, one in zip(case["expect"], found, strict=True):
        place = one.location.pointer if isinstance(one, Finding) else whole(one)
        assert place == row.get("at", "")


@each_case
def test_the_members_of_a_listing_are_those_of_its_source(path: Path, tmp_path: Path) -> None:
    for row, listing in made(path, tmp_path):
        assert {place: at(listing.raw, place) for place in row["members"]} == row["members"]
        assert sorted(listing.inferred) == row["inferred"]


@each_case
def test_every_leaf_of_a_listing_stands_in_its_record_or_is_told_to_be_inferred(path: Path, tmp_path: Path) -> None:
    for _, listing in made(path, tmp_path):
        for path_to, value in leaves(listing.raw):
            place = pointer(*path_to)
            held = at(listing.record.value, listing.origin(place))
            assert held == value or place in listing.inferred or value == [] or is_told_otherwise(listing, place, held)


def is_told_otherwise(listing: Listing, place: str, held: Any) -> bool:
    """Whether the format says it by other means than a value: inside a text, or by what a member is called."""
    if listing.source == Kind.OPENAPI:
        return place.endswith(("/mime_type", "/method", "/type", "/bodyType")) or set(held) == {"$ref"}
    return listing.source == Kind.CHALLENGE and isinstance(held, str)


@each_case
def test_a_member_knows_where_it_came_from(path: Path, tmp_path: Path) -> None:
    for row, listing in made(path, tmp_path):
        for place, origin in row.get("moved", {}).items():
            assert listing.origin(place) == origin


@each_case
def test_a_member_is_located_where_its_value_stands_in_the_file(path: Path, tmp_path: Path) -> None:
    case, text, _ = results(path, tmp_path)
    for row, listing in made(path, tmp_path):
        for place in row.get("moved", {}):
            location = listing.locate(place)
            assert value_at(text, location) == at(case["source"], location.pointer or "")


@each_case
def test_a_finding_points_to_the_value_in_the_source_that_it_is_about(path: Path, tmp_path: Path) -> None:
    case, text, _ = results(path, tmp_path)
    for row, listing in made(path, tmp_path):
        found = validate(listing).findings
        placed = {(finding.rule, (finding.location.pointer or "").removeprefix(row.get("at", ""))) for finding in found}
        assert placed >= set(row.get("findings", {}).items())
        for place in (finding.location for finding in found):
            named, held = steps(place.pointer or "")[-1:], at(case["source"], place.pointer or "")
            assert value_at(text, place) in (held, *named) or held is None


@each_case
def test_declared_fields_become_the_schemas_of_request_and_response(path: Path, tmp_path: Path) -> None:
    for row, listing in made(path, tmp_path):
        for name, shape_of in (("request", request_shape), ("response", response_shape)):
            if name in row:
                shape = shape_of(listing, listing.offers[0])
                assert (shape.parts if name == "request" else shape.schema) == row[name]  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_source_is_in_the_corpus(kind: Kind) -> None:
    assert any(row.get("source") == kind for path in CASES for row in json.loads(path.read_bytes())["expect"])


@each_case
def test_a_source_that_is_right_gets_no_errors(path: Path, tmp_path: Path) -> None:
    for row, listing in made(path, tmp_path):
        errors = {finding.rule for finding in validate(listing).findings if finding.level is Level.ERROR}
        assert errors <= set(row.get("findings", {}))
