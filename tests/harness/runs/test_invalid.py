"""Invalid requests are paid for only where that was asked for, and what is kept for a refusal is found."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.harness.support.listings import hints, listing, offer
from tests.harness.support.running import Street, ran

from x402_harness.policy import Caps
from x402_harness.protocol.exchange import Response
from x402_harness.sandbox.behaviour import Fault, Side, Visit
from x402_harness.sandbox.seller import Validates

OUTPUT = {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}}}
FIELDS = {"q": {"type": "string", "required": True, "enum": ["x", "y"]}, "n": {"type": "integer", "minimum": 1}}
SHOP = listing(offer(hints=hints(OUTPUT, bodyFields=FIELDS)), method="POST", example_request_body={"q": "x"})


def is_valid(visit: Visit) -> bool:
    body = visit.values.body
    return isinstance(body, dict) and body.get("q") in ("x", "y") and isinstance(body.get("n", 1), int)


def selling(status: int) -> Street:
    """A seller that takes the money for whatever is asked, and answers what is invalid with ``status``."""

    def deliver(response: Response, visit: Visit) -> Response:
        return response if is_valid(visit) else replace(response, status=status)

    fault = Fault("takes all", Side.ANSWER, "takes money for anything", (), deliver=deliver)
    return Street(fault, validates=Validates.NEVER)


def bought(folder, venue: Street | None = None, invalid: int = 8, **more):
    return ran(folder, [SHOP], rows=1, venue=venue, invalid=invalid, **more)


def rules(done) -> set[str]:
    return {one["finding"]["rule"] for one in done.of("finding")} & {"REQ011", "REQ013", "REQ014"}


def test_an_honest_seller_is_paid_for_none(tmp_path):
    done = bought(tmp_path)
    assert rules(done) == set()
    assert not [one for one in done.of("invalid") if one["settled"]]
    assert done.summary.settled == 1


def test_nothing_invalid_is_paid_for_unasked(tmp_path):
    done = bought(tmp_path, invalid=0)
    assert done.of("invalid") == []
    assert done.summary.settled == 1


@pytest.mark.parametrize(("status", "rule"), [(400, "REQ013"), (422, "REQ013"), (500, "REQ011"), (200, "REQ014")])
def test_what_is_done_with_a_payment_for_an_invalid_request_is_found(status, rule, tmp_path):
    done = bought(tmp_path, selling(status))
    (found,) = [one["finding"] for one in done.of("finding") if one["finding"]["rule"] == rule]
    told = done.of("invalid")
    assert rules(done) == {rule}
    assert (found["location"]["leg"], found["observed"]) == ("paid", status)
    assert 5 < len(told) <= 8
    assert {(one["status"], one["settled"]) for one in told} == {(status, True)}
    assert {"required", "type", "enum"} <= {one["keyword"] for one in told}


def test_invalid_requests_are_paid_from_the_same_budget(tmp_path):
    done = bought(tmp_path, selling(400), caps=Caps(per_call=1_000_000, per_run=80_000))
    assert len(done.of("invalid")) == 3
    assert done.summary.refused == 0
    assert sum(int(row["atomic"]) for row in done.summary.spent) == 80_000


def test_a_seller_that_refuses_before_it_names_its_terms_is_paid_for_none(tmp_path):
    done = bought(tmp_path, Street(validates=Validates.BEFORE))
    assert done.of("invalid") == []
    assert rules(done) == set()
