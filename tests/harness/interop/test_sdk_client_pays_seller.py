"""The official SDK's client buys from our mock sellers, over real sockets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest

pytest.importorskip("x402", reason="the official SDK is the other side of these purchases")

import httpx
from x402.http import x402HTTPClient
from x402.http.clients import x402AsyncTransport

from x402_catalog.hints import Declared, request_shape, response_shape
from x402_catalog.jsonschemas import Checker
from x402_catalog.models import Listing
from x402_catalog.money import Money
from x402_harness.planning.rows import rows_for
from x402_harness.protocol.exchange import Balances
from x402_harness.sandbox.world import World
from x402_harness.wallet import ThrowawayWallet

ListingFrom = Callable[..., Listing]
Serve = Callable[[Any], str]

VENICE = "api-venice-ai-api-v1-images-generations"
SOLD = {
    "the reference listing, 10 USDC on base": VENICE,
    "a cheap GET on base": "api-tidewhistle-example-v1-forecast",
    "a GET on polygon": "api-amberfeed-example-v1-news-search",
    "a listing of version 2": "api-castmarker-example-v2-chapters",
    "three offers, one of them on solana": "api-walletlantern-example-v1-portfolio",
}
PAYMENT = {1: "x-payment", 2: "payment-signature"}
versions = pytest.mark.parametrize("version", [1, 2], ids=["v1", "v2"])


@dataclass(frozen=True)
class Sale:
    """One purchase by the SDK of a listing's first offer, and an attempt to use its payment once more."""

    listing: Listing
    version: int
    price: Money
    sent: list[httpx.Request]
    answer: httpx.Response
    again: httpx.Response
    held: tuple[Balances, Balances, Balances]


class Recorder(httpx.AsyncHTTPTransport):
    """A real transport that keeps the requests it sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Keep, then send."""
        self.sent.append(request)
        return await super().handle_async_request(request)


def bought(sdk: Any, listing: Listing, base: str) -> tuple[httpx.Response, list[httpx.Request]]:
    """One call through the SDK's paying transport: the last answer, and every request that was sent for it."""
    request = asked(listing, base)

    async def call() -> tuple[httpx.Response, list[httpx.Request]]:
        wire = Recorder()
        async with httpx.AsyncClient(transport=x402AsyncTransport(sdk, wire)) as client:
            return await client.send(request), wire.sent

    return asyncio.run(call())


def asked(listing: Listing, base: str) -> httpx.Request:
    """A request that the listing's fields allow, to the seller at ``base``."""
    made = rows_for(listing, request_shape(listing, listing.offers[0]), 1, 402).rows[0].candidate.request
    target = made.url.removeprefix("https://" + urlsplit(made.url).netloc)
    return httpx.Request(made.method, base + target, headers=made.headers, content=made.body)


def used_again(paid: httpx.Request, version: int) -> httpx.Response:
    """The answer to the same request with the same payment, from another client."""
    header = PAYMENT[version]
    return httpx.request(paid.method, paid.url, headers={header: paid.headers[header]}, content=paid.content)


def reason(sdk: Any, answer: httpx.Response) -> str | None:
    """Why a 402 came, as the SDK reads it."""
    error: str | None = x402HTTPClient(sdk).get_payment_required_response(answer.headers.get, answer.json()).error
    return error


@pytest.fixture(scope="module", params=[(stem, v) for stem in SOLD.values() for v in (1, 2)],
                ids=[f"{name}, v{v}" for name in SOLD for v in (1, 2)])  # fmt: skip
def sale(
    request: pytest.FixtureRequest, sdk_client: Any, wallet: ThrowawayWallet, listing_from: ListingFrom, serve: Serve
) -> Sale:
    """Each listing, sold in each version to a payer who could pay for it three times."""
    stem, version = request.param
    listing, world = listing_from(stem), World(time.time)
    offer = listing.offers[0]
    assert offer.price is not None
    assert offer.pay_to is not None
    asset, payee = offer.price.asset, offer.pay_to
    world.fund(wallet.address, Money(3 * offer.price.atomic, asset))
    url = serve(world.seller(listing, version=version))
    before = world.chains.balances(asset.network, asset.address, wallet.address, payee)
    answer, sent = bought(sdk_client, listing, url)
    after = world.chains.balances(asset.network, asset.address, wallet.address, payee)
    again = used_again(sent[-1], version)
    at_last = world.chains.balances(asset.network, asset.address, wallet.address, payee)
    return Sale(listing, version, offer.price, sent, answer, again, (before, after, at_last))


def test_the_sdk_asks_once_and_pays_once(sale: Sale) -> None:
    assert [PAYMENT[sale.version] in request.headers for request in sale.sent] == [False, True]
    assert sale.answer.status_code == 200


def test_balances_move_by_exactly_the_price(sale: Sale) -> None:
    before, after, _ = sale.held
    assert (before.payer - after.payer, after.payee - before.payee) == (sale.price.atomic, sale.price.atomic)


def test_the_sdk_reads_our_receipt(sale: Sale, sdk_client: Any, wallet: ThrowawayWallet) -> None:
    told = x402HTTPClient(sdk_client).get_payment_settle_response(sale.answer.headers.get)
    network = sale.listing.offers[0].network
    assert network is not None
    assert (told.success, told.payer) == (True, wallet.address)
    assert told.network == (network.caip2 if sale.version == 2 else network.v1_name)
    assert len(bytes.fromhex(told.transaction.removeprefix("0x"))) == 32


def test_the_answer_is_what_the_listing_declares(sale: Sale) -> None:
    declared = response_shape(sale.listing, sale.listing.offers[0])
    assert sale.answer.headers["content-type"] == declared.media_type
    if declared.declared is Declared.SCHEMA:
        assert declared.schema is not None
        assert Checker(declared.schema).is_valid(sale.answer.json())
    else:
        assert sale.answer.json() == declared.example


def test_the_same_payment_buys_nothing_twice(sale: Sale, sdk_client: Any) -> None:
    _, after, at_last = sale.held
    assert sale.again.status_code == 402
    assert reason(sdk_client, sale.again) == "invalid_exact_evm_nonce_already_used"
    assert at_last == after


@versions
def test_a_payer_without_money_gets_nothing_and_reads_why(
    sdk_client: Any, world: World, listing_from: ListingFrom, version: int, serve: Serve
) -> None:
    listing = listing_from(VENICE)
    answer, sent = bought(sdk_client, listing, serve(world.seller(listing, version=version)))
    assert (answer.status_code, len(sent)) == (402, 2)
    assert reason(sdk_client, answer) == "invalid_exact_evm_insufficient_balance"


@versions
def test_an_offer_that_cannot_be_told_does_not_keep_the_sdk_from_the_others(
    sdk_client: Any, world: World, wallet: ThrowawayWallet, listing_from: ListingFrom, version: int, serve: Serve
) -> None:
    sound = listing_from(VENICE).raw["accepts"][0]
    unpriced = {**sound, "max_amount_required_atomic": None}
    listing = listing_from(VENICE, accepts=[unpriced, sound])
    price = listing.offers[1].price
    assert price is not None
    world.fund(wallet.address, price)
    answer, _ = bought(sdk_client, listing, serve(world.seller(listing, version=version)))
    assert answer.status_code == 200


@versions
def test_of_ten_uses_of_one_payment_at_once_one_is_answered(
    sdk_client: Any, world: World, wallet: ThrowawayWallet, listing_from: ListingFrom, version: int, serve: Serve
) -> None:
    listing = listing_from(VENICE)
    price = listing.offers[0].price
    assert price is not None
    url = serve(world.seller(listing, version=version))
    _, sent = bought(sdk_client, listing, url)  # refused for want of money, so that its payment is still unused
    world.fund(wallet.address, Money(10 * price.atomic, price.asset))

    async def all_at_once() -> list[int]:
        async with httpx.AsyncClient() as client:
            headers = {PAYMENT[version]: sent[-1].headers[PAYMENT[version]]}
            target, content = sent[-1].url, sent[-1].content
            answers = await asyncio.gather(*(client.post(target, headers=headers, content=content) for _ in range(10)))
            return sorted(answer.status_code for answer in answers)

    assert asyncio.run(all_at_once()) == [200] + [402] * 9
