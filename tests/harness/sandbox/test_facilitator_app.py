"""The facilitator over HTTP: questions as sellers ask them, and whatever strangers send in their place."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from tests.harness.support.buying import clock
from tests.harness.support.terms import (
    BASE,
    BASE_DOMAIN,
    BASE_USDC,
    KEY,
    NOW,
    PAYEE,
    PAYER,
    PRICE,
    authorization,
    option_v1,
    option_v2,
)

from x402_harness.protocol.eip3009 import digest
from x402_harness.sandbox.chains import Chains, Sender
from x402_harness.sandbox.facilitator import Facilitator
from x402_harness.sandbox.facilitator.app import LARGEST_BODY, facilitator_app
from x402_harness.sandbox.facilitator.discovery import Resource
from x402_harness.wallet import ThrowawayWallet

RESOURCES = tuple(
    Resource(f"https://shop.example/{number}", 1 + number % 2, (option_v1() if number % 2 == 0 else option_v2(),), NOW)
    for number in range(30)
)


class Shop:
    """A facilitator's application, and the chain behind it."""

    def __init__(self, funds: int = PRICE) -> None:
        self.chains = Chains(clock())
        token = self.chains.token(BASE, BASE_USDC)
        assert token is not None
        token.mint(PAYER, funds)
        self._app = facilitator_app(Facilitator(self.chains, clock(), Sender(b"\x33" * 32)), RESOURCES)

    def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """One request; ``bytes`` go as they are, anything else as JSON."""
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()

        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://facilitator") as client:
                return await client.request(method, path, content=raw)

        return asyncio.run(run())


def payload() -> dict[str, Any]:
    made = authorization()
    signature = "0x" + ThrowawayWallet(KEY).sign(digest(BASE_DOMAIN, made)).hex()
    return {"signature": signature, "authorization": made.wire()}


def question(version: int = 2, **changes: Any) -> dict[str, Any]:
    terms = option_v1() if version == 1 else option_v2()
    named = {"scheme": "exact", "network": "base"} if version == 1 else {"accepted": terms}
    message = {"x402Version": version, "payload": payload(), **named}
    return {"x402Version": version, "paymentPayload": message, "paymentRequirements": terms, **changes}


@pytest.mark.parametrize("version", [1, 2])
def test_a_payment_is_verified_and_settled(version: int) -> None:
    shop = Shop()
    verified = shop.ask("POST", "/verify", question(version))
    assert (verified.status_code, verified.json()) == (200, {"isValid": True, "payer": PAYER})
    settled = shop.ask("POST", "/settle", question(version)).json()
    assert settled["success"] is True
    assert settled["network"] == ("base" if version == 1 else BASE)
    chain = shop.chains.chain(BASE)
    assert chain is not None
    receipt = chain.receipt(settled["transaction"])
    assert receipt is not None
    assert receipt.success
    assert shop.chains.balances(BASE, BASE_USDC, PAYER, PAYEE).payee == PRICE


def test_senders_of_version_1_may_leave_the_version_out() -> None:
    body = question(1)
    del body["x402Version"]
    assert Shop().ask("POST", "/verify", body).json()["isValid"]


def test_what_is_refused_is_said_with_status_200() -> None:
    shop = Shop(funds=0)
    refused = "invalid_exact_evm_insufficient_balance"
    verified = shop.ask("POST", "/verify", question())
    assert (verified.status_code, verified.json()) == (
        200,
        {"isValid": False, "invalidReason": refused, "payer": PAYER},
    )
    settled = shop.ask("POST", "/settle", question())
    assert settled.status_code == 200
    assert settled.json() == {
        "success": False, "errorReason": refused, "transaction": "", "network": BASE, "payer": PAYER,
    }  # fmt: skip


def without(member: str) -> dict[str, Any]:
    body = question()
    del body["paymentPayload"][member]
    return body


def payment_with(**changes: Any) -> dict[str, Any]:
    body = question()
    body["paymentPayload"] = {**body["paymentPayload"], **changes}
    return body


NO_QUESTIONS: dict[str, tuple[Any, str]] = {
    "a list": ([], "invalid_payload"),
    "null": (b"null", "invalid_payload"),
    "no payment": (question(paymentPayload=None), "invalid_payload"),
    "a payment in base64": (question(paymentPayload="e30="), "invalid_payload"),
    "no version": (without("x402Version"), "invalid_x402_version"),
    "version 3": (payment_with(x402Version=3), "invalid_x402_version"),
    "version true": (payment_with(x402Version=True), "invalid_x402_version"),
    "two versions": (question(x402Version=1), "invalid_x402_version"),
    "no signature": (payment_with(payload={"authorization": payload()["authorization"]}), "invalid_payload"),
    "a signature that is no hex": (payment_with(payload={**payload(), "signature": "0xzz"}), "invalid_payload"),
    "numbers for strings": (
        payment_with(payload={**payload(), "authorization": {**payload()["authorization"], "value": 20000}}),
        "invalid_payload",
    ),
    "no requirements": (question(paymentRequirements=None), "invalid_payment_requirements"),
    "requirements of version 1": (question(paymentRequirements=option_v1()), "invalid_payment_requirements"),
    "an amount below zero": (question(paymentRequirements=option_v2(amount="-1")), "invalid_payment_requirements"),
    "an amount beyond 256 bits": (
        question(paymentRequirements=option_v2(amount="9" * 78)), "invalid_payment_requirements",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", NO_QUESTIONS)
def test_what_is_no_question_gets_a_400_that_says_why(what: str) -> None:
    body, reason = NO_QUESTIONS[what]
    shop = Shop()
    verified, settled = shop.ask("POST", "/verify", body), shop.ask("POST", "/settle", body)
    assert (verified.status_code, settled.status_code) == (400, 400)
    assert (verified.json()["isValid"], verified.json()["invalidReason"]) == (False, reason)
    assert (settled.json()["success"], settled.json()["errorReason"]) == (False, reason)
    assert verified.json()["invalidMessage"] == settled.json()["errorMessage"] != ""
    assert payload()["signature"] not in verified.text + settled.text


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[" * 100_000, b'{"a":NaN}', b"\xff\xfe", b'{"a":1e999}', b"[" * 250 + b"]" * 250]
)
def test_what_is_no_json_gets_a_400(raw: bytes) -> None:
    answer = Shop().ask("POST", "/verify", raw)
    assert answer.status_code == 400
    assert "no JSON" in answer.json()["error"]


def test_a_body_beyond_the_limit_is_not_read() -> None:
    answer = Shop().ask("POST", "/settle", b" " * (LARGEST_BODY + 1))
    assert answer.status_code == 413


@pytest.mark.parametrize("extra", [{"name": 5, "version": "2"}, {"name": ["USD Coin"], "version": {}}, {}, None])
def test_a_domain_that_is_none_is_missing(extra: Any) -> None:
    asked = question(paymentRequirements=option_v2(extra=extra))
    assert Shop().ask("POST", "/verify", asked).json()["invalidReason"] == "missing_eip712_domain"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/verify", 405), ("POST", "/supported", 405), ("POST", "/", 404), ("GET", "/settle/..", 404)],
)
def test_nothing_else_is_there(method: str, path: str, status: int) -> None:
    assert Shop().ask(method, path, question()).status_code == status


def test_it_supports_every_network_on_which_a_token_stands() -> None:
    said = Shop().ask("GET", "/supported").json()
    kinds = {(kind["x402Version"], kind["scheme"], kind["network"]) for kind in said["kinds"]}
    assert {(1, "exact", "base"), (2, "exact", BASE), (2, "exact", "eip155:42161")} <= kinds
    assert not {network for _, _, network in kinds} & {"megaeth", "eip155:4326", "solana"}
    assert len(kinds) == len(said["kinds"])
    (signer,) = said["signers"]["eip155:*"]
    assert signer == Sender(b"\x33" * 32).address


def test_resources_come_in_pages() -> None:
    shop = Shop()
    first = shop.ask("GET", "/discovery/resources").json()
    assert [len(first["items"]), first["pagination"]] == [20, {"limit": 20, "offset": 0, "total": 30}]
    rest = shop.ask("GET", "/discovery/resources?limit=100&offset=20").json()
    urls = [item["resource"] for item in first["items"] + rest["items"]]
    assert urls == [resource.url for resource in RESOURCES]
    assert first["items"][1]["accepts"] == [option_v2()]
    assert first["items"][0]["lastUpdated"] == "2025-06-15T15:06:40+00:00"


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("type=http", 30), ("type=mcp", 0), ("network=base", 15), (f"network={BASE}&scheme=exact", 15),
        (f"payTo={PAYEE}", 30), ("payTo=0x00", 0), ("limit=1&offset=999", 30),
    ],
)  # fmt: skip
def test_resources_are_filtered(query: str, total: int) -> None:
    assert Shop().ask("GET", f"/discovery/resources?{query}").json()["pagination"]["total"] == total


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=-1", "limit=x", "offset=٣", "limit=" + "9" * 5000])
def test_a_query_that_is_none_gets_a_400(query: str) -> None:
    answer = Shop().ask("GET", f"/discovery/resources?{query}")
    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.json()["error"]
