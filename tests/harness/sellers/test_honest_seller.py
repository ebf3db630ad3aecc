"""What the money bought: each lie of an otherwise honest seller is found out by its own rule, the honest one by none.

The seller knows nothing of this project; our buyer pays it over real connections.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("x402", reason="the official middleware is the seller's till")
pytest.importorskip("PIL", reason="the seller's pictures are made by Pillow")

import uvicorn
from tests.harness.sellers.honest import LIES, PATH, Seller
from tests.harness.support.listings import FOLDER

from x402_catalog.claims import truth_sheet
from x402_catalog.findings import Level
from x402_catalog.models import listing_of
from x402_catalog.records import Record
from x402_catalog.rules.judge import Evidence, Verdict
from x402_harness.buying.buyer import Buyer
from x402_harness.buying.scenes import scene_of
from x402_harness.checks import examine
from x402_harness.checks.context import Scene
from x402_harness.edge.client import Client
from x402_harness.generation.requests import Source
from x402_harness.ledger import Ledger
from x402_harness.planning.cases import plan_listing
from x402_harness.policy import MICROS, Caps, Policy
from x402_harness.protocol.purchase import State
from x402_harness.wallet import ThrowawayWallet

CAPS = Caps(per_call=100 * MICROS, per_run=100_000 * MICROS)
LISTED = json.loads((FOLDER / "api-venice-ai-api-v1-images-generations.json").read_bytes())
FIELDS = LISTED["accepts"][0]["hints"]["input"]["bodyFields"]
PROMPT = {"prompt": "a harbour at dawn"}
SMALL = {**PROMPT, "n": 1, "size": "256x256", "output_format": "png", "response_format": "b64_json"}
AS_URL = {**SMALL, "response_format": "url"}

RUNS = itertools.count()
Bought = Callable[[str, dict[str, Any]], Scene]


@pytest.fixture(scope="module")
def seller() -> Iterator[tuple[Seller, str]]:
    """The seller, open on a port of its own, and its address."""
    made = Seller()
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(made.app, log_level="critical", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield made, f"http://127.0.0.1:{listener.getsockname()[1]}{PATH}"
    server.should_exit = True
    thread.join(timeout=5)


@pytest.fixture(scope="module")
def buyer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Buyer]:
    """Our buyer. It sees no chain: the payment is taken on trust."""
    wallet, numbers = ThrowawayWallet(hashlib.sha256(b"a payer of honest sellers").digest()), itertools.count()
    with Ledger(tmp_path_factory.mktemp("books") / "ledger.db", time.time) as ledger:
        yield Buyer(
            run="honest", wallet=wallet, policy=Policy(CAPS, wallet.address), ledger=ledger, clock=time.time,
            nonce=lambda: hashlib.sha256(b"nonce %d" % next(numbers)).digest(),
        )  # fmt: skip


@pytest.fixture
def bought(seller: tuple[Seller, str], buyer: Buyer) -> Iterator[Bought]:
    """Buy with a body from the seller with a lie; the purchase as the checks leave it."""
    shop, address = seller

    def buy(lie: str, body: dict[str, Any]) -> Scene:
        shop.lie = lie
        value = {**LISTED, "url": address, "example_request_body": body}
        listing = listing_of(Record(value, json.dumps(value).encode(), "venice.json"))
        planned = plan_listing(listing, rows=1, seed=402, caps=CAPS)
        assert isinstance(planned, tuple), planned
        assert planned[0].source is Source.EXAMPLE

        async def run() -> Any:
            async with Client() as client:
                return await replace(buyer, run=f"purchase {next(RUNS)}").buy(planned[0], client)

        scene = scene_of(asyncio.run(run()), Evidence.PAID)
        examine(scene)
        return scene

    yield buy
    shop.lie = ""


HONEST: list[dict[str, Any]] = [
    *({**PROMPT, "size": size} for size in FIELDS["size"]["enum"]),
    *(
        {**SMALL, "output_format": kind, "response_format": branch}
        for kind in FIELDS["output_format"]["enum"]
        for branch in FIELDS["response_format"]["enum"]
    ),
    PROMPT,
    {**PROMPT, "n": 1},
    {**SMALL, "background": "transparent", "quality": "hd", "style": "vivid", "output_compression": 50},
    {**SMALL, "model": "a model that there is not", "moderation": "low", "user": "somebody"},
    LISTED["example_request_body"],
]


@pytest.mark.parametrize("body", HONEST, ids=lambda body: json.dumps(body)[:90])
def test_the_honest_seller_gives_no_cause_for_a_finding(bought: Bought, body: dict[str, Any]) -> None:
    scene = bought("", body)
    assert scene.purchase.state is State.SETTLED
    # The facilitator is a stub: that nothing was verified on a chain is said, and is no fault.
    assert {finding.rule for finding in scene.judge.findings} == {"PAY022"}, scene.judge.findings


FOUND_OUT: dict[str, tuple[str, dict[str, Any]]] = {
    "always png": ("RESP018", {**SMALL, "output_format": "webp"}),
    "half the size": ("RESP019", SMALL),
    "a pixel short": ("RESP019", AS_URL),
    "sides swapped": ("RESP019", {**SMALL, "size": "1536x1024"}),
    "a smaller default": ("RESP020", PROMPT),
    "no picture in it": ("RESP018", SMALL),
    "encoded twice": ("RESP018", SMALL),
    "bytes reversed": ("RESP018", SMALL),
    "two for one": ("RESP021", SMALL),
    "nothing made": ("RESP021", SMALL),
    "the listing's own example": ("RESP016", SMALL),
    "base64 cut": ("RESP016", SMALL),
    "base64 for URLs": ("RESP016", SMALL),
    "base64 in quotes": ("RESP016", SMALL),
    "an empty text": ("RESP016", SMALL),
    "data URL of another type": ("RESP017", AS_URL),
    "data URL cut": ("RESP017", AS_URL),
    "data URL with nothing": ("RESP017", AS_URL),
    "data URL without comma": ("RESP017", AS_URL),
    "an http URL": ("RESP023", AS_URL),
    "an https URL": ("RESP023", AS_URL),
    "a relative URL": ("RESP023", AS_URL),
    "the other branch": ("RESP027", AS_URL),
    "both branches": ("RESP028", SMALL),
    "neither branch": ("RESP003", PROMPT),
    "created in milliseconds": ("RESP025", SMALL),
    "created yesterday": ("RESP026", SMALL),
    "created as in the listing": ("RESP026", SMALL),
    "created the day after tomorrow": ("RESP025", SMALL),
    "created as text": ("RESP003", SMALL),
    "created with fractions": ("RESP003", SMALL),
    "created missing": ("RESP003", SMALL),
    "data missing": ("RESP003", SMALL),
    "a member more": ("RESP003", SMALL),
    "data is no list": ("RESP003", SMALL),
    "wrapped once more": ("RESP003", SMALL),
    "JSON in a string": ("RESP003", SMALL),
    "JSON cut": ("RESP002", SMALL),
    "JSON in single quotes": ("RESP002", SMALL),
    "a page for people": ("RESP002", SMALL),
    "no body": ("RESP005", SMALL),
    "called HTML": ("RESP001", SMALL),
    "called PNG": ("RESP001", SMALL),
    "a charset that is none": ("RESP014", SMALL),
    "called UTF-16": ("RESP014", SMALL),
    "brotli unasked": ("RESP010", SMALL),
    "zstd unasked": ("RESP010", SMALL),
    "deflate, which is not listed": ("RESP012", SMALL),
    "called gzip": ("RESP011", SMALL),
    "gzip cut": ("RESP011", SMALL),
    "gzip twice, said once": ("RESP002", SMALL),
}
# What the listing says of these stands only in its descriptions: the seller is warned, never failed.
PROSE = {"RESP012", "RESP016", "RESP020", "RESP021", "RESP023", "RESP025", "RESP026"}
# Findings that a lie brings with it beside its own: one fault, seen from two sides.
BESIDE = {
    "called PNG": {"RESP015"},
    "brotli unasked": {"RESP012"},
    "zstd unasked": {"RESP012"},
}


def test_every_lie_is_told_here() -> None:
    assert set(FOUND_OUT) == set(LIES)
    assert len(LIES) >= 25


@pytest.mark.parametrize("lie", FOUND_OUT)
def test_a_lie_is_found_out_by_its_own_rule(bought: Bought, lie: str) -> None:
    code, body = FOUND_OUT[lie]
    scene = bought(lie, body)
    told = {finding.rule for finding in scene.judge.findings} - {"PAY022"}
    assert code in told, [(finding.rule, finding.message) for finding in scene.judge.findings]
    assert told <= {code} | BESIDE.get(lie, set()), [(f.rule, f.message) for f in scene.judge.findings]
    assert all(finding.level is Level.WARNING for finding in scene.judge.findings if finding.rule in PROSE)
    assert scene.purchase.state is State.SETTLED


@pytest.mark.parametrize(
    ("lie", "body", "pointer"),
    [
        ("", SMALL, "size/enum/1"),
        ("", SMALL, "output_format/enum/1"),
        ("", AS_URL, "response_format/enum/1"),
        ("", SMALL, "n/description"),
        ("", PROMPT, "size/description"),
    ],
)
def test_what_a_purchase_shows_of_a_claim_is_on_the_truth_sheet(
    bought: Bought, lie: str, body: dict[str, Any], pointer: str
) -> None:
    scene = bought(lie, body)
    sheet = {claim.pointer: claim for claim in truth_sheet(scene.listing, scene.judge.judgements)}
    assert sheet[f"/accepts/0/hints/input/bodyFields/{pointer}"].verdict is Verdict.HELD


def test_a_lie_contradicts_the_value_that_was_asked_for_and_no_other(bought: Bought) -> None:
    scene = bought("half the size", SMALL)
    sheet = truth_sheet(scene.listing, scene.judge.judgements)
    wrong = [claim.pointer for claim in sheet if claim.verdict is Verdict.CONTRADICTED]
    assert wrong == ["/accepts/0/hints/input/bodyFields/size/enum/1"]
