"""Confirmations: what failed is told apart from what only stood beside it, by few purchases more."""

from __future__ import annotations

from dataclasses import replace

from tests.harness.support.listings import hints, listing, offer
from tests.harness.support.running import Street, ran

from x402_harness.policy import Caps
from x402_harness.protocol.exchange import Response
from x402_harness.sandbox.behaviour import Fault, Side, Visit

OUTPUT = {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}}}
WORDS = {name: {"type": "string", "enum": ["x", "y", "z"], "required": True} for name in "abc"}
SHOP = listing(offer(hints=hints(OUTPUT, queryParams=WORDS)))


def broken(response: Response, visit: Visit) -> Response:
    return replace(response, body=b"{}") if visit.values.query["b"] == "y" else response


FAULT = Fault("b is y", Side.ANSWER, "answers without content where b is y", (), deliver=broken)


def suspected(confirm: int, **more):
    done = run(confirm, **more)
    return next(one["suspects"] for one in done.of("coverage")), done


def run(confirm: int, folder, **more):
    return ran(folder, [SHOP], rows=3, venue=Street(FAULT), confirm=confirm, **more)


def test_confirmations_tell_the_suspect_from_what_stood_beside_it(tmp_path):
    before, first = suspected(0, folder=tmp_path)
    after, second = suspected(4, folder=tmp_path)
    assert ['query/b = "y"'] in before
    assert len(before) > 1
    assert after == [['query/b = "y"']]
    assert 1 <= second.summary.settled - first.summary.settled <= 4
    assert second.summary.planned == second.summary.settled
    assert len({one["case"] for one in second.of("case.start")}) == second.summary.planned


def test_two_levels_that_break_a_seller_together_are_named(tmp_path):
    def apart(response: Response, visit: Visit) -> Response:
        asked = visit.values.query
        return replace(response, body=b"{}") if (asked["a"], asked["c"]) == ("z", "x") else response

    fault = Fault("a is z and c is x", Side.ANSWER, "answers without content there", (), deliver=apart)
    done = ran(tmp_path, [SHOP], rows=None, venue=Street(fault), confirm=6)
    assert next(one["suspects"] for one in done.of("coverage")) == [['query/a = "z"', 'query/c = "x"']]


def test_nothing_is_confirmed_where_nothing_failed(tmp_path):
    assert ran(tmp_path, [SHOP], rows=3, confirm=4).summary.settled == 3


def test_confirmations_stay_within_the_budget(tmp_path):
    done = run(4, tmp_path, caps=Caps(per_call=1_000_000, per_run=80_000))
    assert done.summary.settled == 4
    assert done.summary.refused == 0
    assert done.of("plan")[0]["cost"] == "0.080000"
