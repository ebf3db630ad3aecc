"""Readings: the one value of a declared JSON type that a value of another type can mean."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from x402_catalog.hints.forms import type_name
from x402_catalog.jsonschemas import BadSchema, Checker
from x402_catalog.models import Json, pointer

# Without leading zeros and exponents, and short enough that every parser reads the same number.
_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,14}")
_NUMBER = re.compile(r"0|-?(?:0(?=\.)|[1-9][0-9]*)(?:\.[0-9]+)?")
_MOST_DIGITS = 15
_WORDS = {"true": True, "True": True, "false": False, "False": False}
_NOTHING = object()


def readings(schema: Json, value: Json, at: str) -> Iterator[tuple[str, Json]]:
    """The places in ``value`` (which stands ``at``) whose type is not the one that ``schema`` declares but that can be
    read as one value of it, and that value."""
    if not isinstance(schema, dict):
        return
    properties = schema.get("properties")
    if isinstance(value, dict) and isinstance(properties, dict):
        for name, child in value.items():
            yield from readings(properties.get(name), child, at + pointer(name))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from readings(schema.get("items"), child, f"{at}/{index}")
    elif (meant := reading(schema, value)) is not _NOTHING:
        yield at, meant


def reading(schema: dict[str, Json], value: Json) -> Json:
    """The one value of the declared type that the scalar ``value`` can mean, or an object of no JSON type."""
    declared = schema.get("type")
    types = {declared} if isinstance(declared, str) else {name for name in declared or () if isinstance(name, str)}
    if isinstance(value, (dict, list)) or value is None or _is_of(value, types):
        return _NOTHING
    meant = _as_type(schema, types, value)
    return meant if meant is not _NOTHING and _satisfies(schema, meant) else _NOTHING


def is_reading(value: Json) -> bool:
    """Whether :func:`reading` found one."""
    return value is not _NOTHING


def _is_of(value: Json, types: set[str]) -> bool:
    name = type_name(value)
    whole = name == "number" and float(value).is_integer()
    return name in types or (name == "integer" and "number" in types) or (whole and "integer" in types)


def _as_type(schema: dict[str, Json], types: set[str], value: Json) -> Json:
    if not isinstance(value, str):
        # A number may have lost the zeros in front of it, so only a listed choice is surely meant.
        word = json.dumps(value)
        choices = schema.get("enum")
        return word if "string" in types and isinstance(choices, list) and word in choices else _NOTHING
    if types & {"integer", "number"} and _INTEGER.fullmatch(value):
        return int(value)
    if "number" in types and _NUMBER.fullmatch(value) and len(value) <= _MOST_DIGITS:
        return float(value)
    return _WORDS.get(value, _NOTHING) if "boolean" in types else _NOTHING


def _satisfies(schema: dict[str, Json], value: Json) -> bool:
    try:
        return Checker(schema).is_valid(value)
    except BadSchema:
        return False
