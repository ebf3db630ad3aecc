"""Faults around settling: money moves and the content does not come, or the other way round."""

from __future__ import annotations

import json
from typing import Any

from x402_harness.protocol.challenge import Option
from x402_harness.protocol.exchange import Response
from x402_harness.protocol.headers import PAYMENT_REQUIRED, PAYMENT_RESPONSE, X_PAYMENT_RESPONSE, encode
from x402_harness.protocol.messages import SettlementResponse
from x402_harness.sandbox.asgi import Pace
from x402_harness.sandbox.behaviour import Fault, Settle, Side, Visit
from x402_harness.sandbox.facilitator import Payment
from x402_harness.sandbox.terms import terms

_RECEIPTS = {PAYMENT_RESPONSE.lower(), X_PAYMENT_RESPONSE.lower()}


def _fault(name: str, summary: str, *caught_by: str, **hooks: Any) -> Fault:
    return Fault(name, Side.SETTLEMENT, summary, caught_by, **hooks)


def _answers(status: int, *, receipt: bool) -> Any:
    def deliver(response: Response, visit: Visit) -> Response:
        kept = tuple(row for row in response.headers if receipt and row[0].lower() in _RECEIPTS)
        return Response(status, (("content-type", "application/json"), *kept), b'{"error": "sorry"}')

    return deliver


def _asks_again(response: Response, visit: Visit) -> Response:
    message = terms(visit.listing, visit.version).message
    rows = (("content-type", "application/json"), ("cache-control", "no-store"))
    if visit.version == 2:
        return Response(402, (*rows, (PAYMENT_REQUIRED, encode(message))), b"{}")
    return Response(402, rows, json.dumps(message).encode())


def _never(inner: Settle, payment: Payment, option: Option, visit: Visit) -> SettlementResponse:
    return _receipt(payment, option, success=True, transaction="0x" + visit.nonce[2:])


def _fails(inner: Settle, payment: Payment, option: Option, visit: Visit) -> SettlementResponse:
    return _receipt(payment, option, success=False, transaction="", error_reason="unexpected_settle_error")


def _receipt(payment: Payment, option: Option, **members: Any) -> SettlementResponse:
    payer = payment.payload.authorization.from_
    return SettlementResponse(network=option.network, payer=payer, **members)


def _pending(message: dict[str, Any], visit: Visit) -> dict[str, Any]:
    return {**message, "success": False, "transaction": "", "errorReason": "settlement_pending"}


def _pays_back(inner: Settle, payment: Payment, option: Option, visit: Visit) -> SettlementResponse:
    settled = inner(payment, option)
    token = visit.facilitator.chains.token(option.network, option.asset)
    if token is not None and settled.success:
        token.mint(payment.payload.authorization.from_, option.amount // 2 + 1)
    return settled


FAULTS = (
    _fault("pays-back", "gives the payer a part of the price back", "PAY007", settle=_pays_back),
    _fault("charge-then-500", "settles, then breaks", "PAY014", deliver=_answers(500, receipt=False)),
    _fault("charge-then-404", "settles, then finds nothing", "PAY014", deliver=_answers(404, receipt=True)),
    _fault("charge-then-422", "settles, then refuses the request", "PAY014", deliver=_answers(422, receipt=True)),
    _fault("charge-then-402", "settles, then asks for payment again", "PAY015", deliver=_asks_again),
    _fault("settlement-pending", "delivers while the settlement is pending", "PAY018", receipt=_pending),
    _fault("never-settled", "reports a settlement that never was", "PAY008", settle=_never),
    _fault("given-away", "delivers without settling and without a receipt", "PAY017",
           settle=_never, receipt=lambda message, visit: None),
    _fault("settlement-fails", "cannot settle any payment", "PAY003", settle=_fails),
    _fault("charge-then-hang", "settles, then falls silent", "NET003", pace=Pace(hang=True)),
)  # fmt: skip
