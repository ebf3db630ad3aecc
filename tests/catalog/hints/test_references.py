"""References written out: what ends, what does not, and where each piece came from."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from x402_catalog.hints.references import Unfolder

NODES = 200


def unfolded(document: dict[str, Any], limit: int = NODES) -> tuple[Any, dict[str, str], bool]:
    unfolder = Unfolder(document, limit)
    value, places = unfolder.unfold(document["root"], "/root")
    return value, places, unfolder.is_cut


def test_a_reference_is_replaced_by_what_it_names_and_keeps_what_stands_beside_it() -> None:
    value, places, _ = unfolded({"root": {"a": {"$ref": "#/b~1c", "title": "A"}}, "b/c": {"type": "string"}})
    assert value == {"a": {"type": "string", "title": "A"}}
    assert places == {"": "/root", "/a": "/b~1c"}


def test_a_reference_may_be_percent_encoded_or_lead_into_a_list() -> None:
    value, _, _ = unfolded({"root": [{"$ref": "#/a%20b"}, {"$ref": "#/list/1"}], "a b": 1, "list": [0, {"x": 2}]})
    assert value == [1, {"x": 2}]


def test_a_reference_that_leads_nowhere_or_out_of_the_document_stays() -> None:
    root = [{"$ref": "#/gone"}, {"$ref": "https://elsewhere.example/x"}, {"$ref": 7}, {"$ref": "#"}]
    assert unfolded({"root": root})[0] == root


def test_a_definition_of_itself_is_open_inside() -> None:
    value, _, is_cut = unfolded({"root": {"$ref": "#/t"}, "t": {"left": {"$ref": "#/t"}, "right": {"$ref": "#/u"}},
                                 "u": {"up": {"$ref": "#/t"}}})  # fmt: skip
    assert value == {"left": {}, "right": {"up": {}}}
    assert not is_cut


def test_references_that_double_at_every_step_are_cut() -> None:
    document: dict[str, Any] = {f"d{n}": {side: {"$ref": f"#/d{n + 1}"} for side in "ab"} for n in range(50)}
    assert unfolded({"root": {"$ref": "#/d0"}, **document, "d50": {}})[2]


def test_what_is_nested_too_deeply_is_cut() -> None:
    deep: dict[str, Any] = {}
    for _ in range(150):
        deep = {"x": deep}
    assert unfolded({"root": deep})[2]


references = st.sampled_from(["#/root", "#/a", "#/a/b", "#/list/0", "#/", "#", "#/none", 5])
values = st.recursive(
    st.none() | st.text(max_size=2) | references.map(lambda to: {"$ref": to}),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "$ref"]), below, max_size=3),
    max_leaves=12,
)


@given(st.fixed_dictionaries({"root": values, "a": values, "list": values}))
def test_every_document_is_written_out_within_its_limit(document: dict[str, Any]) -> None:
    value, _, _ = unfolded(document)
    assert count(value) <= NODES * 10


def count(value: Any) -> int:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(count, children))
