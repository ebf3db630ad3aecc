"""Asking: the request that was made, field by field, beside what the listing says of each field."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from x402_catalog.hints import Field, Origin, RequestShape
from x402_catalog.hints.suggestions import LONGEST, Kind, read
from x402_catalog.models import Json, JsonObject, mapping, pointer
from x402_harness.generation.decoding import Undecodable, body_of, path_of, query_of
from x402_harness.protocol.exchange import Request

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Basis(StrEnum):
    """Why a field has a value: the request sent it, or the listing says what it is when it is left out."""

    SENT = "sent"
    DECLARED_DEFAULT = "declared default"
    PROSE_DEFAULT = "default in prose"


@dataclass(frozen=True)
class Asked:
    """One declared field of a request with the value that counts, ``None`` where nothing is known of it.

    ``pointer`` is where the listing declares the field, ``schema`` what it declares there.
    """

    name: str
    schema: JsonObject
    pointer: str
    value: Json
    basis: Basis

    @cached_property
    def words(self) -> str:
        """The field's name in lower case, its words joined by underscores: ``numImages`` is ``num_images``."""
        return words_of(self.name)

    @cached_property
    def text(self) -> str:
        """The field's description, as far as it is read."""
        found = self.schema.get("description")
        return found[:LONGEST] if isinstance(found, str) else ""

    @cached_property
    def said(self) -> tuple[tuple[Kind, Json], ...]:
        """What the description says of the values."""
        return tuple((kind, value) for kind, value, _ in read(self.text, self.schema))

    @property
    def is_unused(self) -> bool:
        """Whether the listing says that the seller does not look at the field."""
        return any(kind is Kind.UNUSED for kind, _ in self.said)

    @property
    def is_choice(self) -> bool:
        """Whether the value is one of those that the listing enumerates."""
        options = self.schema.get("enum")
        return isinstance(options, list) and self.value in options

    @property
    def claim(self) -> str:
        """The leaf of the listing that makes the value a claim: its entry in ``enum``, the default, the description,
        or else the field."""
        if self.basis is Basis.DECLARED_DEFAULT:
            return f"{self.pointer}/default"
        if self.basis is Basis.SENT and self.is_choice:
            return f"{self.pointer}/enum/{self.schema['enum'].index(self.value)}"
        return self.prose

    @property
    def prose(self) -> str:
        """Where the field is described, or else the field."""
        return f"{self.pointer}/description" if self.text else self.pointer


def words_of(name: str) -> str:
    """A name in lower case with its words joined by underscores."""
    return _CAMEL.sub("_", name[:200]).replace("-", "_").replace(" ", "_").lower()


def asked(shape: RequestShape, request: Request) -> tuple[Asked, ...]:
    """What ``request``, made for ``shape``, asks for: top-level fields of path, query and body, sent or defaulted.

    A part that cannot be read again tells nothing, not even defaults.
    """
    return (
        *_of_fields(shape.path, _read(path_of, shape, request)),
        *_of_fields(shape.query, _read(query_of, shape, request)),
        *_of_body(shape, request),
    )


def _read(part: Callable[[RequestShape, Request], Any], shape: RequestShape, request: Request) -> Any:
    try:
        return part(shape, request)
    except Undecodable:
        return None


def _of_fields(fields: tuple[Field, ...], sent: dict[str, Any] | None) -> Iterator[Asked]:
    if sent is None:
        return
    for field in fields:
        schema = {} if field.origin is Origin.EXAMPLE else field.schema
        yield from _known(field.name, schema, field.pointer, field.name in sent, sent.get(field.name))


def _of_body(shape: RequestShape, request: Request) -> Iterator[Asked]:
    body = _read(body_of, shape, request) if request.body else {}
    if shape.body is None or not isinstance(body, dict):
        return
    for name, schema in mapping(mapping(shape.body).get("properties")).items():
        yield from _known(name, mapping(schema), shape.body_pointer + pointer(name), name in body, body.get(name))


def _known(name: str, schema: JsonObject, at: str, was_sent: bool, value: Json) -> Iterator[Asked]:
    made = Asked(name, schema, at, value, Basis.SENT)
    if was_sent:
        yield made
    elif "default" in schema:
        yield Asked(name, schema, at, schema["default"], Basis.DECLARED_DEFAULT)
    else:
        default = next((told for kind, told in made.said if kind is Kind.DEFAULT), None)
        yield Asked(name, schema, at, default, Basis.PROSE_DEFAULT)
