"""The mock seller: an ASGI application made from one listing, which takes real signatures for sandbox money."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from x402_catalog.hints import request_shape, response_shape
from x402_catalog.models import Listing, Offer
from x402_harness.checks.content.asking import asked
from x402_harness.protocol.challenge import Challenge, Option, read_challenge
from x402_harness.protocol.errors import RemoteProtocolError
from x402_harness.protocol.exchange import Request, Response
from x402_harness.protocol.headers import (
    PAYMENT_REQUIRED,
    PAYMENT_RESPONSE,
    PAYMENT_SIGNATURE,
    X_PAYMENT,
    X_PAYMENT_RESPONSE,
    decode,
    encode,
)
from x402_harness.sandbox.answers import Answer, answer
from x402_harness.sandbox.facilitator import Facilitator, Payment, read_payment
from x402_harness.sandbox.fitting import Order

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
JSON_HEADERS = (("content-type", "application/json"), ("cache-control", "no-store"))
EXPOSED = ", ".join((PAYMENT_REQUIRED, PAYMENT_RESPONSE, X_PAYMENT_RESPONSE))


@dataclass(frozen=True, slots=True)
class Terms:
    """What a seller asks for: the protocol ``version``, the 402's message, its options, and the offer behind each."""

    version: int
    message: dict[str, Any]
    options: tuple[Option, ...]
    offers: tuple[Offer, ...]


class Seller:
    """One listing's endpoint. It answers every method and path: routing is done by whoever mounts it.

    ``version`` is the listing's own unless given. ``offers`` that cannot be told in the protocol are left out.
    """

    def __init__(
        self, listing: Listing, facilitator: Facilitator, *, version: int | None = None, seed: int = 0
    ) -> None:
        self._listing = listing
        self._facilitator = facilitator
        self._seed = seed
        self.version = version or max((offer.version for offer in listing.offers), default=1)
        self.terms = terms(listing, self.version)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI: ``http`` requests are answered, ``lifespan`` is acknowledged."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        request = await _request(scope, receive)
        await _send(send, self.respond(dict(request.headers), request))

    def respond(self, headers: dict[str, str], request: Request | None = None) -> Response:
        """The answer to a request with these headers (names in lower case), fitted to the ``request`` if there is one.

        What a listing asks for is not looked at: that is checked by the buyer.
        """
        value = headers.get(PAYMENT_SIGNATURE.lower() if self.version == 2 else X_PAYMENT.lower())
        if value is None:
            return self._challenge("payment required")
        try:
            payment = read_payment(decode(value)[0])
        except RemoteProtocolError as error:
            return self._challenge(f"invalid_payload: {error.message}")
        option = self._chosen(payment)
        if option is None:
            return self._challenge("no matching payment requirements")
        verified = self._facilitator.verify(payment, option)
        if not verified.is_valid:
            return self._challenge(verified.invalid_reason or "invalid_payload")
        return self._deliver(payment, option, request)

    def _deliver(self, payment: Payment, option: Option, request: Request | None) -> Response:
        # The answer is made before the money moves: what cannot be answered is not charged for.
        made = self._answer(option, request)
        settled = self._facilitator.settle(payment, option)
        receipt = (self._receipt_header, encode(settled.wire()))
        if not settled.success:
            return Response(402, (*JSON_HEADERS, receipt), b"{}")
        exposed = ("access-control-expose-headers", EXPOSED)
        return Response(
            200, (("content-type", made.media_type), ("cache-control", "private"), exposed, receipt), made.body
        )

    def _answer(self, option: Option, request: Request | None = None) -> Answer:
        offer = self.terms.offers[option.index]
        order = None
        if request is not None:
            fields = asked(request_shape(self._listing, offer), request)
            order = Order(self._listing, fields, self._facilitator.now)
        return answer(response_shape(self._listing, offer), self._seed, order)

    @property
    def _receipt_header(self) -> str:
        return PAYMENT_RESPONSE if self.version == 2 else X_PAYMENT_RESPONSE

    def _chosen(self, payment: Payment) -> Option | None:
        if payment.version != self.version:
            return None
        if payment.accepted is not None:
            return next((option for option in self.terms.options if _meets(payment.accepted, option.raw)), None)
        # Version 1 names no asset: among options of one network, the one that the payment pays is meant.
        paid = payment.payload.authorization
        named = [o for o in self.terms.options if (o.scheme, o.network) == (payment.scheme, payment.network)]
        exact = (o for o in named if o.pay_to.lower() == paid.to.lower() and o.amount == int(paid.value))
        return next(exact, named[0] if named else None)

    def _challenge(self, reason: str) -> Response:
        message = {**self.terms.message, "error": reason}
        if self.version == 2:
            return Response(
                402,
                (*JSON_HEADERS, (PAYMENT_REQUIRED, encode(message)), ("access-control-expose-headers", EXPOSED)),
                b"{}",
            )
        return Response(402, JSON_HEADERS, json.dumps(message).encode())


def terms(listing: Listing, version: int) -> Terms:
    """The 402 that a listing promises, in the given version."""
    message: dict[str, Any] = {"x402Version": version, "error": "payment required"}
    if version == 2:
        message["resource"] = {"url": listing.url, "description": listing.summary, "mimeType": _mime(listing)}
    entries = [_entry(listing, offer, version) for offer in listing.offers]
    # One entry that cannot be read makes other buyers refuse them all: what cannot be told is left out.
    tellable = _told({**message, "accepts": entries}).options
    message["accepts"] = [option.raw for option in tellable]
    offers = tuple(listing.offers[option.index] for option in tellable)
    return Terms(version, message, _told(message).options, offers)


def _told(message: dict[str, Any]) -> Challenge:
    return read_challenge(Response(402, (), json.dumps(message).encode()))


def _meets(accepted: dict[str, Any], offered: dict[str, Any]) -> bool:
    # As the reference server does: the terms are the same, and nothing of ``extra`` is missing or changed.
    extra, given = offered.get("extra") or {}, accepted.get("extra") or {}
    terms_same = all(accepted.get(name) == value for name, value in offered.items() if name != "extra")
    return terms_same and isinstance(given, dict) and all(given.get(name) == value for name, value in extra.items())


def _entry(listing: Listing, offer: Offer, version: int) -> dict[str, Any]:
    common: dict[str, Any] = {
        "scheme": offer.scheme,
        "network": _network_name(offer, version),
        "asset": offer.asset,
        "payTo": offer.pay_to,
        "maxTimeoutSeconds": offer.timeout,
    }
    if extra := _extra(offer):
        common["extra"] = extra  # absent where there is none: the reference client refuses an explicit null
    if version == 2:
        return {**common, "amount": offer.amount_text}
    return {
        **common,
        "maxAmountRequired": offer.amount_text,
        "resource": listing.url,
        "description": listing.summary,
        "mimeType": offer.mime_type or "application/json",
        "outputSchema": offer.hints or None,
    }


def _network_name(offer: Offer, version: int) -> str | None:
    if offer.network is None:
        return offer.network_name
    return offer.network.caip2 if version == 2 else offer.network.v1_name or offer.network.caip2


def _extra(offer: Offer) -> dict[str, Any]:
    # A listing seldom carries the EIP-712 domain; a real 402 must, and the table has it.
    if offer.token is None or offer.token.name is None:
        return offer.extra
    return {"name": offer.token.name, "version": offer.token.version, **offer.extra}


def _mime(listing: Listing) -> str:
    return next((offer.mime_type for offer in listing.offers if offer.mime_type), "application/json")


async def _request(scope: Scope, receive: Receive) -> Request:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = tuple((key.decode("latin-1").lower(), value.decode("latin-1")) for key, value in scope["headers"])
    path = scope.get("raw_path", b"").decode("latin-1") or scope.get("path", "/")
    query = scope.get("query_string", b"").decode("latin-1")
    url = f"http://seller.example{path}" + (f"?{query}" if query else "")
    return Request(scope.get("method", "GET"), url, headers, body)


async def _send(send: Send, response: Response) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await send({"type": "lifespan.shutdown.complete"})
            return
