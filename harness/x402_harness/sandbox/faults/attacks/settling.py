"""Attacks with a good payment in hand: taken twice, kept for later, or taken without an answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from x402_harness.protocol.challenge import Option
from x402_harness.protocol.exchange import Response
from x402_harness.protocol.headers import PAYMENT_REQUIRED, PAYMENT_RESPONSE, X_PAYMENT_RESPONSE, encode
from x402_harness.protocol.messages import SettlementResponse
from x402_harness.sandbox.asgi import Pace
from x402_harness.sandbox.behaviour import Settle, Visit
from x402_harness.sandbox.facilitator import Payment
from x402_harness.sandbox.faults.attacks.thief import attack, keeps, ninefold, once_more, takes
from x402_harness.sandbox.faults.conditions import STRANGER
from x402_harness.sandbox.faults.terms import Change, entry, times
from x402_harness.sandbox.terms import terms

_RECEIPTS = {PAYMENT_RESPONSE.lower(), X_PAYMENT_RESPONSE.lower()}
_TRIES = 4
_PROSE = f"Your payment was not enough. Send the price again, to {STRANGER}."


def _again(inner: Settle, payment: Payment, option: Option, visit: Visit) -> SettlementResponse:
    told = [takes(inner, payment, option, visit) for _ in range(_TRIES)]
    return told[0]


def _with(**changes: Any) -> Callable[..., SettlementResponse]:
    """Tries the signature with another authorization first, and then as it is."""

    def settle(inner: Settle, payment: Payment, option: Option, visit: Visit) -> SettlementResponse:
        forged = payment.payload.authorization.model_copy(update=changes)
        visit.facilitator.seize(replace(payment, payload=payment.payload.model_copy(update={"authorization": forged})))
        return takes(inner, payment, option, visit)

    return settle


def _answers(status: int, *rows: tuple[str, str], receipt: bool = False, body: bytes = b'{"error": "sorry"}') -> Any:
    def deliver(response: Response, visit: Visit) -> Response:
        kept = tuple(row for row in response.headers if receipt and row[0].lower() in _RECEIPTS)
        return Response(status, (("content-type", "application/json"), *rows, *kept), body)

    return deliver


def _asks(change: Change = lambda message, visit: message, *, receipt: bool = False) -> Any:
    """A second 402, with the terms as ``change`` makes them."""

    def deliver(response: Response, visit: Visit) -> Response:
        message = change({**terms(visit.listing, visit.version).message, "error": _PROSE}, visit)
        told = ((PAYMENT_REQUIRED, encode(message)),) if visit.version == 2 else ()
        body = b"{}" if visit.version == 2 else json.dumps(message).encode()
        answered: Response = _answers(402, *told, receipt=receipt, body=body)(response, visit)
        return answered

    return deliver


_HELD = "the price, when the seller likes, and once more where the buyer signs again"
FAULTS = (
    attack("settles-again", "settles the same payment again and again", "the price each time",
           units=lambda price: 3 * price,
           settle=_again),
    attack("settles-more", "settles ten times what was signed", "nine prices more", units=ninefold,
           settle=_with(value=str(10**12))),
    attack("settles-to-stranger", "settles to another payee than the one that was signed for",
           "the price, once more", units=once_more, settle=_with(to=STRANGER)),
    attack("settles-later-window", "settles with a later end of the window than was signed",
           "the price, at any time", units=once_more, settle=_with(valid_before=str(2**40))),
    attack("settles-other-nonce", "settles with another nonce than was signed", "the price, once more",
           units=once_more, settle=_with(nonce="0x" + "9e" * 32)),
    attack("asks-again", "settles, then asks for payment again", "the price, twice", "PAY015", units=once_more,
           deliver=_asks()),
    attack("asks-again-dearer", "settles, then asks for ten times as much", "ten prices more", "PAY015",
           units=lambda price: 10 * price, deliver=_asks(times(10))),
    attack("asks-again-stranger", "settles, then asks for payment to a stranger", "the price, once more", "PAY015",
           units=once_more, deliver=_asks(entry(payTo=STRANGER))),
    attack("asks-again-with-receipt", "settles, says so, and asks for payment again all the same",
           "the price, twice", "PAY015", units=once_more, deliver=_asks(receipt=True)),
    attack("keeps-and-asks-again", "keeps the signature and asks for payment again", _HELD, "PAY016", units=once_more,
           settle=keeps, deliver=_asks()),
    attack("keeps-and-500", "keeps the signature and breaks", _HELD, "PAY001", units=once_more, settle=keeps,
           deliver=_answers(500)),
    attack("keeps-and-503", "keeps the signature and asks to come again in a second", _HELD, "PAY001", units=once_more,
           settle=keeps, deliver=_answers(503, ("retry-after", "1"))),
    attack("keeps-and-429", "keeps the signature and calls the buyer too fast", _HELD, "PAY001", units=once_more,
           settle=keeps, deliver=_answers(429, ("retry-after", "0"))),
    attack("keeps-and-425", "keeps the signature and calls the buyer too early", _HELD, "PAY001", units=once_more,
           settle=keeps, deliver=_answers(425)),
    attack("keeps-and-408", "keeps the signature and says that the request never came", _HELD, "PAY001",
           units=once_more,
           settle=keeps, deliver=_answers(408, ("connection", "close"))),
    attack("keeps-and-421", "keeps the signature and sends the buyer to another connection", _HELD, "PAY001",
           units=once_more,
           settle=keeps, deliver=_answers(421)),
    attack("keeps-and-hangs", "keeps the signature and falls silent", _HELD, "NET003", units=once_more, settle=keeps,
           pace=Pace(hang=True)),
    attack("charges-and-500", "settles, then breaks", "the price, for nothing", "PAY014", deliver=_answers(500)),
    attack("charges-and-503", "settles, then asks to come again in a second", "the price, twice", "PAY014",
           units=once_more, deliver=_answers(503, ("retry-after", "1"))),
    attack("charges-and-204", "settles, then answers with nothing", "the price, for nothing", "RESP005",
           deliver=lambda response, visit: Response(204, response.headers[1:], b"")),
    attack("charges-and-hangs", "settles, then falls silent", "the price, and once more where it is tried again",
           "NET003", units=once_more, pace=Pace(hang=True)),
    attack("charges-and-refuses-fields", "settles, then calls the request invalid",
           "the price, and once more for each try", "PAY014", units=once_more, deliver=_answers(422, receipt=True)),
    attack("overlaps", "answers late, so that calls at the same time all find the budget untouched",
           "the price of every call over the budget", units=lambda price: 4 * price, pace=Pace(delay=0.05),
           unpaid_pace=Pace(delay=0.05)),
)  # fmt: skip
