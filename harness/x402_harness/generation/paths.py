"""One way through a schema of too many cases: its alternatives decided one after the other.

A schema with twenty alternatives in a row falls into a million cases. Each alternative is decided by a seed, and only
for what is still possible beside those decided before, so that the way does not end in a contradiction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from jsonschema_rs import CanonicalSchema
from jsonschema_rs import canonical as c

from .algebra import complement, empty, meet
from .complexity import ALTERNATIVES
from .dialect import Dialect, Schema

CONTEXT = ("$schema", "$id", "id", "$defs", "definitions")


class Paths:
    """The ways through one document."""

    def __init__(self, schema: dict[str, Any], dialect: Dialect) -> None:
        self.dialect = dialect
        self.context = {keyword: schema[keyword] for keyword in CONTEXT if keyword in schema}
        self.fixed: list[CanonicalSchema] = []
        self.choices: list[list[CanonicalSchema]] = []
        self._collect(schema)

    def way(self, seed: int) -> CanonicalSchema | None:
        """One way, all alternatives decided; None where it came to no end."""
        chance = Random(seed)
        here = meet(*self.fixed)
        for choice in self.choices:
            here = None if here is None else self._step(here, chance.sample(choice, len(choice)), chance)
        return here

    def _step(
        self, here: CanonicalSchema, options: Sequence[CanonicalSchema], chance: Random
    ) -> CanonicalSchema | None:
        for option in options:
            together = meet(here, option)
            if together is not None and not empty(together):
                return _one_case(together, chance)
        return None

    def _collect(self, schema: Schema) -> None:
        """Takes a schema apart into what is fixed and what is to be chosen."""
        if not isinstance(schema, dict):
            self.fixed.append(self._form(schema))
            return
        self.fixed.append(self._form({key: value for key, value in schema.items() if key not in ALTERNATIVES}))
        for part in schema.get("allOf", []):
            self._collect(part)
        if "anyOf" in schema:
            self.choices.append([self._form(option) for option in schema["anyOf"]])
        if "oneOf" in schema:
            self.choices.append(list(self._exclusive(schema["oneOf"])))
        if "if" in schema:
            self.choices.append(list(self._conditional(schema)))
        for keyword in ("dependencies", "dependentRequired", "dependentSchemas"):
            for name, rule in schema.get(keyword, {}).items():
                self.choices.append([self._form({"properties": {name: False}}), self._form(_rule(rule))])

    def _exclusive(self, options: Sequence[Schema]) -> Iterator[CanonicalSchema]:
        """Each branch without the others, as far as the others have a complement."""
        forms = [self._form(option) for option in options]
        for index, form in enumerate(forms):
            others = [complement(other) for place, other in enumerate(forms) if place != index]
            alone = meet(form, *(other for other in others if other is not None))
            yield form if alone is None else alone

    def _conditional(self, schema: dict[str, Any]) -> Iterator[CanonicalSchema]:
        condition = self._form(schema["if"])
        for side, then in ((condition, schema.get("then", True)), (complement(condition), schema.get("else", True))):
            together = None if side is None else meet(side, self._form(then))
            if together is not None:
                yield together

    def _form(self, schema: Schema) -> CanonicalSchema:
        if isinstance(schema, bool):
            return self.dialect.canonical(schema)
        return self.dialect.canonical({**schema, **self.context})


def _one_case(schema: CanonicalSchema, chance: Random) -> CanonicalSchema:
    """One case of a schema, where it falls into several."""
    view = schema.view()
    return chance.choice(view.branches) if isinstance(view, c.AnyOfView) else schema


def _rule(rule: Any) -> Schema:
    """What a dependency asks for."""
    if isinstance(rule, list):
        return {"required": rule} if rule else True
    return {"required": [rule]} if isinstance(rule, str) else rule
