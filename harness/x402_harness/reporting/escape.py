"""Escaping for terminals: text from listings and servers must not move a cursor, change a colour or hide."""

from __future__ import annotations

import re
import unicodedata

# Bidirectional overrides and isolates reorder what stands around them; zero-width characters hide.
_HOSTILE = frozenset("\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff")
# A build log runs what follows such a mark, wherever in a line it stands, as a command of its own: ##[error] on GitHub
# and Azure, ##vso[task.setvariable …] on Azure, ##teamcity[…] on TeamCity.
_COMMAND = re.compile(r"(##[a-z]{0,16})\[", re.IGNORECASE)


def printable(text: object, limit: int = 300) -> str:
    """``text`` on one line, control and formatting characters written as escapes, cut at ``limit`` characters."""
    raw = text if isinstance(text, str) else str(text)
    shown = raw[:limit]
    if not (shown.isascii() and shown.isprintable()):  # most is, and is so at once
        shown = "".join(map(_escaped, shown))
    shown = _COMMAND.sub(r"\1\\x5b", shown)
    return shown if len(raw) <= limit else f"{shown}…"


def printable_cells(text: str, tab: int = 4) -> list[str]:
    """What to print for each character of a line of source text: as :func:`printable`, but tabs become spaces."""
    cells = [" " * tab if character == "\t" else _escaped(character) for character in text]
    for mark in _COMMAND.finditer(text):
        cells[mark.end() - 1] = "\\x5b"
    return cells


def _escaped(character: str) -> str:
    if character.isprintable() and character not in _HOSTILE:
        return character
    if character in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[character]
    if unicodedata.category(character) == "Zs":
        return " "
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
