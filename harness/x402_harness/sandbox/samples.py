"""Samples: a value that satisfies a schema, made from what the schema itself shows first.

``example`` → ``examples`` → ``const`` → ``default`` → first of ``enum`` → first branch → required members. What comes
out is checked; where it does not satisfy the schema, a value is drawn from the schema's strategy instead.
"""

from __future__ import annotations

from typing import Any

from x402_catalog.jsonschemas import Checker, Schema
from x402_catalog.models import Json, JsonObject

MAX_DEPTH = 24
MAX_NODES = 5_000  # values in one sample; schemas that refer to themselves can ask for any number

_FORMATS = {
    "date-time": "2026-01-02T03:04:05Z",
    "date": "2026-01-02",
    "time": "03:04:05Z",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "uri-reference": "/",
    "uuid": "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "duration": "PT1H",
}


class Unanswerable(ValueError):
    """No value was found that satisfies the schema."""


def sample(schema: Schema, seed: int = 0) -> Json:
    """A value that satisfies ``schema``: always the same one for the same schema and seed.

    Raises :class:`Unanswerable` if none is found, and :class:`~x402_catalog.jsonschemas.BadSchema` for no schema.
    """
    checker = Checker(schema)
    value = _Builder(schema).build(schema, 0)
    if checker.is_valid(value):
        return value
    return _drawn(schema, checker, seed)


def _drawn(schema: Schema, checker: Checker, seed: int) -> Json:
    from x402_harness.generation import UnsatisfiableSchema, UnsupportedSchema, draw, strategy_for

    try:
        values = draw(strategy_for(schema), 1, seed)
    except (UnsupportedSchema, UnsatisfiableSchema) as error:
        raise Unanswerable(str(error)) from error
    if not values or not checker.is_valid(values[0]):
        raise Unanswerable("no value was found that satisfies the schema")
    return values[0]


class _Builder:
    def __init__(self, root: Schema) -> None:
        self._root = root
        self._left = MAX_NODES

    def build(self, schema: Any, depth: int) -> Json:
        self._left -= 1
        if not isinstance(schema, dict) or depth > MAX_DEPTH or self._left < 0:
            return None
        for key, pick in (("example", None), ("examples", 0), ("const", None), ("default", None), ("enum", 0)):
            if key in schema:
                shown = schema[key]
                if pick is None:
                    return shown
                if isinstance(shown, list) and shown:
                    return shown[pick]
        if isinstance(schema.get("$ref"), str):
            return self.build(self._resolve(schema["$ref"]), depth + 1)
        for key in ("anyOf", "oneOf"):
            if isinstance(schema.get(key), list) and schema[key]:
                return self._merged({k: v for k, v in schema.items() if k != key}, schema[key][0], depth=depth)
        if isinstance(schema.get("allOf"), list) and schema["allOf"]:
            return self._merged({k: v for k, v in schema.items() if k != "allOf"}, *schema["allOf"], depth=depth)
        return self._typed(schema, depth)

    def _merged(self, *parts: Any, depth: int = 0) -> Json:
        merged: JsonObject = {}
        for part in (part for part in parts if isinstance(part, dict)):
            inner = self._resolve(part["$ref"]) if isinstance(part.get("$ref"), str) else part
            for key, value in (inner if isinstance(inner, dict) else {}).items():
                known = merged.get(key)
                if key == "properties" and isinstance(known, dict) and isinstance(value, dict):
                    merged[key] = {**known, **value}
                elif key == "required" and isinstance(known, list) and isinstance(value, list):
                    merged[key] = [*known, *value]
                else:
                    merged[key] = value
        return self.build(merged, depth + 1)

    def _typed(self, schema: JsonObject, depth: int) -> Json:
        declared = schema.get("type")
        kind = declared[0] if isinstance(declared, list) and declared else declared
        if kind == "object" or (kind is None and "properties" in schema):
            return self._object(schema, depth)
        if kind == "array" or (kind is None and ("items" in schema or "prefixItems" in schema)):
            return self._array(schema, depth)
        if kind == "string":
            return self._string(schema)
        if kind in {"integer", "number"}:
            return _number(schema, whole=kind == "integer")
        return True if kind == "boolean" else None

    def _object(self, schema: JsonObject, depth: int) -> JsonObject:
        properties = schema.get("properties")
        known = properties if isinstance(properties, dict) else {}
        required = [name for name in schema.get("required", ()) if isinstance(name, str)]
        # Optional members are shown too, as far as that ends: an answer that shows more proves more.
        names = list(known) if depth < 6 else [name for name in known if name in required]
        return {name: self.build(known.get(name, {}), depth + 1) for name in dict.fromkeys([*names, *required])}

    def _array(self, schema: JsonObject, depth: int) -> list[Json]:
        prefix = schema.get("prefixItems")
        items = [self.build(item, depth + 1) for item in (prefix if isinstance(prefix, list) else ())]
        least = schema.get("minItems")
        count = max(least if isinstance(least, int) else 0, 1 if "items" in schema and depth < 8 else 0)
        while len(items) < min(count, 64) and schema.get("items") is not False:
            items.append(self.build(schema.get("items", {}), depth + 1))
        return items

    def _string(self, schema: JsonObject) -> str:
        value = _FORMATS.get(str(schema.get("format")), "sample")
        least, most = schema.get("minLength"), schema.get("maxLength")
        if isinstance(least, int) and len(value) < least <= 10_000:
            value = (value * (least // len(value) + 1))[:least]
        return value[:most] if isinstance(most, int) and most >= 0 else value

    def _resolve(self, reference: str) -> Any:
        node: Any = self._root
        if not reference.startswith("#"):
            return None
        for step in reference[1:].split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            node = node.get(key) if isinstance(node, dict) else None
        return node


def _number(schema: JsonObject, *, whole: bool) -> int | float:
    low, high = schema.get("minimum", schema.get("exclusiveMinimum")), schema.get("maximum")
    value: int | float = 1
    if isinstance(low, (int, float)) and not isinstance(low, bool) and value <= low:
        value = low + 1 if "exclusiveMinimum" in schema else low
    if isinstance(high, (int, float)) and not isinstance(high, bool) and value > high:
        value = high
    return int(value) if whole else value
