"""The official TypeScript client buys from our sellers, in both versions.

``TESTBUY_NODE`` names a folder in which ``@x402/fetch``, ``@x402/evm`` and ``viem`` are installed.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.harness.support.inspection import Place, opened
from tests.harness.support.listings import PATHS, load

from x402_catalog.hints import request_shape, response_shape
from x402_catalog.jsonschemas import Checker
from x402_catalog.models import Listing
from x402_catalog.money import Money
from x402_harness.planning.rows import first_request
from x402_harness.protocol.headers import decode
from x402_harness.wallet import ThrowawayWallet

pytestmark = [
    pytest.mark.node,
    pytest.mark.skipif("TESTBUY_NODE" not in os.environ, reason="TESTBUY_NODE names no folder with the client"),
]
LISTING = load(next(path for path in PATHS if path.stem.startswith("api-venice")))
PAY = Path(__file__).parent / "pay.mjs"


def bought(place: Place, made: Listing, version: int, funds: int = 2) -> tuple[dict[str, Any], ThrowawayWallet]:
    """What the client got, and who paid."""
    wallet = ThrowawayWallet(secrets.token_bytes(32))
    price = made.offers[0].price
    request = first_request(made, request_shape(made, made.offers[0]), 402)
    assert price is not None
    assert request is not None
    if funds:
        place.world.fund(wallet.address, Money(funds * price.atomic, price.asset))
    url = place.of(made) + ("?" + urlsplit(request.request.url).query if urlsplit(request.request.url).query else "")
    body = base64.b64encode(request.request.body).decode()
    command = ["node", str(PAY), wallet.reveal(), str(version), request.request.method, url, body]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        return {"error": done.stderr}, wallet
    return json.loads(done.stdout), wallet


@pytest.mark.parametrize("version", [1, 2])
def test_the_client_pays_once_and_gets_what_is_declared(version: int) -> None:
    offer = LISTING.offers[0]
    assert offer.price is not None
    assert offer.pay_to is not None
    with opened([LISTING], version) as place:
        got, wallet = bought(place, LISTING, version)
        assert got.get("status") == 200, got
        held = place.world.chains.balances(
            offer.price.asset.network, offer.price.asset.address, wallet.address, offer.pay_to
        )
    assert (held.payer, held.payee) == (offer.price.atomic, offer.price.atomic)
    told, notes = decode(got["receipt"])
    assert (told["success"], told["payer"], notes) == (True, wallet.address, ())
    shape = response_shape(LISTING, offer)
    assert shape.schema is not None
    assert Checker(shape.schema).is_valid(json.loads(base64.b64decode(got["body"])))


@pytest.mark.parametrize("version", [1, 2])
def test_a_payer_without_money_is_refused(version: int) -> None:
    with opened([LISTING], version) as place:
        got, _ = bought(place, LISTING, version, funds=0)
    assert got.get("status") == 402 or "402" in got.get("error", "")
