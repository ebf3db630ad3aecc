"""Faults in the unpaid answer: no 402, terms that cannot be read, are unsound, or are not those of the listing."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from x402_catalog.hints import response_shape
from x402_catalog.models import Listing
from x402_harness.protocol.exchange import Response
from x402_harness.protocol.headers import PAYMENT_REQUIRED, encode
from x402_harness.sandbox.answers import answer
from x402_harness.sandbox.asgi import Pace
from x402_harness.sandbox.behaviour import Fault, Side, Visit
from x402_harness.sandbox.faults.conditions import STRANGER, payment_of, unpaid, version_1, version_2
from x402_harness.sandbox.faults.terms import domain, entries, entry, members, price_member, times, without

YEAR = 365 * 24 * 3600
LOOK_ALIKE = "0x833589FcD6eDb6E08f4c7C32D4F71b54bdA02931"
_PADDING = "x" * 80_000
_NOWHERE = {1: "atlantis", 2: "eip155:4040404040"}
_HTML = b"<!doctype html><title>Pay</title><p>Connect your wallet to go on."


def _fault(name: str, summary: str, *caught_by: str, **hooks: Any) -> Fault:
    return Fault(name, Side.UNPAID, summary, caught_by, **hooks)


def _status(status: int) -> Callable[[Visit], Response | None]:
    return unpaid(Response(status, (("content-type", "application/json"),), b'{"error": "no"}'))


def _free(visit: Visit) -> Response | None:
    if payment_of(visit) is not None:
        return None
    made = answer(response_shape(visit.listing, visit.listing.offers[0]), 0)
    return Response(200, (("content-type", made.media_type),), made.body)


def _malformed_gets(status: int) -> Callable[[Visit], Response | None]:
    def admit(visit: Visit) -> Response | None:
        value = payment_of(visit)
        return None if value is None or _reads(value) else Response(status, (), b"{}")

    return admit


def _reads(value: str) -> bool:
    try:
        return isinstance(json.loads(base64.b64decode(value)).get("payload"), dict)
    except (ValueError, AttributeError):
        return False


def _header(change: Callable[[str], str | None]) -> Callable[[Response, Visit], Response]:
    """The 402 with another ``PAYMENT-REQUIRED`` header, or without one."""

    def changed(response: Response, visit: Visit) -> Response:
        rows = []
        for name, value in response.headers:
            new = change(value) if name == PAYMENT_REQUIRED else value
            rows += [(name, new)] if new is not None else []
        return replace(response, headers=tuple(rows))

    return changed


def _body(change: Callable[[bytes], bytes]) -> Callable[[Response, Visit], Response]:
    return lambda response, visit: replace(response, body=change(response.body))


def _rows(*rows: tuple[str, str], gone: tuple[str, ...] = ()) -> Callable[[Response, Visit], Response]:
    def changed(response: Response, visit: Visit) -> Response:
        replaced = {name.lower() for name, _ in rows} | set(gone)
        kept = tuple(row for row in response.headers if row[0].lower() not in replaced)
        return replace(response, headers=(*kept, *rows))

    return changed


def _every_second(change: Callable[[dict[str, Any], Visit], dict[str, Any]]) -> Any:
    return lambda message, visit: change(message, visit) if visit.memory.unpaid % 2 == 0 else message


def _no_402_again(visit: Visit) -> Response | None:
    return None if payment_of(visit) is not None or visit.memory.visits % 2 else Response(200, (), b"{}")


def _cheaper_in_body(response: Response, visit: Visit) -> Response:
    header = next(value for name, value in response.headers if name == PAYMENT_REQUIRED)
    message = json.loads(base64.b64decode(header))
    return replace(response, body=json.dumps(entry(amount="1")(message, visit)).encode())


def _no_checksum(told: dict[str, Any], visit: Visit) -> dict[str, Any]:
    return {**told, "payTo": _miscased(told["payTo"])}


def _miscased(address: str) -> str:
    digits = address[2:].lower()
    first = next(index for index, digit in enumerate(digits) if digit.isalpha())
    flipped = digits[:first] + digits[first].upper() + digits[first + 1 :]
    return "0x" + (flipped if "0x" + flipped != address else digits.upper())


def _token_as_payee(told: dict[str, Any], visit: Visit) -> dict[str, Any]:
    return {**told, "payTo": told["asset"]}


def _float_price(told: dict[str, Any], visit: Visit) -> dict[str, Any]:
    name = price_member(visit)
    return {**told, name: int(told[name]) / 1_000_000}


def _with_body(listing: Listing, version: int) -> bool:
    return listing.method in {"POST", "PUT", "PATCH"}


def _asks_for_a_body_first(visit: Visit) -> Response | None:
    return None if visit.request.body else Response(422, (("content-type", "application/json"),), b'{"error": "body"}')


FAULTS = (
    _fault("free-content", "gives the content without payment", "CHAL001", admit=_free),
    _fault("unpaid-500", "breaks on a request without payment", "CHAL001", admit=_status(500)),
    _fault("unpaid-403", "answers a request without payment with 403", "CHAL001", admit=_status(403)),
    _fault("unpaid-200-empty", "answers a request without payment with 200", "CHAL001", admit=_status(200)),
    _fault("unpaid-flaps", "asks for payment only every other time", "CHAL088", admit=_no_402_again),
    _fault("redirect", "redirects instead of answering", "CHAL091", admit=unpaid(
        Response(307, (("location", "https://elsewhere.example/"),), b""))),
    _fault("paywall-page", "gives programs the page that is meant for browsers", "CHAL092", "CHAL002",
           fits=version_1, challenge=lambda response, visit: Response(402, (("content-type", "text/html"),), _HTML)),
    _fault("no-terms", "sends a 402 without terms", "CHAL002",
           challenge=lambda response, visit: Response(402, (("content-type", "application/json"),), b"{}")),
    _fault("terms-not-base64", "sends terms that are no base64", "CHAL002", fits=version_2,
           challenge=_header(lambda value: "{" + value[5:])),
    _fault("terms-not-json", "sends terms that are no JSON", "CHAL002", fits=version_2,
           challenge=_header(lambda value: base64.b64encode(base64.b64decode(value)[:-4]).decode())),
    _fault("terms-in-body-only", "sends version 2 terms in the body alone", "CHAL009", fits=version_2,
           challenge=lambda response, visit: _in_body(response)),
    _fault("terms-cut", "sends terms that end too early", "CHAL002", fits=version_1,
           challenge=_body(lambda body: body[:-9])),
    _fault("version-missing", "sends terms without a version", "CHAL002", "CHAL010",
           message=lambda message, visit: {k: v for k, v in message.items() if k != "x402Version"}),
    _fault("version-unknown", "sends terms of version 7", "CHAL002", "CHAL010", message=members(x402Version=7)),
    _fault("accepts-empty", "offers nothing", "CHAL011", message=members(accepts=[])),
    _fault("price-float", "asks for a float", "CHAL003", "CHAL020", message=entries(_float_price)),
    _fault("price-missing", "leaves the price out", "CHAL003", message=without("amount")),
    _fault("price-zero", "asks for nothing", "CHAL028", message=entry(amount="0")),
    _fault("price-in-dollars", "asks for a price in whole units", "CHAL003", "CHAL020", message=entry(amount="$0.01")),
    _fault("price-absurd", "asks for a price with twelve noughts too many", "CHAL045", message=times(10**12)),
    _fault("payee-zero", "names the zero address as payee", "CHAL025", message=entry(payTo="0x" + "0" * 40)),
    _fault("payee-token", "names the token itself as payee", "CHAL025", message=entries(_token_as_payee)),
    _fault("payee-checksum", "names a payee that breaks its checksum", "CHAL023", message=entries(_no_checksum)),
    _fault("payee-missing", "names no payee", "CHAL003", message=without("payTo")),
    _fault("asset-symbol", "names the asset by its symbol", "CHAL031", message=entry(asset="USDC")),
    _fault("asset-look-alike", "asks for a token that pretends to be another", "CHAL049",
           message=entry(asset=LOOK_ALIKE)),
    _fault("network-unknown", "names a network that nobody knows", "CHAL021", "CHAL030",
           message=entries(lambda told, visit: {**told, "network": _NOWHERE[visit.version]})),
    _fault("network-of-other-version", "names the network as the other version does", "CHAL029",
           message=entries(lambda told, visit: {**told, "network": "base" if visit.version == 2 else "eip155:8453"})),
    _fault("domain-name", "gives the token's name wrong", "CHAL036", message=domain(name="USD Koin")),
    _fault("domain-version", "gives the token's version wrong", "CHAL036", message=domain(version="1.0")),
    _fault("timeout-year", "wants payments that stay valid for a year", "CHAL026",
           message=entry(maxTimeoutSeconds=YEAR)),
    _fault("timeout-zero", "leaves no time to pay in", "CHAL026", message=entry(maxTimeoutSeconds=0)),
    _fault("resource-elsewhere", "sells another resource than the one requested", "CHAL014", fits=version_2,
           message=members(resource={"url": "https://elsewhere.example/other"})),
    _fault("price-differs", "asks for ten times the listed price", "CHAL004", message=times(10)),
    _fault("payee-differs", "names another payee than the listing", "CHAL005", message=entry(payTo=STRANGER)),
    _fault("timeout-differs", "gives another timeout than the listing", "CHAL008",
           message=entries(lambda told, visit: {**told, "maxTimeoutSeconds": told["maxTimeoutSeconds"] + 7})),
    _fault("price-flaps", "asks for another price every other time", "CHAL084", message=_every_second(times(3))),
    _fault("payee-flaps", "names another payee every other time", "CHAL085",
           message=_every_second(entry(payTo=STRANGER))),
    _fault("bodies-disagree", "asks for one price in the header and for another in the body", "CHAL015", fits=version_2,
           challenge=_cheaper_in_body),
    _fault("terms-cacheable", "lets caches store the 402", "CHAL090",
           challenge=_rows(("cache-control", "public, max-age=600"))),
    _fault("terms-not-exposed", "hides the terms from scripts of other origins", "CHAL089", fits=version_2,
           challenge=_rows(("access-control-allow-origin", "*"), gone=("access-control-expose-headers",))),
    _fault("terms-oversize", "sends a header of 80,000 characters", "CHAL016", fits=version_2,
           message=lambda message, visit: {**message, "error": _PADDING}),
    _fault("terms-twice", "sends the terms twice", "CHAL019", fits=version_2, challenge=lambda response, visit: replace(
        response, headers=(*response.headers, (PAYMENT_REQUIRED, encode({"x402Version": 2, "accepts": []}))))),
    _fault("terms-late", "takes seconds to ask for payment", "CHAL094", unpaid_pace=Pace(delay=0.3)),
    _fault("body-first", "validates the request before it asks for payment", "CHAL097", fits=_with_body,
           admit=_asks_for_a_body_first),
    _fault("garbage-500", "breaks on a payment that cannot be read", "CHAL098", admit=_malformed_gets(500)),
    _fault("garbage-200", "takes a payment that cannot be read", "CHAL098", admit=_malformed_gets(200)),
)  # fmt: skip


def _in_body(response: Response) -> Response:
    header = next(value for name, value in response.headers if name == PAYMENT_REQUIRED)
    rows = tuple(row for row in response.headers if row[0] != PAYMENT_REQUIRED)
    return replace(response, headers=rows, body=base64.b64decode(header))
