"""Compiles a schema, and says which keyword is at fault where it does not compile."""

from __future__ import annotations

import jsonschema_rs
from jsonschema_rs import ValidationError

from .dialect import BACKTRACKING, Dialect, Schema, draft_name
from .errors import UnsupportedSchema
from .evaluation import STEPS, steps
from .vocabulary import escaped, walk

REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef", "$schema")


def compiled(schema: Schema, draft: str | None) -> tuple[Dialect, jsonschema_rs.Validator]:
    """The dialect of a schema and its validator; raises `UnsupportedSchema` where it does not compile."""
    name = draft_name(schema, draft)
    if steps(schema) > STEPS:
        raise UnsupportedSchema("$ref", "", f"checking one value takes more than {STEPS:,} steps")
    try:
        return _compile(schema, Dialect(name))
    except ValidationError as error:
        if error.kind.name != "format":
            raise fault(schema, error) from error
    try:
        return _compile(schema, Dialect(name, BACKTRACKING))
    except ValidationError as error:
        raise fault(schema, error) from error


def _compile(schema: Schema, dialect: Dialect) -> tuple[Dialect, jsonschema_rs.Validator]:
    try:
        return dialect, dialect.validator(schema)
    except ValidationError:
        raise
    except ValueError as error:
        raise UnsupportedSchema("schema", "", str(error)) from error


def fault(schema: Schema, error: ValidationError) -> UnsupportedSchema:
    """What keeps a schema from compiling, by keyword and place."""
    if error.kind.name == "$ref":
        return _reference_fault(schema, str(error.message))
    *parents, keyword = [str(step) for step in error.instance_path] or [error.kind.name]
    pointer = "".join(f"/{escaped(step)}" for step in parents)
    return UnsupportedSchema(keyword, pointer, f"not a valid schema: {error.message}")


def _reference_fault(schema: Schema, message: str) -> UnsupportedSchema:
    """Names the reference that could not be resolved; nothing outside the document is ever fetched."""
    candidates = [
        (pointer, keyword, inner[keyword])
        for pointer, inner in walk(schema)
        for keyword in REFERENCES
        if isinstance(inner.get(keyword), str)
    ]
    named = [found for found in candidates if _names(found[2], message)]
    pointer, keyword, target = (named or candidates or [("", "$ref", "?")])[0]
    reason = "remote references are refused" if "retriev" in message.lower() else "it is not in the document"
    return UnsupportedSchema(keyword, pointer, f"{target!r}: {reason} ({message})")


def _names(target: str, message: str) -> bool:
    """Whether an error message speaks of a reference: by its address, or by its fragment."""
    address, _, fragment = target.partition("#")
    return f"{address.lstrip('./')}" in message if address else f"'{fragment}'" in message
