"""Rows: the order in which a listing's requests are bought, and what each of them shows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from tests.harness.support.listings import FOLDER, listing, load, offer, with_input

from x402_catalog.hints import request_shape
from x402_catalog.models import Listing
from x402_harness.generation import requests_for
from x402_harness.generation.requests import Source, Unrequestable, is_valid
from x402_harness.planning.rows import PlannedRow, RowPlan, rows_for

REFERENCE = load(FOLDER / "api-venice-ai-api-v1-images-generations.json")
CHOICE = {"type": "string", "enum": ["x", "y", "z"]}


def planned(one: Listing, most: int | None = None, **kinds: Any) -> RowPlan:
    return rows_for(one, request_shape(one, one.offers[0]), most, 402, **kinds)


def body_plan(most: int | None = None, example: Any = None, **schema: Any) -> RowPlan:
    """The plan of a listing whose body is this schema."""
    whole = {"type": "object", **schema}
    return planned(with_input(method="POST", body=whole, example=example), most)


def bodies(plan: RowPlan) -> list[Any]:
    return [row.candidate.values.body for row in plan.rows]


def levels(row: PlannedRow) -> dict[str, str]:
    return {one.field.removeprefix("body/"): one.level for one in row.levels}


@pytest.fixture(scope="module")
def reference() -> RowPlan:
    return planned(REFERENCE)


def test_the_reference_listing_shows_all_levels_in_nine_rows_and_all_pairs_within_the_bound(reference):
    covered = reference.coverage
    assert (covered.levels, covered.pairs) == (covered.all_levels, covered.all_pairs)
    assert sum(len(row.new) for row in reference.rows[:9]) == covered.all_levels
    assert covered.rows_for_levels == 9
    assert len(reference.rows) <= 1.05 * covered.rows_for_pairs


def test_what_the_reference_listing_calls_not_used_comes_last_one_field_a_row(reference):
    unused = {"user", "style", "quality", "background", "output_compression"}
    carried = [unused & set(row.candidate.values.body) for row in reference.rows]
    assert [len(names) for names in carried[:9]] == [0, 0, 0, 0, 1, 1, 1, 1, 1]
    assert set().union(*carried[:9]) == unused
    assert not any(carried[9:])


def test_what_the_reference_listing_only_supports_is_all_that_is_asked_for(reference):
    assert {body.get("n", 1) for body in bodies(reference)} == {1}
    risky = planned(REFERENCE, risky=True)
    assert len(risky.model.varied[0].levels) == 6
    assert any(body.get("n", 1) < 0 for body in bodies(risky))


def test_the_empty_object_is_sent_second_where_no_member_is_required():
    plan = body_plan(properties={"a": CHOICE, "b": {"type": "boolean"}}, example={"a": "x"})
    assert bodies(plan)[:2] == [{"a": "x"}, {}]
    assert plan.rows[0].candidate.source is Source.EXAMPLE
    assert bodies(body_plan(properties={"a": CHOICE}))[0] == {}
    assert {} not in bodies(body_plan(properties={"a": CHOICE}, required=["a"]))


def test_members_that_need_each_other_come_together():
    plan = body_plan(
        properties={"a": CHOICE, "b": {"type": "boolean"}, "c": {"type": "boolean"}}, dependentRequired={"a": ["b"]}
    )
    assert all("b" in body for body in bodies(plan) if "a" in body)
    assert plan.coverage.pairs == plan.coverage.all_pairs == 12 + 12 + 9 - 3


def test_members_of_which_one_is_needed_are_never_all_absent():
    plan = body_plan(properties={"url": CHOICE, "text": CHOICE}, anyOf=[{"required": ["url"]}, {"required": ["text"]}])
    assert {} not in bodies(plan)
    assert plan.coverage.pairs == plan.coverage.all_pairs == 15


def test_each_branch_is_taken_with_its_own_members():
    plan = body_plan(
        properties={"q": {"type": "boolean"}},
        oneOf=[
            {"properties": {"kind": {"const": "a"}, "size": {"enum": [1, 2]}}, "required": ["kind", "size"]},
            {"properties": {"kind": {"const": "b"}, "name": CHOICE}, "required": ["kind", "name"]},
        ],
    )
    kinds = {(body["kind"], body.get("size"), body.get("name")) for body in bodies(plan)}
    assert kinds == {("a", 1, None), ("a", 2, None), ("b", None, "x"), ("b", None, "y"), ("b", None, "z")}


def test_conditions_are_kept():
    plan = body_plan(
        properties={"mode": {"enum": ["fast", "slow"]}, "speed": {"enum": [1, 2]}}, required=["mode"],
        **{"if": {"properties": {"mode": {"const": "fast"}}}, "then": {"required": ["speed"]}},
    )  # fmt: skip
    assert {(body["mode"], body.get("speed")) for body in bodies(plan)} == {
        ("fast", 1), ("fast", 2), ("slow", None), ("slow", 1), ("slow", 2),
    }  # fmt: skip


def test_what_lies_in_an_absent_object_is_no_field_there():
    inner = {"type": "object", "properties": {"b": CHOICE}, "required": ["b"]}
    plan = body_plan(properties={"a": inner}, required=[])
    assert {json.dumps(body) for body in bodies(plan)} == {"{}", *(f'{{"a": {{"b": "{one}"}}}}' for one in "xyz")}
    assert all(("a/b" in levels(row)) == (levels(row)["a"] == "object") for row in plan.rows)


def test_query_path_headers_and_form_are_varied_alike():
    one = with_input(
        "https://shop.example/{kind}/gen", method="POST", bodyType="form-data", bodyFields={"size": CHOICE},
        pathParams={"kind": CHOICE}, queryParams={"lang": CHOICE},
        headerFields={"X-Region": CHOICE, "Accept-Encoding": CHOICE, "Host": CHOICE, "no: token\r\n": CHOICE},
    )  # fmt: skip
    plan = planned(one)
    assert {factor.name for factor in plan.model.varied} == {"path/kind", "query/lang", "headers/X-Region", "body/size"}
    assert plan.coverage.pairs == plan.coverage.all_pairs
    assert {header for row in plan.rows for header, _ in row.candidate.request.headers} == {
        "accept", "content-type", "x-region",
    }  # fmt: skip


def test_a_body_that_is_a_text_has_its_levels_too():
    plan = planned(with_input(method="POST", bodyType="text", body={"type": "string"}))
    assert {str(one) for row in plan.rows for one in row.levels} == {"body text", "body text in another script"}
    assert all(isinstance(body, str) for body in bodies(plan))


def test_a_required_field_without_any_value_is_named():
    with pytest.raises(Unrequestable, match="query/n"):
        planned(with_input(queryParams={"n": {"enum": ["a"], "type": "integer", "required": True}}))


def test_fields_that_cannot_be_told_apart_are_drawn_whole():
    plan = body_plan(
        3, properties={"a": {"type": "integer"}}, patternProperties={"^x": CHOICE}, required=["xa"],
        additionalProperties=True,
    )  # fmt: skip
    assert plan.rows
    assert all("xa" in body for body in bodies(plan))


@settings(max_examples=20, deadline=None)
@given(requests_for(REFERENCE))
def test_the_public_strategy_gives_requests_that_the_fields_allow(request):
    body = json.loads(request.body)
    assert request.url == REFERENCE.url
    assert set(body) <= set(REFERENCE.offers[0].hints["input"]["bodyFields"])
    assert body["prompt"]
    assert body.get("n", 1) == 1


def test_the_public_strategy_of_a_listing_without_fields_gives_the_one_request():
    from hypothesis import find

    assert find(requests_for(listing(offer())), lambda _: True).url == "https://shop.example/gen"


def test_every_planned_request_is_valid_and_no_two_are_the_same(reference):
    shape = request_shape(REFERENCE, REFERENCE.offers[0])
    assert all(is_valid(shape, row.candidate.values) for row in reference.rows)
    assert len({row.candidate.request.body for row in reference.rows}) == len(reference.rows)
