"""Messages of x402, versions 1 and 2, as they stand on the wire (specs/x402-specification-v1.md §5, -v2.md §5).

Models are valid by construction: amounts are decimal strings, times are integers, unknown members are kept.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from x402_catalog.money import UINT256_MAX
from x402_harness.protocol.errors import RemoteProtocolError


def _uint256(digits: str) -> str:
    if int(digits) > UINT256_MAX:
        raise ValueError("more than 2^256 - 1")
    return digits


Atomic = Annotated[str, Field(pattern=r"^[0-9]{1,78}$"), AfterValidator(_uint256)]
Account = Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{40}$")]


class Message(BaseModel):
    """A message: immutable, strict about types, open for members that it does not know."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="allow", alias_generator=to_camel, validate_by_name=True, validate_by_alias=True
    )

    def wire(self) -> dict[str, Any]:
        """The JSON object to send: camel case, absent members left out."""
        return self.model_dump(by_alias=True, exclude_none=True)


class Resource(Message):
    """What is paid for (v2)."""

    url: str
    description: str | None = None
    mime_type: str | None = None


class PaymentRequirementsV1(Message):
    """One way to pay, version 1."""

    scheme: str
    network: str
    max_amount_required: Atomic
    resource: str
    description: str | None = None
    mime_type: str | None = None
    pay_to: str
    max_timeout_seconds: int
    asset: str
    output_schema: Any = None
    extra: dict[str, Any] | None = None


class PaymentRequirementsV2(Message):
    """One way to pay, version 2."""

    scheme: str
    network: str
    amount: Atomic
    asset: str
    pay_to: str
    max_timeout_seconds: int
    extra: dict[str, Any] | None = None


class PaymentRequiredV1(Message):
    """The body of a 402, version 1. Entries of ``accepts`` are validated one by one, when they are read."""

    x402_version: Literal[1]
    error: str | None = None
    accepts: list[Any]


class PaymentRequiredV2(Message):
    """The ``PAYMENT-REQUIRED`` header of a 402, version 2."""

    x402_version: Literal[2]
    error: str | None = None
    resource: Resource | None = None
    accepts: list[Any]
    extensions: dict[str, Any] | None = None


class Authorization(Message):
    """An EIP-3009 authorization. Every number is a decimal string; times are seconds since 1970."""

    from_: Account = Field(alias="from")
    to: Account
    value: Atomic
    valid_after: Atomic
    valid_before: Atomic
    nonce: Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{64}$")]


class ExactPayload(Message):
    """What scheme ``exact`` carries on the EVM: the authorization and the payer's signature of it."""

    signature: Annotated[str, Field(pattern=r"^0x([0-9a-fA-F]{2})+$")]
    authorization: Authorization


class PaymentPayloadV1(Message):
    """The ``X-PAYMENT`` header."""

    x402_version: Literal[1]
    scheme: str
    network: str
    payload: ExactPayload


class PaymentPayloadV2(Message):
    """The ``PAYMENT-SIGNATURE`` header. ``accepted`` is the chosen entry of ``accepts``, verbatim."""

    x402_version: Literal[2]
    payload: ExactPayload
    accepted: dict[str, Any]
    resource: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None


class SettlementResponse(Message):
    """The receipt: ``X-PAYMENT-RESPONSE`` (v1) or ``PAYMENT-RESPONSE`` (v2)."""

    success: bool
    transaction: str
    network: str
    payer: str | None = None
    error_reason: str | None = None
    amount: Atomic | None = None


class VerifyResponse(Message):
    """A facilitator's answer to ``/verify``."""

    is_valid: bool
    invalid_reason: str | None = None
    payer: str | None = None


M = TypeVar("M", bound=Message)


def parse(model: type[M], data: Any, *, place: str, pointer: str = "") -> M:
    """``data`` as a message. Raises :class:`RemoteProtocolError` naming the first member that is wrong."""
    try:
        return model.model_validate(data, by_alias=True, by_name=False)  # the names of the wire, not Python's
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = pointer + "".join(f"/{step}" for step in first["loc"])
        observed = None if first["type"] == "missing" else first["input"]
        raise RemoteProtocolError(first["msg"], place=place, pointer=where, observed=observed) from None
