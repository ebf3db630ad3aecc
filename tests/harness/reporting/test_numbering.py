"""Names that are given once each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from x402_harness.reporting.numbering import Numbering


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["a", "b", "a", "a"], ["a", "b", "a#2", "a#3"]),
        (["a", "a", "a#2"], ["a", "a#2", "a#2#2"]),
        (["a#2", "a", "a"], ["a#2", "a", "a#3"]),
        (["{0}", "{0}"], ["{0}", "{0}#2"]),
    ],
)
def test_a_name_that_was_given_gets_the_next_number_that_is_free(names, told):
    assert list(map(Numbering("{}#{}"), names)) == told


@given(st.lists(st.sampled_from(["a", "a#2", "a#3", "a#2#2"])))
def test_no_name_is_given_twice(names):
    told = list(map(Numbering("{}#{}"), names))
    assert len(set(told)) == len(names)
    assert all(given.startswith(name) for given, name in zip(told, names, strict=True))
