"""From a canonical schema to a plan.

Recursion is bounded by *fuel*: following a reference that leads back to itself costs one, and at none left it draws
nothing, so that optional parts end and required ones are seen to have no end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from jsonschema_rs import CanonicalSchema
from jsonschema_rs import canonical as c

from .algebra import Algebra, complement, cyclic, empty, meet, plain_schema
from .basics import TYPES, type_plan
from .errors import UnsupportedSchema
from .items import list_plan
from .numbers import integer_plan, number_plan
from .plans import JSON, Guarded, Plan, choice, listed
from .records import record_plan
from .strings import string_plan

COST_LIMIT = 1_000  # JSON values in the smallest document that is still drawn
PARTS = 20_000  # plans made for one document
FUEL = (4, 8, 16, 32)


class Planner:
    """Plans of one document. ``complete`` stays true while finding nothing would prove that there is nothing."""

    def __init__(self, root: CanonicalSchema, algebra: Algebra, closed: bool) -> None:
        self.root = root
        self.algebra = algebra
        self.closed = closed
        self.complete = True
        self._cyclic = cyclic(root)
        self._plans: dict[tuple[CanonicalSchema, int], Plan | None] = {}

    def root_plan(self) -> Plan | None:
        """The plan of the whole document; None where nothing can be drawn."""
        for fuel in FUEL if self._cyclic else FUEL[:1]:
            plan = self.plan(self.root, fuel)
            if plan is not None:
                return plan
        return None

    def plan(self, schema: CanonicalSchema, fuel: int) -> Plan | None:
        """The plan of one schema; None where it admits nothing that can be drawn."""
        key = (schema, fuel)
        if key not in self._plans:
            if len(self._plans) >= PARTS:
                raise UnsupportedSchema("schema", "", f"it falls into more than {PARTS:,} parts")
            self._plans[key] = None
            self._plans[key] = self._affordable(None if empty(schema) else self._make(schema, fuel))
        return self._plans[key]

    def meeting(self, schemas: Sequence[CanonicalSchema], fuel: int) -> Plan | None:
        """The plan of what all schemas admit."""
        together = meet(*schemas)
        if together is not None:
            return self.plan(together, fuel)
        return self._guarded(self.plan(schemas[0], fuel), schemas[1:])

    def accepts(self, schema: CanonicalSchema) -> Callable[[JSON], bool]:
        """Whether a value satisfies a schema."""
        return self.algebra.dialect.validator(plain_schema(schema)).is_valid

    def gap(self) -> None:
        """Notes that something was left out, so that finding nothing proves nothing."""
        self.complete = False

    def _affordable(self, plan: Plan | None) -> Plan | None:
        if plan is not None and plan.cost > COST_LIMIT:
            self.gap()
            return None
        return plan

    def _guarded(self, plan: Plan | None, schemas: Sequence[CanonicalSchema]) -> Plan | None:
        if plan is None:
            return None
        checks = [self.accepts(schema) for schema in schemas]
        return Guarded(plan, lambda value: all(check(value) for check in checks))

    def _make(self, schema: CanonicalSchema, fuel: int) -> Plan | None:
        view: Any = schema.view()
        maker = _MAKERS.get(type(view))
        if maker is None:
            raise UnsupportedSchema("schema", getattr(view, "pointer", None) or "", f"no plan for {schema.kind}")
        return maker(self, schema, view, fuel)

    def any_of(self, view: c.AnyOfView, fuel: int) -> Plan | None:
        return choice([self.plan(branch, fuel) for branch in view.branches])

    def one_of(self, schema: CanonicalSchema, view: c.OneOfView, fuel: int) -> Plan | None:
        """Any branch, so long as no other admits the value too."""
        return self._guarded(choice([self.plan(branch, fuel) for branch in view.branches]), [schema])

    def reference(self, uri: str, fuel: int) -> Plan | None:
        target, left = self._target(uri, fuel)
        return None if left < 0 else self.plan(target, left)

    def all_of(self, schema: CanonicalSchema, view: c.AllOfView, fuel: int) -> Plan | None:
        """What all branches admit, references among them followed."""
        opened = [self._opened(branch, fuel) for branch in view.branches]
        left = min(rest for _, rest in opened)
        if left < 0:
            return None
        together = meet(*(target for target, _ in opened))
        if together is not None and together != schema:
            return self.plan(together, left)
        plans = [self.plan(target, left) for target, _ in opened]
        if any(plan is None for plan in plans):
            return None
        return self._guarded(max((plan for plan in plans if plan), key=lambda plan: plan.cost), [schema])

    def opposite(self, schema: CanonicalSchema, view: c.NotView, fuel: int) -> Plan | None:
        """What a schema rejects: its complement where there is one, else anything that it rejects."""
        target, left = self._opened(view.schema, fuel)
        inverse = complement(target)
        if left >= 0 and inverse is not None and inverse != schema:
            return self.plan(inverse, left)
        return self._guarded(self.plan(self.algebra.anything, fuel), [schema])

    def _target(self, uri: str, fuel: int) -> tuple[CanonicalSchema, int]:
        """The schema under a reference and the fuel left after following it."""
        target = self.root.definition(uri)
        if target is None:
            raise UnsupportedSchema("$ref", "", f"{uri!r} is not in the document")
        left = fuel - (uri in self._cyclic)
        if left < 0:
            self.gap()
        return target, left

    def _opened(self, schema: CanonicalSchema, fuel: int) -> tuple[CanonicalSchema, int]:
        view = schema.view()
        return self._target(view.uri, fuel) if isinstance(view, c.ReferenceView) else (schema, fuel)


Maker = Callable[[Planner, CanonicalSchema, Any, int], Plan | None]

_MAKERS: dict[type, Maker] = {
    c.TrueView: lambda *_: choice([type_plan(name) for name in TYPES]),
    c.FalseView: lambda *_: None,
    c.MultiTypeView: lambda planner, schema, view, fuel: choice([type_plan(name) for name in view.types]),
    c.TypedGroupView: lambda planner, schema, view, fuel: planner.plan(view.body, fuel),
    c.ConstView: lambda planner, schema, view, fuel: listed([view.value]),
    c.EnumView: lambda planner, schema, view, fuel: listed(view.values),
    c.IntegerView: lambda planner, schema, view, fuel: integer_plan(view),
    c.NumberView: lambda planner, schema, view, fuel: number_plan(view),
    c.StringView: lambda planner, schema, view, fuel: string_plan(schema, view, planner.algebra.dialect),
    c.ArrayView: lambda planner, schema, view, fuel: list_plan(schema, view, planner, fuel),
    c.ObjectView: lambda planner, schema, view, fuel: record_plan(view, planner, fuel),
    c.AnyOfView: lambda planner, schema, view, fuel: planner.any_of(view, fuel),
    c.OneOfView: lambda planner, schema, view, fuel: planner.one_of(schema, view, fuel),
    c.AllOfView: lambda planner, schema, view, fuel: planner.all_of(schema, view, fuel),
    c.NotView: lambda planner, schema, view, fuel: planner.opposite(schema, view, fuel),
    c.ReferenceView: lambda planner, schema, view, fuel: planner.reference(view.uri, fuel),
}
