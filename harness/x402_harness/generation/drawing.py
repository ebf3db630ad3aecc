"""Values from a strategy, the same ones for the same seed, outside any test.

Hypothesis mixes constants from the source of whatever modules happen to be loaded into what it draws, so a seed gives
other values in another program. The backend registered here (`hypothesis.internal.conjecture.providers` documents how)
is Hypothesis' own without those constants.
"""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis.errors import Unsatisfiable
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider
from hypothesis.strategies import SearchStrategy

from .errors import UnsatisfiableSchema
from .plans import JSON

BACKEND = "x402-testbuy"
PROBE = 50


class Steady(HypothesisProvider):
    """Hypothesis' own choices, without constants from loaded modules."""

    def _maybe_draw_constant(self, *_: Any, **__: Any) -> None:
        return None


AVAILABLE_PROVIDERS.setdefault(BACKEND, Steady)


def draw(strategy: SearchStrategy[JSON], n: int, seed: int) -> list[JSON]:
    """``n`` values; where Hypothesis finds fewer, they come again in the same order.

    Raises `UnsatisfiableSchema` when none is found.
    """
    if n > PROBE:
        _collected(strategy, 1, seed)  # an empty strategy is noticed without n times the search
    values = _collected(strategy, max(n, 1), seed)
    return [values[index % len(values)] for index in range(n)]


def _collected(strategy: SearchStrategy[JSON], most: int, seed: int) -> list[JSON]:
    values: list[JSON] = []

    @seeded(seed)
    @settings(
        backend=BACKEND,
        database=None,
        deadline=None,
        derandomize=False,
        max_examples=most,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    @given(strategy)
    def collect(value: JSON) -> None:
        values.append(value)

    try:
        collect()
    except Unsatisfiable as error:
        raise UnsatisfiableSchema("no value was found that satisfies the schema") from error
    return values
