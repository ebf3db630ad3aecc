"""What the rules over a 402 see: its terms as they stand, in the header, in the body or in both.

Nothing here raises for what a server sent: a member of a wrong type reads as ``None``, and a rule says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from x402_catalog.addresses import Family
from x402_catalog.findings import Level
from x402_catalog.models import Json, JsonObject, mapping, text
from x402_catalog.money import parse_atomic
from x402_catalog.networks import Network, Token, is_caip2, network, token
from x402_catalog.rules.registry import Rule
from x402_harness.protocol.challenge import MAX_OPTIONS
from x402_harness.protocol.exchange import Exchange

HEADER = "PAYMENT-REQUIRED"
BODY = "body"
PRICE = {1: "maxAmountRequired", 2: "amount"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One defect. ``pointer`` is that in the JSON of ``place``, ``claim`` the listing's member that it contradicts."""

    rule: Rule
    message: str
    place: str = ""
    pointer: str = ""
    observed: Any = None
    expected: Any = None
    level: Level | None = None
    claim: str | None = None

    @property
    def grade(self) -> Level:
        """Its level: its own, or else the rule's."""
        return self.level or self.rule.level

    @property
    def spot(self) -> str:
        """Where it stands: ``PAYMENT-REQUIRED#/accepts/0/amount``."""
        return f"{self.place}#{self.pointer}" if self.pointer else self.place


Faults = Iterator[Fault]


@dataclass(frozen=True)
class Message:
    """Terms that could be read as an object. ``beside`` says that they only accompany those that clients read."""

    place: str
    raw: bytes
    data: JsonObject
    notes: tuple[str, ...] = ()
    beside: bool = False

    @cached_property
    def stated(self) -> int | None:
        """The version that the message states, if there is one like it."""
        found = self.data.get("x402Version")
        return found if type(found) is int and found in (1, 2) else None

    @cached_property
    def shape(self) -> int | None:
        """The version that the terms are plainly written in, whatever they state; ``None`` if it is not plain."""
        entries = [entry for entry in self.accepts if isinstance(entry, dict)]
        first = sum(bool(sign) for entry in entries for sign in _signs(entry, 1))
        second = sum(bool(sign) for entry in entries for sign in _signs(entry, 2))
        second += isinstance(self.data.get("resource"), dict)
        if first >= 2 and not second:
            return 1
        return 2 if second >= 2 and not first else None

    @cached_property
    def version(self) -> int:
        """The version whose specification the terms are judged by."""
        if self.stated is None or (self.shape is not None and self.shape != self.stated):
            return self.shape or (2 if self.place == HEADER else 1)
        return self.stated

    @cached_property
    def accepts(self) -> list[Json]:
        """The entries of ``accepts``, whatever they are, as many as a buyer reads; none where it is no list."""
        found = self.data.get("accepts")
        return found[:MAX_OPTIONS] if isinstance(found, list) else []

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The entries of ``accepts`` that are objects."""
        return tuple(Entry(self, index, raw) for index, raw in enumerate(self.accepts) if isinstance(raw, dict))

    def fault(self, rule: Rule, pointer: str, message: str, **more: Any) -> Fault:
        """A fault at ``pointer`` of this message."""
        return Fault(rule, message, self.place, pointer, **more)


def _signs(entry: JsonObject, version: int) -> tuple[bool, ...]:
    name = text(entry.get("network")) or ""
    if version == 1:
        return ("maxAmountRequired" in entry, "resource" in entry, bool(name) and not is_caip2(name))
    return ("amount" in entry and "maxAmountRequired" not in entry, is_caip2(name))


@dataclass(frozen=True)
class Entry:
    """One entry of ``accepts``, read loosely."""

    message: Message
    index: int
    raw: JsonObject

    def fault(self, rule: Rule, member: str, message: str, **more: Any) -> Fault:
        """A fault at a member of this entry, or at the entry itself where ``member`` is empty."""
        at = f"/accepts/{self.index}" + (f"/{member}" if member else "")
        return self.message.fault(rule, at, message, **more)

    @cached_property
    def price_name(self) -> str:
        """What the version calls the price."""
        return PRICE[self.message.version]

    @cached_property
    def scheme(self) -> str | None:
        """The scheme as written."""
        return text(self.raw.get("scheme"))

    @cached_property
    def network_name(self) -> str | None:
        """The network as written."""
        return text(self.raw.get("network"))

    @cached_property
    def network(self) -> Network | None:
        """The table's network of that name, in whichever version's way."""
        return network(self.network_name)

    @cached_property
    def family(self) -> Family | None:
        """The family of the network's addresses, known even for chains that the table lacks."""
        if self.network is not None:
            return self.network.family
        namespace = (self.network_name or "").partition(":")[0]
        return {"eip155": Family.EVM, "solana": Family.SOLANA}.get(namespace)

    @cached_property
    def pay_to(self) -> str | None:
        """The payee as written."""
        return text(self.raw.get("payTo"))

    @cached_property
    def asset(self) -> str | None:
        """The asset as written."""
        return text(self.raw.get("asset"))

    @cached_property
    def token(self) -> Token | None:
        """The table's token."""
        return token(self.network.caip2, self.asset) if self.network else None

    @cached_property
    def amount(self) -> int | None:
        """The price in atomic units."""
        return parse_atomic(self.raw.get(self.price_name))

    @cached_property
    def timeout(self) -> int | None:
        """The timeout in seconds."""
        found = self.raw.get("maxTimeoutSeconds")
        return found if type(found) is int else None

    @cached_property
    def extra(self) -> JsonObject:
        """``extra``, empty where it is no object."""
        return mapping(self.raw.get("extra"))

    @cached_property
    def method(self) -> str | None:
        """How transfers are authorized: what ``extra`` says, or EIP-3009 on the EVM."""
        found = self.extra.get("assetTransferMethod")
        return "eip3009" if found is None else text(found)


@dataclass(frozen=True)
class View:
    """One exchange: the terms found in it, and ``faults`` of what could not be read."""

    exchange: Exchange
    messages: tuple[Message, ...] = ()
    faults: tuple[Fault, ...] = field(default=())

    @property
    def judged(self) -> tuple[Message, ...]:
        """The messages whose terms a client may take: not a copy of version 2 terms that clients read elsewhere."""
        return tuple(message for message in self.messages if not message.beside)
