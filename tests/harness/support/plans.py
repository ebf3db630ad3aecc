"""Plans for real money, as testbuy plan itself would not write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.harness.support.listings import hints
from tests.harness.support.terms import BASE, BASE_USDC
from tests.harness.support.testnet import Testnet, sold

from x402_catalog.models import Listing, listing_of
from x402_catalog.records import Record
from x402_harness.planning.cases import plan
from x402_harness.planning.planfile import CallPart, CapsPart, PlanFile, RowPart, request_digest, row_digest, sealed
from x402_harness.policy import Caps


def live_plan(net: Testnet, url: str, **changes: Any) -> PlanFile:
    """A plan for Base, written to the usual place, that testbuy plan itself would not write."""
    path, value = net.folder / "shops.json", sold(network="base", asset=BASE_USDC, hints=hints(), url=url)
    path.write_text(json.dumps([value]))
    listing: Listing = listing_of(Record(value, json.dumps(value).encode(), str(path), pointer="/0"))
    caps = Caps(50_000, 1_000_000, 1_000_000)
    (case,) = plan([listing], rows=1, seed=1, caps=caps).cases
    request, terms = case.candidate.request, case.expected
    call = CallPart(
        case=case.id, listing=listing.slug, method=request.method, url=request.url, request=request_digest(case),
        row=RowPart(file=str(path), line=1, pointer="/0", sha256=row_digest(listing)), version=1, scheme="exact",
        network=terms.network, asset=terms.asset, symbol="USDC", amount=str(terms.amount), price="0.020000",
        pay_to=terms.pay_to, timeout=300,
    )  # fmt: skip
    members: dict[str, Any] = {
        "version": "0", "mode": "live", "payer": net.payer, "networks": [BASE], "seed": 1, "rows": 1,
        "created": 0, "expires": 0, "allow_side_effects": False, "allow_private": False, "calls": [call],
        "caps": CapsPart(per_call=50_000, per_run=1_000_000, per_day=1_000_000), "left_out": [], "totals": [],
        "total": "0.02",
    }  # fmt: skip
    return sealed(**members | changes)


def write(net: Testnet, found: PlanFile) -> Path:
    path = net.folder / "buy.plan"
    path.write_text(found.text())
    return path
