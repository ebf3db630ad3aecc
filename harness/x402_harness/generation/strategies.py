"""The strategy of a schema: plan, draw, and check with a validator before a value leaves."""

from __future__ import annotations

from math import inf

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from x402_catalog.cost import Costs, Size

from .algebra import Algebra
from .compilation import compiled
from .dialect import Dialect, Schema
from .documents import blame, forms
from .errors import UnsatisfiableSchema, UnsupportedSchema
from .planner import Planner
from .plans import JSON, Budget, Guarded, Plan, choice
from .vocabulary import walk

DEAREST = 5_000_000  # steps that judging the smallest value may take: each that is drawn gets judged
GROWING = ("minItems", "minProperties", "minContains", "required", "$ref")


def strategy_for(schema: Schema, *, draft: str | None = None, closed: bool = True) -> SearchStrategy[JSON]:
    """Values that ``schema`` accepts.

    ``$schema`` decides the draft, else ``draft`` ("4", "6", "7", "2019-09", "2020-12"), else 2020-12. Formats are
    asserted. Closed objects get no keys that the schema does not name, unless it needs them. Raises
    `UnsupportedSchema` for what is not understood, remote references included, and `UnsatisfiableSchema` where no
    value exists.
    """
    dialect, validator = compiled(schema, draft)
    if DEAREST < Costs(schema).of(Size(1, 1, 0)) < inf:
        raise UnsupportedSchema(*blame(schema), "judging a single value takes too long")
    try:
        plan = _plan(schema, dialect, closed)
    except RecursionError as error:
        raise UnsupportedSchema("schema", "", "schemas are nested too deeply") from error
    return documents(Guarded(plan, validator.is_valid)).filter(validator.is_valid)


def _plan(schema: Schema, dialect: Dialect, closed: bool) -> Plan:
    """One plan of all forms; a form that is only part of the truth never invents members."""
    made = forms(schema, dialect)
    planners = [Planner(root, Algebra(dialect), closed or not made.whole) for root in made.roots]
    plan = choice([planner.root_plan() for planner in planners])
    if plan is not None:
        return plan
    if made.whole and planners[0].complete:
        raise UnsatisfiableSchema("no value satisfies the schema")
    if not made.whole:
        raise UnsupportedSchema(*blame(schema), "no value was found by what is understood of the combination")
    raise UnsupportedSchema(*_largest(schema), "no document of a size that can be drawn was found")


def _largest(schema: Schema) -> tuple[str, str]:
    """The keyword most likely to ask for too much, and where it stands."""
    found = [
        (_size(inner[keyword]), keyword, pointer)
        for pointer, inner in walk(schema)
        for keyword in GROWING
        if keyword in inner
    ]
    return max(found)[1:] if found else ("$ref", "")


def _size(demand: object) -> float:
    """How much is asked for: a count, or a list of names; a reference comes last."""
    return demand if isinstance(demand, int | float) else len(demand) if isinstance(demand, list) else 0


@st.composite
def documents(draw: DrawFn, plan: Plan) -> JSON:
    """Whole documents drawn from a plan."""
    return plan.draw(draw, Budget())
