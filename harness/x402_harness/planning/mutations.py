"""Mutations: values changed so that they break what is declared, one keyword at a time.

Each names the keyword that it breaks and where: a JSON pointer into the declared schema of its part. Whether the result
is really invalid is for the caller to check: ``oneOf`` and its like may admit it after all.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from x402_catalog.models import Json, JsonObject, pointer
from x402_harness.planning.numbers import exact, is_number, number

OVERSIZE = 64 * 1024  # characters: more than servers take, less than what a load balancer calls an attack
_OF_TYPE: dict[str, Json] = {
    "string": "text", "integer": 7, "number": 1.5, "boolean": True, "array": ["text"], "object": {"key": "text"},
    "null": None,
}  # fmt: skip
_STRANGER = "testbuy-undeclared"
_DEEPEST = 6
_FORMLESS = "not of that format\t"

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mutation:
    """A changed ``value`` of a part; ``keyword`` and ``pointer`` say what it breaks, ``what`` in words."""

    keyword: str
    pointer: str
    what: str
    value: Json


def mutations(schema: Any, value: Json) -> Iterator[Mutation]:
    """Every way in which ``value``, which satisfies ``schema``, can break one keyword of it. References must be written
    out."""
    yield from _mutated(schema, value, (), "", value)


def _mutated(schema: Any, value: Json, path: Path, at: str, whole: Json) -> Iterator[Mutation]:
    if not isinstance(schema, dict) or len(path) > _DEEPEST:
        return
    name = str(path[-1]) if path else "the body"
    for keyword, what, changed in _broken(schema, value, name):
        yield Mutation(keyword, at + pointer(keyword), what, _with(whole, path, changed))
    for keyword in ("allOf",):
        for index, inner in enumerate(schema.get(keyword) or ()):
            yield from _mutated(inner, value, path, at + pointer(keyword, index), whole)
    if isinstance(value, dict):
        yield from _of_members(schema, value, path, at, whole)
    if isinstance(value, list) and value and isinstance(schema.get("items"), dict):
        yield from _mutated(schema["items"], value[0], (*path, 0), at + "/items", whole)


def _of_members(schema: JsonObject, value: JsonObject, path: Path, at: str, whole: Json) -> Iterator[Mutation]:
    for name in schema.get("required") or ():
        if name in value:
            rest = {key: child for key, child in value.items() if key != name}
            yield Mutation("required", at + "/required", f"{name} is missing", _with(whole, path, rest))
    for name, needed in (schema.get("dependentRequired") or {}).items():
        for other in needed if name in value else ():
            rest = {key: child for key, child in value.items() if key != other}
            where = at + pointer("dependentRequired", name)
            yield Mutation("dependentRequired", where, f"{name} without {other}", _with(whole, path, rest))
    if schema.get("additionalProperties") is False or schema.get("unevaluatedProperties") is False:
        keyword = "additionalProperties" if "additionalProperties" in schema else "unevaluatedProperties"
        more = _with(whole, path, {**value, _STRANGER: "text"})
        yield Mutation(keyword, at + pointer(keyword), "an undeclared member", more)
    for name, child in (schema.get("properties") or {}).items():
        if name in value:
            yield from _mutated(child, value[name], (*path, name), at + pointer("properties", name), whole)


def _broken(schema: JsonObject, value: Json, name: str) -> Iterator[tuple[str, str, Json]]:
    """Keyword, words and changed value for each keyword that speaks of the value itself."""
    yield from _of_type(schema, name)
    if isinstance(schema.get("enum"), list):
        yield "enum", f"{name} is none of the values declared", _outside(schema["enum"])
    if "const" in schema:
        yield "const", f"{name} is not the one value declared", _outside([schema["const"]])
    if is_number(value):
        yield from _of_number(schema, value, name)
    if isinstance(value, str):
        yield from _of_text(schema, value, name)
    if isinstance(value, list):
        yield from _of_list(schema, value, name)
    if isinstance(value, dict):
        yield from _of_object(schema, value, name)


def _of_type(schema: JsonObject, name: str) -> Iterator[tuple[str, str, Json]]:
    declared = schema.get("type")
    kinds = {declared} if isinstance(declared, str) else set(declared) if isinstance(declared, list) else set()
    if not kinds:
        return
    for kind, other in _OF_TYPE.items():
        is_covered = kind in kinds or (kind == "integer" and "number" in kinds)
        if not is_covered:
            words = "null" if kind == "null" else f"{'an' if kind[0] in 'aio' else 'a'} {kind}"
            yield "type", f"{name} is {words}", other


def _outside(values: list[Json]) -> Json:
    """A value like those listed that is none of them."""
    if all(is_number(value) for value in values) and values:
        return max(values) + 1
    if all(isinstance(value, bool) for value in values):
        return "text"
    made = _STRANGER
    while made in values:
        made += "x"
    return made


def _of_number(schema: JsonObject, value: Any, name: str) -> Iterator[tuple[str, str, Json]]:
    step = exact(schema["multipleOf"]) if is_number(schema.get("multipleOf")) else exact(1)
    for keyword, sign in (("minimum", -1), ("maximum", 1), ("exclusiveMinimum", 0), ("exclusiveMaximum", 0)):
        if is_number(schema.get(keyword)):
            end = exact(schema[keyword])
            far = end + sign * step
            yield keyword, f"{name} is {'below' if 'Min' in keyword or keyword == 'minimum' else 'above'} its bound", (
                number(far)
            )  # fmt: skip
    if is_number(schema.get("multipleOf")):
        yield "multipleOf", f"{name} is no multiple", number(exact(value) + step / 2)
    if schema.get("type") == "integer":
        yield "type", f"{name} has a fraction", math.floor(value) + 0.5


def _of_text(schema: JsonObject, value: str, name: str) -> Iterator[tuple[str, str, Json]]:
    low, high = schema.get("minLength"), schema.get("maxLength")
    if low:
        yield "minLength", f"{name} is too short", (value or "x" * low)[: low - 1]
    if high is not None and high < OVERSIZE:
        yield "maxLength", f"{name} is too long", ((value or "x") * (high + 2))[: high + 1]
    for keyword in ("pattern", "format"):
        if keyword in schema:
            yield keyword, f"{name} does not have its {keyword}", _FORMLESS
            yield keyword, f"{name} does not have its {keyword}", "~"


def _of_list(schema: JsonObject, value: list[Json], name: str) -> Iterator[tuple[str, str, Json]]:
    low, high = schema.get("minItems"), schema.get("maxItems")
    if low:
        yield "minItems", f"{name} has too few items", value[: low - 1]
    if high is not None and value and high < 1000:
        yield "maxItems", f"{name} has too many items", (value * (high + 1))[: high + 1]
    if schema.get("uniqueItems") is True and value:
        yield "uniqueItems", f"{name} has the same item twice", [*value, value[0]]


def _of_object(schema: JsonObject, value: JsonObject, name: str) -> Iterator[tuple[str, str, Json]]:
    low, high = schema.get("minProperties"), schema.get("maxProperties")
    if low:
        yield "minProperties", f"{name} has too few members", dict(list(value.items())[: low - 1])
    if high is not None and high < 1000:
        more = {f"{_STRANGER}-{number_}": "text" for number_ in range(high + 1)}
        yield "maxProperties", f"{name} has too many members", {**value, **more}


def _with(whole: Json, path: Path, value: Json) -> Json:
    """A copy of ``whole`` with another value at ``path``."""
    if not path:
        return value
    made = deepcopy(whole)
    holder: Any = made
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return made
