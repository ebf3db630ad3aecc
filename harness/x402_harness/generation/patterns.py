"""Regular expressions of ECMA-262, as JSON Schema uses them, parsed into a tree.

Understood are classes, Unicode categories, groups, alternatives, quantifiers, ``^``, ``$`` and lookahead. Anything
else (backreferences, word boundaries, lookbehind) raises `UnknownSyntax`, and the caller has to do without a tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn, TypeAlias

from . import charsets
from .charsets import Ranges


class UnknownSyntax(ValueError):
    """A construct that has no place in the tree."""


@dataclass(frozen=True)
class Chars:
    """One character out of a set."""

    ranges: Ranges


@dataclass(frozen=True)
class Sequence:
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Alternatives:
    options: tuple[Node, ...]


@dataclass(frozen=True)
class Repeat:
    """``low`` to ``high`` times; no end when ``high`` is None."""

    part: Node
    low: int
    high: int | None


@dataclass(frozen=True)
class Edge:
    """The start (``^``) or the end (``$``) of the text."""

    start: bool


@dataclass(frozen=True)
class Ahead:
    """A lookahead: what follows must, or must not, match."""

    part: Node
    wanted: bool


Node: TypeAlias = "Chars | Sequence | Alternatives | Repeat | Edge | Ahead"

HIGH, LOW = 0xD800, 0xDC00  # where the two halves of a surrogate pair begin

_CLASSES = {"d": charsets.DIGIT, "w": charsets.WORD, "s": charsets.SPACE}
_CONTROLS = {"t": 0x09, "n": 0x0A, "v": 0x0B, "f": 0x0C, "r": 0x0D}
_COUNTS = {"*": (0, None), "+": (1, None), "?": (0, 1)}


def parse(pattern: str) -> Node:
    """The tree of a pattern."""
    reader = _Reader(pattern)
    tree = reader.alternatives()
    if reader.rest():
        raise UnknownSyntax(f"unexpected {reader.rest()!r}")
    return tree


class _Reader:
    """A recursive-descent parser with its place in the pattern."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.any_case = False

    def rest(self) -> str:
        return self.text[self.place :]

    def peek(self, expected: str) -> bool:
        return self.text.startswith(expected, self.place)

    def take(self, expected: str) -> bool:
        if not self.peek(expected):
            return False
        self.place += len(expected)
        return True

    def next(self) -> str:
        if self.place >= len(self.text):
            self.fail("the pattern ends too early")
        self.place += 1
        return self.text[self.place - 1]

    def fail(self, message: str) -> NoReturn:
        raise UnknownSyntax(f"{message}, at {self.place} in {self.text!r}")

    def alternatives(self) -> Node:
        options = [self.sequence()]
        while self.take("|"):
            options.append(self.sequence())
        return options[0] if len(options) == 1 else Alternatives(tuple(options))

    def sequence(self) -> Node:
        parts = []
        while self.rest() and not self.peek("|") and not self.peek(")"):
            parts.append(self.counted(self.atom()))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def counted(self, part: Node) -> Node:
        """The part with the quantifiers behind it."""
        while (count := self.count()) is not None:
            self.take("?")
            if self.peek("+") or isinstance(part, Edge | Ahead):
                self.fail("a quantifier that is not understood")
            part = Repeat(part, *count)
        return part

    def count(self) -> tuple[int, int | None] | None:
        for sign, (low, high) in _COUNTS.items():
            if self.take(sign):
                return low, high
        return self.braces() if self.peek("{") else None

    def braces(self) -> tuple[int, int | None] | None:
        body, closed, _ = self.rest()[1:].partition("}")
        low, comma, high = body.partition(",")
        if not closed or not low.isdecimal() or (high and not high.isdecimal()):
            return None
        self.place += len(body) + 2
        if not comma:
            return int(low), int(low)
        return int(low), int(high) if high else None

    def atom(self) -> Node:
        match self.next():
            case "(":
                return self.group()
            case "[":
                return self.chars(self.members())
            case ".":
                return Chars(charsets.inverse(charsets.NEWLINE))
            case "^":
                return Edge(start=True)
            case "$":
                return Edge(start=False)
            case "\\":
                return self.chars(self.escape())
            case "*" | "+" | "?":
                self.fail("nothing to repeat")
            case plain:
                return self.chars(_single(ord(plain)))

    def chars(self, ranges: Ranges) -> Chars:
        return Chars(charsets.either_case(ranges) if self.any_case else ranges)

    def group(self) -> Node:
        look = True if self.take("?=") else False if self.take("?!") else None
        if look is None and self.take("?i)"):
            self.any_case = True
            return Sequence(())
        if look is None and not self.take("?:"):
            self.group_name()
        inside = self.alternatives()
        if not self.take(")"):
            self.fail("a group that is not closed")
        return inside if look is None else Ahead(inside, look)

    def group_name(self) -> None:
        if not self.peek("?"):
            return
        named = self.take("?<") or self.take("?P<")
        if not named or self.peek("=") or self.peek("!"):
            self.fail("a group that is not understood")
        while self.next() != ">":
            pass

    def escape(self) -> Ranges:
        """The characters that an escape stands for."""
        sign = self.next()
        if sign.lower() in _CLASSES:
            ranges = _CLASSES[sign.lower()]
            return charsets.inverse(ranges) if sign.isupper() else ranges
        if sign in "pP":
            return self.property(inverted=sign == "P")
        if sign in _CONTROLS:
            return _single(_CONTROLS[sign])
        if sign == "c":
            return _single(ord(self.next()) % 32)
        if sign == "x":
            return _single(self.hexadecimal(2))
        if sign == "u":
            return _single(self.unicode())
        if sign == "0" and not self.rest()[:1].isdecimal():
            return _single(0)
        if sign.isascii() and sign.isalnum():
            self.fail(f"the escape \\{sign}")
        return _single(ord(sign))

    def property(self, inverted: bool) -> Ranges:
        if self.take("{"):
            name, _, after = self.rest().partition("}")
            self.place = len(self.text) - len(after)
        else:
            name = self.next()
        ranges = charsets.category(name.removeprefix("General_Category=").removeprefix("gc="))
        if ranges is None:
            self.fail(f"the Unicode property {name!r}")
        return charsets.inverse(ranges) if inverted else ranges

    def hexadecimal(self, digits: int) -> int:
        text = self.text[self.place : self.place + digits]
        self.place += digits
        try:
            return int(text, 16)
        except ValueError:
            self.fail("a hexadecimal escape without its digits")

    def unicode(self) -> int:
        if self.take("{"):
            point = self.hexadecimal(max(self.rest().find("}"), 0))
            self.next()
            return point
        high = self.hexadecimal(4)
        if HIGH <= high < LOW and self.take("\\u"):
            return 0x10000 + ((high - HIGH) << 10) + (self.hexadecimal(4) - LOW)
        return high

    def members(self) -> Ranges:
        """The inside of a bracketed class."""
        inverted = self.take("^")
        spans: list[tuple[int, int]] = []
        while not self.take("]"):
            first = self.member()
            if self.peek("-") and not self.peek("-]"):
                self.take("-")
                last = self.member()
                spans += self.span(first, last)
            else:
                spans += first
        ranges = charsets.normal(spans)
        ranges = charsets.either_case(ranges) if self.any_case else ranges
        return charsets.inverse(ranges) if inverted else ranges

    def member(self) -> Ranges:
        sign = self.next()
        if sign == "[" or (sign == "&" and self.peek("&")):
            self.fail("a class inside a class")
        if sign != "\\":
            return _single(ord(sign))
        return _single(8) if self.take("b") else _single(ord("-")) if self.take("-") else self.escape()

    def span(self, first: Ranges, last: Ranges) -> list[tuple[int, int]]:
        """A range of a class; a class escape at either end makes the hyphen a plain character."""
        if len(first) == len(last) == 1 and first[0][0] == first[0][1] and last[0][0] == last[0][1]:
            return [(first[0][0], last[0][0])]
        return [*first, (ord("-"), ord("-")), *last]


def _single(point: int) -> Ranges:
    return ((point, point),)
