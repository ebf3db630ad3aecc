"""Fitting: what a sandbox seller answers is what the request asks for, judged by the checks that judge real sellers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.harness.support.listings import FOLDER, hints, listing, load, offer
from tests.harness.support.terms import NOW

from x402_catalog.hints import request_shape, response_shape
from x402_catalog.models import Listing
from x402_harness.checks.content.asking import asked
from x402_harness.checks.content.media import dimensions, sniff
from x402_harness.generation.encoding import Values, encode
from x402_harness.protocol.exchange import Request
from x402_harness.sandbox.answers import Answer, answer
from x402_harness.sandbox.fitting import Order

REFERENCE = load(FOLDER / "api-venice-ai-api-v1-images-generations.json")
CORPUS = Path(__file__).parents[1] / "checks" / "content"


def request(made: Listing, body: dict[str, Any]) -> Request:
    """The request with these values, in the part that the listing declares."""
    shape = request_shape(made, made.offers[0])
    values = Values(query=body) if shape.query else Values(body=body, has_body=shape.body is not None)
    return encode(shape, values)


def sold(made: Listing, body: dict[str, Any]) -> Answer:
    """What the sandbox's seller answers."""
    first = made.offers[0]
    fields = asked(request_shape(made, first), request(made, body))
    return answer(response_shape(made, first), order=Order(made, fields, NOW))


def images(**body: Any) -> dict[str, Any]:
    """The reference listing's answer to a body."""
    value: dict[str, Any] = json.loads(sold(REFERENCE, {"prompt": "a harbour", **body}).body)
    return value


def test_an_answer_is_of_the_time_at_which_it_is_given() -> None:
    assert images()["created"] == NOW


@pytest.mark.parametrize("branch", ["b64_json", "url"])
def test_the_branch_that_was_chosen_is_taken(branch: str) -> None:
    assert [set(one) for one in images(response_format=branch)["data"]] == [{branch}]


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
@pytest.mark.parametrize("size", ["256x256", "1792x1024"])
def test_a_picture_is_in_the_format_and_size_that_were_chosen(kind: str, size: str) -> None:
    import base64

    for branch in ("b64_json", "url"):
        (one,) = images(output_format=kind, size=size, response_format=branch)["data"]
        head, _, text = one[branch].rpartition(",")
        data = base64.b64decode(text, validate=True)
        assert (sniff(data), dimensions(data)) == (f"image/{kind}", tuple(map(int, size.split("x"))))
        assert head in ("", f"data:image/{kind};base64")


def test_there_are_as_many_pictures_as_were_asked_for() -> None:
    assert len(images(n=3)["data"]) == 3


def test_a_limit_cuts_and_does_not_fill() -> None:
    shown = [{"title": str(number)} for number in range(5)]
    made = listing(offer(hints=hints(shown, queryParams={"limit": {"type": "integer"}})))
    assert [len(json.loads(sold(made, {"limit": limit}).body)) for limit in (2, 9)] == [2, 5]


def test_a_member_that_repeats_a_field_repeats_it() -> None:
    units = {"type": "string", "enum": ["metric", "imperial"]}
    made = listing(offer(hints=hints({"type": "object", "properties": {"units": units}}, queryParams={"units": units})))
    assert json.loads(sold(made, {"units": "imperial"}).body) == {"units": "imperial"}


def test_what_would_break_the_schema_stays_as_it_was() -> None:
    output = {"type": "object", "required": ["data"], "properties": {"data": {"type": "array", "maxItems": 1,
              "items": {"type": "string"}}}}  # fmt: skip
    count = {"n": {"type": "integer", "description": "Number of images to generate"}}
    made = listing(offer(hints=hints(output, method="POST", bodyFields=count)))
    assert len(json.loads(sold(made, {"n": 4}).body)["data"]) == 1


@pytest.mark.parametrize("side", [10**9, 70_000, 0, -1])
def test_a_size_that_cannot_be_made_is_answered_all_the_same(side: int) -> None:
    made = listing(offer(hints=hints({"type": "image/png"}, queryParams={"width": {"type": "integer"}})))
    assert sniff(sold(made, {"width": side}).body) == "image/png"


def test_the_format_that_was_chosen_counts_more_than_the_media_type_of_the_listing() -> None:
    kinds = {"format": {"type": "string", "enum": ["png", "webp"]}}
    made = listing(offer(hints=hints({"type": "image/png"}, queryParams=kinds), mime_type="image/png"))
    answered = sold(made, {"format": "webp"})
    assert (answered.media_type, sniff(answered.body)) == ("image/webp", "image/webp")
