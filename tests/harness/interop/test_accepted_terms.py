"""Both sellers take the same echoes of their terms, and refuse the same."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("x402", reason="the official SDK's server is the other seller")

from x402 import x402ResourceServer
from x402.schemas import PaymentPayload, PaymentRequirements

from x402_catalog.hints import request_shape
from x402_catalog.models import Listing
from x402_harness.planning.rows import rows_for
from x402_harness.protocol.challenge import Option
from x402_harness.protocol.eip3009 import Domain, authorize, digest
from x402_harness.protocol.exchange import Response
from x402_harness.protocol.headers import PAYMENT_REQUIRED, PAYMENT_SIGNATURE, decode, encode
from x402_harness.sandbox.world import World
from x402_harness.wallet import ThrowawayWallet

Words = dict[str, Any]


def with_extra(terms: Words, **members: Any) -> Words:
    """The terms with members of ``extra`` added or changed."""
    return terms | {"extra": terms["extra"] | members}


TAKEN: dict[str, Callable[[Words], Words]] = {
    "verbatim": lambda terms: terms,
    "members in another order": lambda terms: dict(reversed(terms.items())),
    "a member added to extra": lambda terms: with_extra(terms, memo="order 7"),
    "an unknown member added": lambda terms: terms | {"note": "mine"},
}
REFUSED: dict[str, Callable[[Words], Words]] = {
    "the payee in another case": lambda terms: terms | {"payTo": "0x" + terms["payTo"][2:].upper()},
    "the asset in lower case": lambda terms: terms | {"asset": terms["asset"].lower()},
    "another payee": lambda terms: terms | {"payTo": "0x00000000000000000000000000000000005eb0d7"},
    "another amount": lambda terms: terms | {"amount": "1"},
    "the amount with a leading zero": lambda terms: terms | {"amount": "0" + terms["amount"]},
    "a longer timeout": lambda terms: terms | {"maxTimeoutSeconds": 3600},
    "the network by its v1 name": lambda terms: terms | {"network": "base"},
    "another scheme": lambda terms: terms | {"scheme": "upto"},
    "extra left out": lambda terms: {name: value for name, value in terms.items() if name != "extra"},
    "extra changed": lambda terms: with_extra(terms, name="USDC"),
}
ECHOES = {**TAKEN, **REFUSED}


def paid(option: Option, accepted: Words, wallet: ThrowawayWallet) -> Words:
    """A sound payment of the option that says it accepted those terms."""
    authorization = authorize(
        payer=wallet.address, payee=option.pay_to, value=option.amount, now=int(time.time()), timeout=option.timeout,
        nonce=b"\x06" * 32,
    )  # fmt: skip
    domain = Domain(option.extra["name"], option.extra["version"], 8453, option.asset)
    signature = "0x" + wallet.sign(digest(domain, authorization)).hex()
    payload = {"signature": signature, "authorization": authorization.wire()}
    return {"x402Version": 2, "accepted": accepted, "payload": payload}


def refusal(answer: Response) -> str | None:
    """The error of a 402; ``None`` where there was none."""
    header = answer.header(PAYMENT_REQUIRED)
    error: str | None = decode(header)[0]["error"] if header else None
    return error


@pytest.mark.parametrize("name", ECHOES)
def test_both_sellers_take_the_same_echoes(
    world: World, wallet: ThrowawayWallet, listing_from: Callable[..., Listing], name: str
) -> None:
    listing = listing_from("api-venice-ai-api-v1-images-generations")
    seller, price = world.seller(listing, version=2), listing.offers[0].price
    assert price is not None
    world.fund(wallet.address, price)
    option = seller.terms.options[0]
    message = paid(option, ECHOES[name](option.raw), wallet)
    offered = [PaymentRequirements.model_validate(option.raw)]
    theirs = x402ResourceServer().find_matching_requirements(offered, PaymentPayload.model_validate(message))
    request = rows_for(listing, request_shape(listing, listing.offers[0]), 1, 402).rows[0].candidate.request
    ours, _ = asyncio.run(seller.respond(request.with_header(PAYMENT_SIGNATURE, encode(message))))
    assert (theirs is not None) == (name in TAKEN)
    assert (ours.status, refusal(ours)) == ((200, None) if name in TAKEN else (402, "no matching payment requirements"))
