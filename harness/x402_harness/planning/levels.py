"""Levels of a schema: the values that are worth telling apart, by type, choice, branch, size and boundary."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from x402_catalog.hints import examples_of
from x402_catalog.models import Json, JsonObject
from x402_harness.generation.narrowing import plain
from x402_harness.planning.level import Level, short, value_level
from x402_harness.planning.numbers import number_levels

MOST_VALUES = 100  # of an enum: what is beyond them is one level
_ITEMS = 20  # so many items are asked for at most
_LONG = 2000  # characters: a longer text is risky, whatever is declared
PRINTABLE = "^[ -~\\r\\n\\t]+$"
ALPHANUMERIC = "^[A-Za-z0-9]+$"
OTHER_SCRIPTS = "^[à-öø-ÿα-ωа-яぁ-ん一-龥]+$"
_COMPOSED = frozenset({"$ref", "not", "if", "contains", "prefixItems", "unevaluatedItems", "patternProperties"})
_ORDER = ("string", "integer", "number", "boolean", "array", "object", "null")


def levels_of(schema: Any) -> Iterator[Level]:
    """The levels of a schema's values, those of each type and each branch. References must be written out."""
    if not isinstance(schema, dict):
        if schema is not False:
            yield Level("any value", True, plain({"type": "string"}))
        return
    if "const" in schema:
        yield value_level(schema["const"])
    elif isinstance(schema.get("enum"), list):
        yield from _enum_levels(schema["enum"])
    elif branches := _branches(schema):
        for number, branch in enumerate(branches, start=1):
            yield from (replace(level, label=f"{number}: {level.label}") for level in levels_of(branch))
    else:
        yield from _typed_levels(schema)


def _enum_levels(values: list[Json]) -> Iterator[Level]:
    distinct = list({json.dumps(value, sort_keys=True): value for value in values}.values())
    yield from map(value_level, distinct[:MOST_VALUES])
    if rest := distinct[MOST_VALUES:]:
        yield Level(f"one of {len(rest)} more values", {"enum": rest}, {"enum": rest})


def _branches(schema: JsonObject) -> list[JsonObject]:
    for keyword in ("anyOf", "oneOf"):
        listed = schema.get(keyword)
        if isinstance(listed, list) and listed and not isinstance(schema.get("properties"), dict):
            base = {key: value for key, value in schema.items() if key != keyword}
            return [merged(base, branch) for branch in listed[:_ITEMS] if isinstance(branch, dict)]
    return []


def merged(*schemas: JsonObject) -> JsonObject:
    """One schema for what all of them demand: members that two of them declare stand together in ``allOf``."""
    made: JsonObject = {}
    for schema in schemas:
        for key, value in schema.items():
            if key == "properties" and isinstance(made.get(key), dict) and isinstance(value, dict):
                both = made[key].keys() & value.keys()
                made[key] = {**made[key], **value, **{name: _both(made[key][name], value[name]) for name in both}}
            elif key == "required" and isinstance(made.get(key), list) and isinstance(value, list):
                made[key] = list(dict.fromkeys([*made[key], *value]))
            elif key == "allOf" and isinstance(made.get(key), list) and isinstance(value, list):
                made[key] = [*made[key], *value]
            elif made.get(key, value) == value or key in ("description", "title", "default", "examples"):
                made.setdefault(key, value)
            else:
                made["allOf"] = [*made.get("allOf", []), {key: value}]
    return made


def _both(one: Any, other: Any) -> Any:
    if isinstance(one, dict) and isinstance(other, dict):
        return merged(one, other)
    return other if one is True else one


def _typed_levels(schema: JsonObject) -> Iterator[Level]:
    declared = schema.get("type")
    kinds = declared if isinstance(declared, list) else [declared or _implied(schema)]
    for kind in sorted((name for name in kinds if name in _ORDER), key=_ORDER.index):
        one = {**schema, "type": kind}
        yield from _OF_TYPE[kind](one)
    if kinds == [None]:
        yield Level("any value", True, merged(schema, plain({"type": "string"})), tuple(examples_of(schema)))


def _implied(schema: JsonObject) -> str | None:
    """The type that the keywords of an untyped schema speak of."""
    signs = {"properties": "object", "items": "array", "pattern": "string", "minLength": "string",
             "maxLength": "string", "format": "string", "minimum": "number", "maximum": "number"}  # fmt: skip
    return next((kind for keyword, kind in signs.items() if keyword in schema), None)


def _text_levels(schema: JsonObject) -> Iterator[Level]:
    low, high = schema.get("minLength", 0), schema.get("maxLength")
    if {"pattern", "format", "contentMediaType", "contentEncoding", *_COMPOSED} & schema.keys():
        yield Level(_text_label(schema), schema, plain(schema))
        return
    if low > 1:
        yield _of_length(schema, low, "shortest")
    if high is not None and high > max(low, 1):
        yield _of_length(schema, high, "longest")
    yield Level("text", {**schema, "pattern": PRINTABLE}, plain(schema))
    ceiling = 12 if high is None else min(12, high)
    if ceiling >= max(low, 1):
        bounds = {"minLength": max(low, min(3, ceiling)), "maxLength": ceiling}
        source = {**schema, **bounds, "pattern": OTHER_SCRIPTS}
        yield Level("text in another script", {**schema, "pattern": "[^\\x00-\\x7f]"}, source)
    if low == 0:
        yield value_level("", "empty text", "it says nothing")


def _text_label(schema: JsonObject) -> str:
    named = schema.get("format") or ("file" if "contentMediaType" in schema else "text")
    return str(named) if "pattern" not in schema else f"{named} of the pattern"


def _of_length(schema: JsonObject, length: int, which: str) -> Level:
    exact = {**schema, "minLength": length, "maxLength": length}
    source = {**exact, "pattern": ALPHANUMERIC} if length <= _LONG else exact
    return Level(f"{which}: {length} characters", exact, source, risk="it is very long" if length > _LONG else "")


def _array_levels(schema: JsonObject) -> Iterator[Level]:
    low, high = schema.get("minItems", 0), schema.get("maxItems")
    source = {**schema, "items": plain(schema["items"])} if isinstance(schema.get("items"), dict) else schema
    if _COMPOSED & schema.keys():
        yield Level("list", schema, source)
        return
    if low == 0:
        yield value_level([], "empty list", "" if "minItems" in schema else "it says nothing")
    if low <= 1 and high != 0:
        yield from _single_items(schema, source)
    few = max(low, 2)
    if high is None or few <= high:
        most = few + 1 if high is None else min(few + 1, high)
        label = f"{few} items" if few == most else f"{few} items or more"
        yield Level(label, {**schema, "minItems": few}, {**source, "minItems": few, "maxItems": most})
    if high is not None and few + 1 < high <= _ITEMS:
        full = {"minItems": high, "maxItems": high}
        yield Level(f"{high} items, the most", {**schema, **full}, {**source, **full})


def _single_items(schema: JsonObject, source: JsonObject) -> Iterator[Level]:
    one = {"minItems": 1, "maxItems": 1}
    values = schema["items"].get("enum") if isinstance(schema.get("items"), dict) else None
    if isinstance(values, list) and len(values) <= _ITEMS:
        yield from (value_level([value], f"only {short(value)}") for value in values)
    else:
        yield Level("1 item", {**schema, **one}, {**source, **one})


def _object_levels(schema: JsonObject) -> Iterator[Level]:
    if isinstance(schema.get("properties"), dict) and schema["properties"]:
        yield Level("object", schema, schema, opens=schema)
        return
    shown = tuple(value for value in examples_of(schema) if isinstance(value, dict) and value)
    if schema.get("minProperties", 0) == 0 and not schema.get("required"):
        yield value_level({}, "empty object", "it says nothing" if shown else "")
    if shown or any(schema.get(name) for name in ("minProperties", "required", "additionalProperties")):
        some = {**schema, "minProperties": max(1, schema.get("minProperties", 0))}
        yield Level("object with members", some, some, shown)


_OF_TYPE: dict[str, Callable[[JsonObject], Iterator[Level]]] = {
    "string": _text_levels,
    "integer": number_levels,
    "number": number_levels,
    "boolean": lambda _: iter([value_level(True), value_level(False)]),
    "array": _array_levels,
    "object": _object_levels,
    "null": lambda _: iter([value_level(None)]),
}
