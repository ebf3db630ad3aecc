"""Checks: each rule about a purchase fires where it should, on the leg and the claim that it is about."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from tests.harness.support.buying import case
from tests.harness.support.listings import hints, listing, offer
from tests.harness.support.terms import (
    BASE,
    PAYEE,
    PRICE,
    SEPOLIA,
    SEPOLIA_USDC,
    STRANGER,
    TRANSACTION,
    authorization,
    header,
    in_body,
    in_header,
    option_v1,
    option_v2,
    receipt,
    required_v1,
    required_v2,
)

from x402_catalog.findings import Finding
from x402_catalog.models import Listing
from x402_catalog.rules.judge import Evidence, Judge, Verdict
from x402_catalog.rules.registry import REGISTRY
from x402_harness.checks import examine
from x402_harness.checks.context import Scene
from x402_harness.generation.requests import Source
from x402_harness.protocol.exchange import Balances, ChainView, Exchange, Failure, Leg, Response, Transcript
from x402_harness.protocol.onchain import Settlement
from x402_harness.protocol.onchain import Verdict as Seen
from x402_harness.protocol.purchase import Purchase, State

FAMILIES = ("CHAL", "PAY", "RESP", "NET", "REQ")
REFUSED = Failure("connection", "refused", may_have_sent=False)
HUNG_UP = Failure("connection", "hung up", may_have_sent=True)
MALFORMED = Failure("protocol", "too long a head", may_have_sent=True)
TERMS = in_header(required_v2(option_v2()))
PAID = Response(200, (("content-type", "application/json"), ("PAYMENT-RESPONSE", header(receipt()))), b'{"ok":true}')
MOVED = ChainView(Balances(PRICE, 0), Balances(0, PRICE), nonce_used=True)
PLAIN = listing()
UNMOVED = ChainView(Balances(PRICE, 0), Balances(PRICE, 0), nonce_used=False)


@dataclass(frozen=True)
class Story:
    """What a seller did: its answers, and what the chain says."""

    unpaid: Response | Failure = TERMS
    paid: Response | Failure = PAID
    chain: ChainView | None = MOVED
    listing: Listing = PLAIN
    elapsed: float = 0.1
    settlement: Settlement | None = None

    def scene(self) -> Scene:
        """The purchase as the checks see it, before they have looked."""
        made = case(self.listing)
        purchase = Purchase(made.candidate.request)
        exchanges = [_exchange(Leg.UNPAID, purchase, self.unpaid)]
        purchase.ask()
        if isinstance(self.unpaid, Failure):
            purchase.unanswered(self.unpaid)
        else:
            purchase.answered(self.unpaid)
        if purchase.challenge is not None and purchase.challenge.options:
            _pay(purchase, self.paid)
            exchanges.append(replace(_exchange(Leg.PAID, purchase, self.paid), elapsed=self.elapsed))
        return Scene(
            listing=made.listing,
            offer=made.offer,
            expected=made.expected,
            declared=made.response,
            example=made.source is Source.EXAMPLE,
            purchase=purchase,
            transcript=Transcript(tuple(exchanges), self.chain if len(exchanges) > 1 else None, self.settlement),
            judge=Judge(made.listing, Evidence.SIMULATED),
        )

    def examined(self) -> Scene:
        """The purchase after all checks."""
        scene = self.scene()
        examine(scene)
        return scene


def _exchange(leg: Leg, purchase: Purchase, answer: Response | Failure) -> Exchange:
    if isinstance(answer, Failure):
        return Exchange(leg, purchase.request, failure=answer)
    return Exchange(leg, purchase.request, answer)


def _pay(purchase: Purchase, answer: Response | Failure) -> None:
    assert purchase.challenge is not None
    option = purchase.challenge.options[0]
    purchase.authorize(option, authorization(payee=option.pay_to, value=option.amount))
    purchase.pay(b"\x01" * 65)
    if isinstance(answer, Failure):
        purchase.lost(answer)
    else:
        purchase.paid(answer)


def asks(**changes: Any) -> Story:
    """A seller that asks for other terms, and then takes them honestly."""
    entry = option_v2(**changes)
    price = int(entry["amount"])
    chain = ChainView(Balances(price, 0), Balances(0, price), nonce_used=True)
    network = {} if entry["network"] == BASE else {"network": entry["network"]}
    return Story(unpaid=in_header(required_v2(entry)), paid=with_receipt(**network), chain=chain)


def asked_of_a_node(verdict: Seen, *, nonce_used: bool | None = True, paid: Response = PAID) -> Story:
    """A purchase on a public chain, with what a node says of it."""
    return Story(paid=paid, chain=None, settlement=Settlement(verdict, "as the node says", TRANSACTION, 1, nonce_used))


def with_receipt(status: int = 200, header_name: str = "PAYMENT-RESPONSE", **changes: Any) -> Response:
    rows = (("content-type", "application/json"), (header_name, header(receipt(**changes))))
    return Response(status, rows, b'{"ok":true}')


def kept(directives: str) -> Response:
    """A paid answer with a Cache-Control header."""
    sold = with_receipt()
    return replace(sold, headers=(*sold.headers, ("cache-control", directives)))


def opened_to(*exposed: str) -> Response:
    """A paid answer that is open to other origins, which may read the headers named."""
    rows = (("access-control-allow-origin", "*"), ("access-control-expose-headers", ", ".join(exposed)))
    sold = with_receipt()
    return replace(sold, headers=(*sold.headers, *rows))


def in_words(change: Callable[[str], str]) -> Response:
    """A paid answer whose receipt is written otherwise; this one needs padding and both odd signs of the alphabet."""
    text = header(receipt(note="?>?>~~", pad="xx"))
    assert text.endswith("=")
    assert "/" in text or "+" in text
    return Response(200, (("content-type", "application/json"), ("PAYMENT-RESPONSE", change(text))), b'{"ok":true}')


def _url_safe(text: str) -> str:
    return text.replace("+", "-").replace("/", "_")


def answers(body: Any, media_type: str | None = "application/json", *, truncated: bool = False) -> Response:
    """A paid answer with another body."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    rows = (("content-type", media_type),) if media_type else ()
    return Response(200, (*rows, ("PAYMENT-RESPONSE", header(receipt()))), raw, truncated)


def declares(output: Any, paid: Response, **changes: Any) -> Story:
    """A listing with another declared output."""
    return Story(listing=listing(offer(hints=hints(output=output), **changes)), paid=paid)


IMAGE = {"type": "image/png"}
PADLESS = header(required_v2(option_v2(), pad="x")).rstrip("=")
assert len(PADLESS) % 4
TRAP = r"^(?=(a|aa)+\1$)x"  # takes exponential time

FIRING: dict[str, list[Story]] = {
    "CHAL001": [
        Story(unpaid=Response(200, (), b"{}")), Story(unpaid=Response(404)),
        Story(unpaid=Response(302, (("location", "/"),))), Story(unpaid=Response(500)),
    ],
    "CHAL002": [
        Story(unpaid=Response(402)), Story(unpaid=Response(402, (), b"<html>")),
        Story(unpaid=Response(402, (("PAYMENT-REQUIRED", "junk!"),))),
        Story(unpaid=Response(402, (), b"{}", truncated=True)),
    ],
    "CHAL003": [
        Story(unpaid=in_header(required_v2(option_v2(), {"scheme": "exact"}))),
        Story(unpaid=in_header(required_v2(option_v2(amount=20000)))),
        Story(unpaid=in_body(required_v1(option_v1(), option_v1(payTo=None)))),
    ],
    "CHAL004": [asks(amount=str(PRICE + 1)), asks(amount=str(PRICE - 1)), asks(amount=str(PRICE * 10**12))],
    "CHAL005": [asks(payTo=STRANGER)],
    "CHAL006": [asks(asset=STRANGER), asks(network=SEPOLIA, asset=SEPOLIA_USDC)],
    "CHAL007": [asks(network=SEPOLIA, asset=SEPOLIA_USDC), asks(network="eip155:999999")],
    "CHAL008": [asks(maxTimeoutSeconds=60), asks(maxTimeoutSeconds=300_000)],
    "CHAL009": [
        Story(unpaid=in_body(required_v2(option_v2()))),
        Story(unpaid=Response(402, (("PAYMENT-REQUIRED", PADLESS),))),
    ],
    "CHAL010": [Story(unpaid=in_body(required_v1(option_v1(), x402Version=3)))],
    "CHAL011": [Story(unpaid=in_body({"x402Version": 1})), Story(unpaid=in_body(required_v1()))],
    "PAY001": [Story(paid=Response(500), chain=UNMOVED), Story(paid=Response(403), chain=None)],
    "PAY002": [
        Story(paid=Response(200, (("content-type", "application/json"),), b'{"ok":true}')),
        Story(paid=Response(200, (("PAYMENT-RESPONSE", "junk!"),), b'{"ok":true}')),
        Story(paid=Response(200, (("PAYMENT-RESPONSE", header({"success": True})),), b'{"ok":true}')),
        Story(paid=Response(200, (("content-type", "application/json"),), b'{"ok":true}'), chain=UNMOVED),
    ],
    "PAY003": [Story(paid=with_receipt(success=False, transaction="", errorReason="no funds"), chain=UNMOVED)],
    "PAY004": [Story(paid=with_receipt(network=SEPOLIA)), Story(paid=with_receipt(network=""))],
    "PAY005": [Story(paid=with_receipt(payer=STRANGER)), Story(paid=with_receipt(payer=""))],
    "PAY006": [
        Story(paid=with_receipt(transaction=text))
        for text in ("", "0x", "pending", "0x" + "0" * 64, "0x" + "g" * 64, "ab" * 32, "0x" + "ab" * 31)
    ],
    "PAY007": [
        Story(chain=ChainView(Balances(PRICE, 0), Balances(1, PRICE - 1), nonce_used=True)),
        Story(chain=ChainView(Balances(PRICE, 0), Balances(0, PRICE), nonce_used=False)),
        Story(chain=ChainView(Balances(PRICE, 0), Balances(PRICE, 0), nonce_used=True)),
        Story(chain=ChainView(Balances(2 * PRICE, 0), Balances(0, 2 * PRICE), nonce_used=True)),
    ],
    "PAY008": [Story(chain=UNMOVED), asked_of_a_node(Seen.UNUSED, nonce_used=False)],
    "PAY009": [
        Story(chain=replace(MOVED, transaction="0x" + "5e" * 32)), asked_of_a_node(Seen.OTHER_NONCE),
    ],
    "PAY010": [
        Story(paid=with_receipt(header_name="X-PAYMENT-RESPONSE")),
        Story(unpaid=in_body(required_v1(option_v1())), paid=with_receipt(network="base")),
    ],
    "PAY011": [Story(paid=kept("public")), Story(paid=kept("max-age=60")), Story(paid=kept("S-MaxAge=5, no-cache"))],
    "PAY012": [Story(elapsed=301.0)],
    "PAY013": [Story(paid=Response(307, (("location", "https://elsewhere.example/"),))), Story(paid=Response(303))],
    "PAY014": [
        Story(paid=with_receipt(500)), Story(paid=Response(404)), Story(paid=with_receipt(422), chain=None),
    ],
    "PAY015": [Story(paid=TERMS), Story(paid=with_receipt(402), chain=None)],
    "PAY016": [Story(paid=TERMS, chain=UNMOVED), Story(paid=Response(402), chain=None)],
    "PAY017": [
        Story(paid=Response(200, (("content-type", "application/json"),), b'{"ok":true}'), chain=UNMOVED),
        Story(paid=with_receipt(success=False, transaction=""), chain=UNMOVED),
        asked_of_a_node(Seen.UNUSED, nonce_used=False, paid=with_receipt(success=False, transaction="")),
    ],
    "PAY018": [Story(paid=with_receipt(success=False, transaction="", errorReason="settlement_pending"))],
    "PAY019": [Story(paid=opened_to("content-type")), Story(paid=opened_to("x-payment-response"))],
    "PAY020": [Story(paid=with_receipt(amount="1")), Story(paid=with_receipt(amount=str(PRICE + 1)))],
    "PAY021": [Story(paid=in_words(lambda text: text.rstrip("="))), Story(paid=in_words(_url_safe))],
    "PAY022": [Story(chain=None)],
    "PAY023": [asked_of_a_node(Seen.MISMATCH)],
    "PAY024": [asked_of_a_node(Seen.FAILED, nonce_used=False)],
    "PAY025": [asked_of_a_node(Seen.NO_RECEIPT, nonce_used=False)],
    "PAY026": [asked_of_a_node(Seen.CANCELED)],
    "PAY027": [asked_of_a_node(Seen.SHALLOW)],
    "PAY028": [asked_of_a_node(Seen.OTHER_CHAIN, nonce_used=None)],
    "PAY029": [asked_of_a_node(Seen.UNDECIDED, nonce_used=None), asked_of_a_node(Seen.NOT_FOUND)],
    "REQ001": [Story(paid=Response(status), chain=chain) for status in (400, 404, 422) for chain in (UNMOVED, None)],
    "RESP001": [
        Story(paid=answers({"ok": True}, "text/html")), Story(paid=answers({"ok": True}, None)),
        declares(IMAGE, answers(b"GIF89a", "image/gif")), declares({}, answers({}), mime_type="text/csv"),
        declares({}, answers({}), mime_type="image/*"),
    ],
    "RESP002": [
        Story(paid=answers(b"<html>")), Story(paid=answers(b'{"ok":NaN}')), Story(paid=answers(b"\xff")),
        Story(paid=answers(b"[" * 100_000)), declares({"a": 1}, answers(b"{")),
    ],
    "RESP003": [
        Story(paid=answers({})), Story(paid=answers({"ok": "yes"})), Story(paid=answers([])),
        declares({"type": "array", "minItems": 1}, answers([])), declares({"type": "string"}, answers(None)),
        declares({"type": "object", "example": {"a": 1}}, answers([])),
    ],
    "RESP004": [
        declares({"a": {"b": 1}, "c": "x"}, answers({"a": {}, "c": "x"})), declares({"a": 1}, answers([])),
        declares({"a": 1, "b": "x"}, answers({"a": "1", "b": "x"})), declares({"a": True}, answers({"a": 1})),
        declares({"type": "object", "example": {"a": 1}}, answers({"b": 1})),
    ],
    "RESP005": [
        Story(paid=answers(b"")), Story(paid=replace(answers(b""), status=204)),
        declares(IMAGE, answers(b"", "image/png")),
    ],
    "RESP006": [Story(paid=answers(b'{"ok":', truncated=True))],
    "RESP007": [declares({"type": "string", "pattern": TRAP}, answers("a" * 5000 + "!"))],
    "NET001": [Story(unpaid=REFUSED), Story(unpaid=HUNG_UP), Story(paid=REFUSED, chain=UNMOVED)],
    "NET002": [Story(unpaid=MALFORMED), Story(paid=MALFORMED)],
    "NET003": [Story(paid=HUNG_UP), Story(paid=HUNG_UP, chain=UNMOVED), Story(paid=HUNG_UP, chain=None)],
}  # fmt: skip
PAID_LEG = ("PAY", "RESP")


def test_a_receipt_counts_though_the_connection_breaks_behind_its_head() -> None:
    broken = Failure("connection", "reset", may_have_sent=True, partial=replace(PAID, body=b"", truncated=True))
    examined = Story(paid=broken).examined()
    assert examined.failed == {"NET003"}
    assert {"PAY002", "PAY003", "PAY010"} <= examined.passed


REFUSALS = {f"PAY0{number}" for number in range(40, 60)}  # what is done with other payments than the purchase's
UNPAID = {f"REQ0{number}" for number in range(10, 30)}  # how invalid requests without payment are answered
ON_CHAIN = {f"PAY0{number}" for number in range(23, 30)}  # what a node says of it: see the tests of spending


def found(story: Story, code: str) -> list[Finding]:
    return [finding for finding in story.examined().judge.findings if finding.rule == code]


def test_every_rule_about_purchases_has_a_story_here() -> None:
    every = {rule.code for rule in REGISTRY if rule.code.rstrip("0123456789") in FAMILIES}
    elsewhere = {code for code in every if code >= f"{code.rstrip('0123456789')}010" and code[:4] in ("CHAL", "RESP")}
    told = every - elsewhere - REFUSALS - ON_CHAIN - UNPAID
    assert told <= set(FIRING) <= every


@pytest.mark.parametrize(("code", "story"), [(code, story) for code, stories in FIRING.items() for story in stories])
def test_a_rule_fires_where_it_should(code: str, story: Story) -> None:
    (finding,) = found(story, code)
    assert finding.level is REGISTRY[code].level
    assert finding.help == REGISTRY[code].mend
    assert finding.location.url == "https://shop.example/gen"
    assert finding.location.listing == "shop-example-gen"
    if code.startswith(PAID_LEG):
        assert finding.location.leg == "paid"
    if code.startswith("CHAL"):
        assert finding.location.leg == "unpaid"


HONEST: dict[str, Story] = {
    "version 2": Story(),
    "version 1": Story(
        unpaid=in_body(required_v1(option_v1())), paid=with_receipt(header_name="X-PAYMENT-RESPONSE", network="base")
    ),
    "the transaction that settled": Story(chain=replace(MOVED, transaction=TRANSACTION.upper().replace("X", "x"))),
    "the amount that was signed": Story(paid=with_receipt(amount=str(PRICE))),
    "kept private": Story(paid=kept("private, max-age=60")),
    "not kept": Story(paid=kept("public, no-store")),
    "open and exposed": Story(paid=opened_to("Payment-Response", "x")),
    "open to all": Story(paid=opened_to("*")),
    "in the last second": Story(elapsed=300.0),
    "network by its other name": Story(paid=with_receipt(network="base")),
    "addresses in another case": asks(payTo=PAYEE),
    "a receipt without payer": Story(paid=with_receipt(payer=None)),
    "a status of 201": Story(paid=with_receipt(201)),
    "parameters of the media type": Story(paid=answers({"ok": True}, "Application/JSON; charset=utf-8")),
    "a json suffix": Story(paid=answers({"ok": True}, "application/problem+json")),
    "a declared range": declares(None, answers(b"\x89PNG", "image/png"), mime_type="image/*"),
    "a declared image": declares(IMAGE, answers(b"\x89PNG", "image/png")),
    "an example that it looks like": declares({"a": 1, "b": None}, answers({"a": 2.5, "b": "x", "c": []})),
    "an example of null": declares({"a": {"b": 1}, "c": 1}, answers({"a": None, "c": 1})),
    "nothing declared": declares(None, answers(b"whatever", "text/plain")),
    "nothing declared and nothing sent": declares(None, replace(answers(b""), status=204)),
    "shown by a node": asked_of_a_node(Seen.SETTLED),
    "more options": Story(unpaid=in_header(required_v2(option_v2(), option_v2(network=SEPOLIA, asset=SEPOLIA_USDC)))),
}


@pytest.mark.parametrize("story", HONEST)
def test_an_honest_purchase_fires_none(story: str) -> None:
    scene = HONEST[story].examined()
    assert scene.judge.findings == []
    assert scene.failed == set()
    assert scene.purchase.state is State.SETTLED


def test_a_head_request_has_no_content_by_its_nature() -> None:
    made = listing(offer(hints=hints(method="HEAD")))
    assert Story(listing=made, paid=answers(b"")).examined().judge.findings == []


def test_what_held_is_said_of_the_claims_that_it_is_about() -> None:
    scene = Story().examined()
    held = {(judgement.rule, judgement.pointer) for judgement in scene.judge.judgements}
    assert {judgement.verdict for judgement in scene.judge.judgements} == {Verdict.HELD}
    assert {judgement.evidence for judgement in scene.judge.judgements} == {Evidence.SIMULATED}
    assert held >= {
        ("CHAL001", "/url"),
        ("CHAL004", "/accepts/0/max_amount_required_atomic"),
        ("CHAL005", "/accepts/0/pay_to"),
        ("CHAL007", "/accepts/0/network"),
        ("PAY003", "/accepts/0/scheme"),
        ("PAY007", "/accepts/0/max_amount_required_atomic"),
        ("RESP003", "/accepts/0/hints/output"),
    }
    assert scene.passed >= {"PAY002", "PAY004", "PAY005", "PAY006", "PAY008", "RESP001"}


def test_where_nothing_moved_the_price_is_not_said_to_hold() -> None:
    scene = Story(paid=with_receipt(402, success=False, transaction=""), chain=UNMOVED).examined()
    assert ("PAY007", Verdict.HELD) not in {(judged.rule, judged.verdict) for judged in scene.judge.judgements}


def test_a_contradiction_stands_at_the_claim_it_contradicts() -> None:
    scene = asks(amount=str(PRICE + 1)).examined()
    (finding,) = scene.judge.findings
    assert (finding.observed, finding.expected) == (str(PRICE + 1), str(PRICE))
    assert (finding.location.pointer, finding.location.file) == ("/accepts/0/max_amount_required_atomic", "shop.json")
    contradicted = [judged for judged in scene.judge.judgements if judged.verdict is Verdict.CONTRADICTED]
    assert [(judged.rule, judged.pointer) for judged in contradicted] == [
        ("CHAL004", "/accepts/0/max_amount_required_atomic")
    ]


def test_a_broken_output_is_told_in_words_and_by_its_keyword() -> None:
    (finding,) = found(Story(paid=answers({"ok": "yes"})), "RESP003")
    assert finding.observed == "yes"
    assert "/ok" in finding.message
    assert finding.location.pointer == "/accepts/0/hints/output/properties/ok"


def test_a_free_answer_says_that_it_is_free() -> None:
    (finding,) = found(Story(unpaid=Response(200, (), b"{}")), "CHAL001")
    assert "free" in finding.message


def test_several_faults_are_all_told() -> None:
    entry = option_v2(amount="1", payTo=STRANGER, maxTimeoutSeconds=5)
    assert asks(**entry).examined().failed == {"CHAL004", "CHAL005", "CHAL008"}


BODIES: list[Callable[[], bytes]] = [lambda: b"", lambda: b"\x00" * 50, lambda: b'{"a":' * 5000, lambda: b'"\\ud800"']


@pytest.mark.parametrize("body", BODIES)
def test_no_body_at_all_raises(body: Callable[[], bytes]) -> None:
    for output in ({}, {"type": "object"}, {"a": 1}, IMAGE, None):
        declares(output, answers(body())).examined()
