"""Containers: a stream of bytes read as an array, as JSON lines or as one document, record after record."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from x402_catalog.findings import Finding, Location
from x402_catalog.reading.limits import Limits
from x402_catalog.reading.pages import list_member
from x402_catalog.reading.parsing import parse
from x402_catalog.reading.pieces import Elements, Piece, document, lines, rest_of_object
from x402_catalog.reading.places import Place
from x402_catalog.reading.text import Text
from x402_catalog.records import Record
from x402_catalog.rules import reading as rules

_OTHER_UNICODE = (b"\xff\xfe", b"\xfe\xff")
_ARRAY, _OBJECT = b"[{"


def records(chunks: Iterator[bytes], file: str, *, limits: Limits, by_line: bool) -> Iterator[Record | Finding]:
    """The records of a stream, whatever their JSON values, and a finding for each that has none.

    ``by_line`` says that the file's name promises JSON lines; otherwise, and where a lone bracket on the first line
    breaks that promise, the content decides: an array gives its elements (pointers ``/0``, ``/1``, …), a complete
    object on the first line with more text below is JSON lines, an object that holds a list of records (a page) gives
    those (pointers ``/items/0``, …), all else is one document.
    """
    text = Text(chunks)
    text.skip_mark()
    if not text.skip_blank():
        yield rules.NOT_JSON.finding("the source is empty", location=Location(file=file))
    elif text.chunk.startswith(_OTHER_UNICODE):
        message = "the source is UTF-16 or UTF-32, by its byte order mark"
        yield rules.NOT_UTF8.finding(message, location=Location(file=file, line=1, column=1))
    elif _is_lines(text, limits, by_line):
        for piece in lines(text, limits.max_record_bytes):
            yield _read(piece, file, "", limits)
    elif text.chunk[text.pos] == _ARRAY:
        yield from _array(text, file, limits)
    elif text.chunk[text.pos] == _OBJECT and (member := list_member(text)) is not None:
        yield from _array(text, file, limits, f"/{member}")
    else:
        yield from _document(text, file, limits)


def _is_lines(text: Text, limits: Limits, by_line: bool) -> bool:
    first = text.chunk[text.pos]
    if not by_line and first != _OBJECT:
        return False
    line, more = text.first_line(limits.max_record_bytes)
    if by_line:
        return line is None or line.strip() not in (b"[", b"{") or not more
    return line is None or (more and _is_object(line))


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False


def _array(text: Text, file: str, limits: Limits, base: str = "") -> Iterator[Record | Finding]:
    elements = Elements(text, limits.max_record_bytes)
    index = -1
    cut = False
    for index, piece in enumerate(elements):
        item = _read(piece, file, f"{base}/{index}", limits)
        cut = isinstance(item, Finding) and item.rule == rules.TRUNCATED.code
        yield item
    if elements.closed and (not base or rest_of_object(text)):
        yield from _behind(text, file, "page" if base else "array")
    elif not cut:
        line, column = text.here()
        yield rules.TRUNCATED.finding(
            f"the source ends inside an array, after {index + 1} elements",
            location=Location(file=file, line=line, column=column),
        )


def _document(text: Text, file: str, limits: Limits) -> Iterator[Record | Finding]:
    item = _read(document(text, limits.max_record_bytes), file, "", limits)
    yield item
    if isinstance(item, Record):
        yield from _behind(text, file, "document")


def _behind(text: Text, file: str, what: str) -> Iterator[Finding]:
    if text.skip_blank():
        line, column = text.here()
        yield rules.NOT_JSON.finding(
            f"text follows the end of the {what}; it was not read",
            observed=text.chunk[text.pos : text.pos + 40].decode("utf-8", "replace"),
            location=Location(file=file, line=line, column=column),
        )


def _read(piece: Piece, file: str, pointer: str, limits: Limits) -> Record | Finding:
    place = Place(file, piece.line, piece.column, pointer, piece.offset)
    if piece.raw is not None:
        return parse(piece.raw, place, limits=limits, at_end=piece.at_end)
    return rules.TOO_LARGE.finding(
        f"the record has {piece.size:,} bytes, the limit is {limits.max_record_bytes:,}",
        observed=piece.size,
        expected=f"at most {limits.max_record_bytes}",
        location=place.location(),
    )
