"""Messages: valid by construction, in the names and types of the wire, open for members that are not known."""

from __future__ import annotations

from typing import Any

import pytest
from tests.harness.support.terms import authorization, option_v1, option_v2, receipt

from x402_harness.protocol.errors import RemoteProtocolError
from x402_harness.protocol.messages import (
    Authorization,
    ExactPayload,
    Message,
    PaymentPayloadV1,
    PaymentRequirementsV1,
    PaymentRequirementsV2,
    SettlementResponse,
    parse,
)

AUTHORIZED = authorization().wire()
PAYLOAD = {"signature": "0x" + "ab" * 65, "authorization": AUTHORIZED}


def test_a_message_is_written_in_camel_case_without_absent_members() -> None:
    payment = PaymentPayloadV1(
        x402_version=1,
        scheme="exact",
        network="base",
        payload=ExactPayload(signature="0xab", authorization=authorization()),
    )
    assert list(payment.wire()) == ["x402Version", "scheme", "network", "payload"]
    assert list(AUTHORIZED) == ["from", "to", "value", "validAfter", "validBefore", "nonce"]
    assert "errorReason" not in parse(SettlementResponse, receipt(errorReason=None), place="header").wire()


def test_members_that_are_not_known_are_kept() -> None:
    message = parse(SettlementResponse, receipt(extensions={"a": 1}), place="header")
    assert message.wire()["extensions"] == {"a": 1}


@pytest.mark.parametrize(
    ("model", "data", "member"),
    [
        (PaymentRequirementsV1, option_v1(), "payTo"),
        (PaymentRequirementsV1, option_v1(), "maxAmountRequired"),
        (PaymentRequirementsV2, option_v2(), "maxTimeoutSeconds"),
        (Authorization, AUTHORIZED, "from"),
    ],
)
def test_a_member_under_another_name_is_missing(model: type[Message], data: dict[str, Any], member: str) -> None:
    python_name = {
        "payTo": "pay_to",
        "maxAmountRequired": "max_amount_required",
        "maxTimeoutSeconds": "max_timeout_seconds",
        "from": "from_",
    }[member]
    renamed = {python_name if name == member else name: value for name, value in data.items()}
    with pytest.raises(RemoteProtocolError) as caught:
        parse(model, renamed, place="body", pointer="/accepts/0")
    assert caught.value.pointer == f"/accepts/0/{member}"


@pytest.mark.parametrize(
    "amount", [1, 1.0, True, None, "", "-1", "+1", "1.0", "1e6", " 1", "1\n", "0x1", "१", "1" * 79, str(2**256)]
)
def test_an_amount_is_a_decimal_string_of_a_uint256(amount: Any) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        parse(PaymentRequirementsV2, option_v2(amount=amount), place="body")
    assert caught.value.pointer == "/amount"


@pytest.mark.parametrize("amount", ["0", "00020000", str(2**256 - 1)])
def test_every_uint256_is_an_amount(amount: str) -> None:
    assert parse(PaymentRequirementsV2, option_v2(amount=amount), place="body").amount == amount


@pytest.mark.parametrize("timeout", ["60", 60.0, True, None])
def test_a_timeout_is_an_integer(timeout: Any) -> None:
    with pytest.raises(RemoteProtocolError):
        parse(PaymentRequirementsV2, option_v2(maxTimeoutSeconds=timeout), place="body")


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("from", "0x12"), ("from", "somebody"), ("to", "0x" + "g" * 40), ("to", "1" * 42), ("nonce", "0x01"),
        ("nonce", "01" * 32), ("value", "9" * 78), ("validBefore", "9" * 78), ("validAfter", -1),
    ],
)  # fmt: skip
def test_an_authorization_that_no_contract_could_take_is_their_fault(member: str, value: Any) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        parse(ExactPayload, {**PAYLOAD, "authorization": {**AUTHORIZED, member: value}}, place="payment")
    assert caught.value.pointer == f"/authorization/{member}"


@pytest.mark.parametrize("signature", ["", "0x", "ab", "0xabc", "0xzz", None, 5])
def test_a_signature_is_whole_bytes_in_hex(signature: Any) -> None:
    with pytest.raises(RemoteProtocolError):
        parse(ExactPayload, {**PAYLOAD, "signature": signature}, place="payment")


@pytest.mark.parametrize("success", [1, "true", None])
def test_success_is_said_by_a_boolean(success: Any) -> None:
    with pytest.raises(RemoteProtocolError):
        parse(SettlementResponse, receipt(success=success), place="header")


@pytest.mark.parametrize("data", [None, [], "x", 1])
def test_what_is_no_object_is_no_message(data: Any) -> None:
    with pytest.raises(RemoteProtocolError):
        parse(SettlementResponse, data, place="header")
