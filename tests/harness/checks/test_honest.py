"""Checks over honest purchases: the mock seller of every listing of the project gives no cause for a finding."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.harness.support.buying import CAPS, buyer, clock
from tests.harness.support.listings import PATHS, load
from tests.harness.support.terms import PAYER

from x402_catalog.rules.judge import Evidence
from x402_harness.buying.buyer import Bought
from x402_harness.buying.scenes import scene_of
from x402_harness.checks import examine
from x402_harness.edge.client import Client
from x402_harness.ledger import Ledger
from x402_harness.planning.cases import Case, plan_listing
from x402_harness.protocol.purchase import State
from x402_harness.sandbox.reader import Reader
from x402_harness.sandbox.world import World


async def bought(made: list[Case], folder: Path) -> list[Bought]:
    world = World(clock())
    with Ledger(folder / "ledger.db", clock()) as ledger:
        shared = buyer(ledger, chain=Reader(world))
        outcomes = []
        for one in made:
            world.fund(PAYER, one.price)
            async with Client(world.transport(one.listing)) as client:
                outcomes.append(await shared.buy(one, client))
        return outcomes


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_an_honest_seller_gives_no_cause_for_a_finding(tmp_path: Path, path: Path) -> None:
    made = plan_listing(load(path), rows=3, seed=402, caps=CAPS)
    if not isinstance(made, tuple):
        assert made.reasons
        return
    for outcome in asyncio.run(bought(list(made), tmp_path)):
        examined = scene_of(outcome, Evidence.SIMULATED)
        examine(examined)
        assert examined.judge.findings == []
        assert outcome.purchase.state is State.SETTLED
        assert {"CHAL001", "CHAL004", "PAY001", "PAY003", "PAY007", "PAY008"} <= examined.passed


def test_most_listings_of_the_project_can_be_bought() -> None:
    made = [plan_listing(load(path), rows=1, seed=402, caps=CAPS) for path in PATHS]
    assert sum(isinstance(one, tuple) for one in made) >= len(PATHS) - 4
