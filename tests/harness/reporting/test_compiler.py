"""Findings printed for people: carets stand under what they mean, and no text gets out of its line."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from tests.harness.support.findings import finding, findings, hostile, in_text

from x402_catalog.findings import Level
from x402_catalog.records import Record
from x402_harness.reporting.compiler import CompilerReport, excerpt_lines
from x402_harness.reporting.excerpts import Excerpt
from x402_harness.reporting.findings import Ending, Told


def printed(*told: Told, most: int | None = 10, suppressed: int = 0) -> str:
    out = io.StringIO()
    report = CompilerReport(out, most)
    for one in told:
        report.add(one)
    report.end(Ending(1, 1, suppressed))
    return out.getvalue()


@pytest.mark.parametrize(
    ("text", "pointer", "line", "carets"),
    [
        ('{"price": "10"}', "/price", '    1 | {"price": "10"}', "      |           ^^^^"),
        ('{\n\t"price": "10"}', "/price", '    2 |     "price": "10"}', "      |              ^^^^"),
        ('{"価格": "10円"}', "/価格", '    1 | {"価格": "10円"}', "      |          ^^^^^^"),
        ('{"e\u0301": 1}', "/e\u0301", '    1 | {"e\u0301": 1}', "      |       ^"),
        ('{"\u202ea": 12}', "/\u202ea", '    1 | {"\\u202ea": 12}', "      |             ^^"),
        ('{"🎉": {"a": 1}}', "/🎉", '    1 | {"🎉": {"a": 1}}', "      |        ^"),
    ],
)
def test_carets_stand_where_a_terminal_shows_the_value(text, pointer, line, carets):
    lines = printed(in_text(text, pointer)).splitlines()
    assert lines[1:3] == [line, carets]


@given(hostile, hostile, hostile)
def test_the_caret_line_is_as_wide_as_what_stands_before_the_value(before, value, after):
    length = max(1, len(value))
    line, carets = excerpt_lines(Excerpt(before + value + after, len(before), length), 1)
    shown = line.plain.removeprefix("    1 | ")
    indent = len(carets.plain.removeprefix("      | ").rstrip("^"))
    assert all(character.isprintable() for character in line.plain)
    assert indent <= cell_len(shown) or not shown or not value + after
    assert set(carets.plain[8 + indent :]) == {"^"}


def test_a_finding_has_place_text_values_and_help():
    told = in_text('{"a": "1"}', "/a", observed="1", expected=["2", None], help="Mend it.")
    assert printed(told).splitlines()[:7] == [
        "a.json:1:7: error PRICE001 wrong",
        '    1 | {"a": "1"}',
        "      |       ^^^",
        "  at        /a in slug",
        "  observed  1",
        '  expected  ["2", null]',
        "  help      Mend it. (testbuy explain PRICE001)",
    ]


def test_a_finding_of_no_file_says_where_it_was_made():
    text = printed(Told(finding(listing="slug", url="https://api.example", leg="unpaid")))
    assert text.startswith(
        "testbuy: error PRICE001 wrong\n  at        slug\n  call      https://api.example (unpaid)\n"
    )


def test_a_rule_beyond_its_share_is_counted():
    many = [Told(finding(file="a.json", line=number)) for number in range(1, 48)]
    text = printed(*many, Told(finding("CAT028", Level.INFO)))
    assert text.count("error PRICE001") == 10
    assert "… and 37 more of PRICE001 (--all shows them)" in text
    assert text.splitlines()[-3:] == [
        "47 × PRICE001 error    JSON-LD price differs from the offer",
        " 1 × CAT028   info     offer costs nothing",
        "1 listing: 47 errors, 0 warnings, 1 info",
    ]
    assert printed(*many, most=None).count("error PRICE001") == 47


def test_suppressed_findings_are_counted():
    assert printed(suppressed=3) == "1 listing: 0 errors, 0 warnings, 0 infos; 3 suppressed by the baseline\n"


@given(findings, st.none() | hostile)
def test_no_text_gets_out_of_its_line(one, text):
    record = None if text is None else Record(None, text.encode("utf-8", "replace"), one.location.file or "a")
    lines = printed(Told(one, record)).split("\n")
    assert sum(not line.startswith(" ") for line in lines[:-1]) == 4  # head, blank, count, sentence
    for line in lines:
        assert all(character.isprintable() for character in line)
        assert not line.lstrip().startswith("::")  # a workflow command of GitHub's
        assert "##[" not in line  # and one of its older kind


def test_a_terminal_that_knows_ascii_only_gets_escapes():
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii")
    report = CompilerReport(out)
    report.add(in_text('{"価": 1}', "/価"))
    report.end(Ending(1, 1))
    out.flush()
    assert b"\\u4fa1" in raw.getvalue()
