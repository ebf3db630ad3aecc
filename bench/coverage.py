"""Coverage per paid call: our rows beside plain random, covertable, Schemathesis and the combinatorial bound.

    TESTBUY_DATA=… python bench/coverage.py

First the fixed model of the reference listing (`tests/harness/planning/reference_model.json`), then the listings of
the project and of ``bazaar.jsonl`` in TESTBUY_DATA as people get them, without risky levels. covertable and
Schemathesis are measured where they are installed. Goals: all levels in the bound's rows; at least 91 % of the bound's
pairs after 10 rows; all pairs in at most 1.05 times the bound; a listing planned in at most 2 s, 54 fields of 5 values
in at most 30 s.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from x402_catalog.hints import RequestShape, request_shape
from x402_catalog.models import Listing
from x402_catalog.reading import read
from x402_catalog.sources import listings
from x402_harness.generation.encoding import Values
from x402_harness.planning.bounds import fewest_rows_for_levels, fewest_rows_for_pairs, most_pairs
from x402_harness.planning.coverage import Covering
from x402_harness.planning.covering import Arranger
from x402_harness.planning.grid import NONE, Grid, Row
from x402_harness.planning.rows import RowPlan, rows_for

ROOT = Path(__file__).parents[1]
AT = (10, 25, 50, 100)
SEEDS = range(9)


def main() -> None:
    """Print every table."""
    fixed_model()
    many_fields()
    of_listings("listings of the project", ROOT / "listings")
    if folder := os.environ.get("TESTBUY_DATA"):
        of_listings("declared inputs of bazaar.jsonl", Path(folder) / "bazaar.jsonl")
    else:
        print("bazaar.jsonl: TESTBUY_DATA is not set", file=sys.stderr)


def fixed_model() -> None:
    """Every source on the same 54 levels; levels and pairs in per cent, medians."""
    model = json.loads((ROOT / "tests/harness/planning/reference_model.json").read_text(encoding="utf-8"))
    factors: dict[str, list[str]] = model["factors"]
    grid = Grid(tuple(map(len, factors.values())))
    example = tuple(
        levels[factors[name].index(model["example"][name])] for name, levels in zip(factors, grid.levels, strict=True)
    )
    print(f"fixed model: {grid.count} levels, {Covering(grid).pairs} pairs; levels/pairs in % after so many calls")
    print(f"{'':<24}" + "".join(f"{n:>12}" for n in AT) + f"{'levels by':>11}{'pairs by':>10}{'seconds':>9}")
    bound = "".join(f"{100 * most_pairs(grid, n) / Covering(grid).pairs:>12.1f}" for n in AT)
    print(f"{'bound (pairs)':<24}{bound}{fewest_rows_for_levels(grid):>11}{fewest_rows_for_pairs(grid):>10}")
    sources: dict[str, Callable[[int], Iterator[Row]]] = {
        "testbuy": lambda seed: Arranger(grid, seed, given=[example]).rows(2),
        "plain random": lambda seed: at_random(grid, seed),
    }
    if find_spec("covertable"):
        sources["covertable"] = lambda seed: by_covertable(grid, seed)
    if find_spec("schemathesis"):
        sources["schemathesis"] = lambda seed: by_schemathesis(list(factors), grid)
    for name, source in sources.items():
        print(f"{name:<24}{told(grid, source)}")


def told(grid: Grid, source: Callable[[int], Iterator[Row]]) -> str:
    """One line of the table."""
    runs, took = [], []
    for seed in SEEDS:
        began = time.process_time()
        runs.append(list(islice(source(seed), 300)))
        took.append(time.process_time() - began)
    cells = []
    for number in AT:
        shown = [Covering.of(grid, rows[:number]) for rows in runs]
        levels = median(100 * (1 - one.levels_left / one.levels) for one in shown)
        pairs = median(100 * (1 - one.pairs_left / one.pairs) for one in shown)
        cells.append(f"{levels:.0f}/{pairs:.1f}".rjust(12))
    by = [median(_rows_until(grid, rows, what) for rows in runs) for what in ("levels_left", "pairs_left")]
    return "".join(cells) + f"{by[0]:>11.0f}{by[1]:>10.0f}{median(took):>9.2f}"


def _rows_until(grid: Grid, rows: Sequence[Row], what: str) -> float:
    covering = Covering(grid)
    for number, row in enumerate(rows, start=1):
        covering.take(row)
        if not getattr(covering, what):
            return number
    return float("inf")


def at_random(grid: Grid, seed: int) -> Iterator[Row]:
    """Each level with equal chance."""
    dice = random.Random(seed)
    while True:
        yield tuple(dice.choice(levels) for levels in grid.levels)


def by_covertable(grid: Grid, seed: int) -> Iterator[Row]:
    """The rows of covertable in its own order."""
    from covertable import make, sorters

    rows = make([list(levels) for levels in grid.levels], strength=2, sorter=sorters.hash, salt=str(seed))
    return (tuple(row) for row in rows)


def by_schemathesis(names: list[str], grid: Grid) -> Iterator[Row]:
    """Bodies that Schemathesis draws for the reference listing, as rows of the fixed model."""
    listing = next(_read(ROOT / "listings" / "api-venice-ai-api-v1-images-generations.json"))
    model = json.loads((ROOT / "tests/harness/planning/reference_model.json").read_text(encoding="utf-8"))["factors"]
    for drawn in drawn_by_schemathesis(request_shape(listing, listing.offers[0]), max(AT)):
        one = drawn.body if isinstance(drawn.body, dict) else {}
        yield tuple(
            grid.levels[index][model[name].index(level)] if (level := _level(name, one, model[name])) else NONE
            for index, name in enumerate(names)
        )


def drawn_by_schemathesis(shape: RequestShape, count: int) -> list[Values]:
    """So many requests that Schemathesis draws for the same fields, told to it as OpenAPI."""
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, settings

    schema = schemathesis.openapi.from_dict(_as_openapi(shape))
    operation = schema[urlsplit(shape.url).path or "/"][shape.method]
    drawn: list[Values] = []

    @settings(max_examples=count, phases=[Phase.generate], database=None, suppress_health_check=list(HealthCheck))
    @given(operation.as_strategy())
    def collect(case: Any) -> None:
        has_body = isinstance(case.body, (dict, list, str, int, float))
        parts = (dict(part or {}) for part in (case.path_parameters, case.query, case.headers))
        drawn.append(Values(*parts, body=case.body if has_body else None, has_body=has_body))

    collect()
    return drawn


def _as_openapi(shape: RequestShape) -> dict[str, Any]:
    groups = (("path", shape.path), ("query", shape.query))
    operation: dict[str, Any] = {
        "parameters": [
            {"in": where, "name": field.name, "required": where == "path" or field.required, "schema": field.schema}
            for where, fields in groups for field in fields
        ],
        "responses": {"200": {"description": "ok"}},
    }  # fmt: skip
    if shape.body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": shape.body}}}
    path = urlsplit(shape.url).path or "/"
    return {
        "openapi": "3.1.0",
        "info": {"title": "x", "version": "1"},
        "paths": {path: {shape.method.lower(): operation}},
    }


def _level(name: str, body: dict[str, object], levels: list[str]) -> str | None:
    """The level of the fixed model that a body has of a field."""
    value = body.get(name)
    if name not in body:
        return "absent" if "absent" in levels else None
    if isinstance(value, int):
        return "negative" if value < 0 else str(value) if value < 2 else "2 or more"
    if value in levels:
        return str(value)
    text = str(value)
    return "empty" if not text else "ascii" if text.isascii() else "other script"


def many_fields() -> None:
    """54 fields of 5 values."""
    grid, began = Grid((5,) * 54), time.process_time()
    rows = list(Arranger(grid, 402).rows(2))
    print(f"\n54 fields of 5 values: {len(rows)} rows in {time.process_time() - began:.1f} s (goal 30 s)")


def of_listings(title: str, source: Path) -> None:
    """How the plans of many listings stand to their bounds."""
    plans = []
    for listing in _read(source):
        if listing.offers and (shape := request_shape(listing, listing.offers[0])).parts:
            plans += _planned(listing, shape)
    varied = [one for one in plans if one[1].coverage.all_pairs]
    print(f"\n{title}: {len(plans)} with declared inputs, {len(varied)} with pairs to show")
    late = [one for one in plans if _levels_by(one) > max(one[1].coverage.rows_for_levels, 1)]
    slowest = max(took for *_, took in plans)
    print(f"  all levels in the bound's rows: {len(plans) - len(late)}; planning one took {slowest:.2f} s at most")
    drawn = list(_drawn(varied)) if find_spec("schemathesis") else []
    for number in AT:
        bounds = [most_pairs(plan.model.grid, number) for _, plan, _ in varied]
        shares = [_pairs_in(one[1], number) / most for one, most in zip(varied, bounds, strict=True)]
        chance = [_random_pairs(one[1].model.grid, number) / most for one, most in zip(varied, bounds, strict=True)]
        low = sum(share < 0.91 for share in shares)
        theirs = [_pairs_of(rows, grid, number) / most_pairs(grid, number) for rows, grid in drawn]
        beside = f"; schemathesis {100 * median(theirs):.1f}" if theirs else ""
        print(
            f"  {number:>3} calls: {100 * median(shares):5.1f} % of the bound's pairs "
            f"(least {100 * min(shares):.1f}, under 91: {low}); plain random {100 * median(chance):.1f}{beside}"
        )
    over = [one for one in varied if len(one[1].rows) > 1.05 * one[1].coverage.rows_for_pairs]
    print(f"  all pairs within 1.05 × bound: {len(varied) - len(over)} of {len(varied)}")
    for slug, plan, _ in sorted(over, key=lambda one: -len(one[1].rows) / one[1].coverage.rows_for_pairs)[:12]:
        bound = plan.coverage.rows_for_pairs
        print(f"    {len(plan.rows):>4} rows, bound {bound:>4}  {plan.model.grid.sizes} {slug[:50]}")


def _drawn(plans: list[tuple[str, RowPlan, float]]) -> Iterator[tuple[list[Row], Grid]]:
    """The requests of Schemathesis as rows of the listings' own models; what it cannot draw from is left out."""
    left_out = 0
    for _, plan, _ in plans:
        model = plan.model
        assert model is not None  # it has pairs to show
        try:
            found = drawn_by_schemathesis(model.shape, max(AT))
        except Exception:  # whatever it raises about a schema that it does not take
            left_out += 1
            continue
        yield [model.row_of(values) for values in found], model.grid
    print(f"  schemathesis draws from {len(plans) - left_out} of {len(plans)}")


def _pairs_of(rows: Sequence[Row], grid: Grid, number: int) -> int:
    covering = Covering.of(grid, rows[:number])
    return covering.pairs - covering.pairs_left


def _planned(listing: Listing, shape: RequestShape) -> list[tuple[str, RowPlan, float]]:
    began = time.process_time()
    try:
        plan = rows_for(listing, shape, None, 402)
    except ValueError as error:
        print(f"  not planned: {listing.slug}: {error}", file=sys.stderr)
        return []
    return [(listing.slug, plan, time.process_time() - began)]


def _levels_by(one: tuple[str, RowPlan, float]) -> int:
    plan, left = one[1], one[1].coverage.all_levels
    for number, row in enumerate(plan.rows, start=1):
        left -= len(row.new)
        if not left:
            return number
    return len(plan.rows)


def _pairs_in(plan: RowPlan, number: int) -> int:
    return sum(row.new_pairs for row in plan.rows[:number])


def _random_pairs(grid: Grid, number: int) -> int:
    from x402_harness.planning.dice import Dice
    from x402_harness.planning.greedy import Greedy

    greedy = Greedy(grid, Dice(1, "random"))
    covering = Covering.of(grid, (row for _ in range(number) if (row := greedy.any_row(())) is not None))
    return covering.pairs - covering.pairs_left


def _read(source: Path) -> Iterator[Listing]:
    for item in read([str(source)]):
        for made in listings(item):
            if isinstance(made, Listing):
                yield made


if __name__ == "__main__":
    main()
