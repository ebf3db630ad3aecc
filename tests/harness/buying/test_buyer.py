"""The buyer over real sockets: what a seller does decides the outcome, and the books know it before anyone else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.harness.support.buying import CAPS, OK, Books, books, buyer, case, cases, challenge, clock, paid
from tests.harness.support.listings import PATHS, hints, listing, load, offer
from tests.harness.support.servers import Drip, Raw, Reply, Server, Shop, Stall, Step, closed_port
from tests.harness.support.terms import (
    BASE,
    BASE_DOMAIN,
    PAYEE,
    PAYER,
    PRICE,
    STRANGER,
    TRANSACTION,
    header,
    option_v1,
    option_v2,
    receipt,
    required_v1,
    required_v2,
)

from x402_harness.buying.buyer import Bought
from x402_harness.edge.client import Client, Limits
from x402_harness.ledger import Ledger
from x402_harness.planning.cases import plan_listing
from x402_harness.policy import MICROS, Caps
from x402_harness.protocol.eip3009 import digest
from x402_harness.protocol.exchange import Balances, Leg
from x402_harness.protocol.headers import decode
from x402_harness.protocol.messages import Authorization
from x402_harness.protocol.purchase import State
from x402_harness.sandbox.reader import Reader
from x402_harness.sandbox.world import World
from x402_harness.wallet import recover

LIMITS = Limits(timeout=0.3, total=0.6)


@dataclass(frozen=True)
class Outcome:
    bought: Bought
    server: Server
    books: Books

    @property
    def state(self) -> State:
        return self.bought.purchase.state


def buy(folder: Path, *script: Step, caps: Caps = CAPS, **members: Any) -> Outcome:
    """One purchase from a server that plays the script; ``members`` are those of ``hints.input``."""
    path = folder / "ledger.db"

    async def run() -> tuple[Bought, Server]:
        async with Server(*script) as server, Client(limits=LIMITS) as client:
            with Ledger(path, clock()) as ledger:
                made = case(listing(offer(hints=hints(**members)), url=server.url))
                return await buyer(ledger, caps=caps).buy(made, client), server

    bought, server = asyncio.run(run())
    return Outcome(bought, server, books(path))


def refusal(outcome: Outcome) -> str:
    assert outcome.state is State.ABANDONED
    assert outcome.books.rows == []
    assert len(outcome.server.requests) == 1
    assert outcome.bought.refusal is not None
    return outcome.bought.refusal.rule


def test_a_receipt_of_success_settles_the_purchase(tmp_path: Path) -> None:
    outcome = buy(tmp_path, challenge(), paid())
    assert outcome.state is State.SETTLED
    assert outcome.books.states == [["reserved", "signed", "sent", "settled"]]
    assert outcome.books.rows[0].amount == PRICE
    assert (len(outcome.server.requests), outcome.server.connections) == (2, 2)
    assert [exchange.leg for exchange in outcome.bought.transcript.exchanges] == [Leg.UNPAID, Leg.PAID]


def test_the_paid_request_is_the_unpaid_one_with_a_payment(tmp_path: Path) -> None:
    outcome = buy(tmp_path, challenge(), paid(), method="POST", bodyFields={"n": {"type": "integer", "enum": [1]}})
    unpaid, paying = outcome.server.requests
    assert (unpaid.method, unpaid.target, unpaid.body) == (paying.method, paying.target, paying.body)
    assert unpaid.method == "POST"
    assert unpaid.header("payment-signature") is None
    assert set(paying.headers) - set(unpaid.headers) == {
        ("PAYMENT-SIGNATURE", paying.header("payment-signature")),
    }


def test_what_is_sent_is_signed_by_the_payer_for_the_terms_it_was_asked(tmp_path: Path) -> None:
    outcome = buy(tmp_path, challenge(option_v2(memo=None)), paid())
    message, _ = decode(str(outcome.server.requests[1].header("payment-signature")))
    signed = Authorization.model_validate(message["payload"]["authorization"])
    assert message["accepted"] == option_v2(memo=None)
    assert (signed.from_, signed.to, signed.value) == (PAYER, PAYEE, str(PRICE))
    hashed = digest(BASE_DOMAIN, signed)
    assert recover(hashed, bytes.fromhex(message["payload"]["signature"][2:])) == PAYER
    assert outcome.books.rows[0].digest == "0x" + hashed.hex()
    assert outcome.books.rows[0].nonce == signed.nonce


def test_version_1_is_bought_from_a_body(tmp_path: Path) -> None:
    terms = Reply(402, (), json.dumps(required_v1(option_v1())).encode())
    rows = (("X-PAYMENT-RESPONSE", header(receipt(network="base"))),)
    outcome = buy(tmp_path, terms, Reply(200, rows, OK))
    assert outcome.state is State.SETTLED
    assert outcome.server.requests[1].header("x-payment") is not None


def test_free_content_is_taken_and_nothing_is_booked(tmp_path: Path) -> None:
    outcome = buy(tmp_path, Reply(200, (), OK))
    assert outcome.state is State.FREE
    assert (len(outcome.server.requests), outcome.books.rows) == (1, [])


@pytest.mark.parametrize(
    "step",
    [
        Reply(500), Reply(404), Reply(302, (("location", "/login"),)), Reply(402), Reply(402, (), b"<html>"),
        Reply(402, (("PAYMENT-REQUIRED", "junk!"),)), Raw(), Raw(b"HTTP/1.1 4"), Raw(b"junk\r\n\r\n"), Stall(),
        Stall(b"HTTP/1.1 402 X\r\ncontent-length: 9\r\n\r\n"),
    ],
)  # fmt: skip
def test_an_unpaid_request_without_readable_terms_ends_it(tmp_path: Path, step: Step) -> None:
    outcome = buy(tmp_path, step)
    assert outcome.state is State.ABANDONED
    assert outcome.bought.refusal is None
    assert (len(outcome.server.requests), outcome.books.rows) == (1, [])


def test_a_higher_price_than_planned_is_refused_before_anything_is_booked(tmp_path: Path) -> None:
    outcome = buy(tmp_path, challenge(option_v2(amount=str(PRICE + 1))))
    assert refusal(outcome) == "SPEND008"
    finding = outcome.bought.refusal
    assert finding is not None
    assert (finding.location.leg, finding.location.url) == ("unpaid", outcome.server.url)


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([option_v2(payTo=STRANGER)], "SPEND008"),
        ([option_v2(scheme="upto")], "SPEND001"),
        ([option_v2(maxTimeoutSeconds=31_536_000)], "SPEND010"),
        ([{"scheme": "exact"}], "SPEND013"),
        ([option_v2(scheme="upto", network="eip155:137"), option_v2(maxTimeoutSeconds=0)], "SPEND010"),
    ],
)
def test_terms_that_a_guard_refuses_are_not_paid(tmp_path: Path, entries: list[dict[str, Any]], code: str) -> None:
    assert refusal(buy(tmp_path, challenge(*entries))) == code


def test_a_challenge_without_options_is_refused(tmp_path: Path) -> None:
    empty = Reply(402, (("PAYMENT-REQUIRED", header(required_v2())),))
    assert refusal(buy(tmp_path, empty)) == "SPEND013"


def test_a_price_over_the_cap_for_one_call_is_refused(tmp_path: Path) -> None:
    assert refusal(buy(tmp_path, challenge(), caps=Caps(PRICE - 1, MICROS))) == "SPEND011"


def test_a_price_over_what_is_left_of_the_run_is_refused(tmp_path: Path) -> None:
    assert refusal(buy(tmp_path, challenge(), caps=Caps(MICROS, PRICE - 1))) == "SPEND012"


def test_the_planned_option_is_taken_wherever_it_stands(tmp_path: Path) -> None:
    entries = (option_v2(network="eip155:1", asset="0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"), option_v2())
    outcome = buy(tmp_path, challenge(*entries), paid())
    assert outcome.state is State.SETTLED
    assert outcome.bought.purchase.option is not None
    assert outcome.bought.purchase.option.index == 1


@pytest.mark.parametrize(
    "step",
    [
        challenge(),
        Reply(500, (), b"oops"),
        Reply(200, (), OK),
        Reply(200, (("PAYMENT-RESPONSE", "junk!"),), OK),
        paid(success=False, transaction="", errorReason="insufficient_funds"),
        Raw(),
        Raw(b"HTTP/1.1 200 OK\r\ncontent-le"),
        Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhalf"),
        Raw(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\njunk"),
        Stall(),
        Drip(b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n", pause=0.05),
    ],
    ids=[
        "a second 402", "500", "no receipt", "junk receipt", "receipt of failure", "hung up", "cut in the headers",
        "cut in the body", "junk in the body", "silence", "a trickle",
    ],
)  # fmt: skip
def test_anything_but_a_receipt_after_paying_leaves_it_unknown(tmp_path: Path, step: Step) -> None:
    outcome = buy(tmp_path, challenge(), step)
    assert outcome.state is State.UNKNOWN
    assert outcome.books.states == [["reserved", "signed", "sent", "unknown"]]
    assert len(outcome.server.requests) == 2, "a payment is sent once"


@pytest.mark.parametrize(
    "changes",
    [{"payer": STRANGER}, {"network": "eip155:84532"}, {"amount": "1"}, {"transaction": ""}],
    ids=lambda changes: next(iter(changes)),
)
def test_a_receipt_of_another_payment_leaves_it_unknown(tmp_path: Path, changes: dict[str, Any]) -> None:
    outcome = buy(tmp_path, challenge(), paid(**changes))
    assert outcome.state is State.UNKNOWN
    assert outcome.books.states == [["reserved", "signed", "sent", "unknown"]]


@pytest.mark.parametrize("end", [Raw, Stall], ids=["cut off", "silence"])
def test_a_receipt_whose_body_is_lost_settles_the_purchase(tmp_path: Path, end: Callable[[bytes], Step]) -> None:
    head = f"HTTP/1.1 200 OK\r\nPAYMENT-RESPONSE: {header(receipt())}\r\ncontent-length: 99\r\n\r\nhalf"
    outcome = buy(tmp_path, challenge(), end(head.encode()))
    assert outcome.state is State.SETTLED
    assert outcome.books.states == [["reserved", "signed", "sent", "settled"]]
    assert outcome.books.rows[0].transaction == TRANSACTION
    exchange = outcome.bought.transcript.leg(Leg.PAID)
    assert exchange is not None
    assert (exchange.response, exchange.failure is not None) == (None, True), "no answer came, and it is said so"


def test_what_was_surely_not_sent_is_not_unknown(tmp_path: Path) -> None:
    outcome = buy(tmp_path, challenge(leaves=True))
    assert outcome.state is State.NOT_SETTLED
    assert outcome.books.states == [["reserved", "signed", "sent", "refused"]]
    assert (len(outcome.server.requests), outcome.server.connections) == (1, 1)


def test_an_endpoint_that_nobody_listens_at_is_abandoned(tmp_path: Path) -> None:
    async def run() -> Bought:
        url = f"http://127.0.0.1:{await closed_port()}/gen"
        async with Client(limits=LIMITS) as client:
            with Ledger(tmp_path / "ledger.db", clock()) as ledger:
                return await buyer(ledger).buy(case(listing(url=url)), client)

    bought = asyncio.run(run())
    assert bought.purchase.state is State.ABANDONED
    assert books(tmp_path / "ledger.db").rows == []


@pytest.mark.parametrize("leg", [Leg.UNPAID, Leg.PAID])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(tmp_path: Path, leg: Leg, status: int) -> None:
    async def run() -> tuple[Bought, Server, Server]:
        async with Server(paid()) as other, Client(limits=LIMITS) as client:
            redirect = Reply(status, (("location", other.url),))
            script = [redirect] if leg is Leg.UNPAID else [challenge(), redirect]
            async with Server(*script) as server:
                with Ledger(tmp_path / "ledger.db", clock()) as ledger:
                    bought = await buyer(ledger).buy(case(listing(url=server.url)), client)
                return bought, server, other

    bought, server, other = asyncio.run(run())
    assert other.connections == 0
    assert len(server.requests) == (1 if leg is Leg.UNPAID else 2)
    assert bought.purchase.state is (State.ABANDONED if leg is Leg.UNPAID else State.UNKNOWN)


def test_a_purchase_that_is_stopped_while_paying_is_booked_as_unknown(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"

    async def run() -> None:
        async with Server(challenge(), Stall()) as server, Client() as client:
            with Ledger(path, clock()) as ledger:
                task = asyncio.create_task(buyer(ledger).buy(case(listing(url=server.url)), client))
                await server.arrived(2)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task

    asyncio.run(run())
    assert books(path).states == [["reserved", "signed", "sent", "unknown"]]


def test_a_purchase_that_is_stopped_before_paying_is_not_booked(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"

    async def run() -> None:
        async with Server(Stall()) as server, Client() as client:
            with Ledger(path, clock()) as ledger:
                task = asyncio.create_task(buyer(ledger).buy(case(listing(url=server.url)), client))
                await server.arrived(1)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task

    asyncio.run(run())
    assert books(path).rows == []


def test_the_books_say_that_it_is_sent_before_it_is(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"

    async def run() -> list[list[str]]:
        async with Server(challenge(), Stall()) as server, Client() as client:
            with Ledger(path, clock()) as ledger:
                task = asyncio.create_task(buyer(ledger).buy(case(listing(url=server.url)), client))
                await server.arrived(2)
                seen = books(path).states
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                return seen

    assert asyncio.run(run()) == [["reserved", "signed", "sent"]]


def test_purchases_at_the_same_time_share_the_cap(tmp_path: Path) -> None:
    caps = Caps(MICROS, 2 * PRICE)

    async def run() -> list[Bought]:
        async with Shop(challenge(), paid()) as server, Client() as client:
            with Ledger(tmp_path / "ledger.db", clock()) as ledger:
                shared = buyer(ledger, caps=caps)
                return await asyncio.gather(*(shared.buy(one, client) for one in cases(server.url, 4)))

    bought = asyncio.run(run())
    assert len(bought) == 4
    assert len(books(tmp_path / "ledger.db").rows) == 2
    refused = [one.refusal.rule for one in bought if one.refusal]
    assert refused == ["SPEND012"] * 2


@pytest.mark.parametrize("reason", ["\ud800", "x" * 10_000])
def test_nothing_that_a_seller_writes_raises(tmp_path: Path, reason: str) -> None:
    terms = option_v2(memo=reason, extra={"name": "USD Coin", "version": "2", "note": reason})
    outcome = buy(tmp_path, challenge(terms), paid(success=False, errorReason=reason))
    assert outcome.state is State.UNKNOWN


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_listing_of_the_project_is_bought_from_its_mock_seller(tmp_path: Path, path: Path) -> None:
    async def run() -> tuple[Bought, Balances]:
        world, made = World(clock()), load(path)
        one = case(made)
        world.fund(PAYER, one.price)
        with Ledger(tmp_path / "ledger.db", clock()) as ledger:
            async with Client(world.transport(made)) as client:
                bought = await buyer(ledger, chain=Reader(world)).buy(one, client)
        asset = one.price.asset
        return bought, world.chains.balances(asset.network, asset.address, PAYER, str(one.offer.pay_to))

    made = plan_listing(load(path), rows=1, seed=0, caps=CAPS)
    if not isinstance(made, tuple):
        assert made.reasons
        return
    bought, after = asyncio.run(run())
    assert bought.purchase.state is State.SETTLED
    assert (after.payer, after.payee) == (0, made[0].price.atomic)
    assert bought.transcript.chain is not None
    assert bought.transcript.chain.nonce_used
    assert books(tmp_path / "ledger.db").rows[0].network in (BASE, made[0].price.asset.network)
