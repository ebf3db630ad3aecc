"""Seeded faults: how many are found within 9, 25 and 66 paid calls, and how often what is at fault is named.

    python bench/faults.py

A seller breaks where a request has one certain level (1-way), or two together (2-way). First every such fault of the
fixed model (`tests/harness/planning/reference_model.json`) and of the reference listing as people get it is looked for
in the rows of the plan, beside rows at random; then some of them are built into sandbox sellers and bought from.
"""

from __future__ import annotations

import asyncio
import json
import random
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from x402_catalog.hints import request_shape
from x402_catalog.models import Listing
from x402_catalog.reading import read
from x402_catalog.sources import listings
from x402_harness.edge.client import Client
from x402_harness.planning.coverage import Covering
from x402_harness.planning.covering import Arranger
from x402_harness.planning.grid import NONE, Grid, Row
from x402_harness.planning.rows import rows_for
from x402_harness.planning.suspects import Shown, suspects
from x402_harness.policy import MICROS, Caps
from x402_harness.protocol.exchange import Response
from x402_harness.runs.config import RunConfig, Surroundings
from x402_harness.runs.events import Event, Stream
from x402_harness.runs.runner import Runner
from x402_harness.runs.venue import MockVenue
from x402_harness.sandbox.behaviour import Fault, Side, Visit
from x402_harness.sandbox.world import World

ROOT = Path(__file__).parents[1]
AT = (9, 25, 66)
SEED = 402
BUILT = 6  # faults of each kind that are built into sandbox sellers

Seeded = frozenset[int]  # the levels that break the seller when they stand together


@dataclass(frozen=True)
class Score:
    """Of so many faults: how many are found, are among the suspects, and are the only suspect."""

    faults: int
    found: int
    named: int
    alone: int

    def __str__(self) -> str:
        of = self.faults or 1
        return f"{100 * self.found / of:>7.0f} {100 * self.named / of:>6.0f} {100 * self.alone / of:>6.0f}"


def main() -> None:
    """Print the tables."""
    model = json.loads((ROOT / "tests/harness/planning/reference_model.json").read_text(encoding="utf-8"))
    grid = Grid(tuple(map(len, model["factors"].values())))
    told("fixed model", grid, list(islice(Arranger(grid, SEED).rows(2), max(AT))))
    listing = next(_read(ROOT / "listings" / "api-venice-ai-api-v1-images-generations.json"))
    plan = rows_for(listing, request_shape(listing, listing.offers[0]), None, SEED)
    assert plan.model is not None
    rows = [plan.model.row_of(row.candidate.values) for row in plan.rows]
    told("reference listing, safe levels", plan.model.grid, rows)
    bought(listing)


def told(title: str, grid: Grid, rows: Sequence[Row]) -> None:
    """Every fault of one and of two levels, by the plan and by chance."""
    print(f"\n{title}: faults in % found, named among the suspects, named alone, within so many calls")
    print(f"{'':<28}" + "".join(f"{n:>21}" for n in AT))
    dice = random.Random(SEED)
    chance = [tuple(dice.choice(levels) for levels in grid.levels) for _ in range(max(AT))]
    for ways, faults in ((1, ones(grid)), (2, twos(grid))):
        for name, source in (("testbuy", rows), ("at random", chance)):
            cells = "".join(f"{score(faults, source[:number])!s:>21}" for number in AT)
            print(f"{f'{ways}-way ({len(faults)}), {name}':<28}{cells}")


def ones(grid: Grid) -> list[Seeded]:
    """Every level."""
    return [frozenset([level]) for levels in grid.levels for level in levels]


def twos(grid: Grid) -> list[Seeded]:
    """Every pair that can stand together."""
    return [frozenset(pair) for pair in Covering(grid).untested_pairs()]


def score(faults: Iterable[Seeded], rows: Sequence[Row]) -> Score:
    """What these rows tell of each fault."""
    found = named = alone = count = 0
    for fault in faults:
        count += 1
        table = [Shown([level for level in row if level != NONE], not fault <= set(row)) for row in rows]
        if all(row.passed for row in table):
            continue
        found += 1
        suspected = suspects(table)
        named += tuple(sorted(fault)) in {tuple(sorted(one)) for one in suspected}
        alone += [frozenset(one) for one in suspected] == [fault]
    return Score(count, found, named, alone)


class _Broken(MockVenue):
    """A mock seller that answers without content where the request has what is at fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(World(time.time))
        self._fault = fault

    def client(self, listing: Listing) -> Client:
        import httpx

        return Client(httpx.ASGITransport(app=self._world.seller(listing, faults=[self._fault])))


def bought(listing: Listing) -> None:
    """Some faults of the reference listing, bought for sandbox money from sellers that have them."""
    fields = [factor for factor in _factors(listing) if len(factor[1]) > 1]
    dice, began = random.Random(SEED), time.process_time()
    print(f"\nbought from sandbox sellers, {max(AT)} calls each: fault, failing calls, suspects")
    for ways in (1, 2):
        for _ in range(BUILT):
            chosen = {name: dice.choice(values) for name, values in dice.sample(fields, ways)}
            failing, suspected = asyncio.run(_run(listing, chosen))
            right = [sorted(f"body/{name} = {json.dumps(value)}" for name, value in chosen.items())]
            verdict = "right" if [sorted(one) for one in suspected] == right else f"{len(suspected)} suspects"
            print(f"  {json.dumps(chosen):<70} {failing:>3}  {verdict}")
    print(f"  {time.process_time() - began:.1f} s")


def _factors(listing: Listing) -> list[tuple[str, list[object]]]:
    declared = listing.offers[0].hints["input"]["bodyFields"]
    return [(name, field["enum"]) for name, field in declared.items() if "enum" in field and "used" not in str(field)]


async def _run(listing: Listing, chosen: dict[str, object]) -> tuple[int, list[list[str]]]:
    def broken(response: Response, visit: Visit) -> Response:
        body = visit.values.body
        at_fault = all(body.get(name) == value for name, value in chosen.items())
        return replace(response, body=b"{}") if at_fault else response

    events: list[Event] = []
    with tempfile.TemporaryDirectory() as folder:
        around = Surroundings("run", Path(folder), time.time, random.randbytes)
        config = RunConfig((), rows=max(AT), caps=Caps(100 * MICROS, 10_000 * MICROS))
        venue = _Broken(Fault("seeded", Side.ANSWER, "breaks where it is seeded", (), deliver=broken))
        await Runner(config, around, Stream(time.time, (events.append,)), [listing], venue).run()
    failing = sum(bool(event["failed"]) for event in events if event["event"] == "case.end")
    return failing, next((event["suspects"] for event in events if event["event"] == "coverage"), [])


def _read(source: Path) -> Iterator[Listing]:
    return (
        made for item in read([str(source)]) for made in listings(item) if isinstance(made, Listing)
    )  # fmt: skip


if __name__ == "__main__":
    main()
