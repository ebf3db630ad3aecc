"""What a run is made of before it starts: its configuration, and what it takes from the world."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from x402_catalog.reading import Limits
from x402_catalog.search import Filters
from x402_harness.policy import MICROS, Caps

# Enough for the reference listing at 10 USDC a call, in money that does not exist.
MOCK_CAPS = Caps(per_call=100 * MICROS, per_run=10_000 * MICROS)


@dataclass(frozen=True, slots=True)
class RunConfig:
    """What to run. ``rows`` is the most purchases per listing, ``None`` for all that show something new, ``confirm``
    the most beyond them that tell apart what may explain failures, ``shrink`` the most that look for the smallest
    request that fails, ``invalid`` the most invalid requests that are paid for; ``audit`` judges each listing among all
    that were read; ``most`` is the most purchases in all. Equal ones give equal plans."""

    sources: tuple[str, ...]
    command: str = "run"
    seed: int = 402
    rows: int | None = 4
    caps: Caps = MOCK_CAPS
    confirm: int = 0
    shrink: int = 0
    invalid: int = 0
    audit: bool = False
    most: int | None = None
    query: str = ""
    filters: Filters = field(default_factory=Filters)
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a run takes from the world: time in seconds, fresh random bytes, and a folder of its own."""

    run_id: str
    folder: Path
    clock: Callable[[], float]
    randomness: Callable[[int], bytes]
