"""Responses: ``hints.output`` made into a :class:`ResponseShape`."""

from __future__ import annotations

from dataclasses import replace

from x402_catalog.hints.definitions import Reader
from x402_catalog.hints.forms import MAX_DEPTH, is_field_map, is_whole_schema, is_word_map
from x402_catalog.hints.shapes import Declared, ResponseShape, examples_of
from x402_catalog.hints.typed import typed_parts
from x402_catalog.hints.words import JSON_TYPES
from x402_catalog.jsonschemas import is_plainly_valid
from x402_catalog.models import Json, JsonObject, Listing, Offer, mapping, text

_SCHEMA_SIGNS = frozenset(
    [
        "properties",
        "items",
        "required",
        "enum",
        "anyOf",
        "oneOf",
        "allOf",
        "additionalProperties",
        "$ref",
        "const",
        "prefixItems",
        "$defs",
        "pattern",
        "format",
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "patternProperties",
    ]
)
_TYPED_EXAMPLE = frozenset({"type", "format", "example", "mimeType", "description", "schema"})
# Keywords that a valid schema may have and that are yet read otherwise than 2020-12 does, or are none of its own.
_REPAIRED = frozenset({"nullable", "dependencies", "additionalItems", "definitions"})
_SAYING_NOTHING = frozenset({"type", "description", "title", "example", "examples"})
_FORMATS = {"json": "application/json", "text": "text/plain", "html": "text/html", "xml": "application/xml",
            "raw": None, "binary": None, "image": None, "file": None}  # fmt: skip


def response_shape(listing: Listing, offer: Offer) -> ResponseShape:
    """What an answer bought with this offer looks like.

    The output is the offer's own; where it declares none, another offer's of the same listing.
    """
    raw, at, declaring = _output(listing, offer)
    reader = Reader()
    shape = _typed(_shape(raw, at, reader), declaring, reader)
    return ResponseShape(
        declared=shape.declared,
        pointer=shape.pointer,
        schema=shape.schema,
        example=shape.example,
        media_type=offer.mime_type or shape.media_type,
        notes=tuple(reader.notes),
    )


def _output(listing: Listing, offer: Offer) -> tuple[Json, str, Offer]:
    """The output, where it stands, and the offer that declares it."""
    for candidate in (offer, *listing.offers):
        if (raw := candidate.hints.get("output")) is not None:
            return raw, f"{candidate.pointer}/hints/output", candidate
    return None, f"{offer.pointer}/hints/output", offer


def _typed(shape: ResponseShape, offer: Offer, reader: Reader) -> ResponseShape:
    """The shape with the schema that version 2 gives for the example, where it says more than that there is one."""
    part = typed_parts(offer, "output", reader).get("example") if shape.declared is not Declared.SCHEMA else None
    if part is None:
        return shape
    return replace(shape, declared=Declared.SCHEMA, pointer=part.at, schema=reader.schema(part.schema, part.at))


def _shape(raw: Json, at: str, reader: Reader) -> ResponseShape:
    if raw is None or raw == {} or isinstance(raw, bool):
        return ResponseShape(Declared.NOTHING, at)
    if not isinstance(raw, dict):
        return ResponseShape(Declared.EXAMPLE, at, example=raw, media_type="application/json")
    if "input" in raw and isinstance(raw["input"], dict) and "method" in raw["input"]:
        reader.note("input-under-output", f"{at}/input", "the input stands under output: left out of the answer")
        raw = {key: value for key, value in raw.items() if key != "input"}
        if not raw:
            return ResponseShape(Declared.NOTHING, at)
    if _is_schema(raw):
        # Most schemas need no repair, and are taken as they stand.
        schema = raw if "type" in raw and is_plainly_valid(raw, _REPAIRED, MAX_DEPTH) else reader.schema(raw, at)
        return _by_schema(ResponseShape(Declared.SCHEMA, at, schema, _shown(schema), "application/json"))
    if _is_typed_example(raw):
        return _typed_example(raw, at, reader)
    if is_field_map(raw):
        return ResponseShape(Declared.SCHEMA, at, schema=reader.map_schema(raw, at), media_type="application/json")
    return ResponseShape(Declared.EXAMPLE, at, example=raw, media_type="application/json")


def _by_schema(shape: ResponseShape) -> ResponseShape:
    """The shape of a schema and the example beside it: the schema alone, unless it says no more than that there is an
    object, so that what is in it the example alone tells."""
    says_object = isinstance(shape.schema, dict) and shape.schema.get("type") == "object"
    if says_object and _SAYING_NOTHING.issuperset(mapping(shape.schema)) and mapping(shape.example):
        return replace(shape, declared=Declared.EXAMPLE)
    return replace(shape, example=None)


def _shown(schema: Json) -> Json:
    return next(iter(examples_of(mapping(schema))), None)


def _is_schema(raw: JsonObject) -> bool:
    declared = raw.get("type")
    if isinstance(raw.get("properties"), dict) and is_whole_schema(raw):
        return True
    if isinstance(declared, str) and is_word_map(raw):
        return False
    typed = declared in JSON_TYPES if isinstance(declared, str) else isinstance(declared, list)
    if typed:
        return "example" not in raw or bool(_SCHEMA_SIGNS & set(raw)) or set(raw) <= {"type", "description", "example"}
    return declared is None and bool({"anyOf", "oneOf", "allOf", "$ref", "enum", "const"} & set(raw))


def _is_typed_example(raw: JsonObject) -> bool:
    return isinstance(raw.get("type"), str) and set(raw) <= _TYPED_EXAMPLE


def _typed_example(raw: JsonObject, at: str, reader: Reader) -> ResponseShape:
    kind = str(raw["type"]).lower()
    media_type = text(raw.get("mimeType")) or _FORMATS.get(kind, "application/json" if kind == "json" else None)
    if "/" in kind:
        media_type = kind
    schema = mapping(raw.get("schema"))
    if schema:
        made = reader.schema(schema, f"{at}/schema")
        return _by_schema(ResponseShape(Declared.SCHEMA, at, made, raw.get("example", _shown(made)), media_type))
    if raw.get("example") is not None:
        return ResponseShape(Declared.EXAMPLE, at, example=raw["example"], media_type=media_type)
    return ResponseShape(Declared.MEDIA_TYPE if media_type else Declared.NOTHING, at, media_type=media_type)
