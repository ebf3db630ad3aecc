"""Samples: values of simple schemas, made at once and the same everywhere; what is not simple is left to strategies.

They look like what a buyer would send: words, dates of this century, numbers near the declared bounds. Nobody relies on
their being valid: they are judged like every other value.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from x402_catalog.models import Json, JsonObject
from x402_harness.generation.vocabulary import ANNOTATIONS
from x402_harness.planning.dice import Dice
from x402_harness.planning.numbers import highest, is_number, lowest, number, unit
from x402_harness.planning.texts import text_maker

_LONGEST = 100_000  # characters
_LARGEST = 10**15
_MOST_ITEMS = 50
_DEEPEST = 5
_TRIES = 8  # for each item that is to differ from the others
_WIDE = 100  # how far from its only bound a number lies at most
_SIZES = frozenset(["minLength", "maxLength", "minItems", "maxItems"])
_BOUNDS = frozenset(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"])
_NOT_WHOLE = {"multipleOf": 1}
_KEYWORDS: dict[str, frozenset[str]] = {
    "string": frozenset(["minLength", "maxLength", "pattern", "format"]),
    "integer": _BOUNDS | {"format"},
    "number": _BOUNDS | {"format", "not"},
    "boolean": frozenset(),
    "null": frozenset(),
    "array": frozenset(["items", "minItems", "maxItems", "uniqueItems"]),
    "object": frozenset(["properties", "required", "additionalProperties"]),
}

Maker = Callable[[Dice], Json]
Pool = Callable[[JsonObject], Sequence[Json]]  # values of a schema from somewhere else


class NotSimple(ValueError):
    """A schema of which no samples are made."""


def samples(schema: Any, count: int, dice: Dice, pool: Pool) -> list[Json]:
    """``count`` values, some of them equal perhaps; members and items that are not simple are taken from a ``pool``.

    Raises :class:`NotSimple`.
    """
    make = _maker(schema, pool, 0)
    return [make(dice) for _ in range(count)]


def _inner(schema: Any, pool: Pool, depth: int) -> Maker:
    try:
        return _maker(schema, pool, depth + 1)
    except NotSimple:
        values = pool(schema) if isinstance(schema, dict) and depth < _DEEPEST else ()
        if not values:
            raise
        return lambda dice: values[dice.below(len(values))]


def _maker(schema: Any, pool: Pool, depth: int) -> Maker:
    if not isinstance(schema, dict) or depth > _DEEPEST:
        raise NotSimple
    told = {key: value for key, value in schema.items() if key not in ANNOTATIONS}
    kind, values = told.pop("type", None), told.get("enum")
    if told.keys() == {"enum"} and isinstance(values, list) and values:
        return lambda dice: values[dice.below(len(values))]
    if not isinstance(kind, str) or kind not in _KEYWORDS or not told.keys() <= _KEYWORDS[kind]:
        raise NotSimple
    if not all(is_number(told[name]) and 0 <= told[name] <= _LONGEST for name in _SIZES & told.keys()):
        raise NotSimple
    return _OF_TYPE[kind]({**told, "type": kind}, pool, depth)


def _text(schema: JsonObject, *_: object) -> Maker:
    low, high = int(schema.get("minLength", 0)), int(schema.get("maxLength", _LONGEST))
    pattern, named = schema.get("pattern"), schema.get("format")
    make = text_maker(pattern, named) if all(isinstance(one, str | None) for one in (pattern, named)) else None
    if make is None or high < low:
        raise NotSimple
    return lambda dice: make(dice, low, high)


def _number(schema: JsonObject, *_: object) -> Maker:
    if schema.get("not", _NOT_WHOLE) != _NOT_WHOLE or not all(
        is_number(schema[name]) for name in _BOUNDS & schema.keys()
    ):
        raise NotSimple
    low, high = lowest(schema), highest(schema)
    if low is None:
        low = Fraction(1) if high is None or high >= 1 else high - _WIDE
    high = low + _WIDE if high is None else high
    step = unit(schema) or (high - low) / _WIDE or Fraction(1)
    if high < low or step < 0 or max(abs(low), abs(high)) > _LARGEST:
        raise NotSimple
    return lambda dice: number(low + step * dice.below((high - low) // step + 1))


def _list(schema: JsonObject, pool: Pool, depth: int) -> Maker:
    low = int(schema.get("minItems", 0))
    high = int(schema.get("maxItems", low + 2))
    if not low <= high or low > _MOST_ITEMS:
        raise NotSimple
    item, spread = _inner(schema.get("items", {"type": "string"}), pool, depth), min(high, _MOST_ITEMS) - low + 1
    if schema.get("uniqueItems"):
        return lambda dice: _distinct(item, dice, low + dice.below(spread))
    return lambda dice: [item(dice) for _ in range(low + dice.below(spread))]


def _distinct(item: Maker, dice: Dice, count: int) -> list[Json]:
    """So many different items, as far as they are found."""
    found: dict[str, Json] = {}
    for _ in range(_TRIES * count):
        if len(found) == count:
            break
        value = item(dice)
        found.setdefault(json.dumps(value, sort_keys=True), value)
    return list(found.values())


def _object(schema: JsonObject, pool: Pool, depth: int) -> Maker:
    members, required = schema.get("properties", {}), schema.get("required", [])
    if not isinstance(members, dict) or not isinstance(required, list) or len(members) > _MOST_ITEMS:
        raise NotSimple
    makers = {name: _inner(member, pool, depth) for name, member in members.items()}
    if not all(name in makers for name in required):
        raise NotSimple
    return lambda dice: {name: make(dice) for name, make in makers.items() if name in required or dice.below(2)}


_OF_TYPE: dict[str, Callable[[JsonObject, Pool, int], Maker]] = {
    "string": _text,
    "integer": _number,
    "number": _number,
    "boolean": lambda *_: lambda dice: bool(dice.below(2)),
    "null": lambda *_: lambda _: None,
    "array": _list,
    "object": _object,
}
