"""Dice: chance from a seed, in whole numbers only, the same on every machine and in every version of Python."""

from __future__ import annotations

import hashlib
from collections.abc import MutableSequence
from typing import TypeVar

T = TypeVar("T")
_WORD = (1 << 64) - 1


class Dice:
    """A xorshift64* generator (Vigna 2016). ``salt`` sets apart dice that are thrown for different things."""

    def __init__(self, seed: int, *salt: object) -> None:
        self._state = mixed(seed, *salt) or 1

    def below(self, count: int) -> int:
        """A whole number of 0 to ``count`` - 1."""
        state = self._state
        state ^= state >> 12
        state ^= (state << 25) & _WORD
        state ^= state >> 27
        self._state = state
        return ((state * 0x2545F4914F6CDD1D & _WORD) >> 33) % count

    def shuffle(self, items: MutableSequence[T]) -> None:
        """Put ``items`` into another order, in place."""
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]


def mixed(seed: int, *salt: object) -> int:
    """A seed of 64 bits made from ``seed`` and whatever it is for."""
    text = "\0".join([str(seed), *map(str, salt)])
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big")
