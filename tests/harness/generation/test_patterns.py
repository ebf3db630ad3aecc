"""The automata agree with Python's ``re`` wherever the two languages are the same."""

from __future__ import annotations

import re
import sys

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from x402_harness.generation import charsets
from x402_harness.generation.automata import Language
from x402_harness.generation.patterns import UnknownSyntax, parse
from x402_harness.generation.strategies import documents
from x402_harness.generation.words import word_plan

ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\d", r"\w", "(?:ab|b)", "(a)", r"\.", "[a-c]"])
COUNTS = st.sampled_from(["", "", "?", "*", "+", "{2}", "{0,2}", "{1,}", "+?"])
PARTS = st.lists(st.builds(str.__add__, ATOMS, COUNTS), max_size=3).map("".join)
PATTERNS = st.builds(
    "{}{}{}{}".format, st.sampled_from(["", "^"]), PARTS, st.sampled_from(["", "|b"]), st.sampled_from(["", "$"])
)
TEXTS = st.text(st.sampled_from("abc1.-"), max_size=6)


def accepts(language: Language, text: str) -> bool:
    """Whether a language holds a text, by walking all its ways."""
    here = set(language.first())
    for character in text:
        kind = next(n for n, ranges in enumerate(language.classes) if charsets.contains(ranges, ord(character)))
        here = {arrow.target for joint in here for arrow in language.arrows(joint) if arrow.kind == kind}
    return any(language.ends(joint) for joint in here)


@settings(max_examples=300, database=None, deadline=None)
@given(PATTERNS, TEXTS, st.booleans())
@example("^(?:a|ab)(?:c|bcd)$", "abcd", True)
@example("a$|^b", "ba", False)
def test_a_pattern_matches_what_re_matches(pattern: str, text: str, exact: bool) -> None:
    assert accepts(Language([parse(pattern)], [], exact), text) == bool(re.search(pattern, text, re.ASCII))


@settings(max_examples=200, database=None, deadline=None)
@given(PATTERNS, PATTERNS, TEXTS)
def test_one_pattern_and_not_another(wanted: str, barred: str, text: str) -> None:
    expected = bool(re.search(wanted, text, re.ASCII)) and not re.search(barred, text, re.ASCII)
    assert accepts(Language([parse(wanted)], [parse(barred)]), text) == expected


@settings(max_examples=200, database=None, deadline=None)
@given(PATTERNS, st.integers(0, 5), st.integers(0, 5), st.booleans(), st.data())
def test_words_have_the_length_and_match(pattern: str, low: int, more: int, exact: bool, data: st.DataObject) -> None:
    plan = word_plan(Language([parse(pattern)], [], exact), low, low + more)
    assume(plan is not None)
    assert plan is not None
    word = data.draw(documents(plan))
    assert low <= len(word) <= low + more
    assert re.search(pattern, word, re.ASCII)


@settings(max_examples=100, database=None, deadline=None)
@given(PATTERNS, TEXTS)
def test_a_language_said_to_be_empty_holds_no_text(pattern: str, text: str) -> None:
    if word_plan(Language([parse(pattern)], []), len(text), len(text)) is None:
        assert re.search(pattern, text, re.ASCII) is None


@pytest.mark.parametrize(
    "pattern", [r"(a)\1", r"\bx", "(?<=a)b", "(?<!a)b", "a++", "[a&&b]", r"\p{Script=Greek}", "a(?=b)*"]
)
def test_what_is_not_understood_is_said_to_be_so(pattern: str) -> None:
    with pytest.raises(UnknownSyntax):
        parse(pattern)


@pytest.mark.parametrize(
    ("pattern", "inside", "outside"),
    [
        (r"^\s$", "\ufeff", "\u200b"),
        (r"^\S$", "\u200b", "\u00a0"),
        (r"^\d$", "7", "٧"),
        (r"^\p{Nd}$", "٧", "x"),
        (r"^\P{L}$", "1", "é"),
        (r"^\cJ$", "\n", "J"),
        (r"^\x41\u0042\u{1F600}$", "AB😀", "AB"),
        (r"^\uD83D\uDE00$", "😀", "x"),
        (r"^[\w-]$", "-", "é"),
        (r"^[\b]$", "\x08", "b"),
        (r"^.$", "\u0085", "\u2028"),
        (r"^(?i)aZ$", "Az", "bz"),
        (r"^(?<year>\d{4})$", "2024", "24"),
        (r"^a{,2}$", "a{,2}", "aa"),
    ],
)
def test_escapes_mean_what_ecma_262_says(pattern: str, inside: str, outside: str) -> None:
    language = Language([parse(pattern)], [])
    assert (accepts(language, inside), accepts(language, outside)) == (True, False)


def test_classes_divide_all_characters_and_no_surrogate() -> None:
    classes = charsets.partition([charsets.WORD, charsets.SPACE, charsets.EVERY])
    covered = sorted(span for ranges, _ in classes for span in ranges)
    assert charsets.normal(covered) == charsets.EVERY
    assert sum(last - first + 1 for first, last in covered) == sys.maxunicode + 1 - 2048
