"""Commands that show the same as a page, as a shell takes them."""

from __future__ import annotations

import shlex

from x402_harness.explorer.asked import FILTERS, Asked
from x402_harness.explorer.shelf import Shelf
from x402_harness.reporting.escape import printable

_LONGEST = 2000  # characters of an argument


def command(shelf: Shelf, name: str, asked: Asked, *words: str, passed: tuple[str, ...] = FILTERS) -> str:
    """``testbuy NAME`` with the options that ``asked`` comes to (those ``passed``), then ``words``."""
    options = [(key, value) for key, value in asked.pairs if key in (*passed, "snapshot")]
    return line(name, f"--catalogue={shelf.name}", *(f"--{key}={value}" for key, value in options), words=words)


def line(name: str, *options: str, words: tuple[str, ...] = ()) -> str:
    """``testbuy NAME`` with options and arguments, each quoted; empty where one is longer than anybody would type."""
    if any(len(word) > _LONGEST for word in (*options, *words)):
        return ""
    separator = ["--"] if any(word.startswith("-") for word in words) else []
    return " ".join(map(quoted, ["testbuy", name, *options, *separator, *words]))


def quoted(word: str) -> str:
    """A word for a shell. What would hide or move a cursor is written as an escape that the shell undoes."""
    if printable(word, len(word)) == word:
        return shlex.quote(word)
    return "$'" + "".join(map(_escaped, word)) + "'"


def _escaped(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    if character != "[" and printable(character) == character:
        return character
    return f"\\U{ord(character):08x}"
