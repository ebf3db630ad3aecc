"""Sets of characters as sorted code point ranges, with the classes of ECMA-262 regular expressions.

A range is ``(first, last)``, both included. Surrogates belong to no set: they are not characters of JSON text.
"""

from __future__ import annotations

import sys
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from typing import TypeAlias

Ranges: TypeAlias = tuple[tuple[int, int], ...]

SURROGATES = 0xD800
EVERY: Ranges = ((0, 0xD7FF), (0xE000, sys.maxunicode))
DIGIT: Ranges = ((0x30, 0x39),)
WORD: Ranges = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
SPACE: Ranges = (
    (0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029),
    (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF),
)  # fmt: skip
NEWLINE: Ranges = ((0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029))

_LONG_NAMES = {
    "letter": "L", "cased_letter": "LC", "uppercase_letter": "Lu", "lowercase_letter": "Ll", "titlecase_letter": "Lt",
    "modifier_letter": "Lm", "other_letter": "Lo", "mark": "M", "nonspacing_mark": "Mn", "spacing_mark": "Mc",
    "enclosing_mark": "Me", "number": "N", "decimal_number": "Nd", "digit": "Nd", "letter_number": "Nl",
    "other_number": "No", "punctuation": "P", "punct": "P", "connector_punctuation": "Pc", "dash_punctuation": "Pd",
    "open_punctuation": "Ps", "close_punctuation": "Pe", "initial_punctuation": "Pi", "final_punctuation": "Pf",
    "other_punctuation": "Po", "symbol": "S", "math_symbol": "Sm", "currency_symbol": "Sc", "modifier_symbol": "Sk",
    "other_symbol": "So", "separator": "Z", "space_separator": "Zs", "line_separator": "Zl",
    "paragraph_separator": "Zp", "other": "C", "control": "Cc", "cntrl": "Cc", "format": "Cf", "private_use": "Co",
    "unassigned": "Cn", "alphabetic": "L", "alpha": "L", "uppercase": "Lu", "lowercase": "Ll",
}  # fmt: skip


def normal(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Sorted, merged, without surrogates."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(part for span in merged for part in _characters(*span))


def _characters(first: int, last: int) -> Iterable[tuple[int, int]]:
    for low, high in EVERY:
        if max(first, low) <= min(last, high):
            yield max(first, low), min(last, high)


def inverse(ranges: Ranges) -> Ranges:
    """Every other character."""
    gaps, start = [], 0
    for first, last in ranges:
        if first > start:
            gaps.append((start, first - 1))
        start = last + 1
    return normal([*gaps, (start, sys.maxunicode)] if start <= sys.maxunicode else gaps)


def contains(ranges: Ranges, point: int) -> bool:
    index = bisect_right(ranges, (point, sys.maxunicode + 1)) - 1
    return index >= 0 and ranges[index][0] <= point <= ranges[index][1]


def either_case(ranges: Ranges) -> Ranges:
    """With the other case of ASCII letters."""
    other = [
        (max(first, low) ^ 0x20, min(last, high) ^ 0x20)
        for first, last in ranges
        for low, high in ((0x41, 0x5A), (0x61, 0x7A))
        if max(first, low) <= min(last, high)
    ]
    return normal([*ranges, *other])


@cache
def category(name: str) -> Ranges | None:
    """A Unicode general category by short or long name; None when it is not one."""
    short = _LONG_NAMES.get(name.lower().replace(" ", "_"), name)
    if short == "LC":
        return normal(span for part in ("Lu", "Ll", "Lt") for span in _categories().get(part, ()))
    if name.lower() in {"any", "ascii"}:
        return EVERY if name.lower() == "any" else ((0, 0x7F),)
    spans = [span for key, ranges in _categories().items() if key == short or key[0] == short for span in ranges]
    return normal(spans) or None


@cache
def _categories() -> dict[str, list[tuple[int, int]]]:
    """The ranges of every general category."""
    found: dict[str, list[tuple[int, int]]] = {}
    start, current = 0, unicodedata.category("\0")
    for point in range(1, sys.maxunicode + 2):
        here = unicodedata.category(chr(point)) if point <= sys.maxunicode else ""
        if here != current:
            found.setdefault(current, []).append((start, point - 1))
            start, current = point, here
    return found


def partition(sets: Sequence[Ranges]) -> list[tuple[Ranges, frozenset[int]]]:
    """The coarsest classes that no set divides, each with the indexes of the sets that hold it."""
    edges = {0, SURROGATES, 0xE000, sys.maxunicode + 1}
    for ranges in sets:
        edges.update(edge for first, last in ranges for edge in (first, last + 1))
    cuts = sorted(edges)
    classes: dict[frozenset[int], list[tuple[int, int]]] = {}
    for first, after in pairwise(cuts):
        if first != SURROGATES:
            holders = frozenset(index for index, ranges in enumerate(sets) if contains(ranges, first))
            classes.setdefault(holders, []).append((first, after - 1))
    return [(normal(spans), holders) for holders, spans in classes.items()]
