"""The grid: factors with their levels as plain numbers, and which levels can stand in one row together.

Levels are numbered through all factors. A factor may stand ``under`` a level: only where that level is chosen does it
have one of its own. A row has one level for each factor, `NONE` where the factor has no say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

Row = tuple[int, ...]
NONE = -1


@dataclass(frozen=True)
class Grid:
    """``sizes`` counts each factor's levels, ``under`` names the level that opens it, if one does.

    ``barred`` are pairs of levels that no valid request has together, ``dead`` the levels that no valid request has at
    all. Sets of levels are integers, a bit for each.
    """

    sizes: tuple[int, ...]
    under: tuple[int | None, ...] = ()
    barred: frozenset[tuple[int, int]] = frozenset()
    dead: frozenset[int] = frozenset()
    _starts: tuple[int, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        starts = tuple(sum(self.sizes[:factor]) for factor in range(len(self.sizes)))
        object.__setattr__(self, "_starts", starts)
        if not self.under:
            object.__setattr__(self, "under", (None,) * len(self.sizes))

    @property
    def factors(self) -> range:
        """Every factor."""
        return range(len(self.sizes))

    @cached_property
    def count(self) -> int:
        """How many levels there are."""
        return sum(self.sizes)

    @cached_property
    def levels(self) -> tuple[range, ...]:
        """The levels of each factor."""
        return tuple(range(start, start + size) for start, size in zip(self._starts, self.sizes, strict=True))

    @cached_property
    def factor_of(self) -> tuple[int, ...]:
        """The factor of each level."""
        return tuple(factor for factor in self.factors for _ in self.levels[factor])

    @cached_property
    def mask_of(self) -> tuple[int, ...]:
        """The levels of each factor as a set."""
        return tuple(mask(levels) for levels in self.levels)

    @cached_property
    def opened(self) -> dict[int, tuple[int, ...]]:
        """The factors under each level that has any."""
        found: dict[int, tuple[int, ...]] = {}
        for factor, level in enumerate(self.under):
            if level is not None:
                found[level] = (*found.get(level, ()), factor)
        return found

    @cached_property
    def roots(self) -> tuple[int, ...]:
        """The factors that every row has a level for."""
        return tuple(factor for factor, level in enumerate(self.under) if level is None)

    @cached_property
    def above(self) -> tuple[int, ...]:
        """For each level the set of those that must stand in a row with it, itself among them."""
        found: list[int] = []
        for level in range(self.count):
            opener = self.under[self.factor_of[level]]
            found.append(1 << level | (0 if opener is None else found[opener]))
        return tuple(found)

    @cached_property
    def live(self) -> int:
        """The levels that some row can have."""
        dead = mask(self.dead)
        return mask(level for level in range(self.count) if not self.above[level] & dead)

    @cached_property
    def mates(self) -> tuple[int, ...]:
        """For each level the set of those of other factors that can stand in a row with it."""
        excluded = [0] * self.count
        for one, other in self.barred:
            excluded[one] |= 1 << other
            excluded[other] |= 1 << one
        found = []
        for level in range(self.count):
            for rival in bits(self._rivals(level)):
                excluded[level] |= self.below[rival]
            own = self.mask_of[self.factor_of[level]]
            found.append(self.live & ~own & ~excluded[level] if self.live >> level & 1 else 0)
        return tuple(found)

    @cached_property
    def below(self) -> tuple[int, ...]:
        """For each level the set of those that cannot be without it, itself among them."""
        found = [1 << level for level in range(self.count)]
        for level in range(self.count):
            for opener in bits(self.above[level]):
                found[opener] |= 1 << level
        return tuple(found)

    def _rivals(self, level: int) -> int:
        """The levels that stand in the place of ``level`` or of one above it."""
        return sum(self.mask_of[self.factor_of[m]] & ~(1 << m) for m in bits(self.above[level]))

    def is_open(self, row: Sequence[int], factor: int) -> bool:
        """Whether ``factor`` is there beside what is chosen in ``row``."""
        opener = self.under[factor]
        return opener is None or opener in row

    def is_consistent(self, row: Sequence[int]) -> bool:
        """Whether the levels of ``row`` can all stand in one."""
        levels = mask(row)
        return not any(levels & ~(self.mates[level] | 1 << level) for level in row if level != NONE)


def is_allowed(grid: Grid, row: Sequence[int], allows: Callable[[Row], bool] | None) -> bool:
    """Whether ``row`` is consistent, and ``allows``, where there is one, takes it."""
    return grid.is_consistent(row) and (allows is None or allows(tuple(row)))


def mask(levels: Iterable[int]) -> int:
    """A set of levels; `NONE` is left out."""
    made = 0
    for level in levels:
        if level != NONE:
            made |= 1 << level
    return made


def bits(levels: int) -> Iterator[int]:
    """The levels of a set, in order."""
    while levels:
        lowest = levels & -levels
        yield lowest.bit_length() - 1
        levels ^= lowest
