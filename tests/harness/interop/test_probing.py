"""Honest sellers probe clean: the official SDK's FastAPI middleware, and the sandbox's seller in both versions."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from x402_catalog.models import Listing
from x402_harness.checks.exchange import judge_exchange
from x402_harness.edge.client import Limits
from x402_harness.edge.direct import guarded_client
from x402_harness.edge.guard import Guard
from x402_harness.probing.asking import Asker
from x402_harness.probing.outcome import Probed
from x402_harness.probing.prober import Prober, Settings
from x402_harness.probing.targets import Target
from x402_harness.sandbox.world import World

VENICE = "api-venice-ai-api-v1-images-generations"


def probe(target: Target) -> Probed:
    """The outcome, actively."""

    async def run() -> Probed:
        async with guarded_client(Guard(anywhere=True), Limits(timeout=5, total=5)) as client:
            asker = Asker(client.send, asyncio.sleep, time.time)
            return await Prober(asker, judge_exchange, Settings(active=True)).probe(target)

    return asyncio.run(run())


def loud(one: Probed) -> list[tuple[str, str]]:
    """Errors and warnings."""
    return [(found.rule, found.message) for found in one.findings if found.level != "info"]


@pytest.mark.parametrize("version", [1, 2])
def test_the_sandbox_seller_probes_clean(version: int, world: World, listing_from: Any, serve: Any) -> None:
    base = serve(world.seller(listing_from(VENICE), version=version))
    # The listing's URL is the one that the seller names as its resource; it is served from another here.
    told = listing_from(VENICE, url=f"{base}/sold")
    base = serve(world.seller(told, version=version))
    one = probe(Target(f"{base}/sold"))
    assert (one.verdict, one.version, one.method) == ("payable", version, "GET")
    assert {rule for rule, _ in loud(one)} <= {"CHAL014"}, loud(one)


def test_the_middleware_of_the_official_sdk_probes_clean(listing_from: Any, serve: Any, sdk_facilitator: Any) -> None:
    one = probe(Target(f"{serve(_shop(listing_from(VENICE), sdk_facilitator))}/sold"))
    assert (one.verdict, one.version, one.method) == ("payable", 2, "POST")
    assert loud(one) == []


SCHEMA = {"type": "object", "properties": {"prompt": {"type": "string"}}, "required": ["prompt"]}


def test_what_the_official_sdk_declares_of_its_own_accord_has_no_faults(
    listing_from: Any, serve: Any, sdk_facilitator: Any
) -> None:
    bazaar = pytest.importorskip("x402.extensions.bazaar")
    identifiers = pytest.importorskip("x402.extensions.payment_identifier")
    declared = bazaar.declare_discovery_extension(
        input={"prompt": "a cat"}, input_schema=SCHEMA, body_type="json",
        output=bazaar.OutputConfig(example={"ok": True}),
    )  # fmt: skip
    declared["payment-identifier"] = identifiers.declare_payment_identifier_extension(required=True)
    one = probe(Target(f"{serve(_shop(listing_from(VENICE), sdk_facilitator, extensions=declared))}/sold"))
    assert (one.verdict, one.version, one.method) == ("payable", 2, "POST")
    assert loud(one) == []


def _shop(listing: Listing, sdk_facilitator: Any, **more: Any) -> Any:
    """A POST endpoint as somebody else would write it."""
    fastapi = pytest.importorskip("fastapi")
    x402 = pytest.importorskip("x402")
    from x402.http.middleware.fastapi import payment_middleware
    from x402.mechanisms.evm.exact import register_exact_evm_server

    offer = listing.offers[0]
    assert offer.network is not None
    network = offer.network.caip2
    server = register_exact_evm_server(x402.x402ResourceServer(sdk_facilitator(network)), network)
    accepts = {"scheme": "exact", "payTo": offer.pay_to, "price": "$10.00", "network": network}
    route: Any = {"accepts": accepts, "description": listing.summary, "mimeType": "application/json", **more}
    app = fastapi.FastAPI()
    app.middleware("http")(payment_middleware({"POST /sold": route}, server))
    app.add_api_route("/sold", lambda: {"ok": True}, methods=["POST"])
    return app
