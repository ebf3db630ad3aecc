"""Excerpts show the right part of the right line, from the record at hand or from the file, however large."""

from __future__ import annotations

import gzip
import json
import os
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.support.findings import in_text

from x402_catalog.findings import Location
from x402_catalog.records import Record
from x402_harness.reporting.excerpts import AFTER, BEFORE, Excerpt, Excerpts, token_end


def marked(excerpt: Excerpt) -> str:
    return excerpt.text[excerpt.start : excerpt.start + excerpt.length]


def of(told) -> Excerpt:
    return Excerpts().find(told.finding.location, told.record)


@pytest.mark.parametrize(
    ("text", "pointer", "expected"),
    [
        ('{"a": "x\\"y"}', "/a", '"x\\"y"'),
        ('{"a": -12.5e3}', "/a", "-12.5e3"),
        ('{"a": true ,"b": 1}', "/a", "true"),
        ('{\n\t"ключ": "終"\n}', "/ключ", '"終"'),
        ('{"a": [1, 2]}', "/a", "["),
        ('{"a": [1, 22]}', "/a/1", "22"),
        ('{"a":\r\n "b"\r\n}', "/a", '"b"'),
    ],
)
def test_the_value_at_the_pointer_is_marked(text, pointer, expected):
    told = in_text(text, pointer, line=7, column=3)
    assert marked(of(told)) == expected
    end = token_end(told.finding.location, told.record)
    assert end == (None if expected == "[" else told.finding.location.column + len(expected))


def test_a_line_ends_without_its_carriage_return():
    assert of(in_text('{"a":\r\n "b"\r\n}', "/a")).text == ' "b"'


@given(st.dictionaries(st.text(), st.text() | st.integers(), min_size=1), st.booleans(), st.integers(0, 9))
def test_record_and_file_give_the_same_line(tmp_path_factory, value, pretty, lines_before):
    name, content = sorted(value.items())[0]
    raw = json.dumps(value, ensure_ascii=False, indent=1 if pretty else None).encode("utf-8", "surrogatepass")
    path = tmp_path_factory.getbasetemp() / "same.json"
    path.write_bytes(b"[]\n" * lines_before + raw + b"\n")
    record = Record(value, raw, str(path), lines_before + 1)
    location = record.locate("/" + name.replace("~", "~0").replace("/", "~1"))
    inside, again = Excerpts().find(location, record), Excerpts().find(location)
    assert (inside.text, inside.start, inside.cut_before) == (again.text, again.start, again.cut_before)
    shown = json.dumps(content, ensure_ascii=False)
    assert marked(inside) == shown[: len(inside.text) - inside.start]


def test_a_file_is_read_forwards_and_again_from_the_beginning(tmp_path):
    path = tmp_path / "lines.jsonl"
    path.write_text("\n".join(f"line {number} {'x' * 900}" for number in range(1, 2001)))
    excerpts = Excerpts()
    for line in (1, 1, 2, 700, 699, 2000, 3):
        assert excerpts.find(Location(file=str(path), line=line, column=1)).text.startswith(f"line {line} ")
    assert excerpts.find(Location(file=str(path), line=2001, column=1)) is None


def test_packed_files_and_byte_order_marks_do_not_shift_columns(tmp_path):
    path = tmp_path / "packed.json.gz"
    path.write_bytes(gzip.compress(b'\xef\xbb\xbf{"a": nope}'))
    excerpt = Excerpts().find(Location(file=str(path), line=1, column=7))
    assert (excerpt.text, excerpt.start) == ('{"a": nope}', 6)


def test_a_line_of_a_megabyte_is_cut_around_the_column(tmp_path):
    text = json.dumps({"long": "é" * 1_000_000, "price": "10", "rest": "y" * 1000}, ensure_ascii=False)
    path = tmp_path / "long.json"
    path.write_text(text, encoding="utf-8")
    told = in_text(text, "/price", file=str(path))
    for excerpt in (of(told), Excerpts().find(told.finding.location)):
        assert len(excerpt.text) == BEFORE + AFTER
        assert excerpt.text[excerpt.start :].startswith('"10"')
        assert excerpt.cut_before
        assert excerpt.cut_after


def test_a_line_of_fifty_megabytes_costs_no_memory(tmp_path):
    path = tmp_path / "huge.jsonl"
    with path.open("wb") as file:
        for _ in range(50):
            file.write(b"z" * 1024 * 1024)
    tracemalloc.start()
    excerpt = Excerpts().find(Location(file=str(path), line=1, column=50 * 1024 * 1024))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert excerpt.text == "z" * (BEFORE + 1)
    assert peak < 8 * 1024 * 1024


def test_the_end_of_a_line_can_be_pointed_at():
    record = Record({}, b'{"a"', "a.json")
    excerpt = Excerpts().find(Location(file="a.json", line=1, column=5), record)
    assert (excerpt.text, excerpt.start, excerpt.length) == ('{"a"', 4, 1)


@pytest.mark.parametrize("file", ["-", "not/there.json", "nul\0name", "."])
def test_what_cannot_be_read_again_has_no_excerpt(file):
    assert Excerpts().find(Location(file=file, line=1, column=1)) is None


def test_a_pipe_is_not_waited_on(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert Excerpts().find(Location(file=str(tmp_path / "pipe"), line=1, column=1)) is None


def test_no_line_no_excerpt():
    assert Excerpts().find(Location(file="a.json")) is None
    assert Excerpts().find(Location(url="https://example.com")) is None
