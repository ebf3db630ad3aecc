"""Whether what is passed over as ordinary has nothing to find: both ways of validating agree on every change."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from x402_catalog.hints.plain import form, is_plain
from x402_catalog.models import Listing, Offer, below, listing_of
from x402_catalog.records import Record
from x402_catalog.rules.judge import Evidence, Judge
from x402_catalog.rules.ordinary import LOOKS
from x402_catalog.validation import CHECKS, validate

LISTINGS = Path(__file__).parents[3] / "listings"
REFERENCE = json.loads((LISTINGS / "api-venice-ai-api-v1-images-generations.json").read_text(encoding="utf-8"))

# What every member is changed to, one after the other; a string is changed in ways of its own besides.
VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 1.5, 10**30, "", " ", "x", "null", "NaN", "TODO", "{{name}}",
    "${x}", "your-key", "0x...",
    "USD", "10000001", "010000000", "http://localhost/a", "https://a.example:99999/b", "https://u:p@a.example/#f",
    "send an email for $5 per image", "publıſh", "2024", "GET", "DELETE", "post", "string",
    "integer", "text", "bogus", "exact",
    "eip155:8453", "base-sepolia", "0x" + "0" * 40, [], {}, [1], ["a", "a"], [{}], {"type": "string"}, {"type": "int"},
    {"type": "integer", "enum": ["a"]}, {"type": "integer", "enum": [1, 1.0]}, {"type": "string", "default": 1},
    {"type": "integer", "minimum": 5, "maximum": 1}, {"type": "string", "format": "bogus"},
    {"type": "string", "format": 1},
    {"type": "string", "pattern": "("}, {"$ref": "#/nowhere"}, {"type": "object", "properties": {"a": "string"}},
    {"type": "string", "required": "true"}, {"type": "object", "required": ["a"]}, {"type": "array", "items": []},
    {"type": "string", "enum": []}, {"type": "string", "enum": ["a"], "example": "b"}, {"nullable": True},
    {"type": "string", "minLength": -1}, {"type": "string", "minLength": 1.0}, {"anyOf": []},
    {"type": ["string", "null"]},
]  # fmt: skip
NAMES = ("extra", "x402Version", "properties", "required", "$schema", "type", "input", "Host",
    "body", "default", "mime_type",
         "description", "nullable", "pathParams", "enum", "example", "additionalProperties",
         "minimum", "image")  # fmt: skip


def ordinary() -> dict[str, Any]:
    """The reference listing without what there is to find in it."""
    raw = copy.deepcopy(REFERENCE)
    raw["use_cases"] = ["Create images"]
    raw["seo"]["description"] = raw["json_ld"]["description"] = "Generate images"
    raw["pricing_sanity"] = {"flag": "normal", "ratio": 0.5, "median_category_atomic": 20_000_000}
    for at in (raw["json_ld"]["offers"], raw["json_ld"]["offers"]["priceSpecification"]):
        at["price"] = "10.000000"
    return raw


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, child in children:
        yield (*path, step)
        yield from places(child, (*path, step))


def changed(raw: Any, path: tuple[Any, ...]) -> Iterator[dict[str, Any]]:
    """``raw`` with the member at ``path`` changed, taken away, doubled, or given another beside it."""

    def made(change: Any) -> dict[str, Any]:
        result = copy.deepcopy(raw)
        holder = result
        for step in path[:-1]:
            holder = holder[step]
        change(holder, path[-1])
        return result

    own = raw
    for step in path:
        own = own[step]
    words = (
        [own.upper(), own + "/", own + "?x=1", own + "\n", f"{own} per image", own[1:]] if isinstance(own, str) else []
    )
    for value in (*VALUES, *words):
        yield made(lambda holder, step, value=value: holder.__setitem__(step, value))
    yield made(lambda holder, step: holder.pop(step))
    if isinstance(own, dict):
        for name in NAMES:
            for value in ("x", 1, [], ["a"], {"type": "string"}):
                yield made(lambda holder, step, name=name, value=value: holder[step].__setitem__(name, value))
    if isinstance(own, list) and own:
        yield made(lambda holder, step: holder[step].append(copy.deepcopy(holder[step][0])))


def listing(raw: dict[str, Any]) -> Listing:
    return listing_of(Record(raw, json.dumps(raw).encode(), "a.json"))


def test_the_plainest_listing_is_ordinary_in_every_way() -> None:
    one = listing(ordinary())
    judge = Judge(one, Evidence.LISTING, False)
    assert all(look(one, judge) for look in LOOKS.values())
    assert validate(one, keep_held=False).findings == validate(one).findings == []


@pytest.mark.parametrize("member", sorted(REFERENCE))
def test_nothing_is_found_in_what_is_passed_over(member: str) -> None:
    raw = ordinary()
    inside = [(member,), *((member, *path) for path in places(raw[member]))]
    for path in inside:
        for other in changed(raw, path):
            one = listing(other)
            assert agree(one), (path, other)


class Thorough(Judge):
    """A judge that takes no short cut, so that every rule looks at everything."""

    is_well_formed = False

    def is_plain(self, offer: Offer) -> bool:
        return False


def agree(one: Listing) -> bool:
    judge, whole = Judge(one, Evidence.LISTING, False), Thorough(one, Evidence.LISTING, False)
    for module, look in LOOKS.items():
        if look(one, judge):
            for check in module.CHECKS:
                check(one, whole)
    return not whole.findings


def test_every_family_with_a_look_is_one_that_is_judged() -> None:
    assert {check for module in LOOKS for check in module.CHECKS} <= set(CHECKS)


PLACES = [(), *places(ordinary())]


@given(st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_what_several_changes_break_is_found_with_the_looks_as_without(data: st.DataObject) -> None:
    raw = ordinary()
    for _ in range(data.draw(st.integers(1, 4))):
        holder, path = raw, data.draw(st.sampled_from(PLACES[1:]))
        for step in path[:-1]:
            holder = below(holder, str(step))
        if isinstance(holder, dict):
            holder[path[-1]] = copy.deepcopy(data.draw(st.sampled_from(VALUES)))
    one = listing(raw)
    assert findings(validate(one, keep_held=False)) == findings(unhurried(one))


def unhurried(one: Listing) -> Judge:
    """What all the rules say of a listing when no look comes before them."""
    judge = Thorough(one, Evidence.LISTING, False)
    for check in CHECKS:
        check(one, judge)
    judge.close()
    return judge


def findings(judge: Judge) -> list[str]:
    return sorted(map(repr, judge.findings))


DEFINITIONS = st.recursive(
    st.sampled_from([value for value in VALUES if isinstance(value, dict)])
    | st.fixed_dictionaries({"type": st.sampled_from(["string", "integer", "object", "array", "number", "bogus"])}),
    lambda inner: st.fixed_dictionaries({"type": st.sampled_from(["object", "array"])}, optional={
        "properties": st.dictionaries(st.sampled_from(NAMES), inner, max_size=3), "items": inner,
        "anyOf": st.lists(inner, max_size=2), "required": st.sampled_from([True, ["a"], ["a", "a"]])}),
    max_leaves=12,
)  # fmt: skip


@given(st.fixed_dictionaries({}, optional={
    "type": st.sampled_from(["object", "string"]), "required": st.sampled_from([["a"], ["a", "a"], True]),
    "properties": st.dictionaries(st.text(max_size=3) | st.sampled_from(NAMES), DEFINITIONS, max_size=4),
    "additionalProperties": DEFINITIONS | st.booleans(), "description": st.text() | st.integers()}))  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_an_output_is_plain_by_its_parts_as_it_is_as_a_whole(output: dict[str, Any]) -> None:
    hints = {"input": {"method": "GET"}, "output": output}
    for _ in range(2):  # when it is new, and when its parts are known
        assert is_plain(hints, "https://a.example/") == form("output").is_valid(output)
