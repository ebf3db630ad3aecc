"""Shrinking: what fails is made as small as it can be, with money that costs nothing."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace

import pytest
from tests.harness.support.listings import hints, listing, offer
from tests.harness.support.running import Street, ran

from x402_catalog.hints import request_shape
from x402_harness.generation.encoding import Values
from x402_harness.planning.cases import plan_listing
from x402_harness.planning.shrinking import smallest as smallest_values
from x402_harness.policy import Caps
from x402_harness.protocol.exchange import Response
from x402_harness.runs.config import MOCK_CAPS
from x402_harness.runs.shrinking import Shrinker
from x402_harness.sandbox.behaviour import Fault, Side, Visit

OUTPUT = {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}}}
FIELDS = {
    "title": {"type": "string", "required": True, "minLength": 1, "example": "a title of some length"},
    "count": {"type": "integer", "minimum": 1, "maximum": 90, "example": 70},
    "style": {"type": "string", "enum": ["plain", "bold", "wide"], "example": "bold"},
    "tags": {"type": "array", "items": {"type": "string"}, "example": ["one", "two", "three"]},
    "size": {"type": "object", "properties": {"w": {"type": "integer"}, "h": {"type": "integer"}}},
}
EXAMPLE = {"title": "a title", "count": 70, "style": "bold", "tags": ["one", "two"], "size": {"w": 40, "h": 50}}
SHOP = listing(offer(hints=hints(OUTPUT, bodyFields=FIELDS)), method="POST", example_request_body=EXAMPLE)


def shop_that_breaks(where) -> Street:
    def broken(response: Response, visit: Visit) -> Response:
        return replace(response, body=b"{}") if where(visit.values.body) else response

    return Street(Fault("breaks there", Side.ANSWER, "answers without content there", (), deliver=broken))


def smallest(folder, where, shrink: int = 200, **more):
    done = ran(folder, [SHOP], rows=1, venue=shop_that_breaks(where), shrink=shrink, **more)
    found = next(one["smallest"] for one in done.of("coverage"))
    return None if found is None else json.loads(found["request"]["body"]["text"]), found, done


@pytest.mark.parametrize(
    ("where", "least"),
    [
        (lambda body: body.get("count", 0) > 10, {"title": "0", "count": 11}),
        (lambda body: body.get("style") == "bold", {"title": "0", "style": "bold"}),
        (lambda body: len(body.get("tags", ())) == 2 and "size" in body, {"title": "0", "tags": ["", ""], "size": {}}),
        (lambda body: body.get("size", {}).get("h") == 50, {"title": "0", "size": {"h": 50}}),
        (lambda body: True, {"title": "0"}),
    ],
)
def test_a_failing_request_is_made_as_small_as_it_can_be(where, least, tmp_path):
    made, found, done = smallest(tmp_path, where)
    assert made == least
    assert found["rules"]
    assert found["case"] in {one["case"] for one in done.of("case.end")}
    assert done.summary.planned == done.summary.settled == 1 + found["purchases"]


def test_no_more_is_bought_than_was_asked_for(tmp_path):
    _, found, done = smallest(tmp_path, lambda body: body.get("count", 0) > 10, shrink=7)
    assert found["purchases"] == 7
    assert done.summary.settled == 8


def test_what_is_bought_stays_within_the_budget(tmp_path):
    _, _, done = smallest(tmp_path, lambda body: True, caps=Caps(per_call=1_000_000, per_run=80_000))
    assert done.summary.settled <= 4
    assert done.summary.refused == 0


def test_nothing_is_bought_twice(tmp_path):
    _, _, done = smallest(tmp_path, lambda body: body.get("count", 0) > 10)
    cases = [one["case"] for one in done.of("case.start")]
    assert len(cases) == len(set(cases))


def test_nothing_more_is_bought_where_nothing_fails(tmp_path):
    made, _, done = smallest(tmp_path, lambda body: False)
    assert (made, done.summary.settled) == (None, 1)


def test_where_nothing_near_is_valid_the_failing_request_stays_as_it_is():
    failing = Values(body={"style": "bold"}, has_body=True)
    assert smallest_values(request_shape(SHOP, SHOP.offers[0]), failing, lambda _: True, seed=402) == failing


def test_when_it_was_stopped_nothing_is_bought_any_more():
    bought = []

    async def stopped_between_two_purchases() -> None:
        loop = asyncio.get_running_loop()

        def stop() -> None:
            time.sleep(0.3)  # meanwhile the thread has asked for the next purchase, which has not begun
            shrinking.cancel()

        async def buy(case):
            bought.append(case)
            loop.call_soon(loop.call_soon, stop)  # one turn later, when the thread has its answer
            return frozenset({"RESP003"})

        (case,) = plan_listing(SHOP, rows=1, seed=402, caps=MOCK_CAPS)
        shrinking = loop.create_task(Shrinker(buy, 200, 402).shrunk(case, frozenset({"RESP003"})))
        with pytest.raises(asyncio.CancelledError):
            await shrinking
        await asyncio.sleep(0.3)

    asyncio.run(stopped_between_two_purchases())
    assert len(bought) == 1
