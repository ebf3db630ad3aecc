"""Positions: which line and column a JSON pointer leads to, found in the text itself."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from json import loads

from x402_catalog.reading.grammar import BRACKET, CLOSERS, MEMBER, OPENERS, QUOTE, SCALAR, SPACE, STRING

_CONTINUATION = bytes(range(0x80, 0xC0))
_OBJECT, _ARRAY, _COMMA = b"{[,"


def position(raw: bytes, pointer: str, *, key: bool = False) -> tuple[int, int]:
    """Line and column (from 1; columns count characters) of the value at ``pointer`` (RFC 6901) in ``raw``.

    ``key`` asks for the member's name instead of its value. What does not exist is placed at its nearest existing
    ancestor; of duplicate members the last counts, as it does for parsers. Broken text yields the best place.
    """
    return line_and_column(raw, offset_of(raw, pointer, key=key))


def line_and_column(raw: bytes, offset: int) -> tuple[int, int]:
    """Line and column (from 1; columns count characters) of the byte at ``offset``."""
    begin = raw.rfind(b"\n", 0, offset) + 1
    return raw.count(b"\n", 0, offset) + 1, characters(raw[begin:offset]) + 1


def characters(text: bytes) -> int:
    """How many characters UTF-8 ``text`` holds, also when it begins or ends in the middle of one."""
    return len(text) if text.isascii() else len(text.translate(None, _CONTINUATION))


def offset_of(raw: bytes, pointer: str, *, key: bool = False) -> int:
    """The byte offset that :func:`position` puts into lines and columns."""
    value = skip_space(raw, 0)
    name = value
    for token in pointer.split("/")[1:]:
        found = _child(raw, value, token.replace("~1", "/").replace("~0", "~"))
        if found is None:
            return value
        name, value = found
    return name if key else value


def span(raw: bytes, pointer: str) -> tuple[int, int]:
    """Where the value at ``pointer`` begins and ends in ``raw``, in bytes. Raises ``LookupError`` where there is none.

    Of duplicate members it is the last, as for :func:`position`.
    """
    value = skip_space(raw, 0)
    for token in pointer.split("/")[1:]:
        found = _child(raw, value, token.replace("~1", "/").replace("~0", "~"))
        if found is None:
            raise LookupError(pointer)
        value = found[1]
    return value, _end(raw, value)


def escaped(token: str | int) -> str:
    """``token`` as it stands in a JSON pointer."""
    return str(token).replace("~", "~0").replace("/", "~1")


def _child(raw: bytes, start: int, token: str) -> tuple[int, int] | None:
    """Offsets of the name and the value of member or element ``token`` of the container at ``start``."""
    kind = raw[start] if start < len(raw) else 0
    if kind == _OBJECT:
        return _member(raw, start + 1, token)
    if kind == _ARRAY and token.isascii() and token.isdigit() and (token == "0" or token[0] != "0"):
        return _element(raw, start + 1, token)
    return None


def _member(raw: bytes, pos: int, token: str) -> tuple[int, int] | None:
    return dict(members(raw, pos)).get(token)


def members(raw: bytes, pos: int) -> Iterator[tuple[str, tuple[int, int]]]:
    """Each member from ``pos`` in an object: its name, and the offsets of name and value."""
    while match := MEMBER.match(raw, pos):
        name = match[1]
        known = _decoded(name) if b"\\" in name else name[1:-1].decode("utf-8", "surrogatepass")
        if known is not None:
            yield known, (match.start(1), match.end())
        pos = _next(raw, match.end())
        if pos < 0:
            break


def _element(raw: bytes, pos: int, token: str) -> tuple[int, int] | None:
    if len(token) > len(str(len(raw))):
        return None
    found = next(islice(elements(raw, pos), int(token), None), None)
    return None if found is None else (found, found)


def elements(raw: bytes, pos: int) -> Iterator[int]:
    """The offset of each element from ``pos`` in an array."""
    while pos >= 0:
        pos = skip_space(raw, pos)
        if pos >= len(raw) or raw[pos] in CLOSERS:
            break
        yield pos
        pos = _next(raw, pos)


def _next(raw: bytes, start: int) -> int:
    """The offset behind the comma that follows the value at ``start``, or -1 where none follows."""
    pos = skip_space(raw, _end(raw, start))
    return pos + 1 if pos < len(raw) and raw[pos] == _COMMA else -1


def _end(raw: bytes, start: int) -> int:
    """The offset behind the value at ``start``; the end of the text where the value is not closed."""
    kind = raw[start] if start < len(raw) else 0
    if kind in OPENERS:
        return _container_end(raw, start)
    match = STRING.match(raw, start) if kind == QUOTE else SCALAR.match(raw, start)
    return match.end() if match else len(raw)


def _container_end(raw: bytes, pos: int) -> int:
    depth = 0
    bracket = BRACKET.match
    while match := bracket(raw, pos):
        pos = match.end()
        depth += 1 if raw[pos - 1] in OPENERS else -1
        if not depth:
            return pos
    return len(raw)


def skip_space(raw: bytes, pos: int) -> int:
    """The offset of the next byte that is not white space."""
    match = SPACE.match(raw, pos)
    return match.end() if match else pos


def _decoded(name: bytes) -> str | None:
    try:
        return str(loads(name))
    except ValueError:
        return None
