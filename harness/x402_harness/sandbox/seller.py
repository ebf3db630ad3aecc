"""The seller: an ASGI application made from one listing, which takes real signatures for sandbox money."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any

from x402_catalog.hints import request_shape, response_shape
from x402_catalog.models import Listing
from x402_harness.checks.content.asking import asked
from x402_harness.protocol.challenge import Option
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
from x402_harness.protocol.messages import SettlementResponse, VerifyResponse
from x402_harness.sandbox.answers import Answer, answer
from x402_harness.sandbox.asgi import Pace, Receive, Scope, Send, lifespan, paced, read_request, wired
from x402_harness.sandbox.behaviour import ELSEWHERE, Fault, Memory, Settle, Verify, Visit
from x402_harness.sandbox.facilitator import Facilitator, Payment, read_payment
from x402_harness.sandbox.fitting import Order
from x402_harness.sandbox.incoming import BadRequest, read_values
from x402_harness.sandbox.terms import terms

JSON_HEADERS = (("content-type", "application/json"), ("cache-control", "no-store"))
EXPOSED = ", ".join((PAYMENT_REQUIRED, PAYMENT_RESPONSE, X_PAYMENT_RESPONSE))


class Validates(StrEnum):
    """When a seller holds a request against its declared fields."""

    BEFORE = "before payment"
    AFTER = "after payment"
    NEVER = "never"


class Seller:
    """One listing's endpoint. It answers every method and path: routing is done by whoever mounts it.

    ``clock`` gives the chain's time. ``version`` is the listing's own unless given. Offers that cannot be told in the
    protocol are left out. With ``validates`` after payment, the terms come first, and a request that breaks the
    declared fields is refused before it is charged for. ``elsewhere`` is where its faults lead.
    """

    def __init__(
        self,
        listing: Listing,
        facilitator: Facilitator,
        clock: Callable[[], float],
        *,
        version: int | None = None,
        seed: int = 0,
        validates: Validates = Validates.AFTER,
        faults: Iterable[Fault] = (),
        elsewhere: str = ELSEWHERE,
    ) -> None:
        self._elsewhere = elsewhere
        self._listing = listing
        self._facilitator = facilitator
        self._clock = clock
        self._seed = seed
        self._validates = validates
        self._faults = tuple(faults)
        self._memory = Memory()
        self.version = version or max((offer.version for offer in listing.offers), default=1)
        self.terms = terms(listing, self.version)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI: ``http`` requests are answered, ``lifespan`` is acknowledged."""
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        response, pace = await self.respond(await read_request(scope, receive))
        if pace.wire is not None:
            await wired(scope, receive, send, response, pace.wire)
        else:
            await paced(send, response, pace)

    async def respond(self, request: Request) -> tuple[Response, Pace]:
        """The answer to a request, and how it is sent."""
        visit = Visit(
            self._listing, self.version, request, self._memory, self._facilitator, self._clock, self._elsewhere,
            self.terms.options,
        )  # fmt: skip
        self._memory.visits += 1
        for fault in self._faults:
            if fault.admit and (given := fault.admit(visit)) is not None:
                return given, Pace()
        name = PAYMENT_SIGNATURE if self.version == 2 else X_PAYMENT
        value = next((value for key, value in request.headers if key.lower() == name.lower()), None)
        if value is None:
            return self._unpaid(visit), self._pace(paid=False)
        return await self._paid(value, visit), self._pace(paid=True)

    def _pace(self, *, paid: bool) -> Pace:
        paces = [fault.pace if paid else fault.unpaid_pace for fault in self._faults]
        return next((pace for pace in reversed(paces) if pace is not None), Pace())

    def _unpaid(self, visit: Visit) -> Response:
        self._memory.unpaid += 1
        if self._validates is Validates.BEFORE and (refused := self._read(visit, 0)):
            return refused
        return self._challenge("payment required", visit)

    async def _paid(self, value: str, visit: Visit) -> Response:
        try:
            payment = visit.payment = read_payment(decode(value)[0])
        except RemoteProtocolError as error:
            return self._challenge(f"invalid_payload: {error.message}", visit)
        option = self._chosen(payment, visit)
        if option is None:
            return self._challenge("no matching payment requirements", visit)
        visit.option = option
        if self._validates is not Validates.NEVER and (refused := self._read(visit, option.index)):
            return refused
        verified = self._verify(payment, option, visit)
        if not verified.is_valid:
            return self._refuse(verified.invalid_reason or "invalid_payload", visit)
        return await self._deliver(payment, option, visit)

    def _read(self, visit: Visit, offer: int) -> Response | None:
        offers = self.terms.offers
        if not offers:
            return None
        visit.shape = request_shape(self._listing, offers[offer])
        try:
            visit.values = read_values(visit.shape, visit.request)
        except BadRequest as error:
            return Response(400, JSON_HEADERS, json.dumps({"error": "invalid_request", "detail": str(error)}).encode())
        return None

    def _chosen(self, payment: Payment, visit: Visit) -> Option | None:
        option = self.terms.chosen(payment, self._message("", visit))
        for fault in self._faults:
            option = fault.pick(option, visit) if fault.pick else option
        return option

    def _verify(self, payment: Payment, option: Option, visit: Visit) -> VerifyResponse:
        verify: Verify = self._facilitator.verify
        for fault in self._faults:
            if fault.verify:
                verify = _around(fault.verify, verify, visit)
        return verify(payment, option)

    async def _deliver(self, payment: Payment, option: Option, visit: Visit) -> Response:
        # The answer is made before the money moves: what cannot be answered is not charged for.
        made = self._answer(option, visit)
        for fault in self._faults:
            if fault.before_settling:
                await fault.before_settling(visit)
        visit.settled = settled = self._settle(payment, option, visit)
        told = self._receipt(settled.wire(), visit)
        receipt = () if told is None else ((self._receipt_header, told if isinstance(told, str) else encode(told)),)
        if not settled.success:
            return Response(402, (*JSON_HEADERS, *receipt), b"{}")
        rows = (("content-type", made.media_type), ("cache-control", "private"))
        response = Response(200, (*rows, ("access-control-expose-headers", EXPOSED), *receipt), made.body)
        for fault in self._faults:
            response = fault.deliver(response, visit) if fault.deliver else response
        return response

    def _settle(self, payment: Payment, option: Option, visit: Visit) -> SettlementResponse:
        settle: Settle = self._facilitator.settle
        for fault in self._faults:
            if fault.settle:
                settle = _around(fault.settle, settle, visit)
        return settle(payment, option)

    def _receipt(self, message: dict[str, Any], visit: Visit) -> dict[str, Any] | str | None:
        told: dict[str, Any] | str | None = message
        for fault in self._faults:
            if fault.receipt and isinstance(told, dict):
                told = fault.receipt(told, visit)
        return told

    def _answer(self, option: Option, visit: Visit) -> Answer:
        visit.declared = response_shape(self._listing, self.terms.offers[option.index])
        fields = asked(visit.shape or request_shape(self._listing, self.terms.offers[option.index]), visit.request)
        made = answer(visit.declared, self._seed, Order(self._listing, fields, self._clock()))
        for fault in self._faults:
            made = fault.answer(made, visit) if fault.answer else made
        return made

    @property
    def _receipt_header(self) -> str:
        return PAYMENT_RESPONSE if self.version == 2 else X_PAYMENT_RESPONSE

    def _refuse(self, reason: str, visit: Visit) -> Response:
        response = self._challenge(reason, visit)
        for fault in self._faults:
            if fault.refusal and visit.option is not None:
                response = fault.refusal(response, self._answer(visit.option, visit), visit)
        return response

    def _challenge(self, reason: str, visit: Visit) -> Response:
        message = self._message(reason, visit)
        if self.version == 2:
            rows = ((PAYMENT_REQUIRED, encode(message)), ("access-control-expose-headers", EXPOSED))
            response = Response(402, (*JSON_HEADERS, *rows), b"{}")
        else:
            response = Response(402, JSON_HEADERS, json.dumps(message).encode())
        for fault in self._faults:
            response = fault.challenge(response, visit) if fault.challenge else response
        return response

    def _message(self, reason: str, visit: Visit) -> dict[str, Any]:
        message = self.terms.told(visit.request.url, reason)
        for fault in self._faults:
            message = fault.message(message, visit) if fault.message else message
        return message


def _around(outer: Callable[..., Any], inner: Callable[..., Any], visit: Visit) -> Callable[[Payment, Option], Any]:
    return lambda payment, option: outer(inner, payment, option, visit)
