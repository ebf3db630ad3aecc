"""Both facilitators judge the same payments over the same chain: same verdict, and the same words for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

pytest.importorskip("x402", reason="the official SDK's facilitator is the other judge")

from x402.schemas import PaymentPayload, PaymentRequirements, SchemeNotFoundError
from x402.schemas.v1 import PaymentPayloadV1, PaymentRequirementsV1

from x402_catalog.models import Listing
from x402_harness.protocol.challenge import Option
from x402_harness.protocol.eip3009 import Domain, authorize, digest
from x402_harness.protocol.errors import RemoteProtocolError
from x402_harness.protocol.messages import Authorization
from x402_harness.sandbox.facilitator import read_payment
from x402_harness.sandbox.world import World
from x402_harness.wallet import ThrowawayWallet

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
OTHER_NETWORK = {"base": "polygon", "eip155:8453": "eip155:137"}
SOMEBODY = "0x00000000000000000000000000000000005eb0d7"
WINDOW = "invalid_exact_evm_payload_authorization_valid_"
SIGNATURE = "invalid_exact_evm_payload_signature"
VALUE = "invalid_exact_evm_payload_authorization_value_mismatch"
PAYEE = "invalid_exact_evm_payload_recipient_mismatch"
versions = pytest.mark.parametrize("version", [1, 2], ids=["v1", "v2"])

Words = dict[str, Any]


def same(words: Words) -> Words:
    """No change."""
    return words


def change(**members: Any) -> Callable[[Words], Words]:
    """Those members in place of what stood there; ``from_`` stands for ``from``."""
    return lambda words: words | {name.rstrip("_"): value for name, value in members.items()}


def shift(member: str, by: int) -> Callable[[Words], Words]:
    """A number moved."""
    return lambda words: words | {member: str(int(words[member]) + by)}


def window(after: int, before: int) -> Callable[[Words], Words]:
    """A window that begins and ends so many seconds from now."""

    def moved(words: Words) -> Words:
        now = int(time.time())
        return words | {"validAfter": str(now + after), "validBefore": str(now + before)}

    return moved


def elsewhere(terms: Words) -> Words:
    """Another network named."""
    return terms | {"network": OTHER_NETWORK[terms["network"]]}


def flipped(signature: bytes) -> bytes:
    """One bit of ``s`` turned over."""
    return signature[:40] + bytes([signature[40] ^ 1]) + signature[41:]


def high_s(signature: bytes) -> bytes:
    """The other signature of the same digest, which EIP-2 forbids."""
    s = ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])


def low_v(signature: bytes) -> bytes:
    """``v`` as the bare recovery id, 0 or 1."""
    return signature[:64] + bytes([signature[64] - 27])


@dataclass(frozen=True)
class Case:
    """How a payment differs from a sound one, and why it is refused (``None``: it is valid).

    ``signed`` changes the authorization before it is signed, ``sent`` after; ``domain`` changes what it is signed for.
    """

    reason: str | None
    signed: Callable[[Words], Words] = same
    sent: Callable[[Words], Words] = same
    domain: Callable[[Domain], Domain] = lambda domain: domain
    signature: Callable[[bytes], bytes] = lambda signature: signature
    terms: Callable[[Words], Words] = same
    funds: int = 2
    settled: bool = False


CASES = {
    "nothing wrong": Case(None),
    "a flipped bit in the signature": Case(SIGNATURE, signature=flipped),
    "a signature with high s": Case(SIGNATURE, signature=high_s),
    "a signature with v of 0 or 1": Case(SIGNATURE, signature=low_v),
    "a signature cut short": Case(SIGNATURE, signature=lambda signature: signature[:64]),
    "the value raised after signing": Case(VALUE, sent=shift("value", 1)),
    "the value lowered after signing": Case(VALUE, sent=shift("value", -1)),
    "a higher value signed": Case(VALUE, signed=shift("value", 1)),
    "a lower value signed": Case(VALUE, signed=shift("value", -1)),
    "the payee changed after signing": Case(PAYEE, sent=change(to=SOMEBODY)),
    "another payee signed": Case(PAYEE, signed=change(to=SOMEBODY)),
    "the payer changed after signing": Case(SIGNATURE, sent=change(from_=SOMEBODY)),
    "the nonce changed after signing": Case(SIGNATURE, sent=change(nonce="0x" + "77" * 32)),
    "the window widened after signing": Case(SIGNATURE, sent=shift("validBefore", 60)),
    "a window that is over": Case(WINDOW + "before", signed=window(-600, -60)),
    "a window with three seconds left": Case(WINDOW + "before", signed=window(-600, 3)),
    "a window still to come": Case(WINDOW + "after", signed=window(200, 300)),
    "another token's name signed for": Case(SIGNATURE, domain=lambda domain: replace(domain, name="USDC Coin")),
    "another token's version signed for": Case(SIGNATURE, domain=lambda domain: replace(domain, version="1")),
    "another chain signed for": Case(SIGNATURE, domain=lambda domain: replace(domain, chain_id=1)),
    "another contract signed for": Case(SIGNATURE, domain=lambda domain: replace(domain, contract=SOMEBODY)),
    "a payer who cannot pay": Case("invalid_exact_evm_insufficient_balance", funds=0),
    "a payment that was settled before": Case("invalid_exact_evm_nonce_already_used", settled=True),
    "another network named": Case("network_mismatch", terms=elsewhere),
    "another scheme named": Case("unsupported_scheme", terms=change(scheme="upto")),
    "a window beyond any clock": Case("unreadable", sent=change(validBefore=str(2**256))),
    "a payer that is no address": Case("unreadable", sent=change(from_="0xnobody")),
}

# Where the SDK says it in other words, in which versions.
UNVERIFIABLE = "invalid_exact_evm_failed_to_verify_signature"
OTHER_WORDS = {
    # Any signature that is not of 65 bytes could be a smart wallet's.
    "a signature cut short": {1: "invalid_exact_evm_payload_undeployed_smart_wallet"},
    # It leaves high s to the contract, and version 1 does not read what the contract says.
    "a signature with high s": {1: "invalid_exact_evm_transaction_simulation_failed", 2: SIGNATURE},
    # It looks the scheme up before it looks at the payment, and raises.
    "another scheme named": {1: "SchemeNotFoundError"},
    # We refuse to read what no contract could be called with; it fails when it encodes that for hashing.
    "a window beyond any clock": {1: UNVERIFIABLE},
    "a payer that is no address": {1: UNVERIFIABLE},
}
# Where the SDK judges otherwise: it lifts a bare recovery id to 27 or 28 before it calls the contract.
OTHER_VERDICT = {"a signature with v of 0 or 1"}


@dataclass(frozen=True)
class Attempt:
    """A payment, and the option that it is for."""

    message: Words
    option: Option


class Judges:
    """Both facilitators, over one chain."""

    def __init__(self, world: World, theirs: Any) -> None:
        self._world = world
        self._theirs = theirs

    def ours(self, attempt: Attempt) -> tuple[bool, str | None]:
        """Our verdict and its reason."""
        try:
            payment = read_payment(attempt.message)
        except RemoteProtocolError:
            return False, "unreadable"
        told = self._world.facilitator.verify(payment, attempt.option)
        return told.is_valid, told.invalid_reason

    def theirs(self, attempt: Attempt) -> tuple[bool, str | None]:
        """The SDK's verdict and its reason."""
        try:
            told = asyncio.run(self._theirs.verify(*models(attempt)))
        except SchemeNotFoundError as error:
            return False, type(error).__name__
        return told.is_valid, told.invalid_reason

    def settled_by_us(self, attempt: Attempt) -> bool:
        """Whether our facilitator takes the money."""
        try:
            return self._world.facilitator.settle(read_payment(attempt.message), attempt.option).success
        except RemoteProtocolError:
            return False

    def settled_by_them(self, attempt: Attempt) -> bool:
        """Whether the SDK's takes it."""
        try:
            return bool(asyncio.run(self._theirs.settle(*models(attempt))).success)
        except SchemeNotFoundError:
            return False


def models(attempt: Attempt) -> tuple[Any, Any]:
    """Payment and requirements as the SDK's models."""
    message, terms = attempt.message, attempt.option.raw
    if attempt.option.version == 1:
        return PaymentPayloadV1.model_validate(message), PaymentRequirementsV1.model_validate(terms)
    return PaymentPayload.model_validate(message), PaymentRequirements.model_validate(terms)


def attempt(case: Case, option: Option, wallet: ThrowawayWallet) -> Attempt:
    """The payment of a case."""
    sound = authorize(
        payer=wallet.address, payee=option.pay_to, value=option.amount, now=int(time.time()), timeout=option.timeout,
        nonce=b"\x05" * 32,
    )  # fmt: skip
    signed = Authorization.model_validate(case.signed(sound.wire()))
    domain = Domain(option.extra["name"], option.extra["version"], 8453, option.asset)
    signature = case.signature(wallet.sign(digest(case.domain(domain), signed)))
    payload = {"signature": "0x" + signature.hex(), "authorization": case.sent(signed.wire())}
    if option.version == 1:
        named = case.terms({"scheme": option.scheme, "network": option.network})
        return Attempt({"x402Version": 1, **named, "payload": payload}, option)
    return Attempt({"x402Version": 2, "accepted": case.terms(option.raw), "payload": payload}, option)


@pytest.fixture
def option(world: World, listing_from: Callable[..., Listing], version: int) -> Option:
    """The reference listing's terms."""
    listing = listing_from("api-venice-ai-api-v1-images-generations")
    return world.seller(listing, version=version).terms.options[0]


@pytest.fixture
def judges(world: World, sdk_facilitator: Callable[[str], Any]) -> Judges:
    """Both facilitators on Base."""
    return Judges(world, sdk_facilitator("eip155:8453"))


def fund(world: World, option: Option, wallet: ThrowawayWallet, times: int) -> None:
    """Give the payer so many times the price."""
    token = world.chains.token(option.network, option.asset)
    assert token is not None
    token.mint(wallet.address, times * option.amount)


def sdk_words(name: str, version: int) -> str | None:
    """The SDK's reason: ours, unless the table has it otherwise for this version, or for version 1 and so for both."""
    words = OTHER_WORDS.get(name, {})
    return words.get(version) or words.get(1) or CASES[name].reason


@versions
@pytest.mark.parametrize("name", CASES)
def test_both_give_the_same_verdict_for_the_same_reason(
    judges: Judges, world: World, option: Option, wallet: ThrowawayWallet, name: str, version: int
) -> None:
    case = CASES[name]
    fund(world, option, wallet, case.funds)
    made = attempt(case, option, wallet)
    if case.settled:
        assert judges.settled_by_them(made)
    assert judges.ours(made) == (case.reason is None, case.reason)
    if name in OTHER_VERDICT:
        assert judges.theirs(made) == (True, None)
    else:
        assert judges.theirs(made) == (case.reason is None, sdk_words(name, version))


@versions
@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.reason and name not in OTHER_VERDICT])
def test_neither_takes_money_for_what_is_refused(
    judges: Judges, world: World, option: Option, wallet: ThrowawayWallet, name: str, version: int
) -> None:
    case = CASES[name]
    fund(world, option, wallet, case.funds)
    made = attempt(case, option, wallet)
    if case.settled:
        assert judges.settled_by_us(made)
    before = world.chains.balances(option.network, option.asset, wallet.address, option.pay_to)
    assert not judges.settled_by_us(made)
    assert not judges.settled_by_them(made)
    assert world.chains.balances(option.network, option.asset, wallet.address, option.pay_to) == before


@versions
@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_what_one_has_settled_the_other_refuses(
    judges: Judges, world: World, option: Option, wallet: ThrowawayWallet, first: str, version: int
) -> None:
    fund(world, option, wallet, 2)
    made = attempt(Case(None), option, wallet)
    settle = {"ours": judges.settled_by_us, "theirs": judges.settled_by_them}
    assert settle.pop(first)(made)
    assert not settle.popitem()[1](made)
    held = world.chains.balances(option.network, option.asset, wallet.address, option.pay_to)
    assert (held.payer, held.payee) == (option.amount, option.amount)
