"""The listings that ship with the project: what every rule says of them."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from x402_catalog.claims import leaves, truth_sheet
from x402_catalog.findings import Level
from x402_catalog.models import listing_of, member
from x402_catalog.records import Record
from x402_catalog.rules.registry import Registry, Rule
from x402_catalog.validation import validate

LISTINGS = sorted((Path(__file__).parents[3] / "listings").glob("*.json"))
REFERENCE = json.loads(next(path for path in LISTINGS if "venice" in path.name).read_bytes())

names = st.text(max_size=4) | st.sampled_from(
    ["5", "³", "a/b", "~0", "type", "properties", "required", "items", "$ref"]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
    | st.sampled_from([10**400, 1e300, 1e-300, -1, "0x" + "0" * 40, "https://[", "//x", "a:b"]),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(names, children, max_size=3),
    max_leaves=6,
)  # fmt: skip


def every_path(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(*path, step) for step, _ in children] + [
        deeper for step, child in children for deeper in every_path(child, (*path, step))
    ]


def test_the_reference_listing_is_right_but_for_its_price() -> None:
    found = validate(listing_of(Record(REFERENCE, json.dumps(REFERENCE).encode(), "reference.json"))).findings
    grave = [finding for finding in found if finding.level is not Level.INFO]
    assert [(finding.rule, finding.level) for finding in grave] == [("PRICE004", Level.WARNING)]
    assert "10.000000 USDC is 500 times the median" in grave[0].message


@pytest.mark.parametrize("path", LISTINGS, ids=lambda path: path.stem)
def test_leaving_out_what_held_changes_no_finding(path: Path) -> None:
    listing = listing_of(Record(json.loads(path.read_bytes()), path.read_bytes(), path.name))
    assert validate(listing, keep_held=False).findings == validate(listing).findings


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(every_path(REFERENCE)), json_values)
def test_no_value_anywhere_in_a_listing_stops_the_rules_or_the_truth_sheet(path: tuple[Any, ...], value: Any) -> None:
    changed = copy.deepcopy(REFERENCE)
    member(changed, *path[:-1])[path[-1]] = value
    listing = listing_of(Record(changed, b"{}", "changed.json"))
    judge = validate(listing)
    assert len(truth_sheet(listing, judge.judgements)) == len(list(leaves(changed)))
    for finding in judge.findings:
        assert len(finding.message) < 700
        json.dumps(finding.to_dict())


def test_a_registry_refuses_a_code_that_is_taken() -> None:
    registry = Registry()
    rule = Rule("CAT001", Level.ERROR, "first", "", "", "")
    registry.add(rule)
    with pytest.raises(ValueError, match="CAT001 is taken by 'first'"):
        registry.add(rule)


@pytest.mark.parametrize("code", ["CAT", "DOG001", "cat001", "001", ""])
def test_a_registry_refuses_a_code_of_no_family(code: str) -> None:
    with pytest.raises(ValueError, match="not FAMILY followed by a number"):
        Registry().add(Rule(code, Level.ERROR, "", "", "", ""))


def test_a_registry_lists_its_rules_by_family_and_number() -> None:
    registry = Registry()
    for code in ("PRICE001", "CAT020", "CAT003"):
        registry.add(Rule(code, Level.ERROR, "", "", "", ""))
    assert [rule.code for rule in registry] == ["CAT003", "CAT020", "PRICE001"]
    assert "CAT020" in registry
    assert "CAT021" not in registry
    assert registry["CAT020"].code == "CAT020"


def test_beside_a_missing_member_stand_the_names_of_those_that_are_there():
    value = {name: REFERENCE[name] for name in ("slug", "url", "category", "accepts")}
    found = validate(listing_of(Record(value, json.dumps(value).encode(), "a.json"))).findings
    (lacking,) = [one for one in found if one.rule == "CAT011"]
    assert lacking.observed == list(value)
