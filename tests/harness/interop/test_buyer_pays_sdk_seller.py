"""Our buyer buys from the official SDK's FastAPI middleware, which settles with the SDK's own facilitator."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("x402", reason="the official SDK is the other side of these purchases")

from fastapi import FastAPI
from fastapi import Request as Asked
from fastapi import Response as Answer
from x402 import x402ResourceServer
from x402.http.middleware.fastapi import payment_middleware
from x402.mechanisms.evm.exact import register_exact_evm_server

from x402_catalog.addresses import checksum
from x402_catalog.hints import request_shape, response_shape
from x402_catalog.models import Listing
from x402_catalog.money import Money
from x402_catalog.rules.judge import Evidence
from x402_harness.buying.buyer import Bought, Buyer
from x402_harness.buying.scenes import scene_of
from x402_harness.checks import examine
from x402_harness.checks.content.asking import asked
from x402_harness.edge.client import Client
from x402_harness.ledger import Entry, Ledger
from x402_harness.planning.cases import Case, plan_listing
from x402_harness.policy import MICROS, Caps, Policy
from x402_harness.protocol.exchange import Leg, Request
from x402_harness.protocol.purchase import State
from x402_harness.sandbox.answers import answer
from x402_harness.sandbox.fitting import Order
from x402_harness.sandbox.reader import Reader
from x402_harness.sandbox.world import World
from x402_harness.wallet import ThrowawayWallet

CAPS = Caps(per_call=100 * MICROS, per_run=1000 * MICROS)
SOLD = {
    "the reference listing, 10 USDC on base": ("api-venice-ai-api-v1-images-generations", "$10.00"),
    "a GET with a query on polygon": ("api-amberfeed-example-v1-news-search", "$0.006"),
    "a POST on avalanche": ("api-snowpost-example-address-validate", "$0.004"),
    "a listing of version 2": ("api-castmarker-example-v2-chapters", "$0.012"),
}
VENICE, TEN = SOLD["the reference listing, 10 USDC on base"]


class Shop:
    """A listing's endpoint as somebody else would write it: FastAPI, the SDK's middleware, a price in dollars."""

    def __init__(self, listing: Listing, price: str, facilitator: Any) -> None:
        self._listing = listing
        self._offer = listing.offers[0]
        assert self._offer.network is not None
        self.network = self._offer.network.caip2
        self.status = 200
        self.served = 0
        server = register_exact_evm_server(x402ResourceServer(facilitator), self.network)
        self.app = FastAPI()
        routes: Any = {f"{listing.method} /sold": self._route(price)}
        self.app.middleware("http")(payment_middleware(routes, server))
        self.app.add_api_route("/sold", self._serve, methods=[listing.method], response_class=Answer)

    def _route(self, price: str) -> dict[str, Any]:
        accepts = {
            "scheme": "exact", "payTo": self._offer.pay_to, "price": price, "network": self.network,
            "maxTimeoutSeconds": self._offer.timeout,
        }  # fmt: skip
        return {"accepts": accepts, "description": self._listing.summary, "mimeType": "application/json"}

    async def _serve(self, request: Asked) -> Answer:
        self.served += 1
        sent = Request(request.method, str(request.url), tuple(request.headers.items()), await request.body())
        order = Order(self._listing, asked(request_shape(self._listing, self._offer), sent), time.time())
        made = answer(response_shape(self._listing, self._offer), order=order)
        return Answer(made.body, self.status, media_type=made.media_type)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger on disk."""
    with Ledger(tmp_path / "ledger.db", time.time) as opened:
        yield opened


@pytest.fixture
def buyer(world: World, wallet: ThrowawayWallet, ledger: Ledger) -> Buyer:
    """Our buyer, who reads the chain that the shop settles on."""
    numbers = itertools.count()
    return Buyer(
        run="interop", wallet=wallet, policy=Policy(CAPS, wallet.address), ledger=ledger, clock=time.time,
        nonce=lambda: hashlib.sha256(b"nonce %d" % next(numbers)).digest(), chain=Reader(world),
    )  # fmt: skip


Open = Callable[..., tuple[Shop, Case]]


@pytest.fixture
def open_shop(
    world: World, wallet: ThrowawayWallet, listing_from: Callable[..., Listing],
    sdk_facilitator: Callable[[str], Any], serve: Callable[[Any], str],
) -> Open:  # fmt: skip
    """Open a shop for a listing and plan to buy it there, with money for ``funds`` purchases."""

    def make(stem: str, price: str, *, funds: int = 1) -> tuple[Shop, Case]:
        listed = listing_from(stem)
        network = listed.offers[0].network
        assert network is not None
        shop = Shop(listed, price, sdk_facilitator(network.caip2))
        planned = plan_listing(listing_from(stem, url=serve(shop.app) + "/sold"), rows=1, seed=402, caps=CAPS)
        assert isinstance(planned, tuple), planned
        world.fund(wallet.address, Money(funds * planned[0].price.atomic, planned[0].price.asset))
        return shop, planned[0]

    return make


def buy(buyer: Buyer, case: Case) -> Bought:
    """The purchase, over a real connection."""

    async def run() -> Bought:
        async with Client() as client:
            return await buyer.buy(case, client)

    return asyncio.run(run())


def moved(bought: Bought) -> tuple[int, int]:
    """What left the payer and what reached the payee."""
    view = bought.transcript.chain
    assert view is not None
    return view.before.payer - view.after.payer, view.after.payee - view.before.payee


@pytest.mark.parametrize(("stem", "price"), SOLD.values(), ids=SOLD)
def test_our_buyer_settles_with_the_sdk_and_everything_agrees(
    open_shop: Open, buyer: Buyer, ledger: Ledger, wallet: ThrowawayWallet, stem: str, price: str
) -> None:
    shop, case = open_shop(stem, price)
    bought = buy(buyer, case)
    assert (bought.purchase.state, bought.purchase.reason) == (State.SETTLED, "receipt of success")
    assert moved(bought) == (case.price.atomic, case.price.atomic)
    receipt = bought.purchase.receipt
    assert receipt is not None
    assert receipt.response is not None
    assert bought.purchase.authorization is not None
    assert (receipt.response.payer, receipt.response.network) == (wallet.address, shop.network)
    assert bought.purchase.authorization.to == checksum(str(case.offer.pay_to))
    (row,) = ledger.rows("interop")
    assert (row.state, row.amount, row.network) == (Entry.SETTLED, case.price.atomic, shop.network)
    assert shop.served == 1


@pytest.mark.parametrize(("stem", "price"), SOLD.values(), ids=SOLD)
def test_our_checks_find_nothing_wrong_with_the_sdk(open_shop: Open, buyer: Buyer, stem: str, price: str) -> None:
    _, case = open_shop(stem, price)
    seen = scene_of(buy(buyer, case), Evidence.PAID)
    examine(seen)
    assert [finding.message for finding in seen.judge.findings] == []


def test_an_answer_of_an_error_is_not_charged_and_stands_as_unknown(
    open_shop: Open, buyer: Buyer, ledger: Ledger
) -> None:
    shop, case = open_shop(VENICE, TEN)
    shop.status = 500
    bought = buy(buyer, case)
    assert bought.purchase.state is State.UNKNOWN
    assert bought.purchase.reason == "status 500 without a readable receipt"
    assert moved(bought) == (0, 0)
    assert bought.transcript.chain is not None
    assert not bought.transcript.chain.nonce_used
    assert [row.state for row in ledger.rows()] == [Entry.UNKNOWN]


def test_a_payment_that_the_sdk_refuses_is_not_charged(open_shop: Open, buyer: Buyer, ledger: Ledger) -> None:
    shop, case = open_shop(VENICE, TEN, funds=0)
    bought = buy(buyer, case)
    paid = bought.transcript.leg(Leg.PAID)
    assert paid is not None
    assert paid.response is not None
    assert (paid.response.status, shop.served) == (402, 0)
    assert bought.purchase.state is State.UNKNOWN
    assert moved(bought) == (0, 0)


@pytest.mark.parametrize("price", ["$10.01", "$101"], ids=["a cent more", "over every cap"])
def test_a_dearer_shop_gets_no_signature(open_shop: Open, buyer: Buyer, ledger: Ledger, price: str) -> None:
    shop, case = open_shop(VENICE, price)
    bought = buy(buyer, case)
    assert bought.purchase.state is State.ABANDONED
    assert bought.refusal is not None
    assert bought.refusal.rule == "SPEND008"
    assert (ledger.rows(), shop.served, bought.transcript.leg(Leg.PAID)) == ([], 0, None)


def test_the_sdk_sells_nothing_twice_for_our_payment(open_shop: Open, buyer: Buyer) -> None:
    shop, case = open_shop(VENICE, TEN, funds=2)
    paid = buy(buyer, case).transcript.leg(Leg.PAID)
    assert paid is not None

    async def again() -> Any:
        async with Client() as client:
            return await client.send(paid.request)

    assert asyncio.run(again()).status == 402
    assert shop.served == 1
