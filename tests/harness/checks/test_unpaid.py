"""Every file of ``corpus/challenge`` is a recorded exchange: dropping one in adds a case.

The form is that of :mod:`x402_harness.checks.recorded`, with one addition: ``response.terms`` holds messages that the
test encodes into the ``header`` or writes into the ``body``. ``invalid/CODE-what`` breaks that one rule, at the place
``at`` and with the rule's own level unless ``level`` says otherwise: no other error or warning than those that ``also``
names. ``valid/what`` breaks none.
"""

from __future__ import annotations

import base64
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.harness.support.listings import listing, offer
from tests.harness.support.terms import (
    PAYEE,
    PRICE,
    SEPOLIA,
    SEPOLIA_USDC,
    STRANGER,
    in_body,
    in_header,
    option_v1,
    option_v2,
    required_v1,
    required_v2,
)

from x402_catalog.findings import Finding, Level
from x402_catalog.rules.registry import REGISTRY, Rule
from x402_harness.checks.exchange import Judged, judge_exchange
from x402_harness.checks.recorded import load_exchanges
from x402_harness.checks.unpaid import (
    accounts,
    amounts,
    carried,
    chains,
    declared,
    described,
    envelope,
    extras,
    hints,
    listed,
    members,
    offers,
    resources,
    windows,
)
from x402_harness.protocol.challenge import MAX_OPTIONS
from x402_harness.protocol.exchange import Exchange, Failure, Leg, Request, Response

CORPUS = Path(__file__).with_name("corpus") / "challenge"
DATA = os.environ.get("TESTBUY_DATA")
URL = "https://shop.example/gen"
OF_A_LISTING = {"CHAL004", "CHAL005", "CHAL006", "CHAL007", "CHAL008", "CHAL047", "CHAL048", "CHAL058"}


def cases(folder: str) -> list[Path]:
    return sorted((CORPUS / folder).glob("*.json"))


def exchange(case: dict[str, Any]) -> Exchange:
    """The recorded exchange, its terms encoded without the code under test."""
    response = dict(case["response"])
    terms = response.pop("terms", {})
    rows = response.get("headers") or {}
    headers = [list(row) for row in (rows.items() if isinstance(rows, dict) else rows)]
    if "header" in terms:
        headers.append(["PAYMENT-REQUIRED", base64.b64encode(json.dumps(terms["header"]).encode()).decode()])
    if "body" in terms:
        headers.append(["content-type", "application/json"])
        response["body"] = json.dumps(terms["body"])
    record = {"request": case["request"], "response": {**response, "headers": headers}}
    (found,) = load_exchanges(json.dumps(record).encode())
    return found


@cache
def judged(path: Path) -> Judged:
    return judge_exchange(exchange(json.loads(path.read_bytes())))


def grave(found: Judged) -> list[Finding]:
    return [finding for finding in found.findings if finding.level is not Level.INFO]


@pytest.mark.parametrize("path", cases("invalid"), ids=lambda path: path.stem)
def test_a_broken_402_breaks_the_rule_that_its_name_says_and_no_other(path: Path) -> None:
    case, code = json.loads(path.read_bytes()), path.name.split("-")[0]
    found = [finding for finding in judged(path).findings if finding.rule == code]
    assert found, judged(path).findings
    assert {str(finding.level) for finding in found} == {case.get("level", str(REGISTRY[code].level))}
    assert {finding.rule for finding in grave(judged(path))} <= {code, *case.get("also", ())}
    assert len(found) == 1


@pytest.mark.parametrize("path", cases("invalid"), ids=lambda path: path.stem)
def test_a_finding_stands_where_the_defect_is(path: Path) -> None:
    case, code = json.loads(path.read_bytes()), path.name.split("-")[0]
    for finding in judged(path).findings:
        assert finding.location.url == case["request"]["url"]
        assert finding.location.leg == "unpaid"
        assert json.loads(json.dumps(finding.to_dict())) == finding.to_dict()
    if case.get("at"):
        assert case["at"] in [found.location.pointer for found in judged(path).findings if found.rule == code]


@pytest.mark.parametrize("path", cases("valid"), ids=lambda path: path.stem)
def test_a_valid_402_gets_neither_errors_nor_warnings(path: Path) -> None:
    assert grave(judged(path)) == []
    assert judged(path).verdict.conformant


MODULES = (
    accounts, amounts, carried, chains, declared, described, envelope, extras, listed, members, offers, resources,
    windows,
)  # fmt: skip
RULES = [rule for module in MODULES for rule in vars(module).values() if isinstance(rule, Rule)]


@pytest.mark.parametrize("rule", [*RULES, *hints.DECLARED], ids=lambda rule: rule.code)
def test_every_rule_over_a_402_has_one_that_breaks_it(rule: Rule) -> None:
    assert rule.code in OF_A_LISTING | {path.name.split("-")[0] for path in cases("invalid")}


@pytest.mark.parametrize("path", cases("invalid"), ids=lambda path: path.stem)
def test_the_verdict_pays_nothing_that_has_an_error(path: Path) -> None:
    found, case = judged(path), json.loads(path.read_bytes())
    wrong = any(finding.level is Level.ERROR for finding in found.findings)
    assert found.verdict.conformant is not wrong
    at = found.verdict.option
    assert at is None or not any(
        finding.level is Level.ERROR and str(finding.location.pointer).startswith(f"{at}/")
        for finding in found.findings
    ), case


def unpaid(response: Response | None = None, failure: Failure | None = None, url: str = URL) -> Exchange:
    return Exchange(Leg.UNPAID, Request("POST", url), response, failure)


def rules(response: Response, made: Any) -> set[str]:
    return {
        finding.rule for finding in judge_exchange(unpaid(response), made).findings if finding.level is not Level.INFO
    }


HINTS = {"input": {"type": "http", "method": "POST", "bodyType": "json", "bodyFields": {"prompt": {"type": "string"}}}}
GET = {"input": {"type": "http", "method": "GET", "queryParams": {"prompt": {"type": "string"}}}}
OTHER = {"input": {**HINTS["input"], "bodyFields": {"text": {"type": "string"}}}}


def test_a_402_that_asks_what_is_listed_has_no_findings() -> None:
    made = listing(offer(hints=HINTS))
    assert rules(in_header(required_v2(option_v2())), made) == set()
    assert rules(in_body(required_v1(option_v1(outputSchema=HINTS))), made) == set()


@pytest.mark.parametrize(
    ("code", "response"),
    [
        ("CHAL004", in_header(required_v2(option_v2(amount=str(PRICE + 1))))),
        ("CHAL004", in_body(required_v1(option_v1(maxAmountRequired="1")))),
        ("CHAL005", in_header(required_v2(option_v2(payTo=STRANGER)))),
        ("CHAL008", in_header(required_v2(option_v2(maxTimeoutSeconds=60)))),
        ("CHAL047", in_body(required_v1(option_v1(outputSchema=OTHER)))),
        ("CHAL058", in_body(required_v1(option_v1(outputSchema=GET)))),
    ],
)
def test_what_differs_from_the_listing_is_found(code: str, response: Response) -> None:
    assert rules(response, listing(offer(hints=HINTS))) == {code}


def test_another_network_and_asset_than_listed_are_found() -> None:
    entry = option_v2(network=SEPOLIA, asset=SEPOLIA_USDC, extra={"name": "USDC", "version": "2"})
    assert rules(in_header(required_v2(entry)), listing(offer(hints=HINTS))) == {"CHAL006", "CHAL007"}


def test_another_resource_than_listed_is_found() -> None:
    terms = in_header(required_v2(option_v2(), resource={"url": "https://shop.example/other"}))
    made = listing(offer(hints=HINTS))
    assert rules(terms, made) == {"CHAL014"}, "asked for at the listed URL, it is told once"
    moved = judge_exchange(unpaid(terms, url="https://shop.example/other"), made)
    assert [finding.rule for finding in moved.findings] == ["CHAL048"]


UPTO = option_v2(scheme="upto", extra={"facilitatorAddress": STRANGER})


def test_the_verdict_names_the_option_and_its_price() -> None:
    verdict = judge_exchange(unpaid(in_header(required_v2(UPTO, option_v2())))).verdict
    assert verdict.option == "PAYMENT-REQUIRED#/accepts/1"
    assert verdict.words == f"a client would pay option 1: 0.020000 USDC on eip155:8453 to {PAYEE.lower()}"
    assert verdict.versions == (2,)


def test_the_verdict_says_why_nothing_can_be_paid() -> None:
    verdict = judge_exchange(unpaid(in_header(required_v2(option_v2(amount="0.02"))))).verdict
    assert verdict.option is None
    assert verdict.words.startswith("cannot pay: option 0: the amount is no decimal string")


def test_both_versions_are_named_where_both_are_served() -> None:
    response = in_header(required_v2(option_v2()))
    both = Response(402, response.headers, json.dumps(required_v1(option_v1())).encode())
    assert judge_exchange(unpaid(both)).verdict.versions == (1, 2)


def test_no_answer_is_nothing_to_judge() -> None:
    found = judge_exchange(unpaid(failure=Failure("timeout", "no answer within 5 s", may_have_sent=True)))
    assert found.findings == ()
    assert not found.verdict.conformant
    assert ("terms", "there was no answer: no answer within 5 s") in found.not_judged


def test_what_cannot_be_judged_is_said() -> None:
    named = {name for name, _ in judge_exchange(unpaid(in_header(required_v2(option_v2())))).not_judged}
    assert named >= {"stability", "CHAL004", "CHAL008"}


@pytest.mark.skipif(not DATA, reason="TESTBUY_DATA names no folder with challenges")
def test_real_402s_are_judged_without_an_exception() -> None:
    for path in sorted((Path(DATA or "") / "challenges").glob("*.json")):
        record = json.loads(path.read_bytes())
        for body in record.get("bodies") or [record["record"]]:
            url = body.get("accepts", [{}])[0].get("resource", URL) if body.get("accepts") else URL
            judge_exchange(unpaid(in_body(body), url=url))


ODD: list[Any] = [None, [], {}, "", "x", -1, 1.5, True, 10**400, "\ud800", [[]], {"": None}, [None], {"type": {}}]
VARIED = ["v2-bazaar-body", "v2-bazaar-mcp", "v2-solana", "v2-sign-in-with-x", "v1-output-schema", "both-versions"]


def variants(value: Any) -> list[Any]:
    """``value`` with each of its nodes in turn replaced by each odd value, or left out."""
    if isinstance(value, dict):
        return [
            *({**value, key: odd} for key in value for odd in ODD),
            *({name: child for name, child in value.items() if name != key} for key in value),
            *({**value, key: changed} for key, child in value.items() for changed in variants(child)),
        ]
    if isinstance(value, list):
        return [
            [*value[:i], changed, *value[i + 1 :]]
            for i, child in enumerate(value)
            for changed in [*ODD, *variants(child)]
        ]
    return []


@pytest.mark.parametrize("name", VARIED)
def test_no_terms_whatever_raise(name: str) -> None:
    case = json.loads((CORPUS / "valid" / f"{name}.json").read_bytes())
    for terms in variants(case["response"]["terms"]):
        if set(terms) != set(case["response"]["terms"]):
            continue
        found = judge_exchange(exchange({**case, "response": {**case["response"], "terms": terms}}))
        assert json.dumps([finding.to_dict() for finding in found.findings])


def test_entries_without_end_are_judged_as_far_as_a_buyer_reads_them() -> None:
    found = judge_exchange(unpaid(in_body(required_v1(*[0] * 100_000)))).findings
    assert len([finding for finding in found if finding.rule == "CHAL003"]) == MAX_OPTIONS
