"""Plain hints: those that need no repair, make valid schemas and hold nothing to compare, told by one look.

Most hints are plain. One compiled schema tells so in a few microseconds, where reading them, making schemas of them and
having those judged takes a hundred times as long. It is strict: what it refuses is not wrong, but is read in full.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from x402_catalog.hints.forms import is_simple
from x402_catalog.jsonschemas import Checker
from x402_catalog.models import Json, JsonObject

_LEVELS = 7  # of definitions inside definitions; each is written out, so that none can be nested without end
_SCALARS: dict[str, tuple[type, ...]] = {"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,)}
_BODY_METHODS, _OTHER_METHODS = ["POST", "PUT", "PATCH"], ["GET", "HEAD", "DELETE", "OPTIONS"]
_TRANSPORT = r"^(?i:x-payment|payment-signature|payment|x-payment-response|payment-response|content-length|host)$"
_INT64 = 2**63


def is_plain(hints: JsonObject, url: str) -> bool:
    """Whether ``hints`` of an offer at ``url`` are plain: no rule about hints has anything to say of them, except
    where they are held against something else, such as an example or the hints of another offer."""
    return not ("{" in url or "/:" in url or "/[" in url) and _plain().is_valid(hints)


def fits_plainly(example: Json, source: JsonObject) -> bool:
    """Whether ``example`` surely satisfies the body, else the query, of the plain input ``source``; where this is False
    an engine has to decide."""
    fields = source.get("bodyFields", source.get("queryParams"))
    if not fields and "bodyFields" not in source or not isinstance(example, dict):
        return False
    if any("required" in field and field["required"] is True and name not in example for name, field in fields.items()):
        return False
    return all(name in fields and _has_plainly(fields[name], value) for name, value in example.items())


def _has_plainly(field: JsonObject, value: Json) -> bool:
    if not is_simple(field) or type(value) not in _SCALARS[field["type"]]:
        return False
    if isinstance(value, int) and not -_INT64 <= value < _INT64:
        return False
    return "enum" not in field or value in field["enum"]


@lru_cache(maxsize=1)
def _plain() -> Checker:
    # A field that is called properties can make its map look like a schema of the whole.
    fields = {
        "type": "object",
        "properties": {"properties": False},
        "additionalProperties": _reference("field", _LEVELS),
    }
    parts = {
        "type": {"const": "http"},
        "method": {"enum": [*_BODY_METHODS, *_OTHER_METHODS]},
        "discoverable": {"type": "boolean"},
        "bodyType": {"const": "json"},
        "bodyFields": fields,
        "queryParams": fields,
        "headerFields": {**fields, "propertyNames": {"not": {"pattern": _TRANSPORT}}},
    }
    with_body = {"properties": {"method": {"enum": _BODY_METHODS}}, "required": ["bodyFields"]}
    without = {"properties": {"method": {"enum": _OTHER_METHODS}, "bodyFields": False}}
    source = _object(parts, ["method"]) | {"anyOf": [with_body, without]}
    output = {"$ref": f"#/$defs/answer{_LEVELS}", "properties": {"type": {"const": "object"}}}
    output["required"] = ["type", "properties"]
    return Checker(_object({"input": source, "output": output}, ["input", "output"]) | {"$defs": _definitions()})


def _definitions() -> JsonObject:
    """The forms that a definition may have: a field's, and an answer's, where ``required`` is a list as in a schema."""
    names = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
    found: JsonObject = {}
    for level in range(_LEVELS + 1):
        found[f"answer{level}"] = _definition("answer", level, names)
        found[f"inner{level}"] = _definition("inner", level, {"anyOf": [{"type": "boolean"}, names]})
        found[f"field{level}"] = {"$ref": f"#/$defs/inner{level}", "required": ["type"]}
    return found


def _definition(family: str, level: int, required: JsonObject) -> JsonObject:
    simple = {
        "type": {"enum": [*_SCALARS, "object", "array"]},
        "description": {"type": "string"},
        "title": {"type": "string"},
        "format": {"type": "string"},
        "enum": {"type": "array", "minItems": 1, "uniqueItems": True},
        "minimum": {"type": "number"},
        "maximum": {"type": "number"},
        "minLength": {"type": "integer", "minimum": 0},
        "maxLength": {"type": "integer", "minimum": 0},
        "default": True,
        "example": True,
        "required": required,
    }
    return _object(simple | (_holding(family, level - 1) if level else {}), []) | {"anyOf": _valued()}


def _holding(family: str, level: int) -> JsonObject:
    below = _reference(family, level)
    listed = {"type": "array", "minItems": 1, "items": below}
    return {
        "properties": {"type": "object", "additionalProperties": below},
        "items": below,
        "additionalProperties": {"anyOf": [{"type": "boolean"}, below]},
        **dict.fromkeys(("anyOf", "oneOf", "allOf"), listed),
    }


def _valued() -> list[JsonObject]:
    """What may stand beside a type: nothing to compare, or a choice of values, or values that only have to be of it."""
    lower, upper = ("minimum", "minLength"), ("maximum", "maxLength")
    bounds = (*lower, *upper)
    free = dict.fromkeys(("enum", "default", "example"), False)
    # Bounds on one side cannot contradict each other.
    rows: list[JsonObject] = [{"properties": free | dict.fromkeys(side, False)} for side in (upper, lower)]
    choice = dict.fromkeys(("default", "example", *bounds), False)
    shown = dict.fromkeys(("enum", "format", *bounds), False)
    for name in _SCALARS:
        of = {"type": name}
        rows.append({"properties": choice | {"type": {"const": name}, "enum": {"items": of}}, "required": ["type"]})
        rows.append(
            {"properties": shown | {"type": {"const": name}, "default": of, "example": of}, "required": ["type"]}
        )
    return rows


def _object(properties: JsonObject, required: list[str]) -> JsonObject:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _reference(family: str, level: int) -> JsonObject:
    return {"$ref": f"#/$defs/{family}{level}"}
