"""Challenges: the terms in a 402, whichever version they come in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from x402_catalog.networks import network
from x402_harness.protocol.errors import RemoteProtocolError
from x402_harness.protocol.exchange import Response
from x402_harness.protocol.headers import PAYMENT_REQUIRED, decode, parse_object
from x402_harness.protocol.messages import (
    PaymentRequiredV1,
    PaymentRequiredV2,
    PaymentRequirementsV1,
    PaymentRequirementsV2,
    parse,
)

MAX_OPTIONS = 1_000  # entries of ``accepts`` that are read; real terms have a handful


@dataclass(frozen=True, slots=True)
class Option:
    """One way to pay, in either version. ``amount`` is in atomic units, ``network`` as written, ``raw`` verbatim."""

    index: int
    version: int
    scheme: str
    network: str
    amount: int
    asset: str
    pay_to: str
    timeout: int
    extra: dict[str, Any]
    raw: dict[str, Any]

    @property
    def caip2(self) -> str | None:
        """The network's CAIP-2 id, if the table knows it."""
        known = network(self.network)
        return known.caip2 if known else None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An entry of ``accepts`` that is no option, and why."""

    index: int
    error: RemoteProtocolError


@dataclass(frozen=True, slots=True)
class Challenge:
    """The terms of a 402: ``version``, readable ``options``, ``unreadable`` entries, and the message whole.

    ``notes`` name what was tolerated in reading it. Of more than :data:`MAX_OPTIONS` entries the rest is ``unread``.
    """

    version: int
    options: tuple[Option, ...]
    unreadable: tuple[Unreadable, ...]
    message: dict[str, Any]
    notes: tuple[str, ...] = ()
    unread: int = 0

    @property
    def resource(self) -> dict[str, Any] | None:
        """The v2 resource, verbatim."""
        found = self.message.get("resource")
        return found if isinstance(found, dict) else None


def read_challenge(response: Response) -> Challenge:
    """The terms in a 402, from the v2 header if there is one, else from the body.

    Raises :class:`RemoteProtocolError` where there are no terms that can be read.
    """
    if response.status != 402:
        raise RemoteProtocolError(
            f"status {response.status} where 402 was due", place="status", observed=response.status
        )
    header = response.header(PAYMENT_REQUIRED)
    if header is not None:
        message, notes = decode(header, place=PAYMENT_REQUIRED)
        return _challenge(message, PAYMENT_REQUIRED, notes)
    if response.truncated:
        raise RemoteProtocolError(
            "the body is longer than the limit", place="body", observed=f"{len(response.body)} bytes"
        )
    message = parse_object(response.body, place="body")
    notes = ("version 2 terms in the body instead of the header",) if message.get("x402Version") == 2 else ()
    return _challenge(message, "body", notes)


def _challenge(message: dict[str, Any], place: str, notes: tuple[str, ...]) -> Challenge:
    version = message.get("x402Version")
    if type(version) is not int or version not in (1, 2):
        raise RemoteProtocolError(
            "x402Version is neither 1 nor 2", place=place, pointer="/x402Version", observed=version
        )
    model = PaymentRequiredV1 if version == 1 else PaymentRequiredV2
    parse(model, message, place=place)
    options: list[Option] = []
    unreadable: list[Unreadable] = []
    entries = message["accepts"]
    for index, entry in enumerate(entries[:MAX_OPTIONS]):
        try:
            options.append(read_option(version, entry, index=index, place=place, pointer=f"/accepts/{index}"))
        except RemoteProtocolError as error:
            unreadable.append(Unreadable(index, error))
    unread = max(0, len(entries) - MAX_OPTIONS)
    return Challenge(version, tuple(options), tuple(unreadable), message, notes, unread)


def read_option(version: int, entry: Any, *, index: int = 0, place: str = "", pointer: str = "") -> Option:
    """One entry of ``accepts``, or the requirements that a facilitator is asked about.

    Raises :class:`RemoteProtocolError` if it is none; ``place`` and ``pointer`` say in it where the entry stands.
    """
    if version == 1:
        v1 = parse(PaymentRequirementsV1, entry, place=place, pointer=pointer)
        amount, common = v1.max_amount_required, v1
        return _built(index, 1, amount, common, entry)
    v2 = parse(PaymentRequirementsV2, entry, place=place, pointer=pointer)
    return _built(index, 2, v2.amount, v2, entry)


def _built(
    index: int, version: int, amount: str, terms: PaymentRequirementsV1 | PaymentRequirementsV2, raw: dict[str, Any]
) -> Option:
    return Option(
        index=index,
        version=version,
        scheme=terms.scheme,
        network=terms.network,
        amount=int(amount),
        asset=terms.asset,
        pay_to=terms.pay_to,
        timeout=terms.max_timeout_seconds,
        extra=terms.extra or {},
        raw=raw,
    )
