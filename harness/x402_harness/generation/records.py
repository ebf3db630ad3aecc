"""From the canonical view of an object to its layout."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from jsonschema_rs import CanonicalSchema
from jsonschema_rs import canonical as c

from .algebra import complement, empty, meet
from .context import Context
from .objects import Layout, Record, Source
from .plans import Plan


def record_plan(view: c.ObjectView, context: Context, fuel: int) -> Plan | None:
    """Objects that one view admits; None where there is none."""
    members = Members(view, context, fuel)
    required = {name: members.value(name) for name in view.required}
    present = {name: plan for name, plan in required.items() if plan is not None}
    witnesses = [source for violation in view.violations if (source := members.witness(violation))]
    if len(present) < len(required) or len(witnesses) < len(view.violations):
        return None
    layout = Layout(
        required=present,
        optional=members.optional(),
        low=view.min_properties or 0,
        high=view.max_properties,
        witnesses=witnesses,
        offered=members.offered(),
        reserve=members.reserve(),
    )
    return Record(layout) if layout.possible else None


class Members:
    """The names and values of one object view."""

    def __init__(self, view: c.ObjectView, context: Context, fuel: int) -> None:
        self.view = view
        self.context = context
        self.algebra = context.algebra
        self.fuel = fuel
        self.properties = view.properties
        self.patterns = view.pattern_properties
        self.additional = view.additional_properties
        self.naming = view.property_names
        self._matchers = {pattern: context.accepts(self.algebra.matching(pattern)) for pattern in self.patterns}
        self._fits = None if self.naming is None else context.accepts(self.naming)
        self._values: dict[tuple[str | None, tuple[str, ...], CanonicalSchema | None], Plan | None] = {}

    def value(self, name: str, beside: CanonicalSchema | None = None) -> Plan | None:
        """The plan of the value under a name; None where the name, or any value, is not allowed."""
        if self._fits is not None and not self._fits(name):
            return None
        matched = tuple(pattern for pattern, matches in self._matchers.items() if matches(name))
        key = (name if name in self.properties else None, matched, beside)
        if key not in self._values:
            parts = [self.properties[name]] if name in self.properties else []
            parts += [self.patterns[pattern] for pattern in matched]
            parts = parts or [self.additional or self.algebra.anything]
            self._values[key] = self.context.meeting([*parts, *([beside] if beside else [])], self.fuel)
        return self._values[key]

    def optional(self) -> dict[str, Plan]:
        """The declared names that may be left out."""
        barred = set(self.view.required)
        names = [name for name in dict.fromkeys([*self.properties, *self._listed]) if name not in barred]
        return {name: plan for name in names if (plan := self.value(name)) is not None}

    @cached_property
    def _listed(self) -> list[str]:
        """The names that ``propertyNames`` lists, where it lists any."""
        plan = None if self.naming is None else self.context.plan(self.naming, self.fuel)
        return [name for name in (plan.values or [] if plan else []) if isinstance(name, str)]

    def offered(self) -> list[Source]:
        """Keys of declared patterns, of a map, and any others in open objects."""
        sources = [self._source(self.algebra.matching(pattern)) for pattern in self.patterns]
        is_map = self.additional is not None and not self.properties
        if not self.context.closed or is_map:
            sources.append(self._others())
        return [source for source in sources if source]

    def reserve(self) -> list[Source]:
        """Keys for when the fewest members are not reached without."""
        source = self._others() if self.view.min_properties else None
        return [source] if source else []

    def _others(self) -> Source | None:
        closed = self.additional is not None and empty(self.additional)
        return None if closed or self._listed else self._source(self.algebra.text)

    def _source(self, names: CanonicalSchema, beside: CanonicalSchema | None = None) -> Source | None:
        """A source of keys out of ``names``; None where no such key can stand."""
        limits = [names] if self.naming is None else [names, self.naming]
        plan = self.context.meeting(limits, self.fuel)
        return None if plan is None else Source(plan, lambda name: self.value(name, beside))

    def witness(
        self, violation: c.NameFailsView | c.UndeclaredValueFailsView | c.PatternValueFailsView
    ) -> Source | None:
        """A source of the key that must break a rule."""
        match violation:
            case c.NameFailsView(schema):
                return self._breaking(self._but([schema]), None)
            case c.UndeclaredValueFailsView(listed, patterns, additional):
                barred = [self.algebra.named(listed), *map(self.algebra.matching, patterns)]
                return self._breaking(self._but(barred), additional)
            case c.PatternValueFailsView(pattern, schema):
                return self._breaking(self.algebra.matching(pattern), schema)

    def _breaking(self, names: CanonicalSchema | None, broken: CanonicalSchema | None) -> Source | None:
        """A source of keys out of ``names`` whose values fail ``broken``."""
        beside = None if broken is None else complement(broken)
        if names is None or (broken is not None and beside is None):
            self.context.gap()
            return None
        return self._source(names, beside)

    def _but(self, barred: Sequence[CanonicalSchema]) -> CanonicalSchema | None:
        """All names but some."""
        inverses = [complement(schema) for schema in barred]
        known = [inverse for inverse in inverses if inverse is not None]
        return meet(self.algebra.text, *known) if len(known) == len(inverses) else None
