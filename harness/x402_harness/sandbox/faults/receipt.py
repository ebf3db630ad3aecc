"""Faults in the receipt: missing, unreadable, or untrue."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

from x402_harness.protocol.exchange import Response
from x402_harness.protocol.headers import PAYMENT_RESPONSE, X_PAYMENT_RESPONSE
from x402_harness.sandbox.behaviour import Fault, Side, Visit
from x402_harness.sandbox.faults.conditions import STRANGER

_RECEIPTS = {PAYMENT_RESPONSE: X_PAYMENT_RESPONSE, X_PAYMENT_RESPONSE: PAYMENT_RESPONSE}


def _fault(name: str, summary: str, *caught_by: str, **hooks: Any) -> Fault:
    return Fault(name, Side.RECEIPT, summary, caught_by, **hooks)


def _says(**members: Any) -> Any:
    return lambda message, visit: {**message, **members}


def _other_network(message: dict[str, Any], visit: Visit) -> dict[str, Any]:
    other = {1: "base-sepolia", 2: "eip155:84532"} if "8453" in _caip2(visit) else {1: "base", 2: "eip155:8453"}
    return {**message, "network": other[visit.version]}


def _caip2(visit: Visit) -> str:
    return (visit.option.caip2 if visit.option else None) or ""


def _swapped_header(response: Response, visit: Visit) -> Response:
    return replace(response, headers=tuple((_RECEIPTS.get(name, name), value) for name, value in response.headers))


def _unexposed(response: Response, visit: Visit) -> Response:
    rows = tuple(row for row in response.headers if row[0] != "access-control-expose-headers")
    return replace(response, headers=(*rows, ("access-control-allow-origin", "*")))


def _without_padding(message: dict[str, Any], visit: Visit) -> str:
    text = json.dumps(message).encode()
    return base64.b64encode(text + b" " * (1 - len(text) % 3)).decode().rstrip("=")


FAULTS = (
    _fault("receipt-missing", "sends no receipt", "PAY002", receipt=lambda message, visit: None),
    _fault("receipt-not-base64", "sends a receipt that is no base64", "PAY002",
           receipt=lambda message, visit: "settled: yes"),
    _fault("receipt-plain-json", "sends a receipt as plain JSON", "PAY002",
           receipt=lambda message, visit: json.dumps(message)),
    _fault("receipt-not-object", "sends a receipt that is a list", "PAY002",
           receipt=lambda message, visit: base64.b64encode(b"[]").decode()),
    _fault("receipt-without-success", "sends a receipt that does not say whether it succeeded", "PAY002",
           receipt=lambda message, visit: {k: v for k, v in message.items() if k != "success"}),
    _fault("receipt-failure", "delivers with a receipt of failure", "PAY003", receipt=_says(success=False)),
    _fault("receipt-network", "reports another network", "PAY004", receipt=_other_network),
    _fault("receipt-payer", "reports another payer", "PAY005", receipt=_says(payer=STRANGER)),
    _fault("receipt-no-transaction", "reports no transaction", "PAY006", receipt=_says(transaction="")),
    _fault("receipt-foreign-transaction", "reports a transaction that is not the settlement", "PAY009",
           receipt=_says(transaction="0x" + "5e" * 32)),
    _fault("receipt-other-header", "sends the receipt in the other version's header", "PAY010",
           deliver=_swapped_header),
    _fault("receipt-amount", "reports another amount than was signed for", "PAY020", receipt=_says(amount="1")),
    _fault("receipt-not-exposed", "hides the receipt from scripts of other origins", "PAY019", deliver=_unexposed),
    _fault("receipt-tolerated", "sends a receipt that only tolerant clients can read", "PAY021",
           receipt=_without_padding),
)  # fmt: skip
