"""Pointers: values of a listing read and replaced by their JSON pointers (RFC 6901)."""

from __future__ import annotations

from x402_catalog.models import Json

MISSING = object()


def steps(pointer: str) -> list[str]:
    """The names on the way of a pointer."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def value_at(document: Json, pointer: str) -> Json:
    """The value at ``pointer``; :data:`MISSING` where there is none."""
    for step in steps(pointer):
        document = _child(document, step)
        if document is MISSING:
            break
    return document


def replaced(document: Json, pointer: str, value: Json) -> Json:
    """``document`` with ``value`` at ``pointer``, which must exist; what is not on the way there is shared."""
    if not pointer:
        return value
    step, rest = steps(pointer)[0], pointer[1:].partition("/")
    below = replaced(_child(document, step), rest[1] + rest[2], value)
    if isinstance(document, dict):
        return {**document, step: below}
    index = int(step)
    return [*document[:index], below, *document[index + 1 :]]


def _child(node: Json, step: str) -> Json:
    if isinstance(node, dict):
        return node.get(step, MISSING)
    if isinstance(node, list) and step.isascii() and step.isdigit() and len(step) < 10 and int(step) < len(node):
        return node[int(step)]
    return MISSING
