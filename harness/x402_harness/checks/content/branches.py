"""RESP027 and RESP028: of the alternatives that an output declares, the one that the request chose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from x402_catalog.findings import Level
from x402_catalog.models import JsonObject
from x402_catalog.rules.registry import rule
from x402_harness.checks.content.asking import Asked, Basis
from x402_harness.checks.content.encoded import DEFAULT
from x402_harness.checks.content.spots import Spot, branches
from x402_harness.checks.content.subject import ContentCheck, Subject
from x402_harness.protocol.exchange import Leg

OTHER = rule(
    "RESP027",
    Level.ERROR,
    "answer takes another branch than the request chose",
    why="The request names one alternative of the declared output, by the listing's own values, and got another.",
    basis="JSON Schema 2020-12 §10.2.1 (anyOf, oneOf); hints.input (enum)",
    mend="Answer with the member that the request names.",
)
BESIDE = rule(
    "RESP028",
    Level.INFO,
    "answer holds the branch that was not chosen as well",
    why="The buyer takes in twice as much as it asked for.",
    basis="JSON Schema 2020-12 §10.2.1 (anyOf, oneOf); hints.input (enum)",
    mend="Answer with the chosen member alone.",
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A field whose values name members, each of an alternative of its own: ``rivals`` are the other values."""

    field: Asked
    member: str
    rivals: frozenset[str]


def choices(field_options: tuple[Asked, ...], schema: JsonObject) -> Iterator[Choice]:
    """The fields that choose between the alternatives of one schema."""
    for key in ("anyOf", "oneOf"):
        found = branches(schema, key)
        for field in field_options if len(found) > 1 else ():
            named = _named(field, found)
            if isinstance(field.value, str) and field.value in named and len(named) > 1:
                yield Choice(field, field.value, named - {field.value})


def _named(field: Asked, found: list[JsonObject]) -> frozenset[str]:
    """The field's values that are each a required member of one alternative and of no other."""
    options = field.schema.get("enum")
    words = [word for word in options if isinstance(word, str)] if isinstance(options, list) else []
    return frozenset(
        word
        for word in words
        if sum(word in _required(branch) for branch in found) == 1 == sum(word in _members(branch) for branch in found)
    )


def _required(branch: JsonObject) -> list[str]:
    names = branch.get("required")
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _members(branch: JsonObject) -> set[str]:
    members = branch.get("properties")
    return {*_required(branch), *(members if isinstance(members, dict) else ())}


def taken(subject: Subject) -> None:
    """Each object with alternatives is of the chosen one."""
    usable = tuple(field for field in subject.fields if not field.is_unused)
    for spot in subject.spots:
        if isinstance(spot.value, dict):
            for view in spot.views:
                for choice in choices(usable, view.schema):
                    _judge(subject, spot, choice)


def _judge(subject: Subject, spot: Spot, choice: Choice) -> None:
    value: JsonObject = spot.value
    beside = sorted(choice.rivals & value.keys())
    left_out = choice.field.basis is not Basis.SENT
    if choice.member not in value:
        why = "is left out" if left_out else "was sent"
        subject.scene.broken(
            DEFAULT if left_out else OTHER, Leg.PAID,
            f"{spot.at or '/'}: {', '.join(beside) or 'neither'} where {choice.field.name}={choice.member} {why}",
            observed=beside, expected=choice.member, pointer=choice.field.claim,
        )  # fmt: skip
        return
    subject.scene.held(DEFAULT if left_out else OTHER, choice.field.claim)
    if beside:
        subject.scene.broken(
            BESIDE, Leg.PAID, f"{spot.at or '/'}: {', '.join(beside)} beside {choice.member}", observed=beside,
            expected=choice.member,
        )  # fmt: skip


CHECKS: tuple[ContentCheck, ...] = (taken,)
