"""The event loop of a program that has none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any


class OwnLoop:
    """One event loop for all that is run by it, made when something is: a program with a loop never needs it."""

    def __init__(self) -> None:
        self._runner: asyncio.Runner | None = None

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """What the coroutine returns. Raises ``RuntimeError`` where a loop is running."""
        self._runner = self._runner or asyncio.Runner()
        return self._runner.run(work)

    def close(self, last: Callable[[], Awaitable[None]] | None = None) -> None:
        """Close it, after a ``last`` thing that is to be done in it; nothing where it was never used."""
        if self._runner is None:
            return
        try:
            if last is not None:
                self._runner.run(_done(last))
        finally:
            self._runner.close()
            self._runner = None


async def _done(last: Callable[[], Awaitable[None]]) -> None:
    await last()
