"""Faults in taking a payment: something is not verified, or a good payment is refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from x402_catalog.addresses import checksum
from x402_catalog.hints import Declared, response_shape
from x402_catalog.models import Listing
from x402_catalog.networks import all_networks, network
from x402_harness.protocol.challenge import Option, read_challenge
from x402_harness.protocol.eip3009 import Domain, digest
from x402_harness.protocol.errors import RemoteProtocolError
from x402_harness.protocol.exchange import Response
from x402_harness.protocol.messages import SettlementResponse, VerifyResponse
from x402_harness.sandbox.answers import Answer
from x402_harness.sandbox.behaviour import Fault, Settle, Side, Verify, Visit
from x402_harness.sandbox.facilitator import Payment
from x402_harness.sandbox.faults.conditions import paid, version_2
from x402_harness.wallet import recover

_GAP = 0.05  # seconds between verifying and settling, enough for a second request


def _fault(name: str, summary: str, *caught_by: str, **hooks: Any) -> Fault:
    return Fault(name, Side.PAYMENT, summary, caught_by, **hooks)


def _reason(*parts: str) -> Callable[[Verify, Payment, Option, Visit], VerifyResponse]:
    """Overlooks what a facilitator refuses for a reason with one of these words in it."""

    def verify(inner: Verify, payment: Payment, option: Option, visit: Visit) -> VerifyResponse:
        verified = inner(payment, option)
        overlooked = any(part in (verified.invalid_reason or "") for part in parts)
        return VerifyResponse(is_valid=True, payer=verified.payer) if overlooked else verified

    return verify


def _delivers_anyway(inner: Settle, payment: Payment, option: Option, visit: Visit) -> SettlementResponse:
    """What cannot be settled is delivered all the same, with a receipt of success."""
    settled = inner(payment, option)
    if settled.success:
        return settled
    return SettlementResponse(success=True, transaction="0x" + visit.nonce[2:], network=option.network,
                              payer=payment.payload.authorization.from_)  # fmt: skip


def _overlooks(name: str, summary: str, code: str, *reasons: str) -> Fault:
    return _fault(name, summary, code, verify=_reason(*reasons), settle=_delivers_anyway)


def _any_terms(option: Option | None, visit: Visit) -> Option | None:
    """Takes the terms from the payment itself."""
    payment = visit.payment
    if option is not None or payment is None or payment.accepted is None:
        return option
    try:
        message = {"x402Version": 2, "accepts": [payment.accepted]}
        found = read_challenge(Response(402, (), json.dumps(message).encode())).options
    except RemoteProtocolError:
        return None
    return found[0] if found and found[0].scheme == "exact" and network(found[0].network) is not None else None


def _any_network(option: Option | None, visit: Visit) -> Option | None:
    """Takes a payment on any network as one on the offered network."""
    payment = visit.payment
    if option is not None or payment is None or payment.scheme != "exact":
        return option
    return visit.offered[0] if network(payment.network) else None


def _any_scheme(option: Option | None, visit: Visit) -> Option | None:
    if option is None and visit.payment is not None and visit.payment.scheme != "exact":
        return visit.offered[0]
    return option


def _says_valid(inner: Verify, payment: Payment, option: Option, visit: Visit) -> VerifyResponse:
    return VerifyResponse(is_valid=True, payer=payment.payload.authorization.from_)


def _if_offered(inner: Verify, payment: Payment, option: Option, visit: Visit) -> VerifyResponse:
    """Verifies what is meant for the offer itself; waves the rest through."""
    same = payment.scheme == option.scheme and network(payment.network) == network(option.network)
    return inner(payment, option) if same else _says_valid(inner, payment, option, visit)


def _any_chain(inner: Verify, payment: Payment, option: Option, visit: Visit) -> VerifyResponse:
    """Takes a signature under the domain of any chain."""
    verified, signed = inner(payment, option), payment.payload
    if verified.is_valid or "signature" not in (verified.invalid_reason or ""):
        return verified
    signature = bytes.fromhex(signed.signature[2:])
    for domain in _domains(option):
        if recover(digest(domain, signed.authorization), signature) == checksum(signed.authorization.from_):
            return _says_valid(inner, payment, option, visit)
    return verified


def _domains(option: Option) -> Iterator[Domain]:
    name, version = str(option.extra.get("name")), str(option.extra.get("version"))
    for row in all_networks():
        if row.chain_id is not None:
            yield Domain(name, version, row.chain_id, option.asset)


def _remembers_refused(inner: Verify, payment: Payment, option: Option, visit: Visit) -> VerifyResponse:
    if visit.nonce in visit.memory.nonces:
        return _says_valid(inner, payment, option, visit)
    verified = inner(payment, option)
    if not verified.is_valid:
        visit.memory.nonces.add(visit.nonce)
    return verified


def _refuses(reason: str) -> Callable[[Verify, Payment, Option, Visit], VerifyResponse]:
    return lambda inner, payment, option, visit: VerifyResponse(is_valid=False, invalid_reason=reason)


def _settles_and_refuses(inner: Verify, payment: Payment, option: Option, visit: Visit) -> VerifyResponse:
    verified = inner(payment, option)
    if not verified.is_valid:
        visit.facilitator.settle(payment, replace(option, amount=int(payment.payload.authorization.value)))
    return verified


async def _gap(visit: Visit) -> None:
    await asyncio.sleep(_GAP)


def _with_content(response: Response, made: Answer, visit: Visit) -> Response:
    if visit.version == 2:
        rows = tuple(row for row in response.headers if row[0] != "content-type")
        return Response(402, (*rows, ("content-type", made.media_type)), made.body)
    terms = json.loads(response.body)
    return replace(response, body=json.dumps({**terms, "data": json.loads(made.body)}).encode())


def _json_or_v2(listing: Listing, version: int) -> bool:
    declared = response_shape(listing, listing.offers[0])
    is_text = (declared.media_type or "").startswith("text/")
    told = declared.declared in {Declared.SCHEMA, Declared.EXAMPLE} or declared.media_type is not None
    return told and not is_text and (version == 2 or declared.declared in {Declared.SCHEMA, Declared.EXAMPLE})


FAULTS = (
    _overlooks("signature-unchecked", "takes payments that their payer did not sign", "PAY040", "signature"),
    _overlooks("amount-unchecked", "takes any amount for the price", "PAY041", "value_mismatch"),
    _overlooks("recipient-unchecked", "takes payments to anybody", "PAY042", "recipient_mismatch"),
    _overlooks("expiry-unchecked", "takes payments that have expired", "PAY043", "valid_before"),
    _overlooks("start-unchecked", "takes payments that are not valid yet", "PAY044", "valid_after"),
    _fault("network-unchecked", "takes payments on any network", "PAY045",
           pick=_any_network, verify=_if_offered, settle=_delivers_anyway),
    _fault("domain-unchecked", "takes signatures for any chain", "PAY046", verify=_any_chain, settle=_delivers_anyway),
    _fault("terms-unchecked", "takes the terms that the payment names", "PAY047", fits=version_2,
           pick=_any_terms),
    _fault("scheme-unchecked", "takes payments of any scheme", "PAY048",
           pick=_any_scheme, verify=_if_offered, settle=_delivers_anyway),
    _overlooks("replay-served", "gives the content again for a settled payment", "PAY049", "nonce_already_used"),
    _fault("race-served", "gives the content twice for one payment sent twice at once", "PAY050",
           before_settling=_gap, settle=_delivers_anyway),
    _fault("refused-then-served", "takes a refused payment when it comes again", "PAY051",
           verify=_remembers_refused, settle=_delivers_anyway),
    _overlooks("funds-unchecked", "takes payments of payers without money", "PAY052", "insufficient"),
    _fault("content-leaked", "sends the content along with the refusal of a payment", "PAY053", fits=_json_or_v2,
           refusal=_with_content),
    _fault("refusal-500", "breaks on a payment that it must refuse", "PAY054",
           refusal=lambda response, made, visit: Response(500, (), b"oops")),
    _fault("refusal-silent", "refuses payments without terms or reason", "PAY055",
           refusal=lambda response, made, visit: Response(402, (("cache-control", "no-store"),), b"no")),
    _fault("refused-and-settled", "settles payments that it refuses", "PAY056", verify=_settles_and_refuses),
    _fault("payment-refused", "refuses every payment", "PAY016", verify=_refuses("insufficient_funds")),
    _fault("payment-ignored", "never sees a payment", "PAY016", pick=lambda option, visit: None),
    _fault("request-refused", "refuses requests that satisfy its declared fields", "REQ001",
           admit=paid(Response(422, (("content-type", "application/json"),), b'{"error": "bad field"}'))),
    _fault("paid-405", "does not know the declared method once it is paid", "REQ001",
           admit=paid(Response(405, (("allow", "TRACE"),), b""))),
    _fault("paid-500", "breaks on every payment before it is settled", "PAY001",
           admit=paid(Response(500, (), b"oops"))),
    _fault("paid-redirect", "redirects the paid request to another host", "PAY013",
           admit=paid(Response(307, (("location", "https://elsewhere.example/"),), b""))),
)  # fmt: skip
