"""The official middleware and the official facilitator client, with our facilitator over HTTP behind them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

pytest.importorskip("x402", reason="the official SDK is the other side")

from fastapi import FastAPI
from x402 import x402ResourceServer
from x402.http import FacilitatorConfig, HTTPFacilitatorClient
from x402.http.clients.httpx import x402AsyncTransport
from x402.http.middleware.fastapi import payment_middleware
from x402.mechanisms.evm.exact import register_exact_evm_server
from x402.schemas import PaymentPayload, PaymentRequirements

from x402_catalog.money import Money
from x402_catalog.networks import token as table_token
from x402_harness.protocol.eip3009 import Domain, authorize, digest
from x402_harness.sandbox.facilitator.app import facilitator_app
from x402_harness.sandbox.world import World
from x402_harness.wallet import ThrowawayWallet

BASE = "eip155:8453"
ASSET = "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913"
PAYEE = "0x2670B922ef37C7Df47158725C0CC407b5382293F"
PRICE = 20_000
Serve = Callable[[Any], str]


@pytest.fixture
def facilitator(world: World, serve: Serve) -> str:
    """Where our facilitator answers."""
    return serve(facilitator_app(world.facilitator))


@pytest.fixture
def funded(world: World, wallet: ThrowawayWallet) -> World:
    """The world, with money for one payment."""
    row = table_token(BASE, ASSET)
    assert row is not None
    world.fund(wallet.address, Money(PRICE, row.asset))
    return world


def models(wallet: ThrowawayWallet, value: int = PRICE) -> tuple[PaymentPayload, PaymentRequirements]:
    terms = {
        "scheme": "exact", "network": BASE, "amount": str(PRICE), "asset": ASSET, "payTo": PAYEE,
        "maxTimeoutSeconds": 300, "extra": {"name": "USD Coin", "version": "2"},
    }  # fmt: skip
    made = authorize(
        payer=wallet.address, payee=PAYEE, value=value, now=int(time.time()), timeout=300, nonce=b"\x01" * 32
    )
    signature = "0x" + wallet.sign(digest(Domain("USD Coin", "2", 8453, ASSET), made)).hex()
    message = {"x402Version": 2, "accepted": terms, "payload": {"signature": signature, "authorization": made.wire()}}
    return PaymentPayload.model_validate(message), PaymentRequirements.model_validate(terms)


def asked(url: str, how: Callable[[Any], Any]) -> Any:
    async def run() -> Any:
        client = HTTPFacilitatorClient(FacilitatorConfig(url=url))
        try:
            return await how(client)
        finally:
            await client.aclose()

    return asyncio.run(run())


def test_the_official_client_asks_our_facilitator(facilitator: str, funded: World, wallet: ThrowawayWallet) -> None:
    payment = models(wallet)
    verified = asked(facilitator, lambda client: client.verify(*payment))
    assert (verified.is_valid, verified.payer) == (True, wallet.address)
    settled = asked(facilitator, lambda client: client.settle(*payment))
    assert (settled.success, settled.network, settled.payer) == (True, BASE, wallet.address)
    again = asked(facilitator, lambda client: client.settle(*payment))
    assert (again.success, again.error_reason) == (False, "invalid_exact_evm_nonce_already_used")
    assert funded.chains.balances(BASE, ASSET, wallet.address, PAYEE).payee == PRICE


def test_the_official_client_reads_why_it_is_refused(facilitator: str, wallet: ThrowawayWallet) -> None:
    verified = asked(facilitator, lambda client: client.verify(*models(wallet)))
    assert (verified.is_valid, verified.invalid_reason) == (False, "invalid_exact_evm_insufficient_balance")


def test_the_official_client_reads_what_is_supported(facilitator: str) -> None:
    async def supported(client: Any) -> Any:
        return client.get_supported()

    said = asked(facilitator, supported)
    assert (2, "exact", BASE) in {(kind.x402_version, kind.scheme, kind.network) for kind in said.kinds}
    assert len(said.signers["eip155:*"]) == 1


def test_a_shop_on_the_official_middleware_is_paid_through_our_facilitator(
    facilitator: str, funded: World, wallet: ThrowawayWallet, sdk_client: Any, serve: Serve
) -> None:
    # It lives in the server's loop, where nobody closes it: no connection of it may outlive its request.
    passing = httpx.AsyncClient(limits=httpx.Limits(max_keepalive_connections=0))
    behind = HTTPFacilitatorClient(FacilitatorConfig(url=facilitator, http_client=passing))
    server = register_exact_evm_server(x402ResourceServer(behind), BASE)
    app = FastAPI()
    accepts = {"scheme": "exact", "payTo": PAYEE, "price": "$0.02", "network": BASE, "maxTimeoutSeconds": 300}
    routes: Any = {"GET /sold": {"accepts": accepts, "mimeType": "application/json"}}
    app.middleware("http")(payment_middleware(routes, server))
    app.add_api_route("/sold", lambda: {"ok": True})
    url = serve(app) + "/sold"

    async def buy() -> httpx.Response:
        transport = x402AsyncTransport(sdk_client, httpx.AsyncHTTPTransport())
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.get(url)

    answer = asyncio.run(buy())
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    balances = funded.chains.balances(BASE, ASSET, wallet.address, PAYEE)
    assert (balances.payer, balances.payee) == (0, PRICE)
    assert asyncio.run(buy()).status_code == 402
