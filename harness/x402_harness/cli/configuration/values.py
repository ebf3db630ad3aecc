"""Values: what an option may be, as JSON Schema says it, and a value of a file as click takes it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import click

_KINDS = {"boolean": "true or false", "integer": "a whole number", "number": "a number", "string": "a text"}


class BadValue(Exception):
    """A value of another kind than the option's; the message says what was seen and what is expected."""


def schema_of(option: click.Option) -> dict[str, Any]:
    """The JSON Schema of what may be given for an option."""
    if option.is_flag:
        return {"type": "boolean"}
    one = _schema(option.type)
    return {"anyOf": [one, {"type": "array", "items": one}]} if option.multiple else one


def for_click(option: click.Option, value: Any) -> Any:
    """A value of a file as an option takes it: texts as they would be typed. Raises :class:`BadValue`."""
    if option.is_flag:
        if not isinstance(value, bool):
            raise BadValue(f"expected true or false, not {said(value)}")
        return value
    if option.multiple:
        return [_text(option, one) for one in (value if isinstance(value, list) else [value])]
    return _text(option, value)


def kinds_of(option: click.Option) -> set[str]:
    """The kinds of JSON that one value of an option may be of."""
    return {"boolean"} if option.is_flag else _kinds(_schema(option.type))


def said(value: Any) -> str:
    """A value of a file in words."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value[:80]}"' if len(value) <= 80 else f'"{value[:80]}…"'
    if isinstance(value, int) and abs(value) >= 10**80:
        return "a number of more than 80 digits"
    return str(value)[:80]


def _text(option: click.Option, value: Any) -> str:
    kinds = kinds_of(option)
    if _kind(value) not in kinds and not (_kind(value) == "integer" and "number" in kinds):
        expected = " or ".join(_KINDS[kind] for kind in sorted(kinds))
        several = ", or a list of them" if option.multiple else ""
        raise BadValue(f"expected {expected}{several}, not {said(value)}")
    if isinstance(value, int) and abs(value) >= 10**80:  # Python writes no longer ones out
        raise BadValue(said(value))
    text = str(value)
    if "\0" in text:
        raise BadValue("a NUL is in it")
    return text


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, Decimal):
        return "number" if value.is_finite() else "no number"
    return "string" if isinstance(value, str) else "other"


def _kinds(schema: dict[str, Any]) -> set[str]:
    if "anyOf" in schema:
        return set().union(*map(_kinds, schema["anyOf"]))
    return {"string"} if "enum" in schema else {schema["type"]}


def _schema(kind: click.ParamType[Any]) -> dict[str, Any]:
    own = getattr(kind, "schema", None)
    if own is not None:
        return dict(own)
    if isinstance(kind, click.Choice):
        return {"enum": [str(choice) for choice in kind.choices]}
    if isinstance(kind, click.IntRange):
        return {"type": "integer", **_bounds(kind)}
    if isinstance(kind, click.FloatRange):
        return {"type": "number", **_bounds(kind)}
    return {"type": {click.INT: "integer", click.FLOAT: "number"}.get(kind, "string")}


def _bounds(kind: click.IntRange | click.FloatRange) -> dict[str, Any]:
    return {name: bound for name, bound in (("minimum", kind.min), ("maximum", kind.max)) if bound is not None}
