"""How many factors of three levels so few rows can cover, where the first three rows show all levels.

    python bench/arrays.py [ROWS …]

Those three rows are 0 0 0 …, 1 1 1 … and 2 2 2 … but for the names of levels, and any two factors lack six pairs then.
All lists are gone through: a factor is what it has in the other rows, two go together if those six are there, and the
largest set in which all go together is searched for. Rows may change places, so that the first factor is in order and
the second one is in order beside each level of the first. The bounds of `planning/bounds.py` rest on this: 10 rows
cover at most 3, 11 rows 4, 12 and 13 rows 6. Beside one more factor, of which those three rows show two levels at least
but need not show the third, 9 rows cover at most 2, 10 and 11 rows 3.

In fewer rows some pairs are missing: how few, of four and of five factors, is searched for in the same way, and told as
how many more are missing than the room in the rows explains.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from itertools import product

Column = tuple[int, ...]
Places = tuple[int, int, int]  # the rows that each level stands in, as sets
_OPPOSED = 3
_PAIRS = 6  # of two factors, beside the three in the first rows


def main() -> None:
    """Print the largest number for each number of rows."""
    for rows in [int(word) for word in sys.argv[1:]] or range(4, 14):
        began = time.perf_counter()
        told = (
            f"{most_factors(rows - _OPPOSED)} factors have all pairs" if rows >= 9 else "no two factors have all pairs"
        )
        if 9 <= rows <= 11:
            told += f"; {most_beside(rows - _OPPOSED)} beside another"
        if rows <= 10:
            few = fewest_missing(rows - _OPPOSED, 5)
            told += f"; {few[4] - 6 * max(0, 9 - rows)} and {few[5] - 10 * max(0, 9 - rows)} repeated of 4 and 5"
        print(f"{rows} rows: {told} ({time.perf_counter() - began:.1f} s)", flush=True)


def most_factors(rows: int) -> int:
    """The most factors that go together in so many rows behind the first three."""
    columns = [column for column in product(range(3), repeat=rows) if min(map(column.count, range(3))) >= 2]
    best = 1
    for first in _firsts(rows):
        beside = [column for column in columns if _go_together(_places(first), _places(column))]
        for second in (column for column in beside if _is_in_order(first, column)):
            places = _places(second)
            third = [found for column in beside if _go_together(places, found := _places(column))]
            best = max(best, 2 + _largest(_mates(third), best - 2))
    return best


def most_beside(rows: int) -> int:
    """The most factors that go together in so many rows behind the first three, and with one that has two levels or all
    three in the first ones."""
    columns = [_places(column) for column in product(range(3), repeat=rows)]
    best = 0
    for head in ((0, 0, 1), (0, 1, 2)):
        for tail in _firsts(rows, 0, ordered=False):
            beside = [column for column in columns if _has_all_pairs(head, _places(tail), column)]
            best = max(best, _largest(_mates(beside), best))
    return best


def _has_all_pairs(head: Column, tail: Places, column: Places) -> bool:
    """Whether a factor has all nine pairs with another, that has ``head`` in the first three rows, ``tail`` behind."""
    return all(head[mine] == theirs or column[mine] & tail[theirs] for mine in range(3) for theirs in range(3))


def fewest_missing(rows: int, factors: int) -> dict[int, int]:
    """For each number of factors up to ``factors`` how few of their pairs can be missing in so many rows behind the
    first three."""
    columns = list(product(range(3), repeat=rows))
    places = [_places(column) for column in columns]
    fewest = {0: 0, 1: 0}
    for number in range(2, factors + 1):
        best = [_PAIRS * number * (number - 1) // 2 + 1]
        for first in _firsts(rows, 0):
            beside = sorted((_lacks(_places(first), place), index) for index, place in enumerate(places))
            for lack, index in beside:
                if _is_in_order(first, columns[index]) and lack + fewest[number - 1] < best[0]:
                    left = [(cost + _lacks(places[index], places[other]), other) for cost, other in beside]
                    _add(places, sorted(left), number - 2, lack, fewest, best)
        fewest[number] = best[0]
    return fewest


def _add(places: Sequence[Places], left: Sequence[tuple[int, int]], more: int, lack: int, fewest: dict[int, int],
         best: list[int]) -> None:  # fmt: skip
    """Add so many factors of those ``left``, told with what they lack beside those that are there."""
    if not more:
        best[0] = min(best[0], lack)
        return
    for index, (cost, one) in enumerate(left):
        if lack + more * cost + fewest[more] >= best[0]:
            return
        rest = left[index:] if more > 1 else ()  # the same again is no error, though it lacks the most
        again = sorted((others + _lacks(places[one], places[other]), other) for others, other in rest)
        _add(places, again, more - 1, lack + cost, fewest, best)


def _lacks(a: Places, b: Places) -> int:
    """How many of the six pairs of two factors are missing."""
    return _PAIRS - sum(bool(a[one] & b[other]) for one in range(3) for other in range(3) if one != other)


def _firsts(rows: int, least: int = 2, *, ordered: bool = True) -> Iterator[Column]:
    """First factors: each level in a block of rows; where levels may change places, none more often than the next."""
    for few in range(least, rows + 1):
        for more in range(few if ordered else least, rows - few + 1):
            if rows - few - more >= (more if ordered else least):
                yield (0,) * few + (1,) * more + (2,) * (rows - few - more)


def _is_in_order(first: Column, second: Column) -> bool:
    return all(first[row] != first[row - 1] or second[row] >= second[row - 1] for row in range(1, len(first)))


def _places(column: Column) -> Places:
    one, two, three = (sum(1 << row for row, level in enumerate(column) if level == which) for which in range(3))
    return one, two, three


def _go_together(a: Places, b: Places) -> bool:
    return bool(a[0] & b[1] and a[0] & b[2] and a[1] & b[0] and a[1] & b[2] and a[2] & b[0] and a[2] & b[1])


def _mates(columns: Sequence[Places]) -> list[int]:
    found = [0] * len(columns)
    for one, mine in enumerate(columns):
        for other in range(one + 1, len(columns)):
            if _go_together(mine, columns[other]):
                found[one] |= 1 << other
                found[other] |= 1 << one
    return found


def _largest(mates: Sequence[int], least: int) -> int:
    """The size of the largest set all of which are mates, if it is larger than ``least``; else something smaller."""
    best = max(least, 0)

    def search(left: int, size: int) -> None:
        nonlocal best
        best = max(best, size)
        for colours, one in reversed(_coloured(mates, left)):
            if size + colours <= best:
                return
            search(left & mates[one], size + 1)
            left &= ~(1 << one)

    search((1 << len(mates)) - 1, 0)
    return best


def _coloured(mates: Sequence[int], left: int) -> list[tuple[int, int]]:
    """Each member with the number of sets without mates that it and those before it fill (Tomita and Seki 2003)."""
    made, colour = [], 0
    while left:
        colour, free = colour + 1, left
        while free:
            one = (free & -free).bit_length() - 1
            made.append((colour, one))
            left &= ~(1 << one)
            free &= ~(mates[one] | 1 << one)
    return made


if __name__ == "__main__":
    main()
