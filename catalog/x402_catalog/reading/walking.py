"""The walk: names and scalars of a JSON text in order, each with its place, without recursion."""

from __future__ import annotations

from collections.abc import Iterator
from json import loads
from typing import NamedTuple

from x402_catalog.reading.grammar import CLOSERS, OPENERS, QUOTE, TOKEN
from x402_catalog.reading.positions import escaped

_OBJECT, _COMMA, _COLON = b"{,:"


class Frame:
    """An open container: ``names`` maps an object's names to the offset where each stood first (``None`` for an
    array), ``current`` is the member or element that the walk is in."""

    __slots__ = ("current", "names")

    def __init__(self, is_object: bool) -> None:
        self.names: dict[str, int] | None = {} if is_object else None
        self.current: str | int = "" if is_object else 0


class Step(NamedTuple):
    """One name or scalar: its bytes ``start`` to ``end``. ``first`` is the offset of an equal name before it in the
    same object, or ``None``; ``frames`` are the open containers and change with the next step."""

    is_name: bool
    start: int
    end: int
    first: int | None
    frames: list[Frame]

    def pointer(self) -> str:
        """The JSON pointer (RFC 6901) of this member or scalar."""
        return "".join("/" + escaped(frame.current) for frame in self.frames)


def walk(raw: bytes) -> Iterator[Step]:
    """Names and scalars of ``raw``, exact up to its first error in syntax and never raising behind it."""
    frames: list[Frame] = []
    at_name = False
    for match in TOKEN.finditer(raw):
        start, end = match.span()
        kind = raw[start]
        if kind in OPENERS:
            at_name = kind == _OBJECT
            frames.append(Frame(at_name))
        elif kind in CLOSERS:
            at_name = False
            del frames[-1:]
        elif kind == _COMMA:
            at_name = _advance(frames)
        elif kind == QUOTE and at_name:
            at_name = False
            yield Step(True, start, end, _enter(frames[-1], raw[start:end], start), frames)
        elif kind != _COLON:
            yield Step(False, start, end, None, frames)


def _advance(frames: list[Frame]) -> bool:
    """Go to the next member or element; whether a name comes next."""
    if not frames:
        return False
    current = frames[-1].current
    if isinstance(current, int):
        frames[-1].current = current + 1
    return frames[-1].names is not None


def _enter(frame: Frame, text: bytes, start: int) -> int | None:
    """Make ``text`` the current name; the offset where it stood before, if it did."""
    name = _decoded(text)
    frame.current = name
    names = frame.names if frame.names is not None else {}
    first = names.setdefault(name, start)
    return first if first != start else None


def _decoded(text: bytes) -> str:
    try:
        return str(loads(text))
    except ValueError:
        return text.decode("utf-8", "replace")
