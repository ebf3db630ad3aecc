"""Terms: what a seller made from a listing asks for, as the 402 of either version."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from x402_catalog.addresses import Family
from x402_catalog.models import Listing, Offer
from x402_harness.protocol.challenge import Challenge, Option, read_challenge
from x402_harness.protocol.exchange import Response
from x402_harness.protocol.messages import Authorization
from x402_harness.sandbox.facilitator import Payment

# Whoever would pay the fees on Solana, which the sandbox has no chain of: a 402 must name somebody.
_FEE_PAYER = "2rrTfB8aWKXxCAtsS56VKuZvbdYqP7epYRdrinz4znd6"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a seller asks for: the protocol ``version``, the 402's message, its options, and the offer behind each."""

    version: int
    message: dict[str, Any]
    options: tuple[Option, ...]
    offers: tuple[Offer, ...]

    def chosen(self, payment: Payment, told: dict[str, Any]) -> Option | None:
        """The option that a payment pays by the terms as they were ``told``; ``None`` if it is none of them."""
        if payment.version != self.version:
            return None
        entries = told["accepts"]
        found = _accepted(payment.accepted, entries) if payment.accepted is not None else self._named(payment, entries)
        return self.options[found] if found is not None and found < len(self.options) else None

    def _named(self, payment: Payment, entries: list[dict[str, Any]]) -> int | None:
        # Version 1 names no asset: among options of one network, the one that the payment pays is meant.
        paid = payment.payload.authorization
        wanted = (payment.scheme, payment.network)
        rows = [(index, entry) for index, entry in enumerate(entries) if isinstance(entry, dict)]
        named = [index for index, entry in rows if (entry.get("scheme"), entry.get("network")) == wanted]
        exact = (index for index in named if self._is_paid_by(index, paid))
        return next(exact, named[0] if named else None)

    def _is_paid_by(self, index: int, paid: Authorization) -> bool:
        if index >= len(self.options):
            return False
        option = self.options[index]
        return option.pay_to.lower() == paid.to.lower() and option.amount == int(paid.value)

    def told(self, url: str, error: str) -> dict[str, Any]:
        """The 402's message as it is told at a URL, with the reason as its error."""
        place = url.split("?", 1)[0]
        if self.version == 2:
            return {**self.message, "error": error, "resource": {**self.message["resource"], "url": place}}
        accepts = [{**entry, "resource": place} for entry in self.message["accepts"]]
        return {**self.message, "error": error, "accepts": accepts}


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


def _accepted(accepted: dict[str, Any], entries: list[dict[str, Any]]) -> int | None:
    return next((index for index, entry in enumerate(entries) if _meets(accepted, entry)), None)


def _meets(accepted: dict[str, Any], offered: Any) -> bool:
    if not isinstance(offered, dict):
        return False  # a faulty seller may tell anything
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
    if offer.scheme == "exact" and offer.network is not None and offer.network.family is Family.SOLANA:
        return {"feePayer": _FEE_PAYER, **offer.extra}
    # A listing seldom carries the EIP-712 domain; a real 402 must, and the table has it.
    if offer.token is None or offer.token.name is None:
        return offer.extra
    return {"name": offer.token.name, "version": offer.token.version, **offer.extra}


def _mime(listing: Listing) -> str:
    return next((offer.mime_type for offer in listing.offers if offer.mime_type), "application/json")
