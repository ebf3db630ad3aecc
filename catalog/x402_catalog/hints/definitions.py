"""Definitions: a listing's way of describing a value, made into a valid JSON Schema."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from x402_catalog.hints.forms import MAX_DEPTH, is_definition, is_field_map, is_simple, shows_values, truth, type_name
from x402_catalog.hints.keywords import is_misused
from x402_catalog.hints.shapes import Field, Note, Origin, object_schema
from x402_catalog.hints.words import JSON_TYPES, choices, is_description, is_placeholder, named_type, named_value
from x402_catalog.models import Json, JsonObject, pointer

_SUBSCHEMAS = ("additionalProperties", "contains", "contentSchema", "propertyNames", "not", "if", "then", "else",
               "unevaluatedItems", "unevaluatedProperties")  # fmt: skip
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_MAPS = ("patternProperties", "$defs", "definitions", "dependentSchemas")
_HOLDING = frozenset((*_SUBSCHEMAS, *_LISTS, *_MAPS, "items"))
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(slots=True)
class Reader:
    """Reads definitions and takes a note of each repair."""

    notes: list[Note] = field(default_factory=list)

    def note(self, kind: str, at: str, message: str) -> None:
        """Take a note."""
        self.notes.append(Note(kind, at, message))

    def fields(self, raw: JsonObject, at: str, *, required: object = None) -> tuple[Field, ...]:
        """The fields of a map from name to definition, type name, sentence or example value."""
        if isinstance(required, str):
            required = self._worded_names(required, raw, at.rpartition("/")[0])
        names = [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
        if undefined := [name for name in names if name not in raw]:
            self.note("required-undefined", f"{at}", f"required names {undefined} that are not declared")
        shown = shows_values(raw)
        return tuple(self.field(name, value, at + pointer(name), name in names, shown) for name, value in raw.items())

    def field(self, name: str, raw: Json, at: str, listed: bool = False, shown: bool | None = None) -> Field:
        """One field of whatever form; ``shown`` is what :func:`shows_values` says of the map that it stands in."""
        if is_definition(raw):
            required = listed or truth(raw.get("required"))
            return Field(name, self.schema(raw, at), required, Origin.DEFINITION, at)
        if isinstance(raw, str):
            return self._worded(name, raw, at, listed, shown)
        if is_field_map(raw):
            return Field(name, self.map_schema(raw, at), listed, Origin.SHORTHAND, at)
        self.note("example-as-field", at, "a bare value where a definition is expected: read as an example")
        return Field(name, self.schema_of_example(raw), listed, Origin.EXAMPLE, at)

    def _worded(self, name: str, raw: str, at: str, listed: bool, shown: bool | None) -> Field:
        if named := named_value(raw):
            self.note("type-name", at, f"the type name {raw!r} stands for a definition")
            return Field(name, named[0], listed, Origin.SHORTHAND, at)
        if is_description(name, raw, shown):
            self.note("prose-as-field", at, "a sentence where a definition is expected: read as its description")
            return Field(name, {"type": "string", "description": raw}, listed, Origin.PROSE, at)
        self.note("example-as-field", at, "a bare value where a definition is expected: read as an example")
        if options := choices(raw):
            return Field(name, {"type": "string", "enum": options}, listed, Origin.EXAMPLE, at)
        return Field(name, self.schema_of_example(raw), listed, Origin.EXAMPLE, at)

    def map_schema(self, raw: Json, at: str) -> JsonObject:
        """What :func:`is_field_map` recognises, as a schema."""
        self.note("field-map", at, "names with their types and no schema around them: read as its properties")
        if isinstance(raw, list):
            return {"type": "array", "items": self.field("items", raw[0], at + "/0").schema}
        return object_schema(self.fields(raw, at), closed=False)

    def schema(self, raw: Json, at: str, depth: int = 0) -> Any:
        """A definition as a schema: types mended, ``required`` lifted, older drafts' ways renewed, subschemas likewise.

        The result satisfies the metaschema of 2020-12, unless a ``pattern`` or a ``$ref`` in it is unusable.
        """
        if isinstance(raw, bool):
            return raw
        if not isinstance(raw, dict):
            return self._stray(raw, at)
        if depth > MAX_DEPTH:
            self.note("too-deep", at, f"nested more than {MAX_DEPTH} deep: not read further")
            return {}
        required, declared = raw.get("required"), raw.get("properties")
        names = required if isinstance(required, list) else []
        if isinstance(required, str):
            names = self._worded_names(required, declared, at)
        if is_simple(raw):
            return {key: value for key, value in raw.items() if key != "required"} if "required" in raw else raw
        schema = {key: value for key, value in raw.items() if key not in {"required", "nullable", "type"}}
        self._type(raw, schema, at)
        self._older_drafts(schema, at)
        self._subschemas(schema, at, depth)
        self._properties(declared, names, schema, at, depth)
        self._plain_keywords(schema, at)
        if truth(raw.get("nullable")):
            self._nullable(schema, at)
        return schema

    def _worded_names(self, word: str, declared: Json, at: str) -> list[str]:
        """What ``required`` names that is a word: the one member that is called so; else it says yes or no for a field
        by a word."""
        if isinstance(declared, dict) and word in declared:
            self.note("required-word", at + "/required", f"required names {word!r} without a list around it")
            return [word]
        read = "true" if truth(word) else "false"
        self.note("required-word", at + "/required", f"required is the word {word!r}: read as {read}")
        return []

    def _stray(self, raw: Json, at: str) -> JsonObject:
        named = named_type(raw)
        if named:
            self.note("type-name", at, f"the type name {raw!r} stands for a schema")
            return named[0]
        self.note("example-as-field", at, "a bare value where a schema is expected: read as an example")
        return self.schema_of_example(raw)

    def _type(self, raw: JsonObject, schema: JsonObject, at: str) -> None:
        declared = raw.get("type")
        if declared is None:
            return
        if isinstance(declared, list):
            kept = [name for name in dict.fromkeys(x for x in declared if isinstance(x, str)) if name in JSON_TYPES]
            if kept:
                schema["type"] = kept
            if len(kept) != len(declared):
                self.note("type-unknown", at + "/type", f"{declared!r} is not a list of JSON types")
            return
        named = named_type(declared)
        if isinstance(declared, str) and declared in JSON_TYPES:
            schema["type"] = declared
        elif named:
            self.note("type-alias", at + "/type", f"{declared!r} is not a JSON type: read as {named[0]!r}")
            for key, value in named[0].items():
                schema.setdefault(key, value)
        else:
            self.note("type-unknown", at + "/type", f"{declared!r} is not a JSON type: left open")

    def _older_drafts(self, schema: JsonObject, at: str) -> None:
        if schema.pop("$schema", _DIALECT) != _DIALECT:
            self.note("dialect", at + "/$schema", "written for another draft: read as 2020-12")
        for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            if isinstance(schema.get(exclusive), bool):
                self.note("exclusive-boolean", at + pointer(exclusive), f"draft 4's {exclusive}: the bound moves there")
                if schema.pop(exclusive) and bound in schema:
                    schema[exclusive] = schema.pop(bound)
        dependencies = schema.get("dependencies")
        if isinstance(dependencies, dict):
            self.note("dependencies", at + "/dependencies", "draft 7's dependencies: read as the two that follow it")
            del schema["dependencies"]
            for name, value in dependencies.items():
                successor = "dependentRequired" if isinstance(value, list) else "dependentSchemas"
                known = schema.get(successor)
                schema[successor] = {**(known if isinstance(known, dict) else {}), name: value}

    def _subschemas(self, schema: JsonObject, at: str, depth: int) -> None:
        if _HOLDING.isdisjoint(schema):
            return
        for key in _SUBSCHEMAS:
            if key in schema:
                schema[key] = self.schema(schema[key], at + pointer(key), depth + 1)
        for key in _LISTS:
            if isinstance(schema.get(key), list):
                schema[key] = [self.schema(s, at + pointer(key, i), depth + 1) for i, s in enumerate(schema[key])]
        for key in _MAPS:
            if isinstance(schema.get(key), dict):
                schema[key] = {k: self.schema(s, at + pointer(key, k), depth + 1) for k, s in schema[key].items()}
        if "items" in schema:
            self._items(schema, at, depth)

    def _items(self, schema: JsonObject, at: str, depth: int) -> None:
        items = schema["items"]
        if isinstance(items, list):
            self.note("items-array", at + "/items", "a list of item schemas: read as prefixItems")
            del schema["items"]
            schema["prefixItems"] = [self.schema(s, at + pointer("items", i), depth + 1) for i, s in enumerate(items)]
            if "additionalItems" in schema:
                schema["items"] = self.schema(schema.pop("additionalItems"), at + "/additionalItems", depth + 1)
        else:
            schema["items"] = self.schema(items, at + "/items", depth + 1)

    def _properties(self, declared: Json, required: list[Json], schema: JsonObject, at: str, depth: int) -> None:
        names = [name for name in required if isinstance(name, str)]
        if isinstance(declared, dict):
            lifted = [
                name for name, child in declared.items() if isinstance(child, dict) and truth(child.get("required"))
            ]
            for name in lifted:
                self.note(
                    "required-lifted", at + pointer("properties", name, "required"), "required stands in the field"
                )
            names += [name for name in lifted if name not in names]
            schema["properties"] = {
                name: self.schema(child, at + pointer("properties", name), depth + 1)
                for name, child in declared.items()
            }
            schema.setdefault("type", "object")
        elif declared is not None:
            self.note("properties-unusable", at + "/properties", "properties is not an object: left out")
            schema.pop("properties")
        if names:
            schema["required"] = list(dict.fromkeys(names))

    def _plain_keywords(self, schema: JsonObject, at: str) -> None:
        for key in [key for key in schema if is_misused(key, schema[key])]:
            self.note(
                "keyword-unusable", at + pointer(key), f"{key} has a value that JSON Schema does not allow: left out"
            )
            del schema[key]

    def _nullable(self, schema: JsonObject, at: str) -> None:
        self.note(
            "nullable", at + "/nullable", "nullable is not a JSON Schema keyword: read as type null beside the other"
        )
        declared = schema.get("type")
        if isinstance(declared, str):
            schema["type"] = [declared, "null"]
        if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
            schema["enum"] = [*schema["enum"], None]

    def schema_of_example(self, value: Json, depth: int = 0) -> JsonObject:
        """The schema of values like ``value``: its type, members likewise, all optional, ``value`` as the example."""
        schema: JsonObject = {"type": type_name(value)}
        if depth > MAX_DEPTH:
            return schema
        if isinstance(value, dict):
            schema["properties"] = {key: self.schema_of_example(child, depth + 1) for key, child in value.items()}
        elif isinstance(value, list) and value:
            kinds = {type_name(child) for child in value}
            if len(kinds) == 1:
                schema["items"] = (
                    self.schema_of_example(value[0], depth + 1) if kinds != {"object"} else {"type": "object"}
                )
        if not (isinstance(value, str) and is_placeholder(value)):
            schema["examples"] = [value]
        return schema
