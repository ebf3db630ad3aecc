"""Typos: words of the catalogue that may have been meant where a word was not found."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from x402_catalog.store.words import Term

_SHORTEST = 3  # shorter words have too many neighbours
_FEW = 5  # up to so many letters one slip is forgiven, beyond it two


def learn_words(db: sqlite3.Connection) -> None:
    """Note the words of the full text that are new. A number is never taken for another."""
    db.execute("INSERT OR IGNORE INTO spelling SELECT term FROM vocabulary WHERE term GLOB '*[^0-9]*'")


def corrected(db: sqlite3.Connection, wanted: list[Term]) -> list[Term] | None:
    """``wanted`` with each word that the index does not know replaced by the nearest one that it knows.

    ``None`` where every word is known, or one has no neighbour.
    """
    vocabulary = _Vocabulary(db)
    made = []
    for term in wanted:
        words = [word if vocabulary.has(word, term.prefix) else vocabulary.nearest(word) for word in term.words]
        if None in words:
            return None
        made.append(Term(tuple(word for word in words if word is not None), term.prefix))
    return None if made == wanted else made


def document_counts(db: sqlite3.Connection, words: list[str]) -> dict[str, int]:
    """In how many listings of the file each of ``words`` stands; words that stand in none are left out."""
    vocabulary = _Vocabulary(db)
    return {word: count for word in words if (count := vocabulary.count(word))}


class _Vocabulary:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def has(self, word: str, prefix: bool) -> bool:
        sql = "SELECT 1 FROM vocabulary WHERE term >= ? AND term < ? LIMIT 1" if prefix else (
            "SELECT 1 FROM vocabulary WHERE term = ? OR term = ? LIMIT 1"
        )  # fmt: skip
        return self._db.execute(sql, (word, word + "\U0010ffff" if prefix else word)).fetchone() is not None

    def count(self, word: str) -> int:
        row = self._db.execute("SELECT doc FROM vocabulary WHERE term = ?", (word,)).fetchone()
        return row[0] if row else 0

    def nearest(self, word: str) -> str | None:
        """The word with the fewest slips, of equals the most frequent; those that begin alike are asked first."""
        if len(word) < _SHORTEST:
            return None
        most = 1 if len(word) <= _FEW else 2
        for of_the_same_letter in (True, False):
            near = [
                (found, -self.count(other), other)
                for other in self._like(word, most, of_the_same_letter)
                if (found := distance(word, other, most=most)) <= most
            ]
            if near:
                return min(near)[2]
        return None

    def _like(self, word: str, most: int, of_the_same_letter: bool) -> Iterator[str]:
        """Words of about the length and the letters of ``word``: a slip adds and takes away one letter at most."""
        sql = f"SELECT word FROM spelling WHERE {'' if of_the_same_letter else 'NOT '}(word >= ? AND word < ?)"
        bounds = (word[0], chr(min(ord(word[0]) + 1, 0x10FFFF)), len(word) - most, len(word) + most)
        letters = set(word)
        for (other,) in self._db.execute(f"{sql} AND length(word) BETWEEN ? AND ?", bounds):
            if len(letters.difference(other)) <= most and len(set(other) - letters) <= most:
                yield other


def distance(left: str, right: str, *, most: int) -> int:
    """Letters to insert, drop, change or swap with their neighbour to make ``right`` of ``left`` (optimal string
    alignment); more than ``most`` are not counted exactly."""
    before: list[int] = []
    last = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        row = [i]
        for j, b in enumerate(right, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most and min(last) > most:  # a swap reaches back two rows
            return most + 1
        before, last = last, row
    return last[-1]
