"""The mock seller: it asks for what its listing says, takes each payment once, and answers what is declared."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.harness.support.buying import clock
from tests.harness.support.listings import PATHS, hints, listing, load, offer
from tests.harness.support.terms import (
    BASE,
    BASE_DOMAIN,
    BASE_USDC,
    KEY,
    PAYEE,
    PAYER,
    PRICE,
    SEPOLIA_USDC,
    STRANGER,
    authorization,
    header,
)

from x402_catalog.hints import Declared, response_shape
from x402_catalog.jsonschemas import Checker
from x402_catalog.models import Listing
from x402_harness.protocol.challenge import Challenge, read_challenge
from x402_harness.protocol.eip3009 import Domain, digest
from x402_harness.protocol.exchange import Request, Response
from x402_harness.protocol.headers import decode
from x402_harness.protocol.messages import Authorization
from x402_harness.protocol.receipts import read_receipt
from x402_harness.sandbox.answers import answer as sold
from x402_harness.sandbox.seller import Seller
from x402_harness.sandbox.world import World
from x402_harness.wallet import ThrowawayWallet

WALLET = ThrowawayWallet(KEY)


def opened(made: Listing | None = None, version: int = 2, funds: int = 10 * PRICE) -> tuple[World, Seller]:
    world = World(clock())
    token = world.chains.token(BASE, BASE_USDC)
    assert token is not None
    token.mint(PAYER, funds)
    return world, world.seller(made or listing(), version=version)


def ask(
    seller: Seller, headers: dict[str, str], method: str = "GET", target: str = "/gen", body: bytes = b""
) -> Response:
    """The answer to one request."""
    request = Request(method, f"https://shop.example{target}", tuple(headers.items()), body)
    return asyncio.run(seller.respond(request))[0]


def payload(made: Authorization, domain: Domain = BASE_DOMAIN) -> dict[str, Any]:
    return {"signature": "0x" + WALLET.sign(digest(domain, made)).hex(), "authorization": made.wire()}


def headers_v2(accepted: dict[str, Any], made: Authorization | None = None, **changes: Any) -> dict[str, str]:
    message = {"x402Version": 2, "payload": payload(made or authorization()), "accepted": accepted, **changes}
    return {"payment-signature": header(message)}


def headers_v1(made: Authorization | None = None, **changes: Any) -> dict[str, str]:
    message = {"x402Version": 1, "scheme": "exact", "network": "base", "payload": payload(made or authorization())}
    return {"x-payment": header({**message, **changes})}


def offered(seller: Seller, index: int = 0) -> dict[str, Any]:
    return dict(read_challenge(ask(seller, {})).options[index].raw)


def error(response: Response) -> str:
    assert response.status == 402
    return str(read_challenge(response).message["error"])


@pytest.mark.parametrize(("version", "network"), [(1, "base"), (2, BASE)])
def test_without_payment_it_asks_for_what_the_listing_says(version: int, network: str) -> None:
    answer = ask(opened(version=version)[1], {})
    challenge: Challenge = read_challenge(answer)
    (asked,) = challenge.options
    assert (answer.status, challenge.version, challenge.notes, challenge.unreadable) == (402, version, (), ())
    assert (asked.network, asked.amount, asked.asset) == (network, PRICE, BASE_USDC)
    assert (asked.pay_to, asked.timeout) == (PAYEE.lower(), 300)
    assert asked.extra == {"name": "USD Coin", "version": "2"}


@pytest.mark.parametrize(("name", "version"), [("base", 1), (BASE, 2)])
def test_its_version_is_the_one_that_the_listing_is_written_in(name: str, version: int) -> None:
    assert World(clock()).seller(listing(offer(network=name))).version == version


@pytest.mark.parametrize("version", [1, 2])
def test_a_payment_is_taken_once_and_answered_with_a_receipt(version: int) -> None:
    world, seller = opened(version=version)
    sent = headers_v1() if version == 1 else headers_v2(offered(seller))
    answer = ask(seller, sent)
    receipt = read_receipt(answer).response
    assert answer.status == 200
    assert receipt is not None
    assert (receipt.success, receipt.payer) == (True, PAYER)
    assert json.loads(answer.body) == {"ok": True}
    assert world.chains.balances(BASE, BASE_USDC, PAYER, PAYEE).payee == PRICE


@pytest.mark.parametrize("version", [1, 2])
def test_a_replay_is_refused_and_not_answered(version: int) -> None:
    world, seller = opened(version=version)
    sent = headers_v1() if version == 1 else headers_v2(offered(seller))
    ask(seller, sent)
    assert error(ask(seller, sent)) == "invalid_exact_evm_nonce_already_used"
    assert world.chains.balances(BASE, BASE_USDC, PAYER, PAYEE).payee == PRICE


def test_one_nonce_sent_many_times_at_once_is_answered_once() -> None:
    world, seller = opened()
    sent = headers_v2(offered(seller))

    async def all_at_once() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=seller)  # type: ignore[arg-type]  # httpx types an ASGI app more narrowly
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.example") as client:
            return await asyncio.gather(*(client.get("/gen", headers=sent) for _ in range(20)))

    answers = asyncio.run(all_at_once())
    assert Counter(answer.status_code for answer in answers) == {200: 1, 402: 19}
    assert world.chains.balances(BASE, BASE_USDC, PAYER, PAYEE).payee == PRICE


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "1"}, {"payTo": PAYEE}, {"payTo": STRANGER}, {"maxTimeoutSeconds": 301}, {"network": "base"},
        {"extra": None}, {"extra": {"name": "USD Coin"}}, {"scheme": "upto"}, {"asset": BASE_USDC.lower()},
    ],
)  # fmt: skip
def test_other_terms_than_the_offered_ones_match_nothing(changes: dict[str, Any]) -> None:
    world, seller = opened()
    assert error(ask(seller, headers_v2({**offered(seller), **changes}))) == "no matching payment requirements"
    assert world.chains.balances(BASE, BASE_USDC, PAYER, PAYEE).payee == 0


def test_what_a_client_adds_to_extra_is_no_other_term() -> None:
    _, seller = opened()
    accepted = offered(seller)
    assert ask(seller, headers_v2({**accepted, "extra": {**accepted["extra"], "mine": 1}})).status == 200


@pytest.mark.parametrize("changes", [{"scheme": "upto"}, {"network": "polygon"}, {"network": BASE}])
def test_in_version_1_another_scheme_or_network_matches_nothing(changes: dict[str, Any]) -> None:
    assert error(ask(opened(version=1)[1], headers_v1(**changes))) == "no matching payment requirements"


def test_in_version_1_the_option_is_the_one_that_the_payment_pays() -> None:
    cheap, dear = offer(max_amount_required_atomic="1"), offer(hints=hints(output={"const": "dear"}))
    _, seller = opened(listing(cheap, dear), version=1)
    assert json.loads(ask(seller, headers_v1()).body) == "dear"


@pytest.mark.parametrize("version", [1, 2])
def test_a_payment_in_the_other_version_s_header_is_no_payment(version: int) -> None:
    _, seller = opened(version=version)
    sent = headers_v1() if version == 2 else headers_v2(offered(seller))
    assert error(ask(seller, sent)) == "payment required"


def test_another_version_inside_the_right_header_matches_nothing() -> None:
    _, seller = opened(version=2)
    sent = {"payment-signature": headers_v1()["x-payment"]}
    assert error(ask(seller, sent)) == "no matching payment requirements"


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    "value",
    ["", "junk!", header([]), header({}), header({"x402Version": 2}), header({"x402Version": 1}), "A" * 300_000],
)
def test_a_malformed_header_is_answered_with_402_and_says_so(value: str, version: int) -> None:
    name = "x-payment" if version == 1 else "payment-signature"
    assert error(ask(opened(version=version)[1], {name: value})).startswith("invalid_payload")


@pytest.mark.parametrize(
    "changes",
    [{"from": "me"}, {"value": "9" * 78}, {"validBefore": "9" * 78}, {"nonce": "0x"}, {"to": ""}, {"validAfter": "-1"}],
)
def test_an_authorization_of_no_contract_is_answered_with_402(changes: dict[str, Any]) -> None:
    _, seller = opened()
    whole = payload(authorization())
    broken = {**whole, "authorization": {**whole["authorization"], **changes}}
    assert error(ask(seller, headers_v2(offered(seller), payload=broken))).startswith("invalid_payload")


def test_a_payment_that_does_not_verify_says_why() -> None:
    _, seller = opened(funds=0)
    assert error(ask(seller, headers_v2(offered(seller)))) == "invalid_exact_evm_insufficient_balance"


def test_an_offer_that_cannot_be_told_is_left_out_and_the_others_keep_their_answers() -> None:
    broken = offer(pay_to=None, hints=hints(output={"const": "broken"}))
    made = listing(broken, offer(network="base-sepolia", asset=SEPOLIA_USDC), offer(hints=hints(output={"const": 3})))
    _, seller = opened(made)
    challenge = read_challenge(ask(seller, {}))
    assert challenge.unreadable == ()
    assert [option.network for option in challenge.options] == ["eip155:84532", BASE]
    assert json.loads(ask(seller, headers_v2(offered(seller, 1))).body) == 3


def test_what_cannot_be_answered_is_not_charged_for() -> None:
    nothing = {"type": "string", "minLength": 5, "maxLength": 2}
    world, seller = opened(listing(offer(hints=hints(output=nothing))))
    with pytest.raises(ValueError, match="satisfies the schema"):
        ask(seller, headers_v2(offered(seller)))
    assert world.chains.balances(BASE, BASE_USDC, PAYER, PAYEE).payee == 0


def test_it_tells_browsers_which_headers_they_may_read() -> None:
    _, seller = opened()
    assert "PAYMENT-REQUIRED" in str(ask(seller, {}).header("access-control-expose-headers"))
    assert "PAYMENT-RESPONSE" in str(ask(seller, headers_v2(offered(seller))).header("access-control-expose-headers"))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
@pytest.mark.parametrize("version", [1, 2])
def test_the_answer_to_a_listing_of_the_project_is_what_it_declares(path: Path, version: int) -> None:
    made = load(path)
    seller = World(clock()).seller(made, version=version)
    options = read_challenge(ask(seller, {})).options
    assert len(options) == len(made.offers)
    for entry in made.offers:
        shape = response_shape(made, entry)
        answer = sold(shape)
        if shape.declared is Declared.SCHEMA and "json" in answer.media_type:
            assert shape.schema is not None
            assert Checker(shape.schema).problem(json.loads(answer.body)) is None
        assert answer.body
        assert entry.mime_type in (None, answer.media_type)


def test_a_receipt_says_what_was_settled() -> None:
    _, seller = opened()
    answer = ask(seller, headers_v2(offered(seller)))
    message, notes = decode(str(answer.header("PAYMENT-RESPONSE")))
    assert notes == ()
    assert set(message) == {"success", "transaction", "network", "payer"}
    assert message["network"] == BASE
