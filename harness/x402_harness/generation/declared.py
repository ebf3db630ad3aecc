"""Keeps declared names that a canonical form would drop.

``{"properties": {"a": {}}}`` demands nothing, so its canonical form forgets ``a``; but ``a`` is declared, and a body
that never carries it would be poor. A format that nobody knows is put on such members: it demands nothing either, and
is kept.
"""

from __future__ import annotations

from typing import Any

from .dialect import Schema
from .vocabulary import ANNOTATIONS, rewritten

MARK = "x-declared"


def marked(schema: Schema) -> Schema:
    """The same schema with a mark on every member that demands nothing."""
    return rewritten(schema, _mark_members)


def _mark_members(schema: dict[str, Any]) -> Schema:
    for keyword in ("properties", "patternProperties"):
        members = schema.get(keyword)
        if isinstance(members, dict):
            schema[keyword] = {name: _marked_member(member) for name, member in members.items()}
    return schema


def _marked_member(member: Schema) -> Schema:
    if member is True:
        return {"format": MARK}
    if isinstance(member, dict) and not member.keys() - ANNOTATIONS:
        return {**member, "format": MARK}
    return member
