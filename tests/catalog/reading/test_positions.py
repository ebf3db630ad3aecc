"""Positions: where a pointer leads is where the value can be read, checked with the standard library's decoder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from x402_catalog.reading.positions import position, span

NAMES = st.one_of(st.sampled_from(["a", "/", "~", "~1", "", "0", '"', "é😀\n"]), st.text(max_size=4))
VALUES = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=4), st.sampled_from(["[{", '\\"', "€"])),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=20,
)
LAYOUTS = st.sampled_from(
    [{}, {"indent": 2}, {"indent": "\t"}, {"separators": (",", ":")}, {"separators": (" ,\n", " : ")}]
)


def pointers(value: Any, pointer: str = "") -> Iterator[tuple[str, Any, Any]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in members:
        below = f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"
        yield below, name if isinstance(value, dict) else None, child
        yield from pointers(child, below)


def decoded_at(text: str, place: tuple[int, int]) -> Any:
    line, column = place
    before = text.split("\n")[: line - 1]
    return json.JSONDecoder().raw_decode(text, sum(len(part) + 1 for part in before) + column - 1)[0]


@given(VALUES, LAYOUTS, st.booleans())
def test_every_value_and_every_name_is_found_where_it_stands(value: Any, layout: Any, ascii: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii, **layout)
    raw = text.encode("utf-8", "surrogatepass")
    for pointer, name, child in pointers(value):
        assert decoded_at(text, position(raw, pointer)) == child
        if name is not None:
            assert decoded_at(text, position(raw, pointer, key=True)) == name
    assert position(raw, "") == position(raw, "", key=True) == (1, 1)


@given(VALUES, LAYOUTS, st.booleans())
def test_the_span_of_every_value_is_its_text(value: Any, layout: Any, ascii: bool) -> None:
    raw = b" " + json.dumps(value, ensure_ascii=ascii, **layout).encode("utf-8", "surrogatepass") + b"\n"
    for pointer, child in [("", value), *((pointer, child) for pointer, _, child in pointers(value))]:
        start, end = span(raw, pointer)
        assert json.loads(raw[start:end].decode("utf-8", "surrogatepass")) == child
        assert raw[start:end].strip() == raw[start:end]


def test_the_span_of_what_stands_twice_is_the_last_and_of_what_does_not_stand_there_none() -> None:
    assert span(b'{"a": 1, "a": 22 }', "/a") == (14, 16)
    for pointer in ("/b", "/a/0", "/a/b"):
        with pytest.raises(LookupError):
            span(b'{"a": 1}', pointer)


@given(VALUES, st.text(max_size=8), st.integers(0, 80), st.booleans())
def test_any_pointer_into_any_broken_text_gives_a_place_in_it(value: Any, end: str, cut: int, key: bool) -> None:
    raw = json.dumps(value, indent=1).encode()[:cut]
    for pointer in [*(pointer for pointer, _, _ in pointers(value)), "/" + end, end]:
        line, column = position(raw, pointer, key=key)
        assert 1 <= line <= raw.count(b"\n") + 1
        assert 1 <= column <= len(raw) + 1


@pytest.mark.parametrize(
    ("pointer", "place"),
    [
        ("/missing", (1, 1)),
        ("/a/b/missing", (2, 11)),
        ("/a/list/2", (3, 11)),
        ("/a/list/01", (3, 11)),
        ("/a/list/-", (3, 11)),
        ("/a/list/99999999999999999999999999", (3, 11)),
        ("/a/list/1/deeper", (3, 16)),
    ],
)
def test_what_does_not_exist_is_placed_at_its_nearest_ancestor(pointer: str, place: tuple[int, int]) -> None:
    raw = b'{"a": {\n     "b": {},\n  "list": [10, 20]}}'
    assert position(raw, pointer) == place
    assert position(raw, pointer, key=True) == place


def test_of_duplicates_the_last_counts() -> None:
    raw = b'{"a": {"x": 1}, "b": 0, "\\u0061": {"x": 2}}'
    assert position(raw, "/a/x") == (1, 41)
    assert position(raw, "/a", key=True) == (1, 25)


def test_columns_count_characters_and_not_bytes() -> None:
    assert position('{"é😀": "名", "b": 1}'.encode(), "/b") == (1, 18)


def test_deep_text_costs_no_recursion() -> None:
    depth = 100_000
    raw = b"[" * depth
    assert position(raw, "/0") == (1, 2)
    assert position(raw + b"]" * depth, "/1") == (1, 1)
