"""Narrowing: a schema as prose suggests to fill it. What satisfies it satisfies the declared schema too."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from functools import partial
from typing import Any

import jsonschema_rs
from jsonschema_rs.canonical import Satisfiability

from x402_catalog.hints import Suggestion, examples_of
from x402_catalog.hints.suggestions import Kind
from x402_catalog.jsonschemas import Checker, problem_of

_URL = "^https://[a-z]{3,12}\\.example/[a-z0-9]{0,12}$"
FORMATS: dict[Kind, dict[str, Any]] = {
    Kind.DATE: {"format": "date", "pattern": "^20[0-9]{2}-"},
    Kind.DATE_TIME: {"format": "date-time", "pattern": "^20[0-9]{2}-"},
    Kind.ADDRESS: {"pattern": "^0x[0-9a-f]{40}$"},
    Kind.HASH: {"pattern": "^0x[0-9a-f]{64}$"},
    Kind.URL: {"pattern": _URL},
    Kind.LIST: {"pattern": "^[A-Za-z0-9]{2,8}(,[A-Za-z0-9]{2,8}){0,3}$"},
    Kind.BASE64: {"pattern": "^([A-Za-z0-9+/]{4}){1,8}$"},
}
READABLE = "^[A-Za-z0-9]+( [A-Za-z0-9]+){0,8}$"
_ORDINARY_FORMATS = {"date": "^20[0-9]{2}-", "date-time": "^20[0-9]{2}-", "uri": _URL}
_DEPTH = 12
_UPPER = {"integer": "maximum", "number": "maximum", "string": "maxLength", "array": "maxItems"}
_LOWER = {"integer": "minimum", "number": "minimum", "string": "minLength", "array": "minItems"}


def narrowed(part: str, schema: Any, suggestions: Iterable[Suggestion]) -> Any:
    """``schema`` filled as a careful buyer would: with every suggestion for ``part`` that it can take, strings that are
    readable, numbers of ordinary size. What leaves no value is left out.
    """
    result = deepcopy(schema)
    for suggestion in suggestions:
        if suggestion.part == part:
            _at(result, suggestion.pointer, partial(_applied, suggestion))
    _plain_values(result, 0)
    return result


def advised(schema: dict[str, Any], advice: Iterable[Suggestion]) -> dict[str, Any]:
    """``schema`` with every suggestion about its values that it can take."""
    for suggestion in advice:
        after = _applied(suggestion, schema)
        if after is not schema and _is_usable(schema, after):
            schema = after
    return schema


def plain(schema: dict[str, Any]) -> dict[str, Any]:
    """``schema`` filled as a careful buyer would, whatever the listing shows; it may leave no value."""
    result = deepcopy(schema)
    _plain_values(result, 0)
    return _plain(result)


def _at(schema: Any, pointer: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    *steps, last = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    for step in steps:
        schema = schema.get(step) if isinstance(schema, dict) else None
    if isinstance(schema, dict):
        _replace(schema, last, change)


def _replace(holder: dict[str, Any], name: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    before = holder.get(name)
    if not isinstance(before, dict):
        return
    after = change(before)
    if after is not before and _is_usable(before, after):
        holder[name] = after


def _is_usable(before: dict[str, Any], after: dict[str, Any]) -> bool:
    # Where the listing's own example or default breaks what its prose seems to say, the prose was misread.
    if problem_of(after) is not None or jsonschema_rs.canonicalize(after).satisfiability() == Satisfiability.NO:
        return False
    checker = Checker(after)
    return all(checker.is_valid(value) for value in examples_of(before))


def _plain_values(schema: Any, depth: int) -> None:
    if not isinstance(schema, dict) or depth > _DEPTH:
        return
    properties = schema.get("properties")
    for name, child in list(properties.items()) if isinstance(properties, dict) else []:
        _plain_values(child, depth + 1)
        _replace(schema["properties"], name, _plain)
    if isinstance(schema.get("items"), dict):
        _plain_values(schema["items"], depth + 1)
        _replace(schema, "items", _plain)


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    if {"enum", "const", "$ref", "anyOf", "oneOf", "allOf"} & set(schema):
        return schema
    declared = schema.get("type")
    if declared == "string" and not {"pattern", "format", "contentMediaType"} & set(schema):
        return {**schema, "pattern": READABLE}
    if declared == "string" and schema.get("format") in _ORDINARY_FORMATS and "pattern" not in schema:
        return {**schema, "pattern": _ORDINARY_FORMATS[schema["format"]]}
    if declared in ("integer", "number"):
        return _ordinary(schema)
    return schema


def _ordinary(schema: dict[str, Any]) -> dict[str, Any]:
    # An open end is closed near the other bound: extremes are valid, but seldom what a first purchase should try.
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    bounds: dict[str, Any] = {}
    if low is None:
        bounds["minimum"] = 1 if high is None or high >= 1 else high - 100
    if high is None:
        bounds["maximum"] = 100 if low is None or low < 100 else low + 100
    if schema["type"] == "number" and "multipleOf" not in schema:
        bounds["multipleOf"] = 0.25
    return {**schema, **bounds} if bounds else schema


def _applied(suggestion: Suggestion, schema: dict[str, Any]) -> dict[str, Any]:
    declared, value = schema.get("type"), suggestion.value
    if suggestion.kind is Kind.ONLY:
        return {**schema, "const": value}
    if suggestion.kind is Kind.CHOICES:
        return {**schema, "enum": value}
    if suggestion.kind is Kind.MAXIMUM and declared in _UPPER:
        return _bounded(schema, _UPPER[declared], value, min)
    if suggestion.kind is Kind.MINIMUM and declared in _LOWER:
        return _bounded(schema, _LOWER[declared], value, max)
    shape = FORMATS.get(suggestion.kind)
    if shape is not None and declared == "string" and not {"enum", "const", "pattern", "format"} & set(schema):
        return {**schema, **shape}
    return schema


def _bounded(schema: dict[str, Any], keyword: str, value: Any, tighter: Any) -> dict[str, Any]:
    stated = schema.get(keyword)
    return {**schema, keyword: value if stated is None else tighter(stated, value)}
