"""Our digests and signatures are those of eth-account and of the SDK, byte for byte."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

pytest.importorskip("x402", reason="the official SDK is what our signatures are compared with")

from eth_account import Account
from hypothesis import given, settings
from hypothesis import strategies as st
from x402.mechanisms.evm.eip712 import hash_eip3009_authorization
from x402.mechanisms.evm.types import ExactEIP3009Authorization
from x402.schemas import PaymentRequired
from x402.schemas.v1 import PaymentRequiredV1

from x402_catalog.addresses import checksum
from x402_catalog.models import Listing
from x402_harness.protocol.eip3009 import Domain, authorize, digest
from x402_harness.protocol.messages import Authorization
from x402_harness.sandbox.facilitator import read_payment
from x402_harness.sandbox.world import World
from x402_harness.wallet import ThrowawayWallet, recover

UINT256 = st.integers(0, 2**256 - 1)
ADDRESSES = st.binary(min_size=20, max_size=20).map(lambda raw: checksum("0x" + raw.hex()))
KEYS = st.integers(1, 2**128).map(lambda number: number.to_bytes(32, "big"))
DOMAINS = st.builds(
    Domain,
    name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40),
    version=st.text("0123456789.", min_size=1, max_size=5),
    chain_id=st.integers(1, 2**64),
    contract=ADDRESSES,
)
AUTHORIZATIONS = st.fixed_dictionaries(
    {
        "from": ADDRESSES,
        "to": ADDRESSES,
        "value": UINT256.map(str),
        "validAfter": UINT256.map(str),
        "validBefore": UINT256.map(str),
        "nonce": st.binary(min_size=32, max_size=32).map(lambda raw: "0x" + raw.hex()),
    }
).map(Authorization.model_validate)
TRANSFER = [
    {"name": "from", "type": "address"},
    {"name": "to", "type": "address"},
    {"name": "value", "type": "uint256"},
    {"name": "validAfter", "type": "uint256"},
    {"name": "validBefore", "type": "uint256"},
    {"name": "nonce", "type": "bytes32"},
]


def signed_by_eth_account(key: bytes, domain: Domain, authorization: Authorization) -> Any:
    """The authorization as typed data, signed by eth-account."""
    words = authorization.wire()
    numbers = {name: int(words[name]) for name in ("value", "validAfter", "validBefore")}
    return Account.sign_typed_data(
        key,
        domain_data={
            "name": domain.name,
            "version": domain.version,
            "chainId": domain.chain_id,
            "verifyingContract": domain.contract,
        },
        message_types={"TransferWithAuthorization": TRANSFER},
        message_data={**words, **numbers, "nonce": bytes.fromhex(authorization.nonce[2:])},
    )


def hashed_by_the_sdk(domain: Domain, authorization: Authorization) -> bytes:
    """The digest that the SDK's facilitator checks signatures against."""
    theirs = ExactEIP3009Authorization(
        from_address=authorization.from_,
        to=authorization.to,
        value=authorization.value,
        valid_after=authorization.valid_after,
        valid_before=authorization.valid_before,
        nonce=authorization.nonce,
    )
    made: bytes = hash_eip3009_authorization(theirs, domain.chain_id, domain.contract, domain.name, domain.version)
    return made


@settings(max_examples=50, deadline=None)
@given(key=KEYS, domain=DOMAINS, authorization=AUTHORIZATIONS)
def test_signatures_are_eth_accounts_byte_for_byte(key: bytes, domain: Domain, authorization: Authorization) -> None:
    theirs = signed_by_eth_account(key, domain, authorization)
    assert digest(domain, authorization) == bytes(theirs.message_hash)
    assert ThrowawayWallet(key).sign(digest(domain, authorization)) == bytes(theirs.signature)


@settings(max_examples=50, deadline=None)
@given(domain=DOMAINS, authorization=AUTHORIZATIONS)
def test_digests_are_the_sdks(domain: Domain, authorization: Authorization) -> None:
    assert digest(domain, authorization) == hashed_by_the_sdk(domain, authorization)


@settings(max_examples=50, deadline=None)
@given(key=KEYS, domain=DOMAINS, authorization=AUTHORIZATIONS)
def test_the_signer_of_eth_accounts_signature_is_recovered(
    key: bytes, domain: Domain, authorization: Authorization
) -> None:
    theirs = signed_by_eth_account(key, domain, authorization)
    assert recover(digest(domain, authorization), bytes(theirs.signature)) == Account.from_key(key).address


@settings(max_examples=50, deadline=None)
@given(
    payer=ADDRESSES, payee=ADDRESSES, value=st.integers(1, 2**256 - 1), now=st.integers(0, 2**40),
    timeout=st.integers(1, 2**20), nonce=st.binary(min_size=32, max_size=32), lower=st.booleans(),
)  # fmt: skip
def test_a_lower_case_payee_is_signed_for_as_in_eip_55(
    payer: str, payee: str, value: int, now: int, timeout: int, nonce: bytes, lower: bool
) -> None:
    made = authorize(
        payer=payer, payee=payee.lower() if lower else payee, value=value, now=now, timeout=timeout, nonce=nonce
    )
    assert (made.from_, made.to) == (payer, payee)
    assert int(made.valid_before) == now + timeout
    assert 0 <= now - int(made.valid_after) <= 600


@pytest.mark.parametrize("version", [1, 2], ids=["v1", "v2"])
@pytest.mark.parametrize(
    "stem",
    ["api-venice-ai-api-v1-images-generations", "api-amberfeed-example-v1-news-search",
     "api-snowpost-example-address-validate"],
    ids=["base", "polygon", "avalanche"],
)  # fmt: skip
def test_what_the_sdk_signs_our_facilitator_verifies(
    sdk_client: Any, world: World, wallet: ThrowawayWallet, listing_from: Any, stem: str, version: int
) -> None:
    listing: Listing = listing_from(stem)
    price = listing.offers[0].price
    assert price is not None
    world.fund(wallet.address, price)
    terms = world.seller(listing, version=version).terms
    model = PaymentRequired if version == 2 else PaymentRequiredV1
    theirs = asyncio.run(sdk_client.create_payment_payload(model.model_validate(terms.message)))
    payment = read_payment(theirs.model_dump(by_alias=True, exclude_none=True, mode="json"))
    assert int(payment.payload.authorization.valid_before) > time.time()
    assert world.facilitator.verify(payment, terms.options[0]).is_valid
