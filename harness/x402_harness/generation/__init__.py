"""JSON Schema to Hypothesis strategies: values that the schema accepts, and nothing else.

``strategy_for(schema)`` gives a strategy of JSON values; ``draw(strategy, n, seed)`` collects values from it, the same
ones for the same seed; ``requests_for(listing)`` gives a strategy of requests that a listing's fields allow. A schema
outside what is understood raises `UnsupportedSchema` and names the keyword; one that is proven empty raises
`UnsatisfiableSchema`. Hypothesis costs a fifth of a second to import, so names load when used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .drawing import draw as draw
    from .errors import GenerationError as GenerationError
    from .errors import UnsatisfiableSchema as UnsatisfiableSchema
    from .errors import UnsupportedSchema as UnsupportedSchema
    from .requests import Unrequestable as Unrequestable
    from .requests import requests_for as requests_for
    from .strategies import strategy_for as strategy_for

_HOMES = {
    "GenerationError": "errors",
    "UnsatisfiableSchema": "errors",
    "Unrequestable": "requests",
    "UnsupportedSchema": "errors",
    "draw": "drawing",
    "requests_for": "requests",
    "strategy_for": "strategies",
}

__all__ = [
    "GenerationError", "Unrequestable", "UnsatisfiableSchema", "UnsupportedSchema", "draw", "requests_for",
    "strategy_for",
]  # fmt: skip


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
