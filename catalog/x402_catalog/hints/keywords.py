"""Keywords of JSON Schema 2020-12, and which values they may not have."""

from __future__ import annotations

import re

from x402_catalog.models import Json

_TEXTS = frozenset(
    {"description", "title", "format", "pattern", "$ref", "$id", "$schema", "$comment", "$anchor", "$dynamicRef",
     "$dynamicAnchor", "contentEncoding", "contentMediaType"}
)  # fmt: skip
_COUNTS = frozenset(
    {"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains", "maxContains"}
)
_NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_FLAGS = frozenset({"uniqueItems", "deprecated", "readOnly", "writeOnly"})
_LISTS = frozenset({"anyOf", "oneOf", "allOf", "prefixItems", "enum"})
_MAPS = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependentRequired"})
_SCHEMAS = frozenset(
    {"items", "additionalProperties", "contains", "propertyNames", "not", "if", "then", "else", "contentSchema",
     "unevaluatedItems", "unevaluatedProperties", "additionalItems"}
)  # fmt: skip
_NAME = re.compile(r"[A-Za-z_][-A-Za-z0-9._]*")

# What a definition may consist of: the keywords, and what listings write beside them.
KEYWORDS = (
    _TEXTS | _COUNTS | _NUMBERS | _FLAGS | _LISTS | _MAPS | _SCHEMAS
    | {"type", "const", "default", "required", "example", "examples", "nullable", "dependencies", "mimeTypes"}
)  # fmt: skip


def is_misused(key: str, value: Json) -> bool:
    """Whether the metaschema refuses ``value`` under ``key``. Subschemas are taken to be valid already."""
    if key in _TEXTS:
        return not isinstance(value, str) or not _is_identifier(key, value)
    if key in _COUNTS:
        return not _is_number(value) or value < 0 or value != int(value)
    if key in _NUMBERS:
        return not _is_number(value) or (key == "multipleOf" and value <= 0)
    if key in _FLAGS:
        return not isinstance(value, bool)
    if key in _LISTS:
        return not isinstance(value, list) or not value
    if key == "dependentRequired":
        return not isinstance(value, dict) or not all(map(_is_name_list, value.values()))
    if key in _MAPS:
        return not isinstance(value, dict)
    if key == "examples":
        return not isinstance(value, list)
    return key in {"$vocabulary", "$recursiveRef", "$recursiveAnchor", "dependencies"}


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_identifier(key: str, value: str) -> bool:
    if key in {"$anchor", "$dynamicAnchor"}:
        return _NAME.fullmatch(value) is not None
    return key != "$id" or "#" not in value[:-1]


def _is_name_list(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(x, str) for x in value) and len(set(value)) == len(value)
