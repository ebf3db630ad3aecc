"""Requests: ``hints.input`` made into a :class:`RequestShape`."""

from __future__ import annotations

import re
from typing import Any

from x402_catalog.hints.definitions import Reader
from x402_catalog.hints.forms import is_definition, is_whole_schema
from x402_catalog.hints.shapes import Field, Origin, RequestShape, object_schema
from x402_catalog.hints.typed import Typed, typed_fields, typed_object, typed_parts
from x402_catalog.models import Json, JsonObject, Listing, Offer, mapping, member, method_of

QUERY = ("queryParams", "query_params", "query", "params")
BODY = ("bodyFields", "body_fields", "bodyParams", "body", "data", "properties")
HEADERS = ("headerFields", "header_fields", "headers")
PATH = ("pathParams", "path_params", "pathFields")
PARTS = (*QUERY, *BODY, *HEADERS, *PATH)
FIELD_MAPS = frozenset({"bodyFields", "body_fields", "bodyParams"})  # never one value, always fields
TYPE = ("bodyType", "body_type")
BODYLESS = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})

FORM = "application/x-www-form-urlencoded"
MEDIA_TYPES = {
    "json": "application/json",
    "application/json": "application/json",
    FORM: FORM,
    "form-data": FORM,
    "form": FORM,
    "urlencoded": FORM,
    "multipart-form-data": "multipart/form-data",
    "multipart/form-data": "multipart/form-data",
    "multipart": "multipart/form-data",
    "text": "text/plain",
    "text/plain": "text/plain",
    "raw": "text/plain",
    "binary": "application/octet-stream",
}

_APPLICATORS = frozenset({"allOf", "anyOf", "oneOf", "if", "then", "else", "dependentSchemas", "$ref", "$dynamicRef"})
_TEMPLATE = re.compile(r"\{([\w.-]+)\}|(?<=/):(\w+)|(?<=/)\[([\w-]+)\]")


def request_shape(listing: Listing, offer: Offer) -> RequestShape:
    """What a request for this offer looks like, each repair noted.

    The input is the offer's own; where it declares none, another offer's of the same listing.
    """
    reader = Reader()
    source, at, declaring = _input(listing, offer, reader)
    typed = typed_parts(declaring, "input", reader)
    url, path = _path(listing.url, source, at, typed, reader)
    method = method_of(source)
    body, example, has_body, body_at = _body(source, at, method, typed, reader)
    return RequestShape(
        method=method,
        url=url,
        path=path,
        query=_part(source, QUERY, at, typed, reader),
        headers=_part(source, HEADERS, at, typed, reader),
        body=body,
        media_type=_media_type(source, at, body, reader) if has_body else None,
        example=example,
        notes=tuple(reader.notes),
        body_pointer=body_at,
    )


def _input(listing: Listing, offer: Offer, reader: Reader) -> tuple[JsonObject, str, Offer]:
    """The input, where it stands, and the offer that declares it."""
    own = mapping(offer.hints.get("input"))
    misplaced = mapping(member(offer.hints, "output", "input"))
    if misplaced and any(misplaced.get(name) for name in PARTS) and not any(own.get(name) for name in PARTS):
        at = f"{offer.pointer}/hints/output/input"
        reader.note("input-under-output", at, "the input stands under output")
        return {**misplaced, **{key: value for key, value in own.items() if key not in PARTS}}, at, offer
    if own:
        return own, f"{offer.pointer}/hints/input", offer
    for other in listing.offers:
        if borrowed := mapping(other.hints.get("input")):
            return borrowed, f"{other.pointer}/hints/input", other
    return {}, f"{offer.pointer}/hints/input", offer


def _found(source: JsonObject, names: tuple[str, ...], at: str, reader: Reader) -> tuple[str, Json]:
    if source.keys().isdisjoint(names):  # as of most parts of most inputs
        return "", None
    present = [name for name in names if source.get(name) is not None]
    if not present:
        return "", None
    used = next((name for name in present if source[name]), present[0])
    if used not in {names[0], "body"}:
        reader.note("alias", f"{at}/{used}", f"{used} stands for {names[0]}")
    for name in present:
        if name != used and source[name]:
            reader.note("part-ignored", f"{at}/{name}", f"{name} stands beside {used}, which counts")
    return used, source[used]


def _part(
    source: JsonObject, names: tuple[str, ...], at: str, typed: dict[str, Typed], reader: Reader
) -> tuple[Field, ...]:
    if part := next((typed[name] for name in names if name in typed), None):
        return typed_fields(part, mapping(source.get(part.name)), f"{at}/{part.name}", reader)
    name, value = _found(source, names, at, reader)
    if not isinstance(value, dict):
        if value is not None:
            reader.note("part-unusable", f"{at}/{name}", f"{name} is not an object: left out")
        return ()
    members, place, required = _members(name, value, f"{at}/{name}", reader)
    return reader.fields(members, place, required=required)


def _members(name: str, value: JsonObject, at: str, reader: Reader) -> tuple[JsonObject, str, Json]:
    """The map of fields that a part holds, where it stands, and a list of required names beside it."""
    inner = value.get(name)
    if set(value) == {name} and isinstance(inner, dict) and not is_definition(inner):
        reader.note("part-doubled", f"{at}/{name}", f"{name} stands inside itself")
        return _members(name, inner, f"{at}/{name}", reader)
    if isinstance(value.get("properties"), dict) and is_whole_schema(value):
        return value["properties"], f"{at}/properties", value.get("required")
    required = value.get("required")
    if isinstance(required, list) and required and all(isinstance(x, str) and x in value for x in required):
        reader.note("required-among-fields", f"{at}/required", "a list of required names stands among the fields")
        return {key: child for key, child in value.items() if key != "required"}, at, required
    return value, at, None


def _body(
    source: JsonObject, at: str, method: str, typed: dict[str, Typed], reader: Reader
) -> tuple[Any, Json, bool, str]:
    """The body's schema, an example of it, whether there is one, and where its members are declared."""
    if part := next((typed[name] for name in BODY if name in typed), None):
        value = source.get(part.name)
        schema = typed_object(reader.schema(part.schema, part.at), mapping(value), f"{at}/{part.name}", reader)
        return _closed(schema, part.at, reader), value, True, f"{part.at}/properties"
    name, value = _found(source, BODY, at, reader)
    if value is None or (method in BODYLESS and not value):
        return None, None, False, ""
    place = f"{at}/{name}"
    if not isinstance(value, dict):
        field = reader.field(name, value, place)
        return field.schema, value if field.origin is Origin.EXAMPLE else None, True, place
    if name == "properties":
        fields = reader.fields(value, place, required=source.get("required"))
        return object_schema(fields), None, True, place
    if is_whole_schema(value) and ("properties" in value or value.get("type") == "object" or name not in FIELD_MAPS):
        return _closed(reader.schema(value, place), place, reader), None, True, f"{place}/properties"
    inner = value.get("fields")
    if isinstance(inner, dict) and inner and isinstance(value.get("contentType"), str):
        reader.note("body-described", place, "a body type beside its fields: read as those")
        value, place = inner, f"{place}/fields"
    value, place, required = _members(name, value, place, reader)
    fields = reader.fields(value, place, required=required)
    is_example = bool(fields) and all(field.origin is Origin.EXAMPLE for field in fields)
    return object_schema(fields), value if is_example and name == "body" else None, True, place


def _closed(schema: Any, at: str, reader: Reader) -> Any:
    """The schema without further members, unless it speaks of them itself; then what it requires must be declared."""
    if not isinstance(schema, dict) or "properties" not in schema:
        return schema
    if "additionalProperties" in schema or "unevaluatedProperties" in schema:
        return schema
    declared, required = schema["properties"], schema.pop("required", [])
    if undefined := [name for name in required if name not in declared]:
        reader.note("required-undefined", f"{at}/required", f"required names {undefined} that are not declared")
    kept = {"required": names} if (names := [name for name in required if name in declared]) else {}
    # Members that only a branch declares are declared as well.
    closing = "additionalProperties" if _APPLICATORS.isdisjoint(schema) else "unevaluatedProperties"
    return {**schema, **kept, closing: False}


def _media_type(source: JsonObject, at: str, body: Any, reader: Reader) -> str:
    name, declared = _found(source, TYPE, at, reader)
    if not isinstance(declared, str):
        declared = member(source, "body", "contentType")
        if not isinstance(declared, str) or "fields" not in source["body"]:
            return "application/json"
        name = "body/contentType"
    known = MEDIA_TYPES.get(declared.split(";")[0].strip().lower())
    if known is None:
        reader.note("body-type-unknown", f"{at}/{name}", f"{declared!r} is no body type: read as json")
        return "application/json"
    if known == FORM and _has_file(body):
        reader.note("form-with-file", f"{at}/{name}", "a form with a file: sent as multipart/form-data")
        return "multipart/form-data"
    return known


def _has_file(body: Any) -> bool:
    properties = mapping(mapping(body).get("properties")).values()
    return any(mapping(schema).get("contentMediaType") == "application/octet-stream" for schema in properties)


def _path(
    url: str, source: JsonObject, at: str, typed: dict[str, Typed], reader: Reader
) -> tuple[str, tuple[Field, ...]]:
    # Only the path may hold parameters: a colon in the authority is a port.
    authority_end = url.find("/", url.find("//") + 2) if "//" in url else 0
    head, tail = (url, "") if authority_end < 0 else (url[:authority_end], url[authority_end:])
    has_names = "{" in tail or "/:" in tail or "/[" in tail  # few have, and the expression is slow to find none
    names = [_name(match) for match in _TEMPLATE.finditer(tail)] if has_names else []
    declared = {field.name: field for field in _part(source, PATH, at, typed, reader)}
    for name in [name for name in declared if name not in names]:
        reader.note("path-parameter-unused", declared[name].pointer, f"{name} does not stand in the URL")
    fields = tuple(_path_field(name, declared.get(name)) for name in dict.fromkeys(names))
    return head + _TEMPLATE.sub(lambda match: "{" + _name(match) + "}", tail) if has_names else url, fields


def _name(match: re.Match[str]) -> str:
    return str(match[1] or match[2] or match[3])


def _path_field(name: str, declared: Field | None) -> Field:
    if declared is None:
        return Field(name, {"type": "string", "minLength": 1}, True, Origin.TEMPLATE, "/url")
    schema = declared.schema
    if schema.get("type") == "string":
        schema = {"minLength": 1, **schema}
    return Field(name, schema, True, declared.origin, declared.pointer)
