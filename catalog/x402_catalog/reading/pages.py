"""Pages: an object whose first large member is a list of records, read element by element however long it is."""

from __future__ import annotations

import re

from x402_catalog.reading.grammar import MEMBER, STRING
from x402_catalog.reading.text import Text

LISTS = ("items", "resources", "listings", "bodies")  # members that hold the records of a page
RECORD_SIGNS = frozenset(
    {"accepts", "slug", "paths"}
)  # members that only a record has: it is no page, whatever it lists
_PEEK = 64 * 1024  # bytes in which the list must begin; what stands before it is small in every known format
_SCALAR = re.compile(rb"[^ \t\n\r,\[\]{}\"]++")
_NEXT = re.compile(rb"[ \t\n\r]*+,")
_LIST_OF_OBJECTS = re.compile(rb"\[[ \t\n\r]*+\{")


def list_member(text: Text) -> str | None:
    """The member of the object at ``text`` that holds its records, ``text`` then standing at the list's bracket.

    ``None`` for an object that is no page, and ``text`` stays where it is: what only a record has, or anything but
    single values, stands before the list, or the list does not hold objects.
    """
    head = text.peek(_PEEK)
    at = 1
    while (match := MEMBER.match(head, at)) is not None:
        name = match[1][1:-1].decode("utf-8", "replace")
        if name in RECORD_SIGNS:
            return None
        if name in LISTS and _LIST_OF_OBJECTS.match(head, match.end()):
            text.skip(match.end())
            return name
        value = STRING.match(head, match.end()) or _SCALAR.match(head, match.end())
        following = _NEXT.match(head, value.end()) if value else None
        if following is None:
            return None
        at = following.end()
    return None
