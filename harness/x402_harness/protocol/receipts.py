"""Receipts: what the settlement header of a paid answer says, and whether it speaks of this payment."""

from __future__ import annotations

import re
from dataclasses import dataclass

from x402_catalog.addresses import same_address
from x402_catalog.networks import network
from x402_harness.protocol.challenge import Option
from x402_harness.protocol.errors import RemoteProtocolError
from x402_harness.protocol.exchange import Response
from x402_harness.protocol.headers import PAYMENT_RESPONSE, X_PAYMENT_RESPONSE, decode
from x402_harness.protocol.messages import Authorization, SettlementResponse, parse

_TRANSACTION = re.compile(r"0x(?!0{64})[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the paid answer's settlement header said: the ``response``, or why it could not be read.

    ``notes`` name what was tolerated in reading it.
    """

    header: str | None
    response: SettlementResponse | None
    error: RemoteProtocolError | None = None
    notes: tuple[str, ...] = ()


def read_receipt(response: Response) -> Receipt:
    """The settlement header of an answer, of either version; nothing raised for one that cannot be read."""
    for name in (PAYMENT_RESPONSE, X_PAYMENT_RESPONSE):
        value = response.header(name)
        if value is None:
            continue
        try:
            data, notes = decode(value, place=name)
            return Receipt(name, parse(SettlementResponse, data, place=name), notes=notes)
        except RemoteProtocolError as error:
            return Receipt(name, None, error)
    return Receipt(None, None)


def is_transaction(text: str) -> bool:
    """Whether ``text`` has the form of an EVM transaction's hash: 32 bytes in hex, not all zero."""
    return _TRANSACTION.fullmatch(text) is not None


def foreign(receipt: SettlementResponse, option: Option, authorization: Authorization) -> str | None:
    """Why a receipt of success is not one of this payment; ``None`` if it may be."""
    if network(receipt.network) != network(option.network):
        return "it names another network"
    if receipt.payer is not None and not same_address(receipt.payer, authorization.from_):
        return "it names another payer"
    if receipt.amount is not None and int(receipt.amount) != int(authorization.value):
        return "it names another amount"
    return None if is_transaction(receipt.transaction) else "it names no transaction"
