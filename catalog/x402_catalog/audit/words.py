"""Groups by words: the listings that share the rarest words of one, so many that a price can be judged by them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from x402_catalog.audit.rows import Row

if TYPE_CHECKING:
    from x402_catalog.audit.peers import Group

Make = Callable[[tuple[str, ...], Sequence[Row]], "Group | None"]

_LEAST = 9  # listings; of fewer no group is large enough to judge by, and none is made
_MOST = 400  # listings that share a word, or a fiftieth of all if that is more: beyond that it says little of a price
_WORDS = 14  # of a listing that are tried, the rarest first
_TOGETHER = 3  # words that name a group
# Words of nearly every listing say nothing, and these little more.
_DULL = frozenset(
    """
    about access all and any api app are base based but call can com data dev each endpoint for from get given has http
    https includes including into its json more new not one org other over paid pay payment per price prices provides
    request response return returning returns than that the this two usdc use used using vercel via when which with www
    x402 xyz you your
    """.split()  # noqa: SIM905  # sixty words read best as text
)


class WordGroups:
    """Groups of rows by the words that they share, each made once."""

    def __init__(self, rows: Sequence[Row], words: Sequence[str], make: Make) -> None:
        self._rows = rows
        self._vocabulary = words
        self._make = make
        self._made: dict[tuple[int, ...], Group | None] = {}
        self._counts = _counted(rows, len(words))
        most = min(max(len(rows) // 10, 4 * _LEAST), max(_MOST, len(rows) // 50))
        self._holders: dict[int, set[int]] = {
            word: set()
            for word, count in enumerate(self._counts)
            if _LEAST <= count <= most and words[word] not in _DULL
        }
        for number, row in enumerate(rows):
            for word in row.words:
                if word in self._holders:
                    self._holders[word].add(number)

    def of(self, row: Row) -> Group | None:
        """The group of the rarest words of ``row``, its title's first, that enough listings share; ``None`` if there
        are none."""
        # A title names the thing, a summary also what it is good for.
        named, others = row.words[: row.named], row.words[row.named :]
        words = [*self._rarest(named), *self._rarest(others)][:_WORDS]
        chosen: tuple[int, ...] = ()
        shared: set[int] = set()
        best: Group | None = None
        for word in words:
            together = shared & self._holders[word] if chosen else self._holders[word]
            if len(together) >= _LEAST and (made := self._group((*chosen, word), together)) is not None:
                best, chosen, shared = made, (*chosen, word), together
                if len(chosen) == _TOGETHER:
                    break
        return best

    def _rarest(self, words: Iterable[int]) -> list[int]:
        return sorted((word for word in words if word in self._holders), key=self._counts.__getitem__)

    def made(self) -> list[Group]:
        """The groups that are large enough to judge by."""
        return [group for group in self._made.values() if group is not None]

    def _group(self, words: tuple[int, ...], shared: set[int]) -> Group | None:
        key = tuple(sorted(words))
        if key not in self._made:
            names = tuple(self._vocabulary[word] for word in words)
            self._made[key] = self._make(names, [self._rows[number] for number in sorted(shared)])
        return self._made[key]


def _counted(rows: Iterable[Row], words: int) -> list[int]:
    counts = [0] * words
    for row in rows:
        for word in row.words:
            counts[word] += 1
    return counts
