"""A lot: the purchases of one listing, those that were planned and those that explain what failed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from x402_harness.planning.cases import Case, Portion
from x402_harness.planning.confirming import confirmations
from x402_harness.runs.coverage import Smallest, coverage_event
from x402_harness.runs.shrinking import Rules, Shrinker

Buy = Callable[[Case], Awaitable[None]]


@dataclass(slots=True)
class Lot:
    """What is bought of a ``portion``, and beyond it, where purchases failed, at most ``confirm`` that tell apart what
    may explain that and ``shrink`` that look for the smallest request that fails. ``left`` is how many of those set
    aside were not made."""

    portion: Portion
    confirm: int
    shrink: int
    seed: int
    left: int = field(init=False)
    _bought: list[tuple[Case, bool]] = field(default_factory=list)
    _broken: dict[str, Rules] = field(default_factory=dict)
    _smallest: Smallest | None = None

    def __post_init__(self) -> None:
        self.left = self.portion.spare

    def note(self, case: Case, passed: bool, broken: Rules) -> None:
        """A purchase was made: whether it passed, and which rules it broke."""
        self._bought.append((case, passed))
        if not passed:
            self._broken[case.id] = broken

    async def buy(self, planned: Buy, more: Buy) -> None:
        """Have all of it bought, one at a time; each that ends is to be noted."""
        for case in self.portion.cases:
            await planned(case)
            await asyncio.sleep(0)  # a place where a run can be stopped between two purchases
        for case in confirmations(self._bought, min(self.confirm, self.left)):
            self.left -= 1
            await more(case)
        self._smallest = await self._shrunk(more, min(self.shrink, self.left))
        await asyncio.sleep(0)

    async def _shrunk(self, more: Buy, most: int) -> Smallest | None:
        """The smallest request that fails as the first failing one did."""
        failed = next((case for case, passed in self._bought if not passed), None)
        if failed is None or most < 1:
            return None

        async def broken(case: Case) -> Rules | None:
            await more(case)
            return self._broken.get(case.id)

        shrinker = Shrinker(broken, most, self.seed, row=len(self._bought))
        found = await shrinker.shrunk(failed, self._broken[failed.id])
        self.left -= shrinker.made
        made = next((case for case, _ in self._bought if case.id == found.id), failed)  # as it was sent
        return Smallest(made, failed, self._broken[made.id], shrinker.made)

    def coverage(self) -> dict[str, Any] | None:
        """The ``coverage`` event; ``None`` where nothing was bought or nothing could be varied."""
        return coverage_event(self._bought, self._smallest) if self._bought else None
