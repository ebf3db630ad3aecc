"""Shrinking in a run: purchases of sandbox money, one at a time, until the smallest request that fails is found."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import CancelledError
from dataclasses import dataclass
from typing import Any

from x402_catalog.hints import request_shape
from x402_harness.generation.encoding import Values
from x402_harness.planning.cases import Case, variant
from x402_harness.planning.shrinking import smallest

Rules = frozenset[str]
Buy = Callable[[Case], Awaitable[Rules | None]]


@dataclass(slots=True)
class Shrinker:
    """``buy`` makes a purchase and says which rules it broke, ``None`` where it passed; at most ``most`` are made,
    numbered behind ``row``.

    What fails otherwise than the first failure did is another matter, and is passed over.
    """

    buy: Buy
    most: int
    seed: int
    row: int = 0
    made: int = 0
    _stopped: bool = False
    _buying: asyncio.Task[Any] | None = None

    async def shrunk(self, case: Case, rules: Rules) -> Case:
        """The smallest case found that breaks one of the same rules: with the id of ``case`` where none is smaller."""
        loop = asyncio.get_running_loop()
        shape = request_shape(case.listing, case.offer)

        async def breaks(values: Values) -> bool:
            if self._stopped:  # the thread asked before it was, and comes to its turn after it
                return False
            self._buying = asyncio.current_task()
            found = await self.buy(variant(case, values, self.row + self.made))
            return found is not None and (not rules or bool(found & rules))

        def fails(values: Values) -> bool:
            if self._stopped or self.made >= self.most:
                return False
            self.made += 1
            try:
                return asyncio.run_coroutine_threadsafe(breaks(values), loop).result()
            except CancelledError:
                return False

        try:
            found = await asyncio.to_thread(smallest, shape, case.candidate.values, fails, self.seed)
        finally:  # a stopped run is concluded when nothing is being bought any more
            self._stopped = True
            if self._buying is not None and not self._buying.done():
                self._buying.cancel()
                await asyncio.wait([self._buying])
        return variant(case, found, case.row)
