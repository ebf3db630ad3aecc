"""Conditions: when a fault fits a listing, and when a request brings a payment."""

from __future__ import annotations

from collections.abc import Callable

from x402_catalog.models import Listing
from x402_harness.protocol.exchange import Response
from x402_harness.protocol.headers import PAYMENT_SIGNATURE, X_PAYMENT
from x402_harness.sandbox.behaviour import Visit

_PAYMENT = frozenset({PAYMENT_SIGNATURE.lower(), X_PAYMENT.lower()})
STRANGER = "0x000000000000000000000000000000000000bEEF"  # an account of nobody's


def version_1(listing: Listing, version: int) -> bool:
    """Where version 1 is spoken."""
    return version == 1


def version_2(listing: Listing, version: int) -> bool:
    """Where version 2 is spoken."""
    return version == 2


def payment_of(visit: Visit) -> str | None:
    """The payment header of a request, in either version's name; ``None`` without one."""
    return next((value for name, value in visit.request.headers if name.lower() in _PAYMENT), None)


def unpaid(response: Response) -> Callable[[Visit], Response | None]:
    """Answers every request without a payment so."""
    return lambda visit: response if payment_of(visit) is None else None


def paid(response: Response) -> Callable[[Visit], Response | None]:
    """Answers every request with a payment so."""
    return lambda visit: None if payment_of(visit) is None else response
