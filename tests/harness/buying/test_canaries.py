"""Keys, passwords and live signatures reach nothing that a purchase writes, whatever a seller echoes."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import json
import logging
import traceback
from pathlib import Path
from typing import Any

import pytest
from tests.harness.support.buying import case, challenge, clock, nonces
from tests.harness.support.listings import hints, listing, offer
from tests.harness.support.servers import Raw, Received, Reply, Shop, Step
from tests.harness.support.terms import SEPOLIA, SEPOLIA_USDC, header, option_v2, receipt

from x402_harness.buying.buyer import Bought, Buyer
from x402_harness.edge.client import Client, Limits
from x402_harness.ledger import Ledger
from x402_harness.policy import MICROS, Caps, Mode, Policy
from x402_harness.protocol.headers import decode
from x402_harness.runs.redaction import exchange_to_dict
from x402_harness.wallet import KeyRefused, Keystore, UserWallet, from_hex, unlock

KEY = bytes.fromhex("c0ffee00decafbad" * 4)  # a canary
PASSWORD = "canary-in-a-coal-mine"
CAPS = Caps(100 * MICROS, 1_000 * MICROS, 1_000 * MICROS)
ON_SEPOLIA = {"network": SEPOLIA, "asset": SEPOLIA_USDC, "extra": {"name": "USDC", "version": "2"}}
ENDS = ["receipt", "reason", "transaction", "second 402", "body", "header", "nothing"]


class Parrot(Shop):
    """A shop that says what it was paid with wherever it can."""

    def __init__(self, end: str) -> None:
        super().__init__(challenge(option_v2(**ON_SEPOLIA)), Reply())
        self._end = end

    def _step(self, received: Received) -> Step:
        value = received.header("payment-signature")
        if value is None:
            return self.unpaid
        signature = decode(value)[0]["payload"]["signature"]
        echo = f"{value} {signature} {signature[2:].upper()}"
        return {
            "receipt": _receipt(200, payer=signature, note=echo),
            "reason": _receipt(402, success=False, errorReason=echo),
            "transaction": _receipt(200, transaction=signature[:66]),
            "second 402": challenge(option_v2(**ON_SEPOLIA, memo=echo), option_v2(scheme=echo)),
            "body": Reply(500, (("content-type", "text/plain"),), echo.encode()),
            "header": Reply(500, (("x-" + signature, echo), ("location", f"https://x.example/{value}"))),
            "nothing": Raw(f"HTTP/1.1 {echo}\r\n\r\n".encode()),
        }[self._end]


def _receipt(status: int, **changes: Any) -> Reply:
    return Reply(status, (("PAYMENT-RESPONSE", header(receipt(network=SEPOLIA, **changes))),), b"{}")


def run(folder: Path, end: str) -> tuple[Bought, str]:
    """Buy from a parrot; what was bought, and the live payment header."""

    async def go() -> tuple[Bought, str]:
        async with Parrot(end) as shop, Client(limits=Limits(timeout=0.5, total=1)) as client:
            made = listing(offer(hints=hints(), network="base-sepolia", asset=SEPOLIA_USDC), url=shop.url)
            store = Keystore(folder / "wallets", work=2**10)
            wallet = unlock(store.add("main", KEY, PASSWORD).path, PASSWORD)
            policy = Policy(CAPS, wallet.address, mode=Mode.TESTNET)
            with Ledger(folder / "ledger.db", clock()) as ledger:
                bought = await Buyer("run", wallet, policy, ledger, clock(), nonces()).buy(case(made), client)
            return bought, str(shop.payments[0].header("payment-signature"))

    return asyncio.run(go())


def written(folder: Path, bought: Bought) -> bytes:
    """Everything that is kept or told of a purchase."""
    events = [exchange_to_dict(exchange) for exchange in bought.transcript.exchanges]
    told = [json.dumps(events), bought.purchase.reason if bought.entry is None else "", repr(bought.purchase.request)]
    told += [repr(exchange.request) for exchange in bought.transcript.exchanges]
    kept = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    return "\n".join(told).encode() + kept


def spellings(secret: bytes) -> list[bytes]:
    """How bytes may be written."""
    text = secret.hex()
    encoded = base64.b64encode(secret).rstrip(b"=")
    return [secret, text.encode(), text.upper().encode(), encoded, base64.urlsafe_b64encode(secret).rstrip(b"=")]


@pytest.mark.parametrize("end", ENDS)
def test_no_key_password_or_signature_is_in_any_byte_that_is_written(
    tmp_path: Path, end: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    bought, payment = run(tmp_path, end)
    shown = capfd.readouterr()
    everything = written(tmp_path, bought) + (shown.out + shown.err + caplog.text).encode()
    signature = bytes.fromhex(decode(payment)[0]["payload"]["signature"][2:])
    canaries = [*spellings(KEY), PASSWORD.encode(), payment.encode(), payment.rstrip("=").encode()]
    canaries += [*spellings(signature), signature[:32], signature[:32].hex().encode()]
    assert [canary for canary in canaries if canary in everything] == []


def test_the_canary_would_be_found(tmp_path: Path) -> None:
    bought, payment = run(tmp_path, "body")
    (tmp_path / "leak").write_text(payment)
    assert payment.encode() in written(tmp_path, bought)


@pytest.mark.parametrize("wrong", [PASSWORD + "!", ""])
def test_an_error_about_a_key_does_not_show_it(tmp_path: Path, wrong: str) -> None:
    made = Keystore(tmp_path, work=2**10).add("main", KEY, PASSWORD)
    shown = io.StringIO()
    for attempt in (
        lambda: unlock(made.path, wrong),
        lambda: from_hex(KEY.hex() + "00"),
        lambda: UserWallet(KEY + b"\0"),
        lambda: Keystore(tmp_path).add("main", KEY + b"\0", PASSWORD),
    ):
        with contextlib.suppress(KeyRefused):
            try:
                attempt()
            except KeyRefused:
                traceback.print_exc(file=shown)
                raise
    assert shown.getvalue().count("KeyRefused") >= 4
    for canary in (KEY.hex(), repr(KEY)[2:-1], PASSWORD):
        assert canary not in shown.getvalue()
