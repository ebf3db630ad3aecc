"""Surgery: the style of the text is kept, and a text that is another one is not cut."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from x402_catalog.findings import Location
from x402_catalog.reading.files import File
from x402_catalog.repairs import Repair, repairs
from x402_catalog.repairs.diff import unified
from x402_catalog.repairs.files import FixableFile, look_through
from x402_catalog.repairs.patches import operations
from x402_catalog.repairs.readings import is_reading, reading
from x402_catalog.repairs.surgery import Edit, Moved, edits, literal, operated
from x402_catalog.rules.prices import RATIO
from x402_catalog.rules.repairs import REQUIRED_WORD

BARE = '{"slug":"a","title":"A","url":"https:\\/\\/h.example\\/x","category":"c","accepts":[]%s}'
SAME_AS = BARE % ',"json_ld":{"sameAs":"https:\\/\\/other.example\\/x"}'


def looked_through(folder: Path, text: bytes, name: str = "listing.json") -> FixableFile:
    path = folder / name
    path.write_bytes(text)
    return look_through(File(str(path), name))


def test_slashes_stay_escaped_where_they_were(tmp_path: Path) -> None:
    found = looked_through(tmp_path, SAME_AS.encode())
    assert found.text().decode() == SAME_AS.replace("other", "h")


@pytest.mark.parametrize(
    ("value", "old", "ascii", "text"),
    [
        ("é/", b'"x"', True, b'"\\u00e9/"'),
        ("é/", b'"x"', False, '"é/"'.encode()),
        ("é/", b'"\\/"', True, b'"\\u00e9\\/"'),
        (True, b'"true"', True, b"true"),
        (500, b"5", True, b"500"),
        (0.000001, b"5", True, b"0.000001"),
        (1e22, b"5", True, b"10000000000000000000000"),
    ],
)
def test_a_literal_is_written_like_the_text_around_it(value: object, old: bytes, ascii: bool, text: bytes) -> None:
    assert literal(value, old, ascii=ascii) == text


@pytest.mark.parametrize(
    "made", [[Edit(1, b"c", b"")], [Edit(0, b"ab", b""), Edit(1, b"b", b"")], [Edit(9, b"a", b"")]]
)
def test_another_text_than_the_one_that_was_read_is_not_cut(made: list[Edit]) -> None:
    with pytest.raises(Moved):
        operated(b"abc", made)


@pytest.mark.parametrize("layout", ["\r\n", "\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["no mark", "byte order mark"])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_line_ends_marks_and_broken_neighbours_stay(tmp_path: Path, layout: str, mark: bytes, packed: bool) -> None:
    lines = [' {"broken": ', "", "  " + SAME_AS + "  ", '"no object"', '{"é": "ü"}', SAME_AS, ""]
    text = layout.join(lines).encode()
    if not packed:
        text = mark + text
    found = looked_through(tmp_path, gzip.compress(text) if packed else text, "all.jsonl" + ".gz" * packed)
    assert found.data.endswith(text.removeprefix(mark))
    assert found.text() == text.replace(b"other", b"h")
    assert found.formats["x402all"] == 3
    assert {finding.rule for finding in found.unread} == {"CAT003", "CAT010"}


def test_a_name_that_stands_twice_leaves_nothing_certain(tmp_path: Path) -> None:
    twice = SAME_AS.replace('"category":"c"', '"category":"c","url":"https://second.example/x"')
    assert looked_through(tmp_path, twice.encode()).fixes == []
    assert looked_through(tmp_path, b'{"items":[' + twice.encode() + b"]}").fixes == []


def test_another_format_is_counted_and_left_alone(tmp_path: Path) -> None:
    challenge = {"x402Version": 1, "error": "pay", "accepts": [{"network": "Base", "resource": "https://h.example/x"}]}
    found = looked_through(tmp_path, json.dumps(challenge).encode())
    assert (found.fixes, dict(found.formats)) == ([], {"challenge": 1})


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    assert [found.rule for found in look_through(File(str(tmp_path / "none"), "none")).unread] == ["CAT001"]


def test_a_patch_tests_each_value_before_it_replaces_it(tmp_path: Path) -> None:
    found = looked_through(
        tmp_path, f'[{{"slug":"z","accepts":[],"url":"x","title":"","category":""}},{SAME_AS}]'.encode()
    )
    (fix,) = found.fixes
    path, values = "/1/json_ld/sameAs", ("https://other.example/x", "https://h.example/x")
    about = {"rule": "CAT042", "listing": "a", "file": "listing.json"}
    assert operations(fix.listing, fix.repairs) == [
        {"op": "test", "path": path, "value": values[0]},
        {"op": "replace", "path": path, "value": values[1], **about},
    ]
    assert list(found.patches()) == [operations(fix.listing, fix.repairs)]


def test_an_edit_finds_its_value_in_the_file_and_not_only_in_its_record(tmp_path: Path) -> None:
    found = looked_through(tmp_path, b'[ {} ,\n  {"items":[1]}, ' + SAME_AS.encode() + b"]")
    (fix,) = found.fixes
    (edit,) = edits(fix.listing.record, fix.repairs)
    assert found.data[edit.start :].startswith(edit.old)
    assert edit.old == b'"https:\\/\\/other.example\\/x"'


def test_hunks_that_touch_are_one_and_those_that_do_not_are_two() -> None:
    data = b"".join(b"%d\n" % number for number in range(30))

    def hunks(*lines: int) -> list[bytes]:
        made = [Edit(data.index(b"\n%d\n" % line) + 1, b"%d" % line, b"x") for line in lines]
        return [line for line in unified("f", data, made).split(b"\n") if line.startswith(b"@@")]

    assert hunks(10, 17) == [b"@@ -8,14 +8,14 @@"]
    assert hunks(10, 18) == [b"@@ -8,7 +8,7 @@", b"@@ -16,7 +16,7 @@"]
    assert hunks(1, 29) == [b"@@ -1,5 +1,5 @@", b"@@ -27,4 +27,4 @@"]
    assert unified("f", data, []) == b""


@pytest.mark.parametrize(
    ("schema", "value", "meant"),
    [
        ({"type": "integer"}, "5", 5),
        ({"type": "integer"}, "-5", -5),
        ({"type": "number"}, "0.5", 0.5),
        ({"type": ["number", "null"]}, "7", 7),
        ({"type": "boolean"}, "False", False),
        ({"type": "string", "enum": ["1"]}, 1, "1"),
        ({"type": "integer", "enum": [1, 2]}, "2", 2),
        *(({"type": "integer"}, word, None) for word in ("05", "-0", "5.0", "5 ", "1e3", "", "9" * 16, "٣")),
        *(({"type": "number"}, word, None) for word in (".5", "5.", "00.5", "-0", "Infinity", "0." + "1" * 20)),
        *(({"type": "boolean"}, word, None) for word in ("yes", "1", 1, 0.0)),
        ({"type": "string"}, 5, None),
        ({"type": ["string", "integer"]}, "5", None),
        ({"type": "integer", "maximum": 3}, "5", None),
        ({"type": "integer"}, 5.0, None),
        ({"type": "number"}, 5, None),
        ({"type": "integer"}, None, None),
        ({"type": "integer", "$ref": "#/nowhere"}, "5", None),
        ({}, "5", None),
    ],
)
def test_a_value_is_read_as_the_declared_type_only_where_it_can_mean_one(
    schema: dict, value: object, meant: object
) -> None:
    found = reading(schema, value)
    assert (json.dumps(found) if is_reading(found) else "null") == json.dumps(meant)


def test_a_repair_tells_all_of_itself() -> None:
    told = Repair("CAT042", "/json_ld/sameAs", "a", "b", "the same as url").to_dict()
    assert told == {
        "rule": "CAT042",
        "pointer": "/json_ld/sameAs",
        "before": "a",
        "after": "b",
        "reason": "the same as url",
    }


@pytest.mark.parametrize(
    ("word", "beside", "after"),
    [("true", {}, [True]), (" False", {}, [False]), ("yes", {}, []), ("true", {"true": {}}, [])],
)
def test_required_in_words_becomes_the_value_unless_it_may_be_a_name(
    listing: Any, reference: Any, word: str, beside: Any, after: list[bool]
) -> None:
    fields = reference["accepts"][0]["hints"]["input"]["bodyFields"]
    fields["prompt"] |= {"required": word, "properties": beside}
    at = "/accepts/0/hints/input/bodyFields/prompt/required"
    finding = REQUIRED_WORD.finding("a word", location=Location(pointer=at))
    assert [(repair.pointer, repair.after) for repair in repairs(listing(reference), [finding])] == [
        (at, value) for value in after
    ]


def test_only_the_format_of_listings_is_mended(listing: Any, reference: Any) -> None:
    finding = RATIO.finding("wrong", location=Location(pointer="/pricing_sanity/ratio"))
    reference["pricing_sanity"]["ratio"] = 5
    assert len(repairs(listing(reference), [finding])) == 1
    assert repairs(replace(listing(reference), source="bazaar"), [finding]) == []


def test_a_container_is_never_replaced(listing: Any, reference: Any) -> None:
    reference["pricing_sanity"]["ratio"] = [5]
    finding = RATIO.finding("wrong", location=Location(pointer="/pricing_sanity/ratio"))
    assert repairs(listing(reference), [finding]) == []
