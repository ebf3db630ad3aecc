"""Plain hints: those that need no repair, make valid schemas and hold nothing to compare, told by one look.

Most hints are plain. One compiled schema tells so in a few microseconds, where reading them, making schemas of them and
having those judged takes a hundred times as long. It is strict: what it refuses is not wrong, but is read in full.
"""

from __future__ import annotations

from functools import lru_cache

import orjson

from x402_catalog.jsonschemas import Checker
from x402_catalog.models import Json, JsonObject

_LEVELS = 7  # of definitions inside definitions; each is written out, so that none can be nested without end
_SCALARS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}
_BODY_METHODS, _OTHER_METHODS = ["POST", "PUT", "PATCH"], ["GET", "HEAD", "DELETE", "OPTIONS"]
_TRANSPORT = r"^(?i:x-payment|payment-signature|payment|x-payment-response|payment-response|content-length|host)$"
_INT64 = 2**63
_PARTS = {"input", "output"}
_SIMPLE = frozenset({"type", "description", "enum", "required"})
_MOST, _LONGEST = 2048, 4096  # texts of each form that are remembered, and bytes of each: 24 MB at most


def is_plain(hints: JsonObject, url: str) -> bool:
    """Whether ``hints`` of an offer at ``url`` are plain: no rule about hints has anything to say of them, except
    where they are held against something else, such as an example or the hints of another offer."""
    if "{" in url or "/:" in url or "/[" in url or hints.keys() != _PARTS:
        return False
    try:
        return _is_plain("input", hints["input"]) and _is_plain_output(hints["output"])
    except TypeError:  # an integer beyond 64 bits, or nested deeper than orjson writes
        return False


def _is_plain_output(output: Json) -> bool:
    # Outputs differ, but of definitions that many have: all that is asked of one is that it be plain by itself.
    if not isinstance(output, dict) or not isinstance(fields := output.get("properties"), dict):
        return False
    for definition in fields.values():
        if not _is_plain("answer", definition):
            return False
    return _is_plain("output", {**output, "properties": {}})


def _is_plain(name: str, value: Json) -> bool:
    """Whether ``value`` is of the :func:`form` ``name``; raises ``TypeError`` for what orjson does not write."""
    # Catalogues repeat themselves: writing a value out, to see whether it is known, is quicker than judging it.
    known, text = _VERDICTS[name], orjson.dumps(value)
    verdict = known.get(text)
    if verdict is None:
        verdict = form(name).is_valid(value)
        if len(text) <= _LONGEST:
            if len(known) >= _MOST:
                known.clear()
            known[text] = verdict
    return verdict


_VERDICTS: dict[str, dict[bytes, bool]] = {"input": {}, "output": {}, "answer": {}}


def fits_plainly(example: Json, source: JsonObject) -> bool:
    """Whether ``example`` surely satisfies the body, else the query, of the plain input ``source``; where this is False
    an engine has to decide."""
    fields = source.get("bodyFields", source.get("queryParams"))
    if not isinstance(fields, dict) or not (fields or "bodyFields" in source) or not isinstance(example, dict):
        return False
    for name, field in fields.items():
        if "required" in field and field["required"] is True and name not in example:
            return False
    for name, value in example.items():  # noqa: SIM110  # a generator costs as much as the looks themselves
        if name not in fields or not _has_plainly(fields[name], value):
            return False
    return True


def _has_plainly(field: JsonObject, value: Json) -> bool:
    kind = type(value)
    if kind not in _SCALARS.get(field["type"], ()) or not _SIMPLE.issuperset(field):
        return False
    if "enum" in field:
        return value in field["enum"]
    return kind is not int or -_INT64 <= value < _INT64


@lru_cache(maxsize=3)
def form(name: str) -> Checker:
    """The schema of a form: ``input``, ``output``, or ``answer``, which is a definition directly in an output."""
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
    forms = {"input": source, "output": output, "answer": _reference("answer", _LEVELS - 1)}
    return Checker(forms[name] | {"$defs": _definitions()}, own=True)


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
    members = simple | (_holding(family, level - 1) if level else {})
    return _object(members, []) | {"dependentSchemas": _compared()}


def _holding(family: str, level: int) -> JsonObject:
    below = _reference(family, level)
    listed = {"type": "array", "minItems": 1, "items": below}
    return {
        "properties": {"type": "object", "additionalProperties": below},
        "items": below,
        "additionalProperties": {"anyOf": [{"type": "boolean"}, below]},
        **dict.fromkeys(("anyOf", "oneOf", "allOf"), listed),
    }


def _compared() -> JsonObject:
    """What may stand beside a choice of values, beside values that only have to be of the type, and beside a bound; it
    costs nothing where there is none of these."""
    lower, upper = ("minimum", "minLength"), ("maximum", "maxLength")
    bounds = dict.fromkeys((*lower, *upper), False)
    choice = {"properties": bounds | {"default": False, "example": False}, "anyOf": _typed("enum", listed=True)}
    shown = bounds | {"enum": False, "format": False}
    one_sided = {"properties": dict.fromkeys(upper, False)}  # bounds on one side cannot contradict each other
    return {
        "enum": choice,
        "default": {"properties": shown, "anyOf": _typed("default")},
        "example": {"properties": shown, "anyOf": _typed("example")},
        **dict.fromkeys(lower, one_sided),
    }


def _typed(name: str, *, listed: bool = False) -> list[JsonObject]:
    """That the value at ``name``, or each in the list there, is of the type that stands beside it."""
    wanted: dict[str, JsonObject] = {kind: {"type": kind} for kind in _SCALARS}
    return [
        {"properties": {"type": {"const": kind}, name: {"items": of} if listed else of}, "required": ["type"]}
        for kind, of in wanted.items()
    ]


def _object(properties: JsonObject, required: list[str]) -> JsonObject:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _reference(family: str, level: int) -> JsonObject:
    return {"$ref": f"#/$defs/{family}{level}"}
