"""JSON Schema, decided by jsonschema-rs and explained by jsonschema, always within bounds.

Schemas come from strangers: what is plainly cheap is judged here, everything else in a process that can be killed. What
comes to no end is undecided, which is never valid.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from itertools import islice

from x402_catalog.cost import Costs, Size, size
from x402_catalog.engines import (
    PUBLISHED,
    UNDECIDED,
    BadSchema,
    Problem,
    Schema,
    check_metaschema,
    compiled,
    explained,
    problem_of_error,
    published,
    undecided,
)
from x402_catalog.hostile import MAX_DEPTH, is_plain, nodes
from x402_catalog.models import Json, JsonObject
from x402_catalog.schemaworker import worker

__all__ = [
    "DIALECT", "PUBLISHED", "UNDECIDED", "BadSchema", "Checker", "Problem", "Schema", "is_plainly_valid", "problem_of",
    "published", "published_checker",
]  # fmt: skip

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DECIDED_HERE = 5_000_000  # steps of jsonschema-rs: half a second at the very worst
_EXPLAINED_HERE = 50_000  # steps of jsonschema
_PATTERNS = frozenset({"pattern", "patternProperties"})


class Checker:
    """A compiled schema. Raises :class:`BadSchema` if it is none, or refers to what is not in it.

    ``own`` is for schemas that ship with the program: their cost is known, and they are always judged in place.
    """

    def __init__(self, schema: Schema, *, own: bool = False) -> None:
        self.schema = schema
        self._own = own
        self._engine = compiled(schema)

    def is_valid(self, value: Json) -> bool:
        """Whether ``value`` is known to satisfy the schema; what cannot be decided does not."""
        if self._own or self._is_cheap(extent := size(value)):
            try:
                return bool(self._engine.validator.is_valid(value))
            except ValueError:  # a value that the engine cannot take in
                return False
        return self._judged_elsewhere(value, extent) is None

    def problem(self, value: Json) -> Problem | None:
        """The most telling reason why ``value`` fails; ``None`` if it is valid. It may be that nothing was decided:
        see :attr:`Problem.is_undecided`."""
        extent = size(value)
        is_here = self._own or self._is_cheap(extent)
        told = self._engine.problem(value) if is_here else self._judged_elsewhere(value, extent)
        if told is None or told.is_undecided:
            return told
        better = self._explained(value, extent)
        return told if better is None or better.is_undecided else better

    def problems(self, value: Json, limit: int = 20) -> list[Problem]:
        """Every reason why ``value`` fails, at most ``limit``; for schemas of our own, whose cost is known."""
        if self._engine.validator.is_valid(value):
            return []
        errors = self._engine.validator.iter_errors(value)
        return [problem_of_error(error) for error in islice(errors, limit)]

    def _is_cheap(self, extent: Size) -> bool:
        return not self._engine.backtracks and self._costs.of(extent, _DECIDED_HERE) <= _DECIDED_HERE

    def _judged_elsewhere(self, value: Json, extent: Size) -> Problem | None:
        # Handing a value over recurses over it, as the engines do along references: in C, where with the recursion
        # limit raised, as other libraries do, a deep one would end this process.
        if extent.depth > MAX_DEPTH:
            return undecided(f"the value is nested more than {MAX_DEPTH} deep")
        return worker().ask("decide", self.schema, value)

    def _explained(self, value: Json, extent: Size) -> Problem | None:
        if extent.depth > MAX_DEPTH:
            return None
        # jsonschema runs patterns on Python's engine, whose time has no bound.
        if self._has_patterns or self._costs.of(extent, _EXPLAINED_HERE) > _EXPLAINED_HERE:
            return worker().ask("explain", self.schema, value)
        return explained(self.schema, value)

    @cached_property
    def _costs(self) -> Costs:
        return Costs(self.schema)

    @cached_property
    def _has_patterns(self) -> bool:
        return any(isinstance(node, dict) and not _PATTERNS.isdisjoint(node) for _, node in nodes(self.schema))


def is_plainly_valid(schema: JsonObject, besides: frozenset[str], deepest: int) -> bool:
    """Whether ``schema`` is valid JSON Schema 2020-12 without references, patterns or keywords of ``besides``, nested
    no deeper than ``deepest``: cheap to find out, and nothing in it needs a second look."""
    import jsonschema_rs

    return is_plain(schema, besides, deepest) and jsonschema_rs.meta.is_valid(schema)


def problem_of(schema: Json) -> Problem | None:
    """Why ``schema`` is not a usable JSON Schema; ``None`` if it is one."""
    try:
        if isinstance(schema, dict) and is_plain(schema):
            check_metaschema(schema)
        else:
            compiled(schema)
    except BadSchema as error:
        return error.problem
    return None


@lru_cache(maxsize=8)
def published_checker(name: str) -> Checker:
    """The compiled form of :func:`published`."""
    return Checker(published(name), own=True)
