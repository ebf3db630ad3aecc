"""Rules are chosen by code or beginning; the longer name counts, and a wrong one is told apart."""

from __future__ import annotations

import pytest

from x402_catalog.rules.selection import UnknownRule, selection

KNOWN = ("CAT001", "CAT020", "CAT021", "HINT001", "PRICE001", "PRICE004")


@pytest.mark.parametrize(
    ("select", "ignore", "chosen"),
    [
        ([], [], KNOWN),
        (["PRICE"], [], ("PRICE001", "PRICE004")),
        (["price001"], [], ("PRICE001",)),
        (["CAT02", "HINT"], [], ("CAT020", "CAT021", "HINT001")),
        (["CAT020,PRICE004"], [], ("CAT020", "PRICE004")),
        ([], ["CAT", "HINT"], ("PRICE001", "PRICE004")),
        (["CAT"], ["CAT02"], ("CAT001",)),
        (["CAT021"], ["CAT"], ("CAT021",)),
        (["CAT", "CAT021"], ["CAT02"], ("CAT001", "CAT021")),
        (["CAT"], ["CAT"], ()),
        (["DUP"], [], ()),
        ([" PRICE001 , "], [], ("PRICE001",)),
    ],
)
def test_the_longer_name_counts(select, ignore, chosen):
    made = selection(select, ignore, KNOWN)
    assert tuple(code for code in KNOWN if code in made) == chosen


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("PRICE002", "Did you mean .*PRICE001"),
        ("PRIC", "Did you mean PRICE"),
        ("CAT9", "Did you mean CAT"),
        ("E501", "Families are CAT, HINT"),
        ("*", "Families are"),
        ("PRICE001X", "Did you mean PRICE001"),
    ],
)
def test_an_unknown_name_is_told_with_what_may_have_been_meant(name, hint):
    with pytest.raises(UnknownRule, match=hint):
        selection([], [name], KNOWN)


def test_what_is_no_code_is_not_chosen():
    assert 3 not in selection([], [], KNOWN)
