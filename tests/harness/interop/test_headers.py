"""Header codecs: what the SDK encodes we decode to the same message, and the other way round."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytest.importorskip("x402", reason="the official SDK is the other codec")

from hypothesis import given, settings
from hypothesis import strategies as st
from x402.http import utils as sdk
from x402.schemas import PaymentPayload, PaymentRequired, PaymentRequirements, ResourceInfo, SettleResponse
from x402.schemas.v1 import PaymentPayloadV1, PaymentRequiredV1, PaymentRequirementsV1

from x402_harness.protocol.challenge import read_challenge
from x402_harness.protocol.exchange import Response
from x402_harness.protocol.headers import PAYMENT_REQUIRED, PAYMENT_RESPONSE, X_PAYMENT_RESPONSE, decode, encode
from x402_harness.protocol.messages import ExactPayload, PaymentPayloadV2, SettlementResponse, parse
from x402_harness.protocol.messages import PaymentPayloadV1 as OurPaymentPayloadV1
from x402_harness.protocol.receipts import read_receipt
from x402_harness.sandbox.facilitator import read_payment

examples = settings(max_examples=60, deadline=None)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
SOME = st.none() | TEXT
SCALARS = st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | TEXT
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))
OBJECTS = st.dictionaries(TEXT, JSON, max_size=4)
AMOUNTS = st.integers(0, 2**256 - 1).map(str)
HEX = "0123456789abcdefABCDEF"
ADDRESSES = st.text(HEX, min_size=40, max_size=40).map("0x".__add__)
COMMON: dict[str, Any] = {
    "scheme": TEXT, "network": TEXT, "asset": TEXT, "payTo": TEXT, "maxTimeoutSeconds": st.integers(0, 2**40),
}  # fmt: skip


def messages(model: Any, **members: Any) -> st.SearchStrategy[Any]:
    """The SDK's ``model`` from its members as they stand on the wire."""
    return st.fixed_dictionaries(members).map(model.model_validate)


REQUIREMENTS_V1 = messages(
    PaymentRequirementsV1, **COMMON, maxAmountRequired=AMOUNTS, resource=TEXT, description=SOME, mimeType=SOME,
    outputSchema=st.none() | OBJECTS, extra=st.none() | OBJECTS,
)  # fmt: skip
REQUIREMENTS_V2 = messages(PaymentRequirements, **COMMON, amount=AMOUNTS, extra=OBJECTS)
RESOURCES = messages(
    ResourceInfo, url=TEXT, description=SOME, mimeType=SOME, tags=st.none() | st.lists(TEXT, max_size=3)
)
REQUIRED = st.one_of(
    messages(PaymentRequiredV1, error=SOME, accepts=st.lists(REQUIREMENTS_V1, max_size=3)),
    messages(
        PaymentRequired, error=SOME, resource=st.none() | RESOURCES, accepts=st.lists(REQUIREMENTS_V2, max_size=3),
        extensions=st.none() | OBJECTS,
    ),
)  # fmt: skip
AUTHORIZATIONS = st.fixed_dictionaries(
    {
        "from": ADDRESSES, "to": ADDRESSES, "value": AMOUNTS, "validAfter": AMOUNTS, "validBefore": AMOUNTS,
        "nonce": st.binary(min_size=32, max_size=32).map(lambda raw: "0x" + raw.hex()),
    }
)  # fmt: skip
EXACT = st.fixed_dictionaries(
    {
        "signature": st.binary(min_size=1, max_size=70).map(lambda raw: "0x" + raw.hex()),
        "authorization": AUTHORIZATIONS,
    }
)
PAYLOADS = st.one_of(
    messages(PaymentPayloadV1, scheme=TEXT, network=TEXT, payload=EXACT),
    messages(
        PaymentPayload, payload=EXACT, accepted=REQUIREMENTS_V2, resource=st.none() | RESOURCES,
        extensions=st.none() | OBJECTS,
    ),
)  # fmt: skip
SETTLEMENTS = messages(
    SettleResponse, success=st.booleans(), errorReason=SOME, errorMessage=SOME, payer=st.none() | ADDRESSES,
    transaction=TEXT, network=TEXT, amount=st.none() | AMOUNTS, extra=st.none() | OBJECTS,
)  # fmt: skip


def on_the_wire(message: Any) -> Any:
    """The SDK's model as its own JSON."""
    return json.loads(message.model_dump_json(by_alias=True, exclude_none=True))


@examples
@given(message=REQUIRED)
def test_terms_that_the_sdk_encodes_are_read_whole(message: PaymentRequired | PaymentRequiredV1) -> None:
    told = on_the_wire(message)
    header = sdk.encode_payment_required_header(message)
    assert decode(header) == (told, ())
    if message.x402_version == 2:
        challenge = read_challenge(Response(402, ((PAYMENT_REQUIRED, header),)))
    else:
        challenge = read_challenge(Response(402, (), json.dumps(told).encode()))
    assert challenge.version == message.x402_version
    assert challenge.unreadable == ()
    assert [option.raw for option in challenge.options] == told["accepts"]
    assert [option.amount for option in challenge.options] == [int(entry.get_amount()) for entry in message.accepts]


@examples
@given(message=REQUIRED)
def test_terms_that_we_encode_the_sdk_reads_whole(message: PaymentRequired | PaymentRequiredV1) -> None:
    assert sdk.decode_payment_required_header(encode(on_the_wire(message))) == message


@examples
@given(message=PAYLOADS)
def test_payments_that_the_sdk_encodes_are_read_whole(message: PaymentPayload | PaymentPayloadV1) -> None:
    told, notes = decode(sdk.encode_payment_signature_header(message))
    assert (told, notes) == (on_the_wire(message), ())
    payment = read_payment(told)
    assert (payment.version, payment.scheme, payment.network) == (
        message.x402_version, message.get_scheme(), message.get_network(),
    )  # fmt: skip
    assert payment.payload.wire() == message.payload


@examples
@given(payload=EXACT, scheme=TEXT, network=TEXT)
def test_payments_of_version_1_that_we_encode_the_sdk_reads_whole(
    payload: dict[str, Any], scheme: str, network: str
) -> None:
    exact = parse(ExactPayload, payload, place="test")
    ours = OurPaymentPayloadV1(x402_version=1, scheme=scheme, network=network, payload=exact)
    read = sdk.decode_payment_signature_header(encode(ours.wire()))
    assert read == PaymentPayloadV1(scheme=scheme, network=network, payload=payload)


@examples
@given(payload=EXACT, accepted=REQUIREMENTS_V2, resource=st.none() | RESOURCES, extensions=st.none() | OBJECTS)
def test_payments_of_version_2_that_we_encode_the_sdk_reads_whole(
    payload: dict[str, Any], accepted: PaymentRequirements, resource: ResourceInfo | None, extensions: Any
) -> None:
    ours = PaymentPayloadV2(
        x402_version=2, payload=parse(ExactPayload, payload, place="test"), accepted=on_the_wire(accepted),
        resource=on_the_wire(resource) if resource else None, extensions=extensions,
    )  # fmt: skip
    read = sdk.decode_payment_signature_header(encode(ours.wire()))
    assert read == PaymentPayload(payload=payload, accepted=accepted, resource=resource, extensions=extensions)


@examples
@given(message=SETTLEMENTS, name=st.sampled_from([PAYMENT_RESPONSE, X_PAYMENT_RESPONSE]))
def test_receipts_that_the_sdk_encodes_are_read_whole(message: SettleResponse, name: str) -> None:
    receipt = read_receipt(Response(200, ((name.lower(), sdk.encode_payment_response_header(message)),)))
    assert receipt.error is None
    assert receipt.response is not None
    assert receipt.response.wire() == message.model_dump(by_alias=True, exclude_none=True)


@examples
@given(success=st.booleans(), transaction=TEXT, network=TEXT, payer=st.none() | ADDRESSES, reason=SOME)
def test_receipts_that_we_encode_the_sdk_reads_whole(
    success: bool, transaction: str, network: str, payer: str | None, reason: str | None
) -> None:
    ours = SettlementResponse(
        success=success, transaction=transaction, network=network, payer=payer, error_reason=reason
    )
    assert sdk.decode_payment_response_header(encode(ours.wire())) == SettleResponse(
        success=success, transaction=transaction, network=network, payer=payer, error_reason=reason
    )
