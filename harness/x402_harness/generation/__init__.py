"""JSON Schema to Hypothesis strategies: values that the schema accepts, and nothing else.

``strategy_for(schema)`` gives a strategy of JSON values; ``draw(strategy, n, seed)`` collects values from it, the same
ones for the same seed. A schema outside what is understood raises `UnsupportedSchema` and names the keyword; one that
is proven empty raises `UnsatisfiableSchema`. Hypothesis costs a fifth of a second to import, so names load when used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .drawing import draw as draw
    from .errors import GenerationError as GenerationError
    from .errors import UnsatisfiableSchema as UnsatisfiableSchema
    from .errors import UnsupportedSchema as UnsupportedSchema
    from .strategies import strategy_for as strategy_for

_HOMES = {
    "GenerationError": "errors",
    "UnsatisfiableSchema": "errors",
    "UnsupportedSchema": "errors",
    "draw": "drawing",
    "strategy_for": "strategies",
}

__all__ = ["GenerationError", "UnsatisfiableSchema", "UnsupportedSchema", "draw", "strategy_for"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
