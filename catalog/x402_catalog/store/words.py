"""Words: how texts are cut into words for the index, and how a query becomes an expression of FTS5.

The index keeps SQLite's ``ascii`` tokenizer, which cuts at every ASCII character that is no letter or digit and lets
all others stand. So a text of ASCII goes in as it is, and any other is cut here, the same way for texts and queries.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from x402_catalog.search import BadFilter

MOST_WORDS = 64
_LONGEST = 20_000  # characters of one text that are indexed
_LONGEST_WORD = 64
_WORD = re.compile(r"[^\W_]+")
# Scripts that are written without spaces: each character is a word, so that any part of a text is found.
_UNSPACED = re.compile(r"([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff])")
_PART = re.compile(r'"([^"]*)"|([^"]+|")')


class Term(NamedTuple):
    """Words that must follow each other; a single one may be the beginning of a word (``prefix``)."""

    words: tuple[str, ...]
    prefix: bool


def plain(text: str) -> str:
    """``text`` for the index, cut to its first twenty thousand characters: without accents, and no letter case."""
    text = text[:_LONGEST]
    return text if text.isascii() else " ".join(words(text))


def words(text: str) -> list[str]:
    """The words of ``text``: runs of letters and digits, folded."""
    if not text.isascii():
        folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
        text = "".join(character for character in folded if not unicodedata.combining(character))
        text = _UNSPACED.sub(r" \1 ", text)
    return _WORD.findall(text.lower())


def terms(query: str) -> list[Term]:
    """The terms of what a user typed: quoted words as phrases, every other word as a beginning, each once.

    Raises :class:`~x402_catalog.search.BadFilter` for more than sixty-four words.
    """
    found: dict[Term, None] = {}
    for match in _PART.finditer(query[:_LONGEST]):
        if match[1] is not None and (phrase := tuple(word[:_LONGEST_WORD] for word in words(match[1]))):
            found[Term(phrase, False)] = None
        else:
            found |= {Term((word[:_LONGEST_WORD],), True): None for word in words(match[2] or "")}
    if sum(len(term.words) for term in found) > MOST_WORDS:
        raise BadFilter(f"the query has more than {MOST_WORDS} words")
    return list(found)


def expression(wanted: list[Term], joined: str = "AND") -> str:
    """The FTS5 expression of ``wanted``. Words hold letters and digits only, so nothing in them is syntax."""
    return f" {joined} ".join(f'"{" ".join(term.words)}"' + ("*" if term.prefix else "") for term in wanted)


def written(wanted: list[Term]) -> str:
    """``wanted`` as a user would type it: the inverse of :func:`terms`."""
    return " ".join(term.words[0] if term.prefix else f'"{" ".join(term.words)}"' for term in wanted)
