"""A lot: purchases beyond the planned ones come out of those that were set aside, and are told."""

from __future__ import annotations

import asyncio

import pytest
from tests.harness.support.listings import hints, listing, offer

from x402_harness.planning.cases import Portion, portions
from x402_harness.runs.config import MOCK_CAPS
from x402_harness.runs.lot import Lot

WORDS = {name: {"type": "string", "enum": ["x", "y", "z"], "required": True} for name in "abc"}
SHOP = listing(offer(hints=hints(queryParams=WORDS)))


def portion(spare: int) -> Portion:
    (made,) = portions([SHOP], rows=3, seed=402, caps=MOCK_CAPS, spare=spare)
    return made


@pytest.mark.parametrize(("confirm", "shrink"), [(0, 0), (2, 0), (0, 2), (1, 2), (9, 9)])
def test_what_is_left_is_what_was_set_aside_and_not_bought(confirm, shrink):
    lot, more = Lot(portion(5), confirm, shrink, 402), []

    async def planned(case):
        failed = 'query/b = "y"' in map(str, case.planned.levels)
        lot.note(case, not failed, frozenset({"RESP003"} if failed else ()))

    async def beyond(case):
        more.append(case)
        await planned(case)

    asyncio.run(lot.buy(planned, beyond))
    assert bool(more) is bool(confirm or shrink)
    assert lot.left == 5 - len(more) >= 0
