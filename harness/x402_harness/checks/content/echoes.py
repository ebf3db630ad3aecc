"""RESP029: what the answer says of the request is what was asked."""

from __future__ import annotations

from typing import Any

from x402_catalog.findings import Level
from x402_catalog.models import Json, JsonObject
from x402_catalog.rules.registry import Rule, rule
from x402_harness.checks.content.asking import Asked, Basis
from x402_harness.checks.content.encoded import DEFAULT
from x402_harness.checks.content.spots import Spot
from x402_harness.checks.content.subject import ContentCheck, Subject
from x402_harness.protocol.exchange import Leg

ECHO = rule(
    "RESP029",
    Level.WARNING,
    "answer repeats a field of the request with another value",
    why="The listing declares the same member, with the same values, in request and answer: what was bought is about "
    "something else than what was asked.",
    basis="hints.input and hints.output (members of the same name)",
    mend="Answer what was asked, or describe when the answer differs.",
)
# Constraints that make two members of one name the same thing, if both declare them alike.
_DOMAIN = ("enum", "pattern", "const")
_WEAK_PATTERN = 12  # characters; shorter patterns, such as those of two letters, say little


def repeated(subject: Subject) -> None:
    """A member of the answer's root that a field of the same name shares its values with has the value asked for."""
    fields = {field.name: field for field in subject.fields}
    for spot in subject.spots:
        field = fields.get(spot.name)
        if field is None or not is_echo(field, spot):
            continue
        left_out = field.basis is not Basis.SENT
        if _is_equal(field.value, spot.value):
            subject.scene.held(DEFAULT if left_out else ECHO, field.claim)
        else:
            _broken(subject, field, spot, DEFAULT if left_out else ECHO)


def _broken(subject: Subject, field: Asked, spot: Spot, kind: Rule) -> None:
    said = "is its default" if kind is DEFAULT else "was asked for"
    subject.scene.broken(
        kind, Leg.PAID,
        f"{spot.at}: {str(spot.value)[:60]!r} where {str(field.value)[:60]!r} {said}",
        observed=spot.value, expected=field.value, pointer=field.claim,
    )  # fmt: skip


def is_echo(field: Asked, spot: Spot) -> bool:
    """Whether a member of the answer's root repeats the field: same name, and the same values declared for both."""
    is_asked = isinstance(field.value, (str, int, float)) and field.basis is not Basis.PROSE_DEFAULT
    if not is_asked or field.is_unused or field.name != spot.name or spot.depth != 1 or spot.is_item:
        return False
    return any(_is_same_domain(field.schema, view.schema) for view in spot.views)


def _is_same_domain(asked: JsonObject, told: JsonObject) -> bool:
    return any(_is_telling(asked.get(key)) and asked.get(key) == told.get(key) for key in _DOMAIN)


def _is_telling(constraint: Any) -> bool:
    if isinstance(constraint, str):
        return len(constraint) >= _WEAK_PATTERN
    return isinstance(constraint, list) and len(constraint) > 1


def _is_equal(asked: Json, told: Json) -> bool:
    if isinstance(asked, str) and isinstance(told, str):
        return asked.strip().lower() == told.strip().lower()
    return bool(asked == told) or told is None


CHECKS: tuple[ContentCheck, ...] = (repeated,)
