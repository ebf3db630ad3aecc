"""Suggestions: what a description says of a value is read beside whatever stands in the field's definition."""

from __future__ import annotations

from typing import Any

import pytest

from x402_catalog.hints.suggestions import Kind, read


@pytest.mark.parametrize("enum", [1.5, None, "auto", {"auto": 1}, True])
def test_an_enum_that_is_no_list_says_nothing_of_a_default(enum: Any) -> None:
    told = [(kind, value) for kind, value, _ in read('Default is "auto".', {"type": "string", "enum": enum})]
    assert told == [(Kind.DEFAULT, "auto")]


def test_a_default_outside_the_enum_is_none() -> None:
    assert [
        kind for kind, value, _ in read("Default is low.", {"enum": ["high"]}) if kind is Kind.DEFAULT and value
    ] == []
