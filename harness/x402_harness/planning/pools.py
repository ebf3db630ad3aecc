"""Pools: values to take for a level, the ones that the listing shows first, then made or drawn ones."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from typing import Any

from x402_catalog.jsonschemas import BadSchema, Checker
from x402_catalog.models import Json
from x402_harness.planning.dice import Dice, mixed
from x402_harness.planning.level import Level
from x402_harness.planning.samples import NotSimple, samples

KEPT = 3  # values for each level, besides those that are shown
_DRAWN = 8  # of so many the ones that say the most are kept
_PARTS = 24
_LONG = 60


def filled(level: Level, declared: Any, seed: int, *place: str) -> Level:
    """``level`` with values that satisfy it and what is ``declared``; without any where none is found.

    The same arguments give the same values; fields at different places get different ones.
    """
    if isinstance(level.schema, dict) and level.schema.keys() == {"const"}:
        return replace(level, values=tuple(_valid(level, declared, list(level.values))))
    values = _valid(level, declared, list(level.values))
    for source in (level.source, {"allOf": [declared, level.schema]}):
        if len(values) > len(level.values):
            break
        drawn = _valid(level, declared, list(_made(json.dumps(source), seed, level.label, *place)))
        values = _distinct([*values, *drawn])
    return replace(level, values=tuple(values))


def _valid(level: Level, declared: Any, values: list[Json]) -> list[Json]:
    try:
        checkers = [Checker(level.schema), Checker(declared)]
    except BadSchema:
        return []
    return [value for value in values if all(checker.is_valid(value) for checker in checkers)]


@lru_cache(maxsize=4096)  # listings of one seller have the same fields
def _made(source: str, seed: int, *salt: str) -> tuple[Json, ...]:
    """Values at once for a simple schema; drawn ones, which takes Hypothesis a while, for any other."""
    schema, dice = json.loads(source), Dice(seed, *salt)
    with suppress(NotSimple):
        plain, checker = samples(schema, _DRAWN, dice, lambda inner: _parts(json.dumps(inner), seed)), Checker(schema)
        if kept := [value for value in _distinct(plain) if checker.is_valid(value)]:
            return tuple(kept[:KEPT])
    return tuple(_drawn(schema, _DRAWN, mixed(seed, *salt))[:KEPT])


@lru_cache(maxsize=1024)
def _parts(source: str, seed: int) -> tuple[Json, ...]:
    """Values for the items and members of others: many of them at once, as they are taken again and again."""
    return tuple(_drawn(json.loads(source), _PARTS, seed))


def _drawn(schema: Any, count: int, seed: int) -> list[Json]:
    from x402_harness.generation import GenerationError, draw, strategy_for

    try:
        values = draw(strategy_for(schema), count, seed)
    except GenerationError:
        return []
    return sorted(_distinct(values), key=_plainness)


def _plainness(value: Json) -> tuple[bool, int]:
    # Hypothesis draws the simplest first, "0" and "aaa": a buyer rather sends something that looks like a value.
    text = json.dumps(value, ensure_ascii=False)
    return len(text) > _LONG, -min(12, len(set(text)))


def nothing_because(declared: Any) -> str:
    """Why no value of a schema is found."""
    from x402_harness.generation import GenerationError, draw, strategy_for

    try:
        draw(strategy_for(declared), 1, 0)
    except GenerationError as error:
        return str(error)
    return "no value was found that a request can carry"


def _distinct(values: list[Json]) -> list[Json]:
    # By their text, as 1, 1.0 and true are equal to Python.
    return list({json.dumps(value, sort_keys=True): value for value in values}.values())
