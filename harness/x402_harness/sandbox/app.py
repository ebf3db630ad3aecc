"""The whole sandbox on one port: sellers, facilitator, JSON-RPC, and a page that says where each of them is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from x402_catalog.__about__ import __version__
from x402_catalog.money import Asset, Money
from x402_catalog.networks import Method
from x402_harness.sandbox.facilitator.app import facilitator_app
from x402_harness.sandbox.facilitator.discovery import Resource
from x402_harness.sandbox.rpc.app import rpc_app
from x402_harness.sandbox.serving import answer
from x402_harness.sandbox.street import Street, addresses
from x402_harness.sandbox.world import World

PORT = 4402  # where a sandbox is looked for
NAME = "testbuy sandbox"
FACILITATOR, RPC = "/facilitator", "/rpc"
TEST_MONEY = 1_000  # whole units of each asset that a test key gets


def sandbox_app(world: World, street: Street, base: str, clock: Callable[[], float]) -> Starlette:
    """The ASGI application, which stands at ``base``. ``clock`` gives seconds since 1970."""
    told = directory(street, base)

    async def index(request: Request) -> Response:
        return answer(told)

    resources = [resource(street, number, url, clock()) for number, (_, url) in enumerate(addresses(street, base))]
    routes = [
        Route("/", index, methods=["GET"]),
        Mount(FACILITATOR, facilitator_app(world.facilitator, resources)),
        Mount(RPC, rpc_app(world.chains)),
        Mount("/", street),
    ]
    return Starlette(routes=routes)


def directory(street: Street, base: str) -> dict[str, Any]:
    """Where everything is, as ``GET /`` tells it."""
    return {
        "name": NAME,
        "version": __version__,
        "facilitator": base + FACILITATOR,
        "rpc": {str(chain): f"{base}{RPC}/{chain}" for chain in chain_ids(street)},
        "sellers": [
            {"slug": one.listing.slug, "method": one.method, "url": url} for one, url in addresses(street, base)
        ],
    }


def resource(street: Street, number: int, url: str, updated: float) -> Resource:
    """A seller as the facilitator lists it."""
    seller, listing = street.seller(number), street.houses[number].listing
    accepts = tuple(seller.terms.told(url, "")["accepts"])
    mime_type = next((offer.mime_type for offer in listing.offers if offer.mime_type), None)
    return Resource(url, seller.version, accepts, updated, listing.summary or "", mime_type)


def assets(street: Street) -> list[Asset]:
    """Every asset that the street's listings can be paid in, in a fixed order."""
    rows = [offer.token for one in street.houses for offer in one.listing.offers]
    found = {row.asset for row in rows if row is not None and row.method is Method.EIP3009}
    return sorted(found, key=lambda asset: (asset.network, asset.address))


def chain_ids(street: Street) -> list[int]:
    """The ids of the chains on which those assets are."""
    return sorted({int(asset.network.removeprefix("eip155:")) for asset in assets(street)})


def endow(world: World, street: Street, account: str) -> None:
    """Give an account test money of every asset."""
    for asset in assets(street):
        world.fund(account, Money(TEST_MONEY * 10**asset.decimals, asset))
