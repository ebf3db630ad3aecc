"""CHAL004 to CHAL008, CHAL047, CHAL048 and CHAL058: whether the 402 asks for what the listing says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from x402_catalog.addresses import same_address
from x402_catalog.findings import Level
from x402_catalog.hints import request_shape
from x402_catalog.models import Listing, Offer, mapping, member, text
from x402_catalog.networks import network
from x402_catalog.rules.hints import METHODS
from x402_catalog.rules.registry import Rule, rule
from x402_harness.checks.unpaid.hints import listing_of_terms
from x402_harness.checks.unpaid.view import PRICE, Entry, Fault, Faults, Message, View
from x402_harness.protocol.challenge import Option

PRICED = rule(
    "CHAL004",
    Level.ERROR,
    "402 asks another price than the listing",
    why="The buyer decided by the listed price.",
    basis="listing accepts[].max_amount_required_atomic; x402 v1 maxAmountRequired, v2 amount",
    mend="Make listing and endpoint agree.",
)
PAYEE = rule(
    "CHAL005",
    Level.ERROR,
    "402 names another payee than the listing",
    why="Money goes to an account that nobody announced.",
    basis="listing accepts[].pay_to; x402 payTo",
    mend="Make listing and endpoint agree.",
)
ASSET = rule(
    "CHAL006",
    Level.ERROR,
    "402 asks for another asset than the listing",
    why="The buyer may not hold it, or it may be a look-alike.",
    basis="listing accepts[].asset; x402 asset",
    mend="Make listing and endpoint agree.",
)
NETWORK = rule(
    "CHAL007",
    Level.ERROR,
    "402 asks for another network than the listing",
    why="The buyer may have no funds there.",
    basis="listing accepts[].network; x402 network",
    mend="Make listing and endpoint agree.",
)
TIMEOUT = rule(
    "CHAL008",
    Level.WARNING,
    "402 gives another timeout than the listing",
    why="The window of the signed payment is not the one announced.",
    basis="listing accepts[].max_timeout_seconds; x402 maxTimeoutSeconds",
    mend="Make listing and endpoint agree.",
)
FIELDS = rule(
    "CHAL047",
    Level.WARNING,
    "402 declares other fields than the listing",
    why="A request that is right by the listing may be refused, perhaps after paying.",
    basis="listing hints.input; x402 v1 outputSchema.input, v2 extensions.bazaar",
    mend="Make listing and endpoint agree.",
)
RESOURCE = rule(
    "CHAL048",
    Level.WARNING,
    "402 is for another resource than the listing",
    why="What is listed may not be what is sold there.",
    basis="listing url; x402 v1 resource, v2 resource.url",
    mend="Make listing and endpoint agree.",
)
METHOD = rule(
    "CHAL058",
    Level.WARNING,
    "402 declares another method than the listing",
    why="One of the two calls is refused, perhaps after paying.",
    basis="listing hints.input.method; x402 v1 outputSchema.input.method, v2 extensions.bazaar",
    mend="Make listing and endpoint agree.",
)


class Asked(NamedTuple):
    """What one option asks for, and where it stands."""

    amount: int | None
    pay_to: str | None
    asset: str | None
    network: str | None
    timeout: int | None
    place: str
    pointer: str
    version: int


class Compared(NamedTuple):
    """One listed term against the option: the ``fault``, or ``None`` where it held."""

    rule: Rule
    claim: str
    fault: Fault | None


_TERMS = (
    (PRICED, "max_amount_required_atomic", "amount", "amount", ""),
    (PAYEE, "pay_to", "pay_to", "pay_to", "payTo"),
    (ASSET, "asset", "asset", "asset", "asset"),
    (NETWORK, "network", "network", "network_name", "network"),
    (TIMEOUT, "max_timeout_seconds", "timeout", "timeout", "maxTimeoutSeconds"),
)


def asked_by_option(option: Option, place: str) -> Asked:
    """What an option of the state machine asks for."""
    return Asked(option.amount, option.pay_to, option.asset, option.network, option.timeout,
                 place, f"/accepts/{option.index}", option.version)  # fmt: skip


def asked_by_entry(entry: Entry) -> Asked:
    """What an entry asks for, as far as it can be read."""
    return Asked(entry.amount, entry.pay_to, entry.asset, entry.network_name, entry.timeout,
                 entry.message.place, f"/accepts/{entry.index}", entry.message.version)  # fmt: skip


def compare(offer: Offer, asked: Asked) -> Iterator[Compared]:
    """Every listed term of ``offer`` against what is asked; what either side leaves open is not compared."""
    for decider, member_name, attribute, of_offer, wire in _TERMS:
        found, listed = getattr(asked, attribute), getattr(offer, of_offer)
        if found is None or listed is None:
            continue
        claim = f"{offer.pointer}/{member_name}"
        if _same(attribute, found, listed):
            yield Compared(decider, claim, None)
            continue
        observed, expected = (str(found), str(listed)) if isinstance(found, int) else (found, listed)
        at = f"{asked.pointer}/{wire or PRICE[asked.version]}"
        message = f"the 402 says {found}, the listing {listed}"
        yield Compared(decider, claim, Fault(decider, message, asked.place, at, observed, expected, claim=claim))


def _same(attribute: str, found: Any, listed: Any) -> bool:
    if attribute == "network":
        return network(found) == network(listed) if network(listed) else bool(found == listed)
    if isinstance(found, str) and isinstance(listed, str):
        return same_address(found, listed)
    return bool(found == listed)


def drift(view: View, listing: Listing) -> Faults:
    """Every listed offer against its counterpart, then the resource, the method and the declared fields."""
    entries = [entry for message in view.judged for entry in message.entries]
    for offer in listing.offers:
        for entry in _counterparts(offer, entries):
            yield from (row.fault for row in compare(offer, asked_by_entry(entry)) if row.fault is not None)
    for message in view.judged[:1]:
        yield from _request(message, listing)
        yield from _resource(message, listing)


def _counterparts(offer: Offer, entries: list[Entry]) -> list[Entry]:
    """The entries that stand for a listed offer: those in its asset, else one on its network, else the first."""
    there = [
        entry for entry in entries if entry.network_name and _same("network", entry.network_name, offer.network_name)
    ]
    exact = [entry for entry in there if same_address(entry.asset or "", offer.asset or "")]
    first = [entry for entry in exact if entry.amount == offer.amount] or exact
    return first[:1] or there[:1] or entries[:1]


def _resource(message: Message, listing: Listing) -> Faults:
    stated = text(member(message.data, "resource", "url")) or text(member(message.data, "accepts", 0, "resource"))
    if (
        stated
        and listing.url
        and "{" not in listing.url
        and "/:" not in listing.url
        and not _alike(stated, listing.url)
    ):
        at = "/resource/url" if message.version == 2 else "/accepts/0/resource"
        yield message.fault(RESOURCE, at, "another resource than the listed one", observed=stated,
                            expected=listing.url, claim="/url")  # fmt: skip


def _alike(left: str, right: str) -> bool:
    return _bare(left) == _bare(right)


def _bare(url: str) -> str:
    return url.partition("://")[2].split("?", 1)[0].split("#", 1)[0].rstrip("/").lower()


def _request(message: Message, listing: Listing) -> Faults:
    at, source = _declared(message)
    stated, offer = text(source.get("method")), next((one for one in listing.offers if one.hints.get("input")), None)
    if offer is None or not source:
        return
    claim = f"{offer.pointer}/hints/input"
    if stated and stated.upper() in METHODS and stated.upper() != listing.method:
        told = f"the 402 says {stated}, the listing {listing.method}"
        yield message.fault(METHOD, f"{at}/method", told, observed=stated, expected=listing.method,
                            claim=f"{claim}/method")  # fmt: skip
    ours, theirs = _fields(message), _fields_of(listing)
    if ours and theirs and ours != theirs:
        told = f"fields {sorted(ours ^ theirs)} are declared by one of them only"
        yield message.fault(FIELDS, at, told, observed=sorted(ours), expected=sorted(theirs), claim=claim)


def _declared(message: Message) -> tuple[str, dict[str, Any]]:
    if message.version == 1:
        return "/accepts/0/outputSchema/input", mapping(member(message.data, "accepts", 0, "outputSchema", "input"))
    return "/extensions/bazaar/info/input", mapping(member(message.data, "extensions", "bazaar", "info", "input"))


def _fields(message: Message) -> frozenset[str]:
    if message.version == 1:
        return _fields_of(listing_of_terms(message))
    source = mapping(member(message.data, "extensions", "bazaar", "schema", "properties", "input", "properties"))
    parts = [mapping(source.get(part)).get("properties") for part in ("queryParams", "body")]
    return frozenset(name for part in parts for name in mapping(part))


def _fields_of(listing: Listing) -> frozenset[str]:
    if not listing.offers:
        return frozenset()
    shape = request_shape(listing, listing.offers[0])
    body = shape.body.get("properties") if isinstance(shape.body, dict) else None
    return frozenset({field.name for field in shape.query} | set(mapping(body)))
