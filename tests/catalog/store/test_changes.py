"""What happened between two catalogues."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from x402_catalog.reading import read
from x402_catalog.records import Record
from x402_catalog.store import Catalogue
from x402_catalog.store.changes import Kind, changes

Make = Callable[..., Catalogue]
LISTINGS = Path(__file__).parents[3] / "listings"
USDC = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"
AMOUNT = "max_amount_required_atomic"
BEFORE = {
    "slug": "s", "title": "T", "url": "https://a.example/x", "accepts": [
        {"scheme": "exact", "network": "base", "asset": USDC, "max_amount_required_atomic": "10000", "pay_to": "0xa",
         "hints": {"input": {"method": "GET"}, "output": {"type": "json"}}},
        {"scheme": "exact", "network": "solana", "asset": "EPj", "max_amount_required_atomic": "7", "pay_to": "b"},
    ],
}  # fmt: skip


def changed(path: str, value: Any) -> dict[str, Any]:
    made = copy.deepcopy(BEFORE)
    *steps, last = path.split("/")
    node: Any = made
    for step in steps:
        node = node[int(step)] if step.isdigit() else node[step]
    node[last] = value
    return made


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (BEFORE, []),
        (changed(f"accepts/0/{AMOUNT}", "20000"), [("price", f"/accepts/0/{AMOUNT}")]),
        (changed("accepts/1/pay_to", "c"), [("payee", "/accepts/1/pay_to")]),
        (changed("accepts/0/hints/output", {"type": "raw"}), [("schema", "/accepts/0/hints/output")]),
        (changed("accepts/0/network", "eip155:8453"), []),
        (changed("accepts/0/asset", USDC.lower()), []),
        ({**BEFORE, "accepts": BEFORE["accepts"][::-1]}, []),
        ({**BEFORE, "accepts": BEFORE["accepts"][:1]}, [("price", "/accepts/1")]),
        ({**BEFORE, "accepts": []}, [("price", "/accepts/0"), ("price", "/accepts/1")]),
        ({**BEFORE, "title": "U"}, [("other", "/title")]),
        ({**BEFORE, "extra": True}, [("other", "/extra")]),
        ({**BEFORE, "slug": "t"}, [("vanished", ""), ("appeared", "")]),
    ],
)  # fmt: skip
def test_a_change_is_told_by_what_it_is_of_and_where(
    catalogue: Make, after: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    found = list(changes(catalogue(BEFORE), catalogue(after)))
    assert [(str(change.kind), change.where) for change in found] == expected


def test_a_price_is_told_in_dollars_and_in_atomic_units(catalogue: Make) -> None:
    after = changed("accepts/0/max_amount_required_atomic", "20000")
    (change,) = changes(catalogue(BEFORE), catalogue(after))
    told = change.to_dict()
    assert told["before"] == {"amount": "10000", "price": "0.010000", "network": "base", "asset": USDC}
    assert told["after"]["price"] == "0.020000"


def test_true_one_and_one_point_nought_are_different(catalogue: Make) -> None:
    made = [catalogue({"slug": "s", "x": value}) for value in (1, True, 1.0)]
    assert [len(list(changes(made[0], one))) for one in made] == [0, 1, 1]


def test_of_several_listings_with_one_slug_those_that_stayed_are_not_compared(catalogue: Make) -> None:
    twin, other = {"slug": "s", "title": "A"}, {"slug": "s", "title": "B"}
    assert list(changes(catalogue(twin, other), catalogue(other, twin))) == []
    (change,) = changes(catalogue(twin, other), catalogue(other, {"slug": "s", "title": "C"}))
    assert (change.kind, change.before, change.after) == (Kind.OTHER, "A", "C")
    (gone,) = changes(catalogue(twin, twin), catalogue(twin))
    assert gone.kind is Kind.VANISHED


def test_snapshots_of_one_file_and_two_files_give_the_same(tmp_path: Path, catalogue: Make) -> None:
    source = tmp_path / "two.jsonl"
    source.write_text("\n".join(json.dumps(one) for one in (BEFORE, {"slug": "new"})))
    with Catalogue.create(tmp_path / "c.db") as made:
        made.add(read([LISTINGS]), ["a"], 0.0)
        made.add(read([source]), ["b"], 1.0)
        found = list(changes(made.at(1), made))
    assert found == list(changes(catalogue(source=LISTINGS), catalogue(source=source)))
    assert len(found) == 19


SETS = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 2)), min_size=1, max_size=6)


@settings(max_examples=40)
@given(SETS, SETS)
def test_listings_before_less_the_vanished_and_plus_the_appeared_are_those_after(
    before: list[tuple[str, int]], after: list[tuple[str, int]]
) -> None:
    with Catalogue.memory() as made:
        for number, some in enumerate((before, after)):
            values = [{"slug": slug, "title": str(title)} for slug, title in some]
            made.add([Record(one, json.dumps(one).encode(), "x") for one in values], ["x"], float(number))
        found = list(changes(made.at(1), made))
        back = list(changes(made, made.at(1)))
    kinds = [change.kind for change in found]
    assert len(before) - kinds.count(Kind.VANISHED) + kinds.count(Kind.APPEARED) == len(after)
    assert kinds.count(Kind.APPEARED) == [change.kind for change in back].count(Kind.VANISHED)
    assert bool(found) == (sorted(before) != sorted(after))
