"""HINT030 to HINT034: declared schemas against themselves: choices, defaults, examples and bounds."""

from __future__ import annotations

import json
from typing import Any

from x402_catalog.findings import Level
from x402_catalog.jsonschemas import BadSchema, Checker
from x402_catalog.models import Json, JsonObject, Listing, pointer
from x402_catalog.rules.hints import UNDECIDED
from x402_catalog.rules.judge import Judge
from x402_catalog.rules.registry import rule

_JSON_SCHEMA = "JSON Schema 2020-12 validation"

ENUM_TYPE = rule(
    "HINT030",
    Level.ERROR,
    "enum value is not of the declared type",
    why="No value satisfies both, so that choice can never be sent.",
    basis=f"{_JSON_SCHEMA} §6.1.1, §6.1.2",
    mend="Give the values the declared type, or the field theirs.",
)
ENUM_REPEATS = rule(
    "HINT031",
    Level.WARNING,
    "enum repeats a value",
    why="Validators may refuse the schema; one of the values was probably meant to be another.",
    basis=f"{_JSON_SCHEMA} §6.1.2",
    mend="List each value once.",
)
DEFAULT_FITS = rule(
    "HINT032",
    Level.ERROR,
    "default breaks its own field",
    why="A buyer that sends what the endpoint assumes anyway breaks the declared field.",
    basis=f"{_JSON_SCHEMA} §9.2 (default)",
    mend="Correct the default or the constraint.",
)
FIELD_EXAMPLE_FITS = rule(
    "HINT033",
    Level.WARNING,
    "example breaks its own schema",
    why="The value that shows how it is done is refused by the declaration beside it.",
    basis=f"{_JSON_SCHEMA} §9.5 (examples)",
    mend="Correct the example or the schema.",
)
BOUNDS = rule(
    "HINT034",
    Level.ERROR,
    "bounds leave no value",
    why="The least allowed value is above the greatest, so no request can satisfy the field.",
    basis=f"{_JSON_SCHEMA} §6.2 to §6.5",
    mend="Correct minimum and maximum.",
)

_DEPTH = 40
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,), "null": (type(None),),
    "object": (dict,), "array": (list,),
}  # fmt: skip
_BOUNDS = (
    ("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems"), ("minProperties", "maxProperties"),
    ("minContains", "maxContains"),
)  # fmt: skip
_LOWER = frozenset(low for low, _ in _BOUNDS)
_COMPARED = _LOWER | {"enum", "default", "example", "examples"}


def definitions(listing: Listing, judge: Judge) -> None:
    """Every schema inside the hints: enums, defaults, examples and bounds against what stands beside them."""
    seen: set[int] = set()
    for offer in listing.offers:
        if judge.is_plain(offer) or id(offer.raw.get("hints")) in seen:
            continue
        seen.add(id(offer.raw.get("hints")))
        for path, schema in _schemas(offer.hints):
            at = f"{offer.pointer}/hints{pointer(*path)}"
            _enum(judge, at, schema)
            _bounds(judge, at, schema)
            _own_values(judge, at, schema)


def _schemas(node: JsonObject) -> list[tuple[_Path, JsonObject]]:
    """Every object that may be a schema with something to compare, each with its path."""
    found: list[tuple[_Path, JsonObject]] = []
    stack: list[tuple[_Path, Json]] = [((), node)]
    while stack:
        path, node = stack.pop()
        if isinstance(node, dict):
            if not _COMPARED.isdisjoint(node):
                found.append((path, node))
            for key, child in node.items():
                if isinstance(child, (dict, list)) and key not in _VALUES and len(path) < _DEPTH:
                    stack.append(((*path, key), child))
        elif isinstance(node, list):
            stack += [((*path, i), child) for i, child in enumerate(node) if isinstance(child, (dict, list))]
    return found


_Path = tuple[str | int, ...]
_VALUES = frozenset({"enum", "const", "default", "example", "examples"})


def _enum(judge: Judge, at: str, schema: JsonObject) -> None:
    values, declared = schema.get("enum"), schema.get("type")
    if not isinstance(values, list):
        return
    seen: set[str] = set()
    for index, value in enumerate(values):
        if isinstance(declared, str) and declared in _TYPES and not _is_of(value, declared):
            message = f"{value!r} is no {declared}" if len(repr(value)) < 80 else f"the value is no {declared}"
            judge.contradicted(ENUM_TYPE, f"{at}/enum/{index}", message, observed=value, expected=declared)
        if (text := json.dumps(value, sort_keys=True)) in seen:
            judge.remark(ENUM_REPEATS, f"{at}/enum/{index}", "the value stands there already", observed=value)
        seen.add(text)


def _is_of(value: Json, declared: str) -> bool:
    if declared != "boolean" and isinstance(value, bool):
        return False
    if declared == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES[declared])


def _bounds(judge: Judge, at: str, schema: JsonObject) -> None:
    for low, high in _BOUNDS if not _LOWER.isdisjoint(schema) else ():
        least, most = schema.get(low), schema.get(high)
        if _is_number(least) and _is_number(most) and least > most:  # type: ignore[operator]  # both are numbers
            message = f"{low} {least} is above {high} {most}"
            judge.contradicted(BOUNDS, f"{at}/{low}", message, observed=least, expected=f"at most {most}")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _own_values(judge: Judge, at: str, schema: JsonObject) -> None:
    if not isinstance(schema.get("type"), str) or schema["type"] not in _TYPES:
        return
    shown = schema.get("examples")
    values = [("default", schema.get("default")), ("example", schema.get("example"))]
    values += [(f"examples/{index}", value) for index, value in enumerate(shown if isinstance(shown, list) else ())]
    if not any(name in schema or name.startswith("examples/") for name, _ in values):
        return
    declared = schema["type"]
    open_values = [row for row in values if row[1] is not None and not _is_plainly_valid(row[1], declared, schema)]
    checker = _checker(schema) if open_values else None
    for name, value in open_values:
        problem = checker.problem(value) if checker else None
        if problem is None:
            continue
        if problem.is_undecided:
            judge.remark(UNDECIDED, f"{at}/{name}", problem.message)
            break  # the others would take as long
        if name == "default":
            judge.contradicted(DEFAULT_FITS, f"{at}/{name}", problem.message, observed=value)
        else:
            judge.remark(FIELD_EXAMPLE_FITS, f"{at}/{name}", problem.message, observed=value)


def _is_plainly_valid(value: Json, declared: str, schema: JsonObject) -> bool:
    # Most values can be told to fit without an engine: the type is right and nothing else is asked.
    return _SAYS_NOTHING.issuperset(schema) and _is_of(value, declared)


_SAYS_NOTHING = frozenset({"type", "description", "title", "required", "default", "example", "examples"})


def _checker(schema: JsonObject) -> Checker | None:
    # Required in the field, references out of the piece and other repairs are judged elsewhere.
    kept = {key: value for key, value in schema.items() if key not in {"required", "example", "examples", "$ref"}}
    try:
        return Checker(kept)
    except BadSchema:
        return None


CHECKS = (definitions,)
