"""Plans for strings: lengths in code points, patterns, formats and what is barred."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from jsonschema_rs import CanonicalSchema
from jsonschema_rs.canonical import StringView

from .algebra import plain_schema
from .automata import Language, TooLarge
from .content import encoded
from .dialect import Dialect
from .errors import UnsupportedSchema
from .format_patterns import FORMAT_PATTERNS
from .formats import format_strategy, known_formats
from .patterns import Ahead, Edge, Node, UnknownSyntax, parse
from .patterns import Sequence as Row
from .plans import ATTEMPTS, JSON, Guarded, Leaf, Plan
from .words import Undecided, word_plan

CHARACTERS = st.characters(exclude_categories=["Cs"])
ASCII = st.characters(codec="ascii")  # where all regular expression engines agree
GUESSES = 10  # for what may well never fit
LONG = 500  # from here on a text repeats a shorter one


def string_plan(node: CanonicalSchema, view: StringView, dialect: Dialect) -> Plan | None:
    """Strings that one view admits; None where there is none."""
    if any(name not in known_formats() for name in view.excluded_formats):
        return None
    formats = [name for name in view.formats if name in known_formats()]
    try:
        plan, exact = _base(view, formats)
    except re.error as error:
        raise UnsupportedSchema("pattern", "", f"{view.patterns[0]!r}: {error}") from error
    if plan is None or (exact and not (view.excluded or view.excluded_formats)):
        return plan
    return Guarded(plan, dialect.validator(plain_schema(node)).is_valid, ATTEMPTS if exact else GUESSES)


def _base(view: StringView, formats: Sequence[str]) -> tuple[Plan | None, bool]:
    """A plan, and whether all that it draws fits lengths, patterns and formats."""
    if view.content_encodings or view.content_media_types:
        return Leaf(encoded(view.content_encodings)), False
    lengths = bool(view.min_length) or view.max_length is not None
    patterns = bool(view.patterns or view.excluded_patterns)
    if formats and not (lengths or patterns or len(formats) > 1):
        return Leaf(format_strategy(formats[0])), True
    if not (formats or patterns):
        low, high = view.min_length or 0, view.max_length
        return Leaf(text(low, high), text(low, low + 2 if high is None else min(high, low + 2))), True
    for exact in (True, False):
        try:
            plan = word_plan(_language(view, formats, exact), view.min_length or 0, view.max_length)
        except (UnknownSyntax, TooLarge):
            break
        except Undecided:
            continue
        if plan is not None or not formats:
            return plan, not formats
        break
    return Leaf(_guess(view, formats)), False


def text(low: int, high: int | None) -> SearchStrategy[JSON]:
    """Any text of some length, in code points."""
    if low <= LONG:
        return st.text(CHARACTERS, min_size=low, max_size=high)
    top = low + LONG if high is None else min(high, low + LONG)
    piece = st.text(CHARACTERS, min_size=1, max_size=50)
    return st.builds(lambda part, size: (part * size)[:size], piece, st.integers(low, top))


def _guess(view: StringView, formats: Sequence[str]) -> SearchStrategy[JSON]:
    """The best single starting point: a format, else the longest pattern, else any text."""
    if formats:
        return format_strategy(formats[0])
    if view.patterns:
        pattern = max(view.patterns, key=len)
        narrow = pattern.isascii() and not re.search(r"\\[uxpP]", pattern)
        return st.from_regex(re.compile(pattern, re.ASCII), alphabet=ASCII if narrow else CHARACTERS)
    return text(view.min_length or 0, view.max_length)


def _language(view: StringView, formats: Sequence[str], exact: bool) -> Language:
    wanted: list[Node] = [parse(f"^(?:{FORMAT_PATTERNS[name]})$") for name in formats]
    barred: list[Node] = []
    for pattern in view.patterns:
        main, needed, refused = _unfolded(parse(pattern))
        wanted += [main, *needed]
        barred += refused
    for pattern in view.excluded_patterns:
        barred.append(parse(pattern))
    return Language(wanted, barred, exact)


def _unfolded(tree: Node) -> tuple[Node, list[Node], list[Node]]:
    """A pattern without the lookaheads behind its ``^``: these are further patterns to match, or not to."""
    if not isinstance(tree, Row) or not tree.parts or tree.parts[0] != Edge(start=True):
        return tree, [], []
    start, rest = tree.parts[0], list(tree.parts[1:])
    needed: list[Node] = []
    refused: list[Node] = []
    while rest and isinstance(rest[0], Ahead):
        ahead = rest.pop(0)
        assert isinstance(ahead, Ahead)
        (needed if ahead.wanted else refused).append(Row((start, ahead.part)))
    return Row((start, *rest)), needed, refused
