"""From https to plain http: a payment is not taken along, on either leg, whichever way it is led."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
from tests.harness.support.buying import books, buyer, case, challenge, clock, paid
from tests.harness.support.listings import listing
from tests.harness.support.servers import Reply, Server, Shop

from x402_harness.buying.buyer import Bought
from x402_harness.edge.client import Limits
from x402_harness.edge.direct import guarded_client
from x402_harness.edge.guard import Guard, resolve
from x402_harness.ledger import Entry, Ledger

CERTIFICATE = Path(__file__).parents[1] / "edge" / "corpus" / "localhost.pem"
LIMITS = Limits(timeout=5, total=10)


class SecureShop(Shop):
    """A shop over TLS."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("leg", ["unpaid", "paid"])
def test_no_request_goes_on_in_the_clear(tmp_path: Path, leg: str, status: int) -> None:
    trust = ssl.create_default_context(cafile=str(CERTIFICATE))

    async def run() -> tuple[Bought, int, int]:
        async with Server() as plain, SecureShop(challenge(), paid()) as shop:
            setattr(shop, leg, Reply(status, (("location", plain.url),)))
            async with guarded_client(Guard(anywhere=True), LIMITS, resolve, trust) as client:
                with Ledger(tmp_path / "ledger.db", clock()) as ledger:
                    made = await buyer(ledger).buy(case(listing(url=shop.url)), client)
            return made, len(shop.payments), plain.connections

    _, payments, elsewhere = asyncio.run(run())
    assert (payments, elsewhere) == (1 if leg == "paid" else 0, 0)
    assert [row.state for row in books(tmp_path / "ledger.db").rows] == [Entry.UNKNOWN] * payments
