"""Near copies: MinHash over pairs of words, banded (Broder 1997; Leskovec, Rajaraman, Ullman, ch. 3).

One band at a time is looked at, so that memory holds the sketches and one table.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import pairwise
from sys import byteorder
from typing import TypeAlias

from rensa import RMinHash

# Of a sketch: the estimate of a similarity of 0.8 is then off by 0.05. Sixteen bits of each tell them apart.
VALUES = 64
ROWS = 4  # of a band: 16 bands find a pair of similarity 0.8 with 99.98 %, one of 0.3 with 12 %
SIMILAR = 0.8
LEAST = 8  # shingles; shorter texts are alike by chance
_LEADERS = 3  # that a table compares with; a bucket that needs more holds what everybody says
_SEED = 402
_LOWER = 0 if byteorder == "little" else 1  # of the two halves of a value, the one that is kept

_BITS = 16  # of a value
_BYTES = _BITS // 8
_EACH = sum(1 << _BITS * lane for lane in range(VALUES))
_HIGHEST = _EACH << _BITS - 1  # the highest bit of each value
_OTHERS = _HIGHEST - _EACH  # all its other bits

Sketch: TypeAlias = bytes


def sketch_of(words: Sequence[str]) -> Sketch | None:
    """The sketch of a text given as words; ``None`` for one that is too short to be compared."""
    shingles = {f"{one} {other}" for one, other in pairwise(words)}
    if len(shingles) < LEAST:
        return None
    minhash = RMinHash(num_perm=VALUES, seed=_SEED)
    minhash.update(list(shingles))
    return array("H", array("I", minhash.digest()).tobytes())[_LOWER::2].tobytes()


def similarity(one: Sketch, other: Sketch) -> float:
    """The estimated Jaccard similarity of two texts."""
    differing = int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
    # Adding carries into the highest bit of each value that has a lower one: sixty-four comparisons at once.
    return 1 - ((((differing & _OTHERS) + _OTHERS) | differing) & _HIGHEST).bit_count() / VALUES


def near_pairs(sketches: Sequence[tuple[int, Sketch]]) -> Iterator[tuple[int, int, float]]:
    """Pairs of numbers whose sketches are :data:`SIMILAR` or more, with how similar they are; not every pair of a
    cluster, but enough to join it."""
    joined: set[tuple[int, int]] = set()
    for start in range(0, VALUES, ROWS):
        # Most buckets hold one, which is kept without a list around it.
        buckets: dict[bytes, tuple[int, Sketch] | list[tuple[int, Sketch]]] = {}
        for one in sketches:
            number, sketch = one
            key = sketch[start * _BYTES : (start + ROWS) * _BYTES]
            leaders = buckets.setdefault(key, one)
            if leaders is one:
                continue
            if isinstance(leaders, tuple):
                leaders = buckets[key] = [leaders]
            pair = _alike(number, sketch, leaders)
            if pair is None:
                if len(leaders) < _LEADERS:
                    leaders.append(one)
            elif pair[:2] not in joined:
                joined.add(pair[:2])
                yield pair


def _alike(number: int, sketch: Sketch, leaders: list[tuple[int, Sketch]]) -> tuple[int, int, float] | None:
    for leader, other in leaders:
        if (found := similarity(sketch, other)) >= SIMILAR:
            return leader, number, found
    return None
