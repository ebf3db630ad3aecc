"""From the canonical view of an array to its shape."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from jsonschema_rs import CanonicalSchema
from jsonschema_rs.canonical import ArrayView, ContainsView, Distinctness

from .algebra import complement
from .arrays import Count, Kind, Shape, array_plan
from .context import Context
from .plans import Guarded, Plan

TOLD_APART = 5  # ``contains`` schemas whose combinations are all planned: 32 kinds of item


def list_plan(schema: CanonicalSchema, view: ArrayView, context: Context, fuel: int) -> Plan | None:
    """Lists that one view admits; None where there is none."""
    if len(view.contains) > TOLD_APART:
        return _in_turn(schema, view, context, fuel)
    slots = [*view.prefix_items, view.items or context.algebra.anything]
    kinds = [_kinds(slot, view.contains, context, fuel) for slot in slots]
    counts = tuple(_count(part) for part in view.contains)
    return array_plan(_shape(view, kinds, counts, view.min_items or 0))


def _shape(view: ArrayView, kinds: Sequence[Sequence[Kind]], counts: tuple[Count, ...], low: int) -> Shape:
    return Shape(
        kinds=lambda position: kinds[min(position, len(kinds) - 1)],
        counts=counts,
        low=low,
        high=view.max_items,
        prefix=len(kinds) - 1,
        distinct=view.distinctness == Distinctness.ALL_DISTINCT,
        repeated=view.distinctness == Distinctness.SOME_REPEATED,
    )


def _in_turn(schema: CanonicalSchema, view: ArrayView, context: Context, fuel: int) -> Plan | None:
    """Lists that fulfil one ``contains`` after the other, checked afterwards: for too many to be told apart."""
    context.gap()
    rest = view.items or context.algebra.anything
    wanted = [part.schema for part in view.contains for _ in range(_count(part).low)]
    slots = [*view.prefix_items, *[rest] * max(len(wanted) - len(view.prefix_items), 0), rest]
    plans = [context.meeting([slot, *wanted[place : place + 1]], fuel) for place, slot in enumerate(slots)]
    kinds = [[Kind(plan, ())] if plan else [] for plan in plans]
    plan = array_plan(_shape(view, kinds, (), max(view.min_items or 0, len(wanted))))
    return None if plan is None else Guarded(plan, context.accepts(schema))


def _count(part: ContainsView) -> Count:
    return Count(1 if part.min_contains is None else part.min_contains, part.max_contains)


def _kinds(slot: CanonicalSchema, contains: Sequence[ContainsView], context: Context, fuel: int) -> list[Kind]:
    """The kinds of item that fit a slot, told apart by the ``contains`` schemas that they fulfil."""
    kinds = []
    for fulfils in product((True, False), repeat=len(contains)):
        sides = [_side(part.schema, yes) for part, yes in zip(contains, fulfils, strict=True)]
        known = [side for side in sides if side is not None]
        if len(known) < len(sides):
            context.gap()
            continue
        plan = context.meeting([slot, *known], fuel)
        if plan is not None:
            kinds.append(Kind(plan, fulfils))
    return kinds


def _side(schema: CanonicalSchema, wanted: bool) -> CanonicalSchema | None:
    return schema if wanted else complement(schema)
