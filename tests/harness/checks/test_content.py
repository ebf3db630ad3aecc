"""The content of answers: each rule's corpus has answers that break it and answers that do not.

A case is an input, a request and an output as listings declare them, and an answer. ``finds`` are the claims that the
rule contradicts (``null`` where it contradicts none), ``holds`` those that it confirms; without ``finds`` the rule says
nothing. Dropping in a file adds its cases. ``@base64:TYPE:WxH``, ``@data:SAID:TYPE:WxH`` and ``@file:TYPE:WxH`` stand
for real files.
"""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

import pytest
from tests.harness.support.buying import case
from tests.harness.support.listings import listing, offer
from tests.harness.support.terms import NOW, authorization, header, in_header, option_v2, receipt, required_v2

from x402_catalog.rules.judge import Evidence, Judge, Verdict
from x402_catalog.rules.registry import REGISTRY
from x402_harness.checks import examine
from x402_harness.checks.content.asking import asked
from x402_harness.checks.context import Scene
from x402_harness.generation.media import made
from x402_harness.generation.requests import Source
from x402_harness.protocol.exchange import Exchange, Leg, Response, Transcript
from x402_harness.protocol.purchase import Purchase
from x402_harness.sandbox.answers import answer
from x402_harness.sandbox.fitting import Order

FOLDER = Path(__file__).parent / "content"
FILES = sorted(FOLDER.glob("*.json"))
CASES = [
    pytest.param(path.stem, one, id=f"{path.stem} {one['case']}"[:110])
    for path in FILES
    for one in json.loads(path.read_text(encoding="utf-8"))
]


def _file(words: list[str]) -> bytes:
    media_type, *size = words
    width, height = map(int, size[0].split("x")) if size else (1, 1)
    data = made(media_type, width, height)
    assert data is not None, media_type
    return data


def _filled(value: Any) -> Any:
    """A value with real files in place of the words that stand for them."""
    if isinstance(value, dict):
        return {name: _filled(child) for name, child in value.items()}
    if isinstance(value, list):
        return [_filled(child) for child in value]
    if not isinstance(value, str) or not value.startswith("@"):
        return value
    kind, *words = value[1:].split(":")
    if kind == "data":
        return f"data:{words[0]};base64,{base64.b64encode(_file(words[1:])).decode()}"
    text = base64.b64encode(_file(words[:2])).decode()
    return text[:-3] if words[-1] == "cut" else text


def _body(told: dict[str, Any]) -> bytes:
    if "body_bytes" in told:
        return bytes(told["body_bytes"])
    if "body_latin1" in told:
        return str(told["body_latin1"]).encode("latin-1")
    if "body" in told:
        text = str(told["body"])
        return _file(text[6:].split(":")) if text.startswith("@file:") else text.encode()
    return json.dumps(_filled(told["answer"]), ensure_ascii=False).encode()


def scene(told: dict[str, Any]) -> Scene:
    """The purchase that a case tells of, before the checks."""
    hints = {"input": told.get("input", {"type": "http", "method": "GET"}), "output": told["output"]}
    changes = {"mime_type": told["mime_type"]} if "mime_type" in told else {}
    planned = case(listing(offer(hints=hints, **changes), example_request_body=told.get("request")))
    if "request" in told:
        assert planned.source is Source.EXAMPLE
    unpaid = in_header(required_v2(option_v2()))
    purchase = Purchase(planned.candidate.request)
    purchase.ask()
    purchase.answered(unpaid)
    purchase.authorize(purchase.challenge.options[0], authorization())  # type: ignore[union-attr]
    sent = purchase.pay(b"\x01" * 65)
    rows = {"content-type": "application/json", **told.get("headers", {}), "PAYMENT-RESPONSE": header(receipt())}
    paid = Response(
        200, tuple(rows.items()), _body(told), undecoded=told.get("undecoded", ""), received=told.get("received")
    )
    purchase.paid(paid)
    exchanges = (
        Exchange(Leg.UNPAID, planned.candidate.request, unpaid, started=NOW),
        Exchange(Leg.PAID, sent, paid, started=NOW),
    )
    return Scene(
        listing=planned.listing, offer=planned.offer, expected=planned.expected, declared=planned.response,
        example=True, purchase=purchase, transcript=Transcript(exchanges),
        judge=Judge(planned.listing, Evidence.PAID),
    )  # fmt: skip


@pytest.mark.parametrize(("code", "told"), CASES)
def test_a_rule_about_content_finds_what_it_is_there_to_find_and_nothing_else(code: str, told: dict[str, Any]) -> None:
    examined = scene(told)
    examine(examined)
    found = [finding for finding in examined.judge.findings if finding.rule == code]
    assert [finding.location.pointer for finding in found] == told.get("finds", []), [
        (finding.rule, finding.message) for finding in examined.judge.findings
    ]
    assert {str(finding.level) for finding in found} <= {told.get("level", str(REGISTRY[code].level))}
    held = {j.pointer for j in examined.judge.judgements if j.rule == code and j.verdict is Verdict.HELD}
    assert set(told.get("holds", [])) <= held
    assert all(finding.location.leg == "paid" for finding in found)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_rule_has_answers_on_both_sides(path: Path) -> None:
    cases = json.loads(path.read_text(encoding="utf-8"))
    assert any(one.get("finds") for one in cases)
    assert any(not one.get("finds") for one in cases)


def test_every_rule_about_content_has_a_corpus() -> None:
    codes = {rule.code for rule in REGISTRY if rule.code.startswith("RESP") and rule.code >= "RESP010"}
    assert codes == {path.stem for path in FILES}


def _silent(told: dict[str, Any]) -> bool:
    return "finds" not in told


@pytest.mark.parametrize(("code", "told"), [row for row in CASES if _silent(row.values[1])])
def test_what_one_rule_lets_pass_no_other_rule_of_content_minds(code: str, told: dict[str, Any]) -> None:
    examined = scene(told)
    examine(examined)
    told_of = {finding.rule for finding in examined.judge.findings}
    assert not {rule for rule in told_of if rule.startswith("RESP") and rule >= "RESP010"}


def test_nothing_is_said_where_there_is_no_answer_of_success() -> None:
    examined = scene({"output": None, "body": "<html>", "headers": {"content-encoding": "br"}})
    refused = Exchange(Leg.PAID, examined.purchase.request, Response(500, (("content-encoding", "br"),), b"x"))
    examined.transcript = Transcript((refused,))
    examine(examined)
    assert not {finding.rule for finding in examined.judge.findings if finding.rule.startswith("RESP")}


HOSTILE: dict[str, tuple[Any, Any]] = {
    "a schema that refers to itself": ({"$ref": "#"}, {"a": 1}),
    "a schema whose members refer to it": (
        {"type": "object", "properties": {"next": {"$ref": "#"}}},
        {"next": {"next": {"next": {}}}},
    ),
    "alternatives that refer to each other": (
        {"anyOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}, {}]}}},
        {"a": 1},
    ),
    "keywords of the wrong kind": (
        {"properties": {"a": {"enum": {}, "anyOf": [1, None], "description": 7, "required": "x"}}},
        {"a": {"b": 1}},
    ),
    "a deep answer": ({"type": "array"}, json.loads("[" * 150 + "]" * 150)),
    "a long answer": ({"type": "array", "items": {"type": "integer"}}, list(range(50_000))),
    "a wide answer": ({"type": "object"}, {str(number): number for number in range(50_000)}),
    "numbers beyond all times": (
        {"properties": {"timestamp": {"type": "integer", "description": "Unix timestamp of the response"}}},
        {"timestamp": 10**400},
    ),
    "a year that is none": (
        {"properties": {"timestamp": {"type": "string", "description": "Time of the response"}}},
        {"timestamp": "0000-00-00T00:00:00+99:99"},
    ),
    "data URLs of nothing but parameters": (
        {"properties": {"url": {"type": "string"}}},
        {"url": "data:" + ";a=b" * 5_000},
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_answers_and_schemas_are_looked_at_within_bounds(name: str) -> None:
    output, answer = HOSTILE[name]
    examined = scene({"output": output, "answer": answer})
    began = time.process_time()
    examine(examined)
    assert time.process_time() - began < 5
    assert examined.judge.judgements


ASKING = [row for row in CASES if "request" in row.values[1] and "Accept" not in str(row.values[1]["input"])]


@pytest.mark.parametrize(("code", "told"), ASKING)
def test_a_sandbox_seller_of_the_same_listing_breaks_no_rule(code: str, told: dict[str, Any]) -> None:
    planned = scene(told)
    shape = planned.judge.request(planned.offer)
    order = Order(planned.listing, asked(shape, planned.purchase.request), NOW)
    sold = answer(planned.declared, order=order)
    body = {"body_bytes": sold.body, "headers": {"content-type": sold.media_type}}
    kept = {key: value for key, value in told.items() if key not in ("answer", "body", "received", "undecoded")}
    examined = scene({**kept, **body})
    examine(examined)
    assert [(one.rule, one.message) for one in examined.judge.findings if one.rule.startswith("RESP")] == []
