"""Recorded exchanges are read from the project's own form and from HAR, and what is malformed is named."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from x402_harness.checks.recorded import NotRecorded, load_exchanges
from x402_harness.protocol.exchange import Leg

URL = "https://shop.example/gen"
OWN: dict[str, Any] = {
    "request": {"method": "POST", "url": URL, "headers": {"accept": "application/json"}, "body": "{}"},
    "response": {"status": 402, "headers": [["PAYMENT-REQUIRED", "e30="]], "body": {"x402Version": 1}},
}
ENTRY: dict[str, Any] = {
    "request": {"method": "GET", "url": URL, "headers": [{"name": "accept", "value": "*/*"}]},
    "response": {"status": 402, "headers": [], "content": {"size": 2, "mimeType": "application/json", "text": "{}"}},
}


def har(*entries: Any) -> bytes:
    return json.dumps({"log": {"version": "1.2", "entries": list(entries)}}).encode()


def test_the_own_form_is_read() -> None:
    (found,) = load_exchanges(json.dumps(OWN).encode())
    assert found.leg is Leg.UNPAID
    assert (found.request.method, found.request.url, found.request.body) == ("POST", URL, b"{}")
    assert found.request.headers == (("accept", "application/json"),)
    assert found.response is not None
    assert found.response.header("payment-required") == "e30="
    assert json.loads(found.response.body) == {"x402Version": 1}


def test_only_the_url_of_the_request_is_required() -> None:
    (found,) = load_exchanges(json.dumps({"request": {"url": URL}, "response": {"status": 402}}).encode())
    assert found.request.method == "GET"
    assert found.response is not None
    assert found.response.body == b""


def test_many_are_read_from_a_list_or_line_by_line() -> None:
    assert len(load_exchanges(json.dumps([OWN, OWN]).encode())) == 2
    assert len(load_exchanges(json.dumps(OWN).encode() + b"\n\n" + json.dumps(OWN).encode() + b"\n")) == 2


def test_bytes_travel_as_base64() -> None:
    made = {**OWN, "response": {"status": 402, "body_base64": base64.b64encode(b"\xff\x00").decode()}}
    (found,) = load_exchanges(json.dumps(made).encode())
    assert found.response is not None
    assert found.response.body == b"\xff\x00"


def test_of_a_har_the_402s_are_read() -> None:
    other = {**ENTRY, "response": {**ENTRY["response"], "status": 200}}
    coded = {**ENTRY["response"], "content": {"text": base64.b64encode(b"\xff").decode(), "encoding": "base64"}}
    posted = {**ENTRY, "request": {**ENTRY["request"], "postData": {"mimeType": "text/plain", "text": "hi"}}}
    found = load_exchanges(har(other, ENTRY, {**ENTRY, "response": coded}, posted))
    assert [exchange.response.body for exchange in found if exchange.response] == [b"{}", b"\xff", b"{}"]
    assert found[0].request.headers == (("accept", "*/*"),)
    assert found[2].request.body == b"hi"


def test_terms_under_another_status_are_read_from_a_har_too() -> None:
    answer = {"status": 200, "headers": [{"name": "Payment-Required", "value": "e30="}], "content": {}}
    (found,) = load_exchanges(har({**ENTRY, "response": answer}))
    assert found.response is not None
    assert found.response.status == 200


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 5000, "not JSON"),
        (b"[]", "empty"),
        (b"3", "/request: not an object"),
        (b"{}", "/request: not an object"),
        (b'{"request": {"url": "https://a.example/"}}', "/response: not an object"),
        (json.dumps([OWN, {**OWN, "response": {"status": "402"}}]).encode(), "/1/response/status"),
        (json.dumps({**OWN, "response": {"status": True}}).encode(), "/response/status"),
        (json.dumps({**OWN, "request": {"url": "/gen"}}).encode(), "/request/url"),
        (json.dumps({**OWN, "request": {"url": URL, "method": 1}}).encode(), "/request/method"),
        (json.dumps({**OWN, "response": {"status": 402, "headers": ["a"]}}).encode(), "headers"),
        (json.dumps({**OWN, "response": {"status": 402, "headers": {"a": 1}}}).encode(), "headers"),
        (json.dumps({**OWN, "response": {"status": 402, "headers": "a: b"}}).encode(), "headers"),
        (json.dumps({**OWN, "response": {"status": 402, "body_base64": "!"}}).encode(), "not base64"),
        (har(), "none of them a 402"),
        (har(None, {"response": {"status": 200}}), "none of them a 402"),
        (har({"response": {"status": 402}}), "/log/entries/0/request"),
    ],
)
def test_what_is_no_exchange_is_named(data: bytes, told: str) -> None:
    with pytest.raises(NotRecorded, match="^.*" + told):
        load_exchanges(data)
