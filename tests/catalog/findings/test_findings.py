"""Findings are data: they survive JSON, and show hostile values only as far as a reader can stand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from x402_catalog.findings import MAX_SHOWN, Finding, Level, Location, fingerprint, identity, shown
from x402_catalog.rules.registry import Rule

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=800),
    lambda children: st.lists(children, max_size=30) | st.dictionaries(st.text(max_size=30), children, max_size=30),
    max_leaves=40,
)
numbers = st.none() | st.integers(min_value=1, max_value=10**6)
texts = st.none() | st.text(max_size=20)
locations = st.builds(
    Location, listing=texts, file=texts, line=numbers, column=numbers, pointer=texts, url=texts, leg=texts
)
findings = st.builds(
    Finding, rule=st.text(), level=st.sampled_from(Level), message=st.text(), observed=json_values,
    expected=json_values, location=locations, help=st.text(),
)  # fmt: skip


@given(findings)
def test_a_finding_survives_its_json_form(finding: Finding) -> None:
    assert Finding.from_dict(json.loads(json.dumps(finding.to_dict()))) == finding


@given(findings)
def test_the_json_form_has_every_member_and_only_the_known_parts_of_the_place(finding: Finding) -> None:
    form = finding.to_dict()
    assert list(form) == ["rule", "level", "message", "observed", "expected", "location", "help"]
    assert None not in form["location"].values()


@given(json_values)
def test_a_shown_value_is_short(value: Any) -> None:
    assert len(json.dumps(shown(value), ensure_ascii=False)) <= 4 * MAX_SHOWN


@given(json_values)
def test_a_short_value_is_shown_whole(value: Any) -> None:
    if len(json.dumps(value, ensure_ascii=False)) < MAX_SHOWN // 4:
        assert shown(value) == value


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("x" * 401, "x" * 400 + "… (401 characters)"),
        ([0] * 10**6, "list of 1000000"),
        ({"a": "x" * 10**7}, "dict of 1"),
        ([["x" * 100] * 100] * 20, "list of 20"),
        ([10**5000], "list of 1"),
        (10**5000, "an integer of 16610 bits"),
        (2**256 - 1, 2**256 - 1),
        (True, True),
        (nested(100_000), "list of 1"),
    ],
    ids=["long", "wide", "long inside", "wide inside", "big inside", "big", "uint256", "true", "deep"],
)
def test_hostile_values_are_cut(value: Any, expected: Any) -> None:
    assert shown(value) == expected


def test_a_rule_cuts_what_a_hostile_listing_puts_into_its_message() -> None:
    finding = Rule("CAT001", Level.ERROR, "", "", "", "mend it").finding("x" * 10**6, observed="y" * 10**6)
    assert len(finding.message) < 700
    assert len(finding.observed) < 500
    assert finding.help == "mend it"


@pytest.mark.parametrize(
    ("location", "written"),
    [
        (Location(file="a.json", line=3, column=5, pointer="/url"), "a.json:3:5 /url"),
        (Location(file="a.json"), "a.json"),
        (Location(url="https://a.example", leg="paid"), "https://a.example (paid)"),
        (Location(listing="a", pointer="/url"), "a /url"),
        (Location(), ""),
    ],
)
def test_a_place_reads_as_file_line_and_column_or_the_next_best(location: Location, written: str) -> None:
    assert str(location) == written


def test_a_finding_can_be_moved_and_errors_weigh_most() -> None:
    finding = Finding("CAT001", Level.ERROR, "x")
    assert finding.at(Location(file="b")).location.file == "b"
    assert sorted(Level, key=lambda level: level.rank) == [Level.ERROR, Level.WARNING, Level.INFO]


def test_a_fingerprint_is_of_rule_listing_and_place_and_not_of_words() -> None:
    place = Location(listing="slug", file="a.json", line=3, column=9, pointer="/7/accepts/0")
    made = Finding("PRICE001", Level.ERROR, "one way", observed=1, location=place)
    moved = Finding("PRICE001", Level.INFO, "another", location=Location("slug", "b.json", 9, 1, "/8/accepts/0"))
    assert fingerprint(made, "/7") == fingerprint(moved, "/8") != fingerprint(made)
    assert identity(made, "/7") == ("PRICE001", "slug", "/accepts/0")
    assert identity(made, "/70") == identity(made)
    assert identity(made.at(Location(file="a.json"))) == ("PRICE001", "a.json", "")
    assert identity(made.at(Location(url="https://api.example"))) == ("PRICE001", "https://api.example", "")


@given(findings, findings)
def test_fingerprints_differ_where_identities_do(one: Finding, other: Finding) -> None:
    assert (fingerprint(one) == fingerprint(other)) == (identity(one) == identity(other))
    assert len(fingerprint(one)) == 32
