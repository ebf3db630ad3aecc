"""Attacks by the receipt: a settlement that never was, or was somebody else's, or is told in a way that does harm."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from x402_harness.protocol.exchange import Response
from x402_harness.protocol.headers import PAYMENT_RESPONSE, X_PAYMENT_RESPONSE, encode
from x402_harness.sandbox.behaviour import Visit
from x402_harness.sandbox.faults.attacks.thief import attack, keeps, ninefold, once_more
from x402_harness.sandbox.faults.conditions import STRANGER

_ESCAPES = "\x1b[2J\x1b[1;1Hpaid\x07\u202e"
_OTHER = {PAYMENT_RESPONSE: X_PAYMENT_RESPONSE, X_PAYMENT_RESPONSE: PAYMENT_RESPONSE}


def _says(**members: Any) -> Any:
    return lambda message, visit: {**message, **members}


def _elsewhere_settled(message: dict[str, Any], visit: Visit) -> dict[str, Any]:
    return {**message, "network": "base-sepolia" if visit.version == 1 else "eip155:84532"}


def _echoes(message: dict[str, Any], visit: Visit) -> dict[str, Any]:
    assert visit.payment is not None  # a receipt is told of one
    signature = visit.payment.payload.signature
    return {**message, "success": False, "errorReason": f"bad signature {signature}", "transaction": signature}


def _contradicts(response: Response, visit: Visit) -> Response:
    """The other version's header tells the opposite."""
    name, _ = next(row for row in response.headers if row[0] in _OTHER)
    assert visit.settled is not None  # what is delivered was settled
    failed = encode({**visit.settled.wire(), "success": False, "errorReason": "not settled"})
    return replace(response, headers=(*response.headers, (_OTHER[name], failed), (name, failed)))


def _in_body_only(response: Response, visit: Visit) -> Response:
    rows = tuple(row for row in response.headers if row[0] not in _OTHER)
    assert visit.settled is not None
    return replace(response, headers=rows, body=json.dumps({"ok": True, "receipt": visit.settled.wire()}).encode())


FAULTS = (
    attack("receipt-false", "keeps the signature and reports a settlement that never was",
           "the price, when the seller likes, after the books were closed", "PAY008", units=once_more, settle=keeps),
    attack("receipt-other-payer", "reports the settlement of somebody else's payment",
           "a payment that is thought to have ended", "PAY005", units=once_more, settle=keeps,
           receipt=_says(payer=STRANGER)),
    attack("receipt-other-network", "reports a settlement on the test chain", "a payment that is thought to have ended",
           "PAY004", units=once_more, settle=keeps, receipt=_elsewhere_settled),
    attack("receipt-more", "reports that ten thousand times the price was taken", "books that tell another sum",
           "PAY020", units=ninefold, receipt=_says(amount="200000000")),
    attack("receipt-less", "reports that one unit was taken", "books that tell another sum, and a budget that goes on",
           "PAY020", receipt=_says(amount="1")),
    attack("receipt-foreign", "reports a transaction that is not the settlement",
           "books that prove nothing", "PAY009", receipt=_says(transaction="0x" + "5e" * 32)),
    attack("receipt-without-transaction", "reports a settlement and names no transaction",
           "a payment that is thought to have ended", "PAY006", units=once_more, settle=keeps,
           receipt=_says(transaction="")),
    attack("receipt-zero", "reports a settlement by the transaction of only noughts",
           "a payment that is thought to have ended", "PAY006", units=once_more, settle=keeps,
           receipt=_says(transaction="0x" + "0" * 64)),
    attack("receipt-failure", "settles and reports failure, so that the buyer tries again", "the price, twice",
           "PAY003", units=once_more, receipt=_says(success=False, transaction="", errorReason="insufficient_funds")),
    attack("receipt-pending", "settles and reports that it is still pending", "the price, twice",
           "PAY018", units=once_more, receipt=_says(success=False, transaction="", errorReason="settlement_pending")),
    attack("receipt-escapes", "hides escapes for terminals in its reasons", "a terminal that shows what was not said",
           "PAY003", receipt=_says(success=False, transaction=_ESCAPES, errorReason=_ESCAPES)),
    attack("receipt-echo", "puts the signature into its reasons, so that it is written where others read",
           "the price, to whom the seller sells the signature", "PAY003", units=once_more, settle=keeps,
           receipt=_echoes),
    attack("receipt-contradicted", "reports success and failure at once, in several headers",
           "a payment that one reader thinks ended and another tries again", units=once_more, deliver=_contradicts),
    attack("receipt-in-body", "reports the settlement in the body alone", "the price, twice, where it is tried again",
           "PAY002", units=once_more, deliver=_in_body_only),
    attack("receipt-success-as-text", "reports success as text", "a payment that is thought to have ended", "PAY002",
           units=once_more, settle=keeps, receipt=_says(success="true")),
    attack("receipt-huge", "sends a receipt of two hundred thousand characters", "a buyer that is busy, or gives up",
           receipt=_says(note="x" * 150_000)),
)  # fmt: skip
