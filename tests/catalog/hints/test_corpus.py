"""Every file of the corpus is one way to declare a request or an answer: dropping one in adds a case.

``input/what`` names what ``input`` (and, where the declaration spills over, ``output`` and ``url``) must be read as:
the schema of each part, and no other part. ``output/what`` likewise. ``schema`` is the one that version 2 has beside
them. ``notes`` are the kinds of repair, sorted.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from x402_catalog.hints import RequestShape, ResponseShape, request_shape, response_shape
from x402_catalog.jsonschemas import Checker, problem_of
from x402_catalog.models import Listing

CORPUS = Path(__file__).with_name("corpus")
PARTS = ("path", "query", "headers", "body")


def cases(folder: str) -> list[Any]:
    return [
        pytest.param(json.loads(path.read_bytes()), id=path.stem) for path in sorted((CORPUS / folder).glob("*.json"))
    ]


def declaring(listing: Callable[..., Listing], case: dict[str, Any]) -> Listing:
    hints = {name: case[name] for name in ("input", "output", "schema") if name in case}
    offer = {"hints": hints, "mime_type": case.get("mime_type")}
    return listing({"url": case.get("url", "https://api.example/v1"), "accepts": [offer]})


def request_of(listing: Callable[..., Listing], case: dict[str, Any]) -> RequestShape:
    made = declaring(listing, case)
    return request_shape(made, made.offers[0])


def response_of(listing: Callable[..., Listing], case: dict[str, Any]) -> ResponseShape:
    made = declaring(listing, case)
    return response_shape(made, made.offers[0])


@pytest.mark.parametrize("case", cases("input"))
def test_a_declared_request_is_read_as_its_author_meant_it(
    listing: Callable[..., Listing], case: dict[str, Any]
) -> None:
    shape, expected = request_of(listing, case), case["expect"]
    assert shape.parts == {name: expected[name] for name in PARTS if name in expected}
    assert shape.method == expected["method"]
    assert shape.media_type == expected.get("media_type")
    assert shape.example == expected.get("example")
    assert shape.url == expected.get("target", case.get("url", "https://api.example/v1"))


@pytest.mark.parametrize("case", cases("output"))
def test_a_declared_answer_is_read_as_its_author_meant_it(
    listing: Callable[..., Listing], case: dict[str, Any]
) -> None:
    shape, expected = response_of(listing, case), case["expect"]
    assert shape.declared == expected["declared"]
    assert shape.schema == expected.get("schema")
    assert shape.example == expected.get("example")
    assert shape.media_type == expected.get("media_type")


@pytest.mark.parametrize("case", cases("input"))
def test_each_repair_of_a_request_is_noted_at_a_place_in_the_listing(
    listing: Callable[..., Listing], case: dict[str, Any]
) -> None:
    shape = request_of(listing, case)
    assert sorted(note.kind for note in shape.notes) == case["expect"]["notes"]
    assert all(note.pointer.startswith("/accepts/0/hints/") and note.message for note in shape.notes)


@pytest.mark.parametrize("case", cases("output"))
def test_each_repair_of_an_answer_is_noted_at_a_place_in_the_listing(
    listing: Callable[..., Listing], case: dict[str, Any]
) -> None:
    shape = response_of(listing, case)
    assert sorted(note.kind for note in shape.notes) == case["expect"]["notes"]
    assert all(note.pointer.startswith("/accepts/0/hints/") and note.message for note in shape.notes)


@pytest.mark.parametrize("case", cases("input"))
def test_every_part_of_a_request_is_a_usable_schema(listing: Callable[..., Listing], case: dict[str, Any]) -> None:
    for schema in request_of(listing, case).parts.values():
        assert problem_of(schema) is None


@pytest.mark.parametrize("case", cases("input"))
def test_an_example_that_the_listing_gives_fits_the_schema_made_from_it(
    listing: Callable[..., Listing], case: dict[str, Any]
) -> None:
    shape = request_of(listing, case)
    assert shape.example is None or (shape.body is not None and Checker(shape.body).is_valid(shape.example))
