"""Typed parts: version 2 shows a request by examples (``info``) and types it in a schema beside them (``schema``)."""

from __future__ import annotations

from dataclasses import dataclass

from x402_catalog.hints.definitions import Reader
from x402_catalog.hints.references import Unfolder
from x402_catalog.hints.shapes import Field, Origin
from x402_catalog.hints.words import is_placeholder
from x402_catalog.models import Json, JsonObject, Offer, mapping, member, pointer

_SAYING = frozenset({"properties", "items", "prefixItems", "anyOf", "oneOf", "allOf", "enum", "const"})


@dataclass(frozen=True, slots=True)
class Typed:
    """The schema of one part, the part's name, and where the schema stands."""

    name: str
    schema: JsonObject
    at: str


def typed_parts(offer: Offer, side: str, reader: Reader) -> dict[str, Typed]:
    """What ``hints.schema`` says of the parts of ``side`` (``input`` or ``output``), by name; those it says nothing of
    but that they exist are left out."""
    declared = mapping(offer.hints.get("schema"))
    if not isinstance(member(declared, "properties"), dict):
        return {}
    at = f"{offer.pointer}/hints/schema"
    unfolder = Unfolder(declared)
    parts = mapping(member(unfolder.unfold(declared, at)[0], "properties", side, "properties"))
    if unfolder.is_cut:
        reader.note("too-deep", at, "its references unfold without end, or too deep: not read further")
    base = f"{at}/properties/{side}/properties"
    return {
        name: Typed(name, schema, base + pointer(name))
        for name, schema in parts.items()
        if isinstance(schema, dict) and _SAYING & set(schema)
    }


def typed_fields(part: Typed, shown: JsonObject, at: str, reader: Reader) -> tuple[Field, ...]:
    """The fields of a typed part, with the values that ``shown`` (at ``at``) gives for them as examples.

    A value of a field that the schema leaves out makes a field of its own, unless the schema admits no other.
    """
    whole = reader.schema(part.schema, part.at)
    members = mapping(whole.get("properties"))
    required = whole.get("required", [])
    if undefined := [name for name in required if name not in members]:
        reader.note("required-undefined", f"{part.at}/required", f"required names {undefined} that are not declared")
    known = tuple(_field(part, name, schema, name in required, shown) for name, schema in members.items())
    if part.schema.get("additionalProperties") is False:
        return known
    return (*known, *reader.fields({key: value for key, value in shown.items() if key not in members}, at))


def typed_object(schema: Json, shown: JsonObject, at: str, reader: Reader) -> Json:
    """The schema of a typed body, with examples and further fields like :func:`typed_fields`."""
    members = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(members, dict):
        return schema
    made = {
        name: {**child, "examples": [shown[name]]} if isinstance(child, dict) and _lacks(child, name, shown) else child
        for name, child in members.items()
    }
    if schema.get("additionalProperties") is not False:
        rest = {key: value for key, value in shown.items() if key not in members}
        made |= {field.name: field.schema for field in reader.fields(rest, at)}
    return {**schema, "properties": made}


def _field(part: Typed, name: str, schema: Json, required: bool, shown: JsonObject) -> Field:
    # A field may be typed true or false, which as an object is {} or what nothing satisfies.
    made: JsonObject = schema if isinstance(schema, dict) else {} if schema else {"not": {}}
    if _lacks(made, name, shown):
        made = {**made, "examples": [shown[name]]}
    return Field(name, made, required, Origin.DEFINITION, f"{part.at}/properties{pointer(name)}")


def _lacks(schema: JsonObject, name: str, shown: JsonObject) -> bool:
    """Whether ``shown`` has a value to show for a schema that shows none."""
    if name not in shown or shown[name] is None or {"example", "examples"} & set(schema):
        return False
    return not (isinstance(shown[name], str) and is_placeholder(shown[name]))
