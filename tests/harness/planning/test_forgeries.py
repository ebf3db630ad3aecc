"""Forgeries: each is a whole payment with exactly one thing wrong, and none could be settled."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from tests.harness.support.buying import clock
from tests.harness.support.terms import NOW, PRICE, in_body, in_header, option_v1, option_v2, required_v1, required_v2

from x402_catalog.money import Money
from x402_catalog.networks import token
from x402_harness.checks import refusals as rules
from x402_harness.planning.forgeries import Forger, Forgery
from x402_harness.protocol.challenge import read_challenge
from x402_harness.protocol.exchange import Request
from x402_harness.protocol.headers import decode
from x402_harness.sandbox.facilitator import read_payment
from x402_harness.sandbox.world import World

ASKED = Request("GET", "https://shop.example/gen")
REASONS = {
    rules.SIGNATURE: "signature", rules.AMOUNT: "value_mismatch", rules.RECIPIENT: "recipient_mismatch",
    rules.EXPIRED: "valid_before", rules.EARLY: "valid_after", rules.NETWORK: "network", rules.DOMAIN: "signature",
    rules.SCHEME: "unsupported_scheme", rules.SECOND_TRY: "signature",
}  # fmt: skip


def entropy() -> Callable[[int], bytes]:
    counter = itertools.count(1)
    return lambda length: next(counter).to_bytes(length, "big")


def forger(version: int = 2, **changes: Any) -> Forger:
    answer = (
        in_header(required_v2(option_v2(**changes))) if version == 2 else in_body(required_v1(option_v1(**changes)))
    )
    challenge = read_challenge(answer)
    return Forger(ASKED, challenge, challenge.options[0], now=int(NOW), entropy=entropy())


def refused(made: Forger, forgery: Forgery, version: int) -> str | None:
    """Why a facilitator refuses it even where its payer has money."""
    option = made._option
    world = World(clock())
    known = token(str(option.caip2), option.asset)
    assert known is not None
    world.fund(made.payer, Money(100 * PRICE, known.asset))
    name = "PAYMENT-SIGNATURE" if version == 2 else "X-PAYMENT"
    value = next(value for key, value in forgery.request.headers if key == name)
    return world.facilitator.verify(read_payment(decode(value)[0]), option).invalid_reason


@pytest.mark.parametrize("version", [1, 2])
def test_each_has_one_thing_wrong_which_a_facilitator_names(version: int) -> None:
    made = forger(version)
    for forgery in made.all():
        if forgery.rule is rules.TERMS:
            continue  # there the payment is as the terms say, and the terms are forged
        assert REASONS[forgery.rule] in str(refused(made, forgery, version)), forgery.what


@pytest.mark.parametrize("version", [1, 2])
def test_there_is_one_for_each_thing_to_verify(version: int) -> None:
    found = {forgery.rule for forgery in forger(version).all()}
    assert found == set(REASONS) | ({rules.TERMS} if version == 2 else set())


@pytest.mark.parametrize("version", [1, 2])
def test_an_honest_payment_of_a_forger_is_one(version: int) -> None:
    made = forger(version)
    assert refused(made, made.honest("a payment", rules.FUNDS), version) is None


def test_altered_terms_are_not_the_offered_ones() -> None:
    offered = option_v2()
    for forgery in forger().all():
        if forgery.rule is rules.TERMS:
            message, _ = decode(forgery.request.headers[-1][1])
            assert message["accepted"] != offered
            assert {k: v for k, v in message["accepted"].items() if k not in {"amount", "payTo"}} == {
                k: v for k, v in offered.items() if k not in {"amount", "payTo"}
            }


def test_the_last_one_is_the_first_again() -> None:
    first, *_, last = forger().all()
    assert (first.request, last.rule) == (last.request, rules.SECOND_TRY)


def test_a_price_of_one_leaves_no_smaller_one() -> None:
    assert rules.AMOUNT not in {forgery.rule for forgery in forger(amount="1").all()}


@pytest.mark.parametrize(
    "changes",
    [
        {"scheme": "upto"}, {"network": "eip155:999999"}, {"amount": "0"}, {"maxTimeoutSeconds": 0},
        {"asset": "0x0000000000000000000000000000000000000001", "extra": None},
        {"network": "eip155:4326", "asset": "0xFAfDdbb3FC7688494971a79cc65DCa3EF82079E7"},
    ],
)  # fmt: skip
def test_where_nothing_could_be_signed_nothing_is_forged(changes: dict[str, Any]) -> None:
    assert list(forger(**changes).all()) == []


def test_an_unknown_token_is_signed_for_by_the_domain_that_it_names() -> None:
    made = forger(asset="0x0000000000000000000000000000000000000001", extra={"name": "Mine", "version": "1"})
    assert made.can_sign
