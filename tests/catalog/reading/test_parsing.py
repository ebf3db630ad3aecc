"""Parsing one record: exact values, faults where they stand, and never anything raised."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from x402_catalog.findings import Finding, Level
from x402_catalog.reading.limits import Limits
from x402_catalog.reading.parsing import parse
from x402_catalog.reading.places import Place
from x402_catalog.records import Record

PLACE = Place("listing.json")

# Names and words that a careless comparison of texts would trip over.
WORDS = st.one_of(
    st.sampled_from(["a", "b", "", ":", '":', "\\", 'a":1,"a', "\\u003a", "[{", "é😀"]), st.text(max_size=5)
)
NUMBERS = st.one_of(
    st.integers(), st.integers(-(2**70), 2**70), st.sampled_from([2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**400])
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, st.floats(allow_nan=False, allow_infinity=False), WORDS)
SPACE = st.sampled_from(["", "", " ", "\n", "\t\r\n"])


def quoted(word: str, draw: st.DrawFn) -> str:
    way = draw(st.sampled_from(["plain", "ascii", "escaped"]))
    if way == "escaped":
        return '"' + "".join(f"\\u{unit:04x}" for unit in units(word)) + '"'
    return json.dumps(word, ensure_ascii=way == "ascii")


def units(word: str) -> list[int]:
    encoded = word.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(encoded[at : at + 2], "big") for at in range(0, len(encoded), 2)]


@st.composite
def texts(draw: st.DrawFn, depth: int = 3) -> str:
    """JSON texts with duplicate names, big integers, any escapes and any layout."""
    kind = draw(st.sampled_from(["scalar", "array", "object"])) if depth else "scalar"
    space: str = draw(SPACE)
    if kind == "scalar":
        scalar = draw(SCALARS)
        return space + (quoted(scalar, draw) if isinstance(scalar, str) else json.dumps(scalar))
    children = draw(st.lists(texts(depth - 1), max_size=4))
    if kind == "array":
        return space + "[" + f"{space},".join(children) + space + "]"
    members = [f"{space}{quoted(draw(WORDS), draw)}{space}:{child}" for child in children]
    return space + "{" + ",".join(members) + space + "}"


def expected(text: str) -> tuple[Any, int, int]:
    """By the standard library alone: the value, how many members repeat a name, how many integers are big."""
    repeated = big = 0

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal repeated
        repeated += len(members) - len(dict(members))
        return dict(members)

    def integer(digits: str) -> int:
        nonlocal big
        big += not -(2**63) <= int(digits) < 2**64
        return int(digits)

    return json.loads(text, object_pairs_hook=pairs, parse_int=integer), repeated, big


def accepted(text: str) -> bool:
    """Whether the standard library, told to be strict, reads a value that UTF-8 can carry on."""

    def refuse(text: str) -> float:
        raise ValueError(text)

    def finite(text: str) -> float:
        return float(text) if math.isfinite(float(text)) else refuse(text)

    try:
        value = json.loads(text, parse_constant=refuse, parse_float=finite)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return False
    return True


def counted(faults: tuple[Finding, ...], rule: str) -> int:
    told = [fault for fault in faults if fault.rule == rule]
    rest: list[int] = [fault.observed for fault in told if fault.message.startswith("and ")]
    return len(told) - len(rest) + sum(rest)


@given(texts())
def test_a_value_is_what_the_standard_library_reads_and_every_fault_is_counted(text: str) -> None:
    try:
        value, repeated, big = expected(text)
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return
    record = parse(text.encode("utf-8", "surrogatepass"), PLACE)
    assert isinstance(record, Record), record
    assert json.dumps(record.value) == json.dumps(value)
    assert (counted(record.faults, "CAT007"), counted(record.faults, "CAT008")) == (repeated, big)


@given(texts(), st.data())
def test_broken_text_is_refused_exactly_where_the_standard_library_refuses_it(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 2))
    broken = text[:at] + data.draw(st.sampled_from(["", ",", '"', "}", "]", "\\", "1", "NaN", "-"])) + text[at + cut :]
    try:
        raw = broken.encode()
    except UnicodeEncodeError:
        return
    assert isinstance(parse(raw, PLACE), Record) == accepted(broken)


@given(st.binary(max_size=60), st.booleans())
def test_any_bytes_give_a_record_or_a_finding(raw: bytes, at_end: bool) -> None:
    assert isinstance(parse(raw, PLACE, at_end=at_end), Record | Finding)


def fault(raw: bytes, **options: Any) -> Finding:
    item = parse(raw, PLACE, **options)
    return item if isinstance(item, Finding) else item.faults[0]


@pytest.mark.parametrize(
    ("raw", "rule", "line", "column", "pointer"),
    [
        (b'{"a": NaN}', "CAT004", 1, 7, "/a"),
        (b'{"NaN": "NaN",\n "b": [1, -Infinity]}', "CAT004", 2, 11, "/b/1"),
        (b'{"a": "\xc3\xa9", "b": 1e400}', "CAT004", 1, 17, "/b"),
        (b'{"a": [{"x": 1,\n  "x": 2}]}', "CAT007", 2, 3, "/a/0/x"),
        (b'{"a": [NaNs]}', "CAT004", 1, 8, "/a/0"),
        (b'{"x/y~": 1, "x/y~": 2}', "CAT007", 1, 13, "/x~1y~0"),
        (b'{"a": [0, 99999999999999999999]}', "CAT008", 1, 11, "/a/1"),
        (b'{"a":\n"\xff"}', "CAT002", 2, 2, ""),
        ('{"é": 1 "b": 2}'.encode(), "CAT003", 1, 9, ""),
        ('{"é": ["\\ud800"]}'.encode(), "CAT003", 1, 8, "/é/0"),
    ],
)
def test_faults_stand_at_their_line_column_and_pointer(
    raw: bytes, rule: str, line: int, column: int, pointer: str
) -> None:
    found = fault(raw)
    place = found.location
    assert (found.rule, place.line, place.column, place.pointer) == (rule, line, column, pointer)


def test_places_count_from_where_the_record_stands_in_its_file() -> None:
    place = Place("all.json", line=7, column=5, pointer="/3")
    record = parse(b'{"a": 1, "a": 2,\n"b": 99999999999999999999}', place)
    assert isinstance(record, Record)
    spots = [(f.location.line, f.location.column, f.location.pointer) for f in record.faults]
    assert spots == [(7, 14, "/3/a"), (8, 6, "/3/b")]


def test_a_duplicate_names_the_key_and_both_its_places() -> None:
    found = fault(b'{\n "price": "1",\n "price": "2"\n}')
    assert found.message == '"price" stands at 2:2 and again at 3:2'
    assert found.observed == "price"


def test_many_duplicates_are_told_up_to_twenty_and_counted_beyond() -> None:
    record = parse(b"{" + b",".join([b'"a":1'] * 100) + b"}", PLACE)
    assert isinstance(record, Record)
    assert len(record.faults) == 21
    assert record.faults[-1].observed == 79


@pytest.mark.parametrize("integer", [2**64, -(2**63) - 1, 10**400])
@pytest.mark.parametrize("indent", range(4))
def test_integers_beyond_64_bits_are_exact_wherever_they_stand(integer: int, indent: int) -> None:
    record = parse(b" " * indent + b"[%d,{}]" % integer, PLACE)
    assert isinstance(record, Record)
    assert record.value == [integer, {}]
    assert [found.rule for found in record.faults] == ["CAT008"]


@pytest.mark.parametrize("before", ["", r"\n" * 50], ids=["few escapes", "many escapes"])
@pytest.mark.parametrize("colon", [r"\u003a", r"\u003A"])
def test_an_escaped_colon_hides_no_duplicate(before: str, colon: str) -> None:
    assert fault(f'{{"b": "{before}", "a": 1, "a": "{colon}"}}'.encode()).rule == "CAT007"


def test_an_integer_too_long_for_python_is_a_finding() -> None:
    found = fault(b'{"a": 1, "b": ' + b"7" * 5000 + b"}")
    assert (found.rule, found.level, found.location.pointer) == ("CAT008", Level.ERROR, "/b")
    assert "5000 digits" in found.message


@pytest.mark.parametrize("depth", [1, 5, 200, 250, 300, 900])
def test_the_depth_limit_is_exact(depth: int) -> None:
    raw = b'{"a":' * (depth - 1) + b"[]" + b"}" * (depth - 1)
    assert isinstance(parse(raw, PLACE, limits=Limits(max_depth=depth)), Record)
    if depth > 1:
        found = fault(raw, limits=Limits(max_depth=depth - 1))
        assert (found.rule, found.location.column) == ("CAT005", 5 * (depth - 1) + 1)


def test_depth_beyond_all_parsers_is_a_finding_whatever_the_limit() -> None:
    assert fault(b"[" * 500_000, limits=Limits(max_depth=10**9)).rule in {"CAT003", "CAT005"}
    assert fault(b"[" * 500_000 + b"]" * 500_000).rule == "CAT005"


def test_deep_text_ends_no_process_whose_recursion_limit_another_library_raised() -> None:
    program = (
        "import sys; sys.setrecursionlimit(10**6)\nfrom x402_catalog.reading.limits import Limits\n"
        "from x402_catalog.reading.parsing import parse\nfrom x402_catalog.reading.places import Place\n"
        "print(parse(b'[' * 500_000 + b']' * 500_000, Place('f', 1, 1, ''), limits=Limits(max_depth=10**9)).rule)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "CAT005")


@pytest.mark.parametrize(
    ("raw", "help"),
    [
        (b"{'a': 1}", "double quotes"),
        (b'{"a": True}', "Write true"),
        (b'{"a": 1} // end', "comments"),
        (b"<html>", "HTML"),
        (b'{"a": }', "comma"),
    ],
)
def test_common_mistakes_are_recognised(raw: bytes, help: str) -> None:
    found = fault(raw)
    assert found.rule == "CAT003"
    assert help in found.help


@given(texts())
def test_text_cut_at_the_end_of_its_source_is_called_truncated_only_if_more_could_follow(text: str) -> None:
    raw = ('{"a":' + text + "}").encode("utf-8", "replace")
    for at in range(1, len(raw)):
        item = parse(raw[:at], PLACE, at_end=True)
        assert isinstance(item, Finding)
        assert item.rule in {"CAT009", "CAT002", "CAT003", "CAT008"}
    assert fault(b'{"a":', at_end=False).rule == "CAT003"


@pytest.mark.parametrize("value", [0, -1])
def test_limits_are_counted_from_one(value: int) -> None:
    with pytest.raises(ValueError, match="from 1"):
        Limits(max_depth=value)
    with pytest.raises(ValueError, match="from 1"):
        Limits(max_record_bytes=value)


@pytest.mark.parametrize("opener", [b"[", b'{"a":', b'[{"a":', b'{"a":[1,'])
def test_the_depth_limit_is_exact_for_arrays_and_objects_with_much_beside_them(opener: bytes) -> None:
    closers = {b"[": b"]", b"{": b"}"}
    shut = b"".join(closers[bytes([byte])] for byte in reversed(opener) if bytes([byte]) in closers)
    wide = b"[" + b",".join([b'{"b":[]}'] * 300) + b",%s]"
    for times in (200 // len(shut) - 2, 200 // len(shut), 200 // len(shut) + 1):
        depth = 1 + times * len(shut)
        raw = wide % (opener * times + b"0" + shut * times)
        for limit in (depth, depth - 1):
            found = parse(raw, PLACE, limits=Limits(max_depth=limit))
            assert isinstance(found, Record) is (limit >= max(depth, 3))


def test_records_read_at_once_in_many_threads_are_those_read_one_by_one() -> None:
    raws = [b'{"n":%d,"deep":%s}' % (n, b"[" * (n % 7) + b"1" + b"]" * (n % 7)) for n in range(400)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda raw: parse(raw, PLACE), raws * 5))
    assert [one.value for one in found if isinstance(one, Record)] == [json.loads(raw) for raw in raws * 5]
