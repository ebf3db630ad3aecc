"""Shapes: what a request looks like and what an answer looks like, as real JSON Schemas (2020-12)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from x402_catalog.models import Json, JsonObject

Schema = JsonObject | bool


@dataclass(frozen=True, slots=True)
class Note:
    """One repair: what ``kind`` of thing was read otherwise than it was written, where, and in words."""

    kind: str
    pointer: str
    message: str


class Origin(StrEnum):
    """What a field's schema was made from."""

    DEFINITION = "definition"
    SHORTHAND = "type name"
    PROSE = "prose"
    EXAMPLE = "example value"
    TEMPLATE = "URL template"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a request: its ``schema``, whether it is required, and where the listing declares it."""

    name: str
    schema: JsonObject
    required: bool
    origin: Origin
    pointer: str


@dataclass(frozen=True, slots=True)
class RequestShape:
    """A request: method, URL with ``{name}`` for path parameters, and the fields of each part.

    ``body`` is ``None`` where no body is declared. ``media_type`` is that of the body, ``body_pointer`` where the
    listing declares the body's members.
    """

    method: str
    url: str
    path: tuple[Field, ...] = ()
    query: tuple[Field, ...] = ()
    headers: tuple[Field, ...] = ()
    body: Schema | None = None
    media_type: str | None = None
    example: Json = None
    notes: tuple[Note, ...] = ()
    body_pointer: str = ""

    @property
    def query_schema(self) -> JsonObject:
        """The query as a closed object."""
        return object_schema(self.query)

    @property
    def path_schema(self) -> JsonObject:
        """The path parameters as a closed object."""
        return object_schema(self.path)

    @property
    def header_schema(self) -> JsonObject:
        """The declared headers as an object."""
        return object_schema(self.headers, closed=False)

    @property
    def parts(self) -> dict[str, Schema]:
        """Each declared part by name: ``path``, ``query``, ``headers``, ``body``."""
        fields = {"path": self.path_schema, "query": self.query_schema, "headers": self.header_schema}
        present: dict[str, Schema] = {name: schema for name, schema in fields.items() if getattr(self, name)}
        return present if self.body is None else {**present, "body": self.body}


class Declared(StrEnum):
    """How much an output declaration says."""

    SCHEMA = "schema"
    EXAMPLE = "example"
    MEDIA_TYPE = "media type"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class ResponseShape:
    """An answer: a ``schema`` that it must satisfy, or only an ``example`` of it, or just a media type.

    What is declared by an example may have a schema beside it, which then says no more than its type.
    """

    declared: Declared
    pointer: str
    schema: Schema | None = None
    example: Json = None
    media_type: str | None = None
    notes: tuple[Note, ...] = field(default=())


def object_schema(fields: tuple[Field, ...], *, closed: bool = True) -> JsonObject:
    """The JSON Schema of an object with these fields."""
    schema: JsonObject = {"type": "object", "properties": {field.name: field.schema for field in fields}}
    if required := [field.name for field in fields if field.required]:
        schema["required"] = required
    return schema | {"additionalProperties": False} if closed else schema


def examples_of(schema: JsonObject) -> list[Json]:
    """The values that a schema shows: ``example`` (OpenAPI's), ``examples``, and ``default``."""
    shown = schema.get("examples")
    values = [schema["example"]] if "example" in schema else []
    values += shown if isinstance(shown, list) else []
    return [*values, schema["default"]] if "default" in schema else values
