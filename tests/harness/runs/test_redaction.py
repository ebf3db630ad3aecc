"""Redaction: whatever a server echoes, and however it spells it, no live signature is ever told."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.support.terms import (
    BASE_DOMAIN,
    KEY,
    PAYEE,
    PAYER,
    PRICE,
    authorization,
    header,
    option_v1,
    option_v2,
    receipt,
    required_v1,
    required_v2,
)

from x402_harness.protocol.eip3009 import digest
from x402_harness.protocol.exchange import Exchange, Failure, Leg, Request, Response
from x402_harness.protocol.headers import decode
from x402_harness.protocol.purchase import Purchase
from x402_harness.protocol.withholding import WITHHELD, Secrets
from x402_harness.runs.redaction import MAX_TEXT, body_to_dict, exchange_to_dict
from x402_harness.wallet import ThrowawayWallet

SIGNED = authorization()
SIGNATURE = ThrowawayWallet(KEY).sign(digest(BASE_DOMAIN, SIGNED))
HEX = SIGNATURE.hex()


def paying(version: int) -> Request:
    """A request with payment, as the purchase makes it; its terms hold text that base64 spells with + and /."""
    purchase = Purchase(Request("POST", "https://shop.example/gen", (("accept", "*/*"), ("x-key", "secret"))))
    purchase.ask()
    if version == 1:
        purchase.answered(Response(402, (), json.dumps(required_v1(option_v1())).encode()))
    else:
        terms = required_v2(option_v2(memo="~~~???>>>~~~ ???>>>"))
        purchase.answered(Response(402, (("PAYMENT-REQUIRED", header(terms)),)))
    assert purchase.challenge is not None
    purchase.authorize(purchase.challenge.options[0], SIGNED)
    return purchase.pay(SIGNATURE)


def value_of(request: Request) -> str:
    return next(value for name, value in request.headers if name in {"X-PAYMENT", "PAYMENT-SIGNATURE"})


def told(response: Response | None = None, version: int = 2, failure: Failure | None = None) -> str:
    exchange = Exchange(Leg.PAID, paying(version), response, failure)
    return json.dumps(exchange_to_dict(exchange), ensure_ascii=False)


def leaks(text: str) -> list[str]:
    """The tell-tale parts of signature and header that stand in a text, in any spelling."""
    flat = text.replace("\\", "").lower()
    inner = [HEX[:24], HEX[60:84], HEX[-24:]]
    values = [value_of(paying(version)) for version in (1, 2)]
    encoded = [value[start : start + 24].lower() for value in values for start in range(150, len(value) - 24, 40)]
    raw = [base64.b64encode(SIGNATURE[start : start + 30]).decode().lower()[:36] for start in (0, 1, 2)]
    return [part for part in (*inner, *encoded, *raw) if part in flat]


SPELLINGS: dict[str, Callable[[str], str]] = {
    "the signature": lambda _: "0x" + HEX,
    "without 0x": lambda _: HEX,
    "in upper case": lambda _: "0x" + HEX.upper(),
    "in upper case with 0X": lambda _: ("0x" + HEX).upper(),
    "in mixed case": lambda _: "".join(c.upper() if i % 3 else c for i, c in enumerate(HEX)),
    "between other text": lambda _: f"bad signature 0x{HEX}, sorry",
    "twice": lambda _: HEX + HEX,
    "cut short": lambda _: HEX[:100],
    "the header": lambda value: value,
    "the header, URL-safe": lambda value: value.replace("+", "-").replace("/", "_"),
    "the header without padding": lambda value: value.rstrip("="),
    "the header in a URL": lambda value: quote(value, safe=""),
    "the header with slashes escaped": lambda value: value.replace("/", "\\/"),
    "the header as JSON escapes it": lambda value: value.replace("+", "\\u002b").replace("=", "\\u003d"),
    "the payment as JSON": lambda value: json.dumps(decode(value)[0]),
}
SHOWN_HEADERS = ["location", "server", "payment-response", "x-request-id", "etag", "content-type"]


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_echo_in_the_body_is_withheld(spelling: str, version: int) -> None:
    echo = SPELLINGS[spelling](value_of(paying(version)))
    for body in (echo, json.dumps({"error": echo, echo: [echo]}), f"<p>{echo}</p>"):
        assert leaks(body), "the canary itself can be found"
        assert leaks(told(Response(400, (), body.encode()), version)) == []


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_echo_in_a_header_is_withheld(spelling: str, version: int) -> None:
    echo = SPELLINGS[spelling](value_of(paying(version)))
    rows = tuple((name, f"see {echo}") for name in (*SHOWN_HEADERS, "x-debug", "X-PAYMENT", "set-cookie"))
    assert leaks(told(Response(400, (*rows, (f"x-{HEX}", "a"), ("etag", echo))), version)) == []


@pytest.mark.parametrize(
    "name", ["PAYMENT-RESPONSE", "X-PAYMENT-RESPONSE", "PAYMENT-REQUIRED", "X-PAYMENT", "location"]
)
def test_an_echo_inside_an_encoded_message_is_withheld(name: str) -> None:
    for echo in ("0x" + HEX, HEX.upper(), {"payload": {"signature": "0x" + HEX}}):
        value = header(receipt(success=False, errorReason=echo))
        assert leaks(base64.b64decode(value).decode())
        shown = json.loads(told(Response(402, ((name, value),))))["response"]["headers"]
        assert leaks(json.dumps(shown)) == []
        assert value not in json.dumps(shown)


def test_a_forged_payment_header_of_a_server_tells_nothing() -> None:
    forged = {"payload": {"authorization": {"value": HEX, "from": "0x" + HEX, "to": HEX.upper(), "nonce": ""}}}
    assert leaks(told(Response(200, (("X-PAYMENT", header(forged)),)))) == []


@pytest.mark.parametrize("tail", [b"\xff\xfe", b"\x00\x80\x81"])
def test_an_echo_in_a_body_that_is_no_text_is_withheld(tail: bytes) -> None:
    for echo in (HEX.encode(), b"0x" + HEX.upper().encode(), SIGNATURE, value_of(paying(2)).encode()):
        shown = json.loads(told(Response(200, (), tail + echo + tail)))["response"]["body"]
        kept = base64.b64decode(shown["base64"])
        assert SIGNATURE not in kept
        assert leaks(kept.decode("latin-1")) == []
        assert kept.startswith(tail)


def test_an_echo_in_a_failure_is_withheld() -> None:
    assert leaks(told(failure=Failure("protocol", f"illegal header 0x{HEX}", may_have_sent=True))) == []


@pytest.mark.parametrize("version", [1, 2])
def test_a_payment_is_told_as_what_it_authorizes(version: int) -> None:
    shown = dict(json.loads(told(version=version))["request"]["headers"])
    text = shown["X-PAYMENT" if version == 1 else "PAYMENT-SIGNATURE"]
    assert text == f"(authorization of {PRICE} from {PAYER} to {PAYEE}, nonce {SIGNED.nonce}; signature withheld)"
    assert leaks(json.dumps(shown)) == []


@pytest.mark.parametrize("value", ["", "junk!", header({}), header({"payload": None}), header({"payload": "x"})])
def test_a_payment_that_cannot_be_read_is_withheld(value: str) -> None:
    exchange = Exchange(Leg.PAID, Request("GET", "https://shop.example/", (("payment-signature", value),)))
    assert exchange_to_dict(exchange)["request"]["headers"] == [["payment-signature", WITHHELD]]


@pytest.mark.parametrize(
    "name", ["Authorization", "cookie", "Set-Cookie", "X-Api-Key", "x-key", "SIGN-IN-WITH-X", "x-anything"]
)
def test_a_header_that_is_not_known_to_be_harmless_is_withheld(name: str) -> None:
    exchange = Exchange(
        Leg.UNPAID, Request("GET", "https://shop.example/", ((name, "hush"),)), Response(200, ((name, "hush"),))
    )
    shown = exchange_to_dict(exchange)
    assert shown["request"]["headers"] == shown["response"]["headers"] == [[name, WITHHELD]]


def test_harmless_headers_are_told_as_they_are() -> None:
    rows = (("Content-Type", "text/plain"), ("PAYMENT-RESPONSE", header(receipt())), ("Date", "today"))
    shown = json.loads(told(Response(200, rows)))["response"]["headers"]
    assert shown == [list(row) for row in rows]


def test_an_exchange_is_told_whole() -> None:
    response = Response(200, (), b"made", truncated=True)
    exchange = Exchange(
        Leg.UNPAID, Request("POST", "https://shop.example/gen", (), b"{}"), response, None, 1.23456789, 0.5
    )
    shown = exchange_to_dict(exchange)
    assert (shown["leg"], shown["started"], shown["elapsed"], shown["failure"]) == ("unpaid", 1.234568, 0.5, None)
    assert (shown["request"]["method"], shown["request"]["url"]) == ("POST", "https://shop.example/gen")
    assert (shown["response"]["status"], shown["response"]["truncated"]) == (200, True)
    assert shown["response"]["body"] == {
        "bytes": 4, "sha256": hashlib.sha256(b"made").hexdigest(), "text": "made", "cut": False
    }  # fmt: skip
    failed = exchange_to_dict(
        Exchange(Leg.PAID, exchange.request, None, Failure("timeout", "late", may_have_sent=True))
    )
    assert (failed["response"], failed["failure"]["cause"]) == (None, "timeout")


def test_a_long_body_is_cut_and_its_digest_stands_for_the_rest() -> None:
    text = body_to_dict(b"x" * (MAX_TEXT + 1))
    assert (len(text["text"]), text["cut"], text["bytes"]) == (MAX_TEXT, True, MAX_TEXT + 1)
    binary = body_to_dict(b"\xff" * (MAX_TEXT + 1))
    assert (len(base64.b64decode(binary["base64"])), binary["cut"]) == (MAX_TEXT, True)


def test_an_echo_across_the_cut_is_withheld() -> None:
    body = b"x" * (MAX_TEXT - 40) + HEX.encode() + b"x" * 100
    assert leaks(told(Response(200, (), body))) == []


def test_whatever_else_is_kept_of_a_purchase_can_be_scrubbed() -> None:
    secrets = Secrets(paying(2))
    kept: Any = {"observed": [f"0x{HEX}", 5, None, True], HEX: {"message": value_of(paying(2))}}
    assert leaks(json.dumps(secrets.scrub_json(kept))) == []
    assert Secrets().scrub(HEX) == HEX


@given(st.text(), st.binary())
def test_what_holds_no_secret_is_left_as_it_is(text: str, data: bytes) -> None:
    secrets = Secrets(paying(2))
    assert secrets.scrub(text) == text
    assert secrets.scrub_bytes(data) == data
