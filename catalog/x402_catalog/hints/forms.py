"""Forms: whether a JSON value describes values, names fields with their types, or is itself an example."""

from __future__ import annotations

from x402_catalog.hints.keywords import KEYWORDS
from x402_catalog.hints.words import AMBIGUOUS, JSON_TYPES, is_description, is_placeholder, named_type, named_value
from x402_catalog.models import Json, JsonObject

MAX_DEPTH = 60
_UNTYPED = {"enum": list, "properties": dict, "items": dict, "anyOf": list, "oneOf": list, "allOf": list, "$ref": str}


def is_definition(value: Json) -> bool:
    """Whether ``value`` describes a value rather than being one: it has a type, or another schema keyword."""
    if not isinstance(value, dict):
        return False
    kind = value.get("type")
    if isinstance(kind, str) and kind in _SIMPLE_TYPES and _SIMPLE.issuperset(value):
        return True
    if isinstance(kind, list):
        return any(name in JSON_TYPES for name in kind if isinstance(name, str))
    if named_type(kind):
        return not is_word_map(value) and not _is_typed_value(value)
    if isinstance(kind, str):  # no type that anybody knows: only what cannot be a value beside it makes a definition
        return set(value) <= KEYWORDS and _has_structure(value)
    return "type" not in value and set(value) <= KEYWORDS and _is_untyped_definition(value)


_SIMPLE = frozenset({"type", "description", "enum", "required"})
_SIMPLE_TYPES = frozenset({"string", "integer", "number", "boolean"})


def is_simple(value: JsonObject) -> bool:
    """Whether a definition is of the plainest kind, which needs no repair: a JSON type, perhaps with a description, a
    choice of values, and whether it is required."""
    kind = value.get("type")
    if not _SIMPLE.issuperset(value) or not isinstance(kind, str) or kind not in _SIMPLE_TYPES:
        return False
    choice = value.get("enum", (None,))
    return isinstance(value.get("description", ""), str) and isinstance(choice, (list, tuple)) and bool(choice)


def is_word_map(value: JsonObject) -> bool:
    """Whether an object with a member ``type`` is a map of fields of which one is called so:
    ``{"type": "string", "id": "string"}``."""
    others = [child for key, child in value.items() if key not in KEYWORDS]
    return bool(others) and all(
        named_value(child) or (isinstance(child, dict) and named_type(child.get("type"))) for child in others
    )


def is_field_map(value: Json, depth: int = 0) -> bool:
    """Whether ``value`` names fields with their types and nothing else, at any depth: ``{"user": {"id": "integer"}}``,
    ``["string"]``."""
    if isinstance(value, list):
        return len(value) == 1 and _says_type(value[0], depth)
    return isinstance(value, dict) and bool(value) and all(_says_type(child, depth) for child in value.values())


def shows_values(fields: JsonObject) -> bool | None:
    """Whether a map of fields, of which one is a string, shows values: True where one member surely is a value, False
    where none is and one surely is a description."""
    texts = {name: child for name, child in fields.items() if isinstance(child, str)}
    if not texts:
        return None
    if any(map(_is_value, fields.values())):
        return True
    return False if any(is_description(name, child) for name, child in texts.items()) else None


def _is_value(value: Json) -> bool:
    if isinstance(value, str):
        return bool(value) and not any(map(str.isspace, value)) and not (named_value(value) or is_placeholder(value))
    return value is not None and not is_definition(value) and not is_field_map(value)


def _says_type(value: Json, depth: int) -> bool:
    if isinstance(value, str):
        return named_value(value) is not None
    return is_definition(value) or (depth < MAX_DEPTH and is_field_map(value, depth + 1))


def _is_typed_value(value: JsonObject) -> bool:
    # {"type": "text", "content": "hi"}: an ambiguous word beside members that no definition has.
    return str(value["type"]).strip().lower() in AMBIGUOUS and not set(value) & KEYWORDS - {"type"} and len(value) > 1


def _has_structure(value: JsonObject) -> bool:
    structured = any(isinstance(value.get(key), kind) for key, kind in _UNTYPED.items())
    return structured or isinstance(value.get("required"), bool)


def _is_untyped_definition(value: JsonObject) -> bool:
    if _has_structure(value) or "const" in value or ("description" in value and "title" not in value):
        return True
    return bool(set(value) & {"default", "minimum", "maximum", "minLength", "maxLength", "nullable"})


def truth(value: Json) -> bool:
    """Whether a ``required`` or ``nullable`` says yes: ``true``, or the word for it."""
    return value is True or (isinstance(value, str) and value.strip().lower() in {"true", "yes", "required"})


def type_name(value: Json) -> str:
    """The JSON type of a value."""
    names = {bool: "boolean", str: "string", int: "integer", float: "number", list: "array", dict: "object"}
    return names.get(type(value), "null")


def is_whole_schema(value: JsonObject) -> bool:
    """Whether an object is the schema of a whole body or of a whole part, and not a map of its fields."""
    kind = value.get("type")
    if isinstance(value.get("properties"), dict) and set(value) <= KEYWORDS | {"$schema"}:
        return kind is None or named_type(kind) is not None or isinstance(kind, list)
    return kind is not None and is_definition(value)
