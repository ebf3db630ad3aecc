"""Refusals: each payment that must be refused has its rule, and a seller that refuses is not blamed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.harness.support.terms import (
    header,
    in_body,
    in_header,
    option_v1,
    option_v2,
    receipt,
    required_v1,
    required_v2,
)

from x402_catalog.findings import Level
from x402_catalog.hints import Declared, ResponseShape
from x402_catalog.rules.registry import REGISTRY, Rule
from x402_harness.checks import refusals as rules
from x402_harness.checks.refusals import Attempt, Fault, judge_refusals
from x402_harness.protocol.exchange import Exchange, Failure, Leg, Request, Response

JSON = (("content-type", "application/json"),)
TERMS = in_header(required_v2(option_v2()))
TERMS_V1 = in_body(required_v1(option_v1()))
SERVED = Response(200, JSON, b'{"ok": true}')
SHAPE = ResponseShape(
    Declared.SCHEMA, "/accepts/0/hints/output", {"type": "object", "required": ["ok"]}, media_type="application/json"
)
IMAGE = ResponseShape(Declared.MEDIA_TYPE, "", media_type="image/png")
EXAMPLE = ResponseShape(Declared.EXAMPLE, "", example={"a": 1, "b": 2})
VERIFICATION = [
    rules.SIGNATURE, rules.AMOUNT, rules.RECIPIENT, rules.EXPIRED, rules.EARLY, rules.NETWORK, rules.DOMAIN,
    rules.TERMS, rules.SCHEME, rules.REPLAY, rules.RACE, rules.SECOND_TRY, rules.FUNDS,
]  # fmt: skip


def attempt(rule: Rule, answer: Response | Failure, settled: bool | None = None, what: str = "a payment") -> Attempt:
    request = Request("GET", f"https://shop.example/{rule.code}", (("X-PAYMENT", what),))
    if isinstance(answer, Failure):
        return Attempt(what, rule, Exchange(Leg.PAID, request, failure=answer), settled)
    return Attempt(what, rule, Exchange(Leg.PAID, request, answer), settled)


def judged(*attempts: Attempt, shape: ResponseShape | None = SHAPE) -> list[Fault]:
    return judge_refusals(attempts, shape)


@pytest.mark.parametrize("rule", VERIFICATION, ids=lambda rule: rule.code)
def test_what_is_served_breaks_the_rule_that_it_was_made_for(rule: Rule) -> None:
    (fault,) = judged(attempt(rule, SERVED))
    assert (fault.rule, fault.observed) == (rule, 200)
    assert rule.level is Level.ERROR


REFUSALS = {
    "terms": TERMS, "terms of version 1": TERMS_V1, "400": Response(400, JSON, b'{"error": "bad payment"}'),
    "401": Response(401), "not implemented": Response(501), "busy": Response(503),
    "a receipt of failure": Response(402, (("PAYMENT-RESPONSE", header(receipt(success=False, transaction=""))),)),
    "a closed connection": Failure("connection", "closed", may_have_sent=True),
}  # fmt: skip


@pytest.mark.parametrize("shape", [SHAPE, IMAGE, EXAMPLE, None], ids=["schema", "image", "example", "unknown"])
@pytest.mark.parametrize("answer", REFUSALS)
def test_whoever_refuses_is_not_blamed(answer: str, shape: ResponseShape | None) -> None:
    assert judged(*(attempt(rule, REFUSALS[answer], False) for rule in VERIFICATION), shape=shape) == []


LEAKS: list[tuple[Response, ResponseShape]] = [
    (Response(402, TERMS.headers, b'{"ok": true}'), SHAPE),
    (replace(TERMS_V1, body=json.dumps({**required_v1(option_v1()), "data": {"ok": 1}}).encode()), SHAPE),
    (Response(402, (*TERMS.headers, ("content-type", "image/png")), b"\x89PNG"), IMAGE),
    (Response(400, JSON, b'{"result": {"a": 5, "b": 6, "c": 7}}'), EXAMPLE),
]


@pytest.mark.parametrize(("answer", "shape"), LEAKS)
def test_a_refusal_that_carries_the_content_is_found(answer: Response, shape: ResponseShape) -> None:
    assert [fault.rule for fault in judged(attempt(rules.AMOUNT, answer), shape=shape)] == [rules.LEAK]


@pytest.mark.parametrize("schema", [True, {}, {"type": "object"}, {"type": ["object", "array"]}])
def test_a_declaration_that_everything_satisfies_makes_no_refusal_a_leak(schema: Any) -> None:
    shape = ResponseShape(Declared.SCHEMA, "", schema)
    assert judged(attempt(rules.AMOUNT, Response(402, TERMS.headers, b'{"ok": true}')), shape=shape) == []


def test_an_example_of_the_answer_in_the_terms_is_no_leak() -> None:
    told = required_v1(option_v1(outputSchema={"output": {"ok": True}}), extensions={"ok": True})
    assert judged(attempt(rules.AMOUNT, in_body(told))) == []


@pytest.mark.parametrize("status", [500, 502, 599])
def test_a_server_error_is_no_refusal(status: int) -> None:
    assert [fault.rule for fault in judged(attempt(rules.EARLY, Response(status)))] == [rules.CRASH]


def test_a_402_without_terms_or_receipt_says_nothing() -> None:
    (fault,) = judged(attempt(rules.EARLY, Response(402, JSON, b"no")))
    assert (fault.rule, fault.rule.level) == (rules.SILENT, Level.WARNING)


def test_what_is_refused_must_not_be_settled() -> None:
    assert [fault.rule for fault in judged(attempt(rules.AMOUNT, TERMS, settled=True))] == [rules.TAKEN]


def test_who_does_not_look_at_signatures_is_not_blamed_for_domains_as_well() -> None:
    found = judged(attempt(rules.SIGNATURE, SERVED), attempt(rules.DOMAIN, SERVED))
    assert [fault.rule for fault in found] == [rules.SIGNATURE]


def test_a_second_try_is_only_one_where_the_first_was_refused() -> None:
    first, again = attempt(rules.SIGNATURE, SERVED), attempt(rules.SECOND_TRY, SERVED)
    same = replace(again, exchange=replace(again.exchange, request=first.exchange.request))
    assert [fault.rule for fault in judged(first, same)] == [rules.SIGNATURE]
    refused = replace(first, exchange=replace(first.exchange, response=TERMS))
    assert [fault.rule for fault in judged(refused, same)] == [rules.SECOND_TRY]


def test_every_rule_about_refusals_is_tried_here() -> None:
    tried = {rule.code for rule in (*VERIFICATION, rules.LEAK, rules.CRASH, rules.SILENT, rules.TAKEN)}
    assert tried == {rule.code for rule in REGISTRY if "PAY040" <= rule.code < "PAY060"}
