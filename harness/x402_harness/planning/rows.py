"""Rows: the requests of one listing in the order in which they are bought, and what each of them adds.

Row 1 is the listing's own example, verbatim. Where no member of the body is required the empty object is next. Then
come rows that show the most levels, then the most pairs (`covering`). What the listing calls not used rides along, one
field a row, in the last of the rows that show all levels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from x402_catalog.hints import RequestShape
from x402_catalog.jsonschemas import Checker
from x402_catalog.models import Listing
from x402_harness.generation.encoding import Values, encode
from x402_harness.generation.requests import (
    Candidate,
    Source,
    Unrequestable,
    drawn_values,
    example_values,
    with_headers,
)
from x402_harness.planning.coverage import Covering
from x402_harness.planning.covering import Arranger
from x402_harness.planning.factors import Factor, factors_of
from x402_harness.planning.grid import NONE, Row
from x402_harness.planning.models import Model, model_of
from x402_harness.planning.shown import Chosen, Coverage, coverage_of
from x402_harness.protocol.exchange import Request

_FALLBACK = 10  # requests drawn whole where a listing's fields cannot be told apart


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """One request, the ``levels`` in it, and what it adds to the rows before it: ``new`` levels, and pairs of them."""

    candidate: Candidate
    levels: tuple[Chosen, ...] = ()
    new: tuple[Chosen, ...] = ()
    new_pairs: int = 0


@dataclass(frozen=True, slots=True)
class RowPlan:
    """The rows of one listing, and what they cover."""

    rows: tuple[PlannedRow, ...]
    coverage: Coverage = field(default_factory=Coverage)
    model: Model | None = None


def rows_for(
    listing: Listing, shape: RequestShape, most: int | None, seed: int, *, strength: int = 2, risky: bool = False
) -> RowPlan:
    """At most ``most`` different requests, or as many as show all levels (``strength`` 1), pairs (2), threes (3).

    Every request satisfies what is declared. Fewer rows are the beginning of more; the same arguments give the same
    rows everywhere. Raises :class:`~x402_harness.generation.requests.Unrequestable`.
    """
    shown = example_values(listing, shape)
    if shown is not None:
        shown = with_headers(shape, shown, seed)
    if not shape.parts:
        values = shown or Values()
        source = Source.EXAMPLE if shown is not None else Source.BARE
        return RowPlan((PlannedRow(Candidate(source, values, encode(shape, values))),))
    factors = factors_of(shape, _shown_parts(shown), risky=risky, seed=seed)
    return _Rows(model_of(shape, factors, seed), shown, seed).plan(strength, most)


def _shown_parts(shown: Values | None) -> dict[str, object]:
    if shown is None:
        return {}
    return {"path": shown.path, "query": shown.query, "headers": shown.headers, "body": shown.body}


class _Rows:
    """Makes requests from the rows of one model."""

    def __init__(self, model: Model, shown: Values | None, seed: int) -> None:
        self._model = model
        self._shape = model.shape
        self._shown = shown
        self._seed = seed
        self._covering = Covering(model.grid)
        self._used: Counter[int] = Counter()
        self._unprobed = [one for one in model.probed if not _is_in(one, shown)]
        self._made: dict[Request, PlannedRow] = {}

    def plan(self, strength: int, most: int | None) -> RowPlan:
        """The plan."""
        rows = self._rows(strength)
        while most is None or len(self._made) < most:  # none is begun that is not wanted: it may take long to find
            row = next(rows, None)
            if row is None:
                break
            self._made.setdefault(row.candidate.request, row)
        if not self._made:
            self._fall_back(_FALLBACK if most is None else most)
        return RowPlan(tuple(self._made.values()), self._coverage(), self._model)

    def _rows(self, strength: int) -> Iterator[PlannedRow]:
        model, given = self._model, []
        if self._shown is not None:
            given.append(model.row_of(self._shown))
        empty = self._empty_body()
        arranger = Arranger(
            model.grid,
            self._seed,
            given=given,
            pinned=[] if empty is None else [empty],
            allows=model.feasible.allows,
            known=model.feasible.known,
        )
        last, first = arranger.levels_by, arranger.levels_by - len(self._unprobed)
        row: Row = (NONE,) * len(model.varied)
        for number, row in enumerate(arranger.rows(strength), start=1):
            wanted = None if number == last else int(number > first)
            yield from self._row(row, self._unprobed[:wanted], is_given=number <= len(given))
        if self._unprobed or not model.varied:
            yield from self._row(row, self._unprobed, is_given=False)

    def _row(self, row: Row, probes: Sequence[Factor], *, is_given: bool) -> Iterator[PlannedRow]:
        if is_given and self._shown is not None:
            values, probes = self._shown, ()
            source = Source.EXAMPLE
        else:
            made = self._model.request(row, probes, self._used)
            if made is None and probes:
                made, probes = self._model.request(row, (), self._used), ()
            if made is None:
                return
            values, source = made, Source.GENERATED
        self._used.update(row)
        self._unprobed = [one for one in self._unprobed if one not in probes]
        yield self._told(Candidate(source, values, encode(self._shape, values)), row, probes)

    def _told(self, candidate: Candidate, row: Row, probes: Sequence[Factor]) -> PlannedRow:
        fresh = self._covering.fresh
        gained = self._covering.take(row)
        levels = [(level, self._chosen(level)) for level in row if level != NONE]
        probed = [Chosen(one.name, one.levels[-1].label) for one in probes]
        new = [told for level, told in levels if fresh >> level & 1]
        return PlannedRow(
            candidate, (*(told for _, told in levels), *probed), (*new, *probed), gained.pairs
        )  # fmt: skip

    def _chosen(self, level: int) -> Chosen:
        factor, one = self._model.levels[level]
        return Chosen(factor.name, one.label)

    def _empty_body(self) -> list[int] | None:
        """The levels of a row whose body is ``{}``; ``None`` where that is not valid, or is the example."""
        model = self._model
        if not isinstance(self._shape.body, dict) or not Checker(self._shape.body).is_valid({}):
            return None
        if self._shown is not None and self._shown.body == {}:
            return None
        body = [(i, one) for i, one in enumerate(model.varied) if one.part == "body" and one.under is None]
        if not body or not all(one.path and one.levels[0].is_absent for _, one in body):
            return None
        return [model.grid.levels[index][0] for index, _ in body]

    def _fall_back(self, count: int) -> None:
        """Requests drawn whole."""
        from x402_harness.generation import GenerationError, draw

        try:
            drawn = draw(drawn_values(self._shape), count, self._seed)
        except GenerationError as error:
            raise Unrequestable(str(error)) from error
        for values in drawn:
            candidate = Candidate(Source.GENERATED, values, encode(self._shape, values))
            self._made.setdefault(candidate.request, PlannedRow(candidate))

    def _coverage(self) -> Coverage:
        return coverage_of(self._model, [row.levels for row in self._made.values()])


def _is_in(factor: Factor, shown: Values | None) -> bool:
    part = {} if shown is None else _shown_parts(shown).get(factor.part)
    return isinstance(part, dict) and factor.path[0] in part


def first_request(listing: Listing, shape: RequestShape, seed: int) -> Candidate | None:
    """Row 1 of :func:`rows_for`, without what it takes to know more; ``None`` if there is none. Raises likewise."""
    shown = example_values(listing, shape)
    if shown is not None:
        shown = with_headers(shape, shown, seed)
        return Candidate(Source.EXAMPLE, shown, encode(shape, shown))
    return next((row.candidate for row in rows_for(listing, shape, 1, seed).rows), None)
