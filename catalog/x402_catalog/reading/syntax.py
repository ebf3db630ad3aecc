"""Syntax: what a parser's complaint means, where it stands, and what may have been meant."""

from __future__ import annotations

from json import JSONDecodeError
from re import Match

from x402_catalog.findings import Finding
from x402_catalog.reading.grammar import CLOSERS, OPENERS, QUOTE, TOKEN
from x402_catalog.reading.places import Place
from x402_catalog.rules import reading as rules

SHOWN = 40  # characters of the text at the fault

# What people write in the belief that it is JSON: how it begins, and what JSON wants.
_MISTAKES = {
    "'": "JSON puts strings and names into double quotes.",
    "//": "JSON has no comments: remove it.",
    "/*": "JSON has no comments: remove it.",
    "#": "JSON has no comments: remove it.",
    "True": "Write true.",
    "False": "Write false.",
    "None": "Write null.",
    "undefined": "Write null, or leave the member out.",
    "}": "Remove the comma before it, or write the value that is missing.",
    "]": "Remove the comma before it, or write the value that is missing.",
    "+": "JSON numbers have no plus sign.",
    ".": "JSON numbers begin with a digit.",
    "<": "This looks like HTML or XML: a page was saved in the place of the record.",
}


def syntax_finding(raw: bytes, text: str, place: Place, error: JSONDecodeError, *, at_end: bool) -> Finding:
    """CAT003 for ``text`` (``raw`` decoded) that is not JSON, or CAT009 where it is cut short and ``at_end`` says
    that so is its source."""
    offset = len(text[: error.pos].encode())
    location = place.within(raw, offset)
    if at_end and _cut_short(raw, offset):
        return rules.TRUNCATED.finding("the text ends in the middle of a record", location=location)
    rest = text[error.pos :]
    if not text.strip():
        return rules.NOT_JSON.finding("nothing stands where a value is expected", location=location)
    help = next((help for start, help in _MISTAKES.items() if rest.startswith(start)), None)
    return rules.NOT_JSON.finding(
        f"not JSON: {error.msg[:1].lower()}{error.msg[1:]}",
        observed=rest.split("\n", 1)[0][:SHOWN],
        location=location,
        help=help,
    )


def _cut_short(raw: bytes, offset: int) -> bool:
    """Whether the text is right up to its end at ``offset`` but does not end there."""
    depth = 0
    match = None
    for match in TOKEN.finditer(raw):
        kind = raw[match.start()]
        depth += (kind in OPENERS) - (kind in CLOSERS)
    if match is None:
        return False
    if offset >= match.end():
        return depth > 0
    return offset >= match.start() and _is_part(match, depth)


def _is_part(token: Match[bytes], depth: int) -> bool:
    text = token[0]
    if text[0] == QUOTE:
        return not token[1]
    whole = any(text != word and word.startswith(text) for word in (b"true", b"false", b"null"))
    return depth > 0 and (whole or text[-1:] in (b"-", b"+", b".", b"e", b"E"))
