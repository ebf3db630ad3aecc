"""Containers: every record is found with its place, one bad record costs only itself, nothing is held."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from x402_catalog.findings import Finding
from x402_catalog.reading.containers import records
from x402_catalog.reading.limits import Limits
from x402_catalog.records import Record

LISTINGS = st.lists(
    st.dictionaries(
        st.text(max_size=3),
        st.one_of(st.integers(), st.text(max_size=6), st.sampled_from(['"}],{["\\', "é😀"]), st.lists(st.integers())),
        max_size=3,
    ),
    max_size=6,
)
BROKEN = ['{"b":}', '{"b" 1}', "{]}", '{"b":"', "nul", '{"a":1}}', '{"b":[1,}']


def read_text(data: bytes, *cuts: int, by_line: bool = False, **limits: int) -> list[Record | Finding]:
    chunks = [data[a:b] for a, b in pairwise([0, *sorted(cuts), len(data)])]
    return list(records(iter([chunk for chunk in chunks if chunk]), "f", limits=Limits(**limits), by_line=by_line))


def summary(items: list[Record | Finding]) -> list[Any]:
    return [item.rule if isinstance(item, Finding) else item.value for item in items]


def place_of(item: Record | Finding) -> tuple[int | None, int | None, str | None]:
    where = item.location if isinstance(item, Finding) else item.locate()
    return where.line, where.column, where.pointer


@given(LISTINGS, st.sampled_from([None, 1]), st.booleans(), st.data())
def test_an_array_gives_its_elements_wherever_its_chunks_are_cut(
    values: list[Any], indent: int | None, ascii: bool, data: st.DataObject
) -> None:
    text = " " + json.dumps(values, indent=indent, ensure_ascii=ascii) + "\n"
    raw = text.encode()
    items = read_text(raw, *data.draw(st.lists(st.integers(0, len(raw)), max_size=20)))
    assert summary(items) == values
    for index, item in enumerate(items):
        assert isinstance(item, Record)
        before = "".join(line + "\n" for line in text.split("\n")[: item.line - 1])
        assert text[len(before) + item.column - 1 :].encode().startswith(item.raw)
        assert item.pointer == f"/{index}"
        assert raw[item.offset :].startswith(item.raw)


@given(LISTINGS, st.data())
def test_lines_give_their_records_wherever_their_chunks_are_cut(values: list[Any], data: st.DataObject) -> None:
    raw = "\n\n".join(json.dumps(value, ensure_ascii=False) for value in [{}, *values]).encode()
    items = read_text(
        raw, *data.draw(st.lists(st.integers(0, len(raw)), max_size=20)), by_line=data.draw(st.booleans())
    )
    assert summary(items) == [{}, *values]
    assert all(isinstance(item, Record) and raw[item.offset :].startswith(item.raw) for item in items)
    assert [place_of(item) for item in items] == [(2 * n + 1, 1, "") for n in range(len(values) + 1)]


@given(st.binary(max_size=80), st.lists(st.integers(0, 80), max_size=8), st.booleans())
def test_any_bytes_are_read_alike_wherever_their_chunks_are_cut(data: bytes, cuts: list[int], by_line: bool) -> None:
    for start in (b"", b"[", b'[{"a":"', b'{"a":1}\n'):
        whole = read_text(start + data, by_line=by_line)
        parts = read_text(start + data, *cuts, by_line=by_line)
        assert [*map(place_of, parts)] == [*map(place_of, whole)]
        assert repr(summary(parts)) == repr(summary(whole))


@pytest.mark.parametrize("broken", BROKEN[:3])
def test_a_broken_element_costs_only_itself(broken: str) -> None:
    items = read_text(f'[{{"a":1}},\n {broken},\n {{"c":3}}]'.encode())
    if broken == "{]}":
        assert summary(items)[:2] == [{"a": 1}, "CAT003"]
    else:
        assert summary(items) == [{"a": 1}, "CAT003", {"c": 3}]
        assert place_of(items[1])[2] == "/1"
        assert place_of(items[2]) == (3, 2, "/2")


def test_a_missing_quote_costs_only_its_element_when_lines_end() -> None:
    items = read_text(b'[\n{"a": "x},\n"b": 1},\n{"c": 3}\n]')
    assert summary(items) == ["CAT003", {"c": 3}]


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_line_costs_only_itself(broken: str) -> None:
    items = read_text(f'{{"a":1}}\n{broken}\n{{"c":3}}\n'.encode())
    assert summary(items) == [{"a": 1}, "CAT003", {"c": 3}]
    assert place_of(items[1])[0] == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[{"a":1},,{"b":2}]', [{"a": 1}, "CAT003", {"b": 2}]),
        ('[{"a":1},]', [{"a": 1}, "CAT003"]),
        ('[{"a":1}}, {"b":2}]', ["CAT003", {"b": 2}]),
        ('[{"a":1] , {"b":2}]', ["CAT003", {"b": 2}]),
        ('[{"a":1}] x', [{"a": 1}, "CAT003"]),
        ("[] []", ["CAT003"]),
        ('{"a":1} x', [{"a": 1}, "CAT003"]),
        ('{\n"a":1}\n{\n"b":1}', [{"a": 1}, "CAT003"]),
        ('{\n"a":1]\n{\n"b":1}', ["CAT003"]),
        ('[1, "x", null, [{"a":1}]]', [1, "x", None, [{"a": 1}]]),
        ('[{"a":1}, {"b":', [{"a": 1}, "CAT009"]),
        ('[{"a":1}, {"b":2}', [{"a": 1}, {"b": 2}, "CAT009"]),
        ('[{"a":1}, ', [{"a": 1}, "CAT009"]),
        ('[{"a":1}, "cut', [{"a": 1}, "CAT009"]),
        ('[{"a":1}, {"b" 1', [{"a": 1}, "CAT003", "CAT009"]),
        ('{"a":1}\n{"b":2', [{"a": 1}, "CAT009"]),
    ],
)
def test_what_can_be_read_is_read_and_the_rest_is_told(text: str, expected: list[Any]) -> None:
    assert summary(read_text(text.encode())) == expected
    assert summary(read_text(text.encode(), *range(len(text)))) == expected


def test_text_behind_the_end_is_placed_and_shown() -> None:
    (_, finding) = read_text('[{"a":"é"}]\n  oops'.encode())
    assert isinstance(finding, Finding)
    assert (finding.observed, finding.location.line, finding.location.column) == ("oops", 2, 3)


@pytest.mark.parametrize(
    ("text", "expected", "size"),
    [
        ('[{"a":"%s"},{"b":2}]', ["CAT006", {"b": 2}], 108),
        ('{"b":2}\n{"a":"%s"}\n{"b":2}', [{"b": 2}, "CAT006", {"b": 2}], 108),
        ('{"a":"%s"}\n{"b":2}', ["CAT006", {"b": 2}], 108),
        ('{\n"a":"%s"}', ["CAT006"], 109),
    ],
)
def test_what_is_too_large_is_skipped_with_its_size(text: str, expected: list[Any], size: int) -> None:
    raw = (text % ("x" * 100)).encode()
    for cuts in ((), range(0, len(raw), 7), range(len(raw))):
        items = read_text(raw, *cuts, max_record_bytes=size - 1)
        assert summary(items) == expected
        assert [item.observed for item in items if isinstance(item, Finding)] == [size]
        assert "CAT006" not in summary(read_text(raw, *cuts, max_record_bytes=size))


@pytest.mark.parametrize(("start", "between"), [(b"[", b","), (b"", b"\n")])
def test_a_record_is_given_before_the_next_ones_are_fetched(start: bytes, between: bytes) -> None:
    fetched = 0

    def chunks() -> Iterator[bytes]:
        nonlocal fetched
        yield start
        while True:
            fetched += 1
            yield b'{"a":%d}' % fetched + between

    items = records(chunks(), "f", limits=Limits(), by_line=False)
    for number in range(1, 6):
        record = next(items)
        assert isinstance(record, Record)
        assert record.value == {"a": number}
        assert fetched <= number + 2


def test_deep_and_hostile_arrays_are_findings() -> None:
    assert summary(read_text(b'[{"a":1},' + b"[" * 100_000)) == [{"a": 1}, "CAT005", "CAT009"]
    assert summary(read_text(b'["' + b"\\" * 100_001 + b'", {"a":1}]'))[-1] == "CAT009"
