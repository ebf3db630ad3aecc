"""Judging any 402: every CHAL rule over one exchange, and what a buyer's client would do with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from x402_catalog.findings import Finding, Level, Location
from x402_catalog.hints import ResponseShape, response_shape
from x402_catalog.models import Listing
from x402_catalog.money import Money
from x402_harness.checks.unpaid.envelope import look
from x402_harness.checks.unpaid.faults import faults
from x402_harness.checks.unpaid.hints import listing_of_terms
from x402_harness.checks.unpaid.listed import drift
from x402_harness.checks.unpaid.view import Entry, Fault, View
from x402_harness.protocol.exchange import Exchange, Leg

_OF_A_LISTING = ("CHAL004", "CHAL005", "CHAL006", "CHAL007", "CHAL008", "CHAL047", "CHAL048", "CHAL058")
_ALWAYS = (
    ("stability", "one answer cannot show whether a second one would ask for the same"),
    (
        "cross-origin access",
        "whether browsers may read it shows where a request names an origin: --header 'Origin: https://…'",
    ),
    ("settlement", "whether a payment by these terms is taken shows only when one is made"),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the answer amounts to.

    ``conformant`` says that it has no errors, ``versions`` by which versions of the protocol it can be paid or at
    least read without error, ``option`` where the entry stands that a careful client pays, and ``words`` what it does.
    """

    conformant: bool
    versions: tuple[int, ...]
    option: str | None
    words: str


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules found in one exchange; ``not_judged`` names rules or questions that it cannot answer, and why."""

    findings: tuple[Finding, ...]
    verdict: Verdict
    not_judged: tuple[tuple[str, str], ...]


def judge_exchange(exchange: Exchange, listing: Listing | None = None) -> Judged:
    """Judge the answer to an unpaid request, and where there is a ``listing``, whether it asks for what that says."""
    view = look(exchange)
    found = faults(view)
    if listing is not None:
        found += drift(view, listing)
    kept = _once({(fault.rule.code, fault.spot, fault.message): fault for fault in found}.values())
    kept.sort(key=lambda fault: fault.grade.rank)
    findings = tuple(_finding(fault, exchange, listing) for fault in kept)
    return Judged(findings, _verdict(view, kept), _not_judged(view, listing))


def declared_answer(exchange: Exchange, listing: Listing | None = None) -> ResponseShape | None:
    """What a payment buys, by the listing or else by the terms themselves; ``None`` where neither says."""
    listing = listing or terms_as_listing(exchange)
    if listing is None or not listing.offers:
        return None
    return response_shape(listing, listing.offers[0])


def terms_as_listing(exchange: Exchange) -> Listing | None:
    """The listing that the terms of a 402 amount to; ``None`` where there are none that can be read."""
    messages = look(exchange).judged
    return listing_of_terms(messages[0], exchange.request.url) if messages else None


# What the answer contradicts of the request, where it contradicts the listing by the same member: told once.
_SAME = {"CHAL048": "CHAL014", "CHAL156": "CHAL058"}


def _once(found: Iterable[Fault]) -> list[Fault]:
    rows = list(found)
    told = {(fault.rule.code, fault.spot) for fault in rows}
    return [fault for fault in rows if (_SAME.get(fault.rule.code), fault.spot) not in told]


def _finding(fault: Fault, exchange: Exchange, listing: Listing | None) -> Finding:
    slug = listing.slug if listing is not None else None
    place = Location(listing=slug, url=exchange.request.url, leg=str(Leg.UNPAID), pointer=fault.spot or None)
    return fault.rule.finding(
        fault.message, observed=fault.observed, expected=fault.expected, location=place, level=fault.level
    )


def _not_judged(view: View, listing: Listing | None) -> tuple[tuple[str, str], ...]:
    rows = list(_ALWAYS)
    if view.exchange.response is None:
        failure = view.exchange.failure
        rows.append(("terms", f"there was no answer: {failure.message}" if failure else "there was no answer"))
    elif not view.messages:
        rows.append(("terms", "there are none that can be read"))
    if listing is None:
        rows += [(code, "no listing was given to compare with") for code in _OF_A_LISTING]
    unpriced = [entry for message in view.judged for entry in message.entries if entry.token is None]
    rows += [("CHAL045", f"the decimals of {_named(entry)} are unknown") for entry in unpriced]
    return tuple(dict.fromkeys(rows))


def _named(entry: Entry) -> str:
    return f"{(entry.asset or 'the asset')[:60]} on {(entry.network_name or 'its network')[:60]}"


def _verdict(view: View, found: list[Fault]) -> Verdict:
    grave = [fault for fault in found if fault.grade is Level.ERROR]
    versions = tuple(
        sorted({m.version for m in view.judged if not any(fault.place in (m.place, "status") for fault in grave)})
    )
    payable = next((e for m in view.judged for e in m.entries if _obstacle(e, grave) is None), None)
    return Verdict(
        not grave and view.exchange.response is not None, versions, _place(payable), _words(view, grave, payable)
    )


def _place(entry: Entry | None) -> str | None:
    return f"{entry.message.place}#/accepts/{entry.index}" if entry is not None else None


def _words(view: View, grave: list[Fault], payable: Entry | None) -> str:
    if view.exchange.response is None:
        return "no answer: there is nothing to pay"
    if payable is not None:
        assert payable.token is not None and payable.amount is not None  # else there would be an obstacle
        price = Money(payable.amount, payable.token.asset)
        return f"a client would pay option {payable.index}: {price} on {payable.network_name} to {payable.pay_to}"
    entries = [entry for message in view.judged for entry in message.entries]
    if not entries:
        return f"cannot pay: {grave[0].message}" if grave else "nothing to pay: a sign-in is asked for instead"
    reasons = [f"option {entry.index}: {_obstacle(entry, grave)}" for entry in entries[:5]]
    return "cannot pay: " + "; ".join(dict.fromkeys(reasons))


def _obstacle(entry: Entry, grave: list[Fault]) -> str | None:
    """Why a careful client does not pay an entry; ``None`` if it does."""
    at, where = f"/accepts/{entry.index}", entry.message.place
    for fault in grave:
        around = fault.place == where and (fault.pointer == at or fault.pointer.startswith(f"{at}/"))
        whole = fault.place == "status" or (
            fault.place == where and not fault.pointer.startswith(("/accepts/", "/ext"))
        )
        if around or whole:
            return fault.message
    return _by_kind(entry)


def _by_kind(entry: Entry) -> str | None:
    if entry.scheme != "exact":
        return f"the scheme is {entry.scheme}"
    if entry.network is None or entry.token is None:
        return "network or asset is unknown"
    if entry.network.chain_id is None:
        return f"{entry.network_name} is no EVM network"
    if entry.method != "eip3009" or entry.token.method.value != "eip3009":
        return "the transfer is not authorized by EIP-3009"
    if entry.extra.get("paymentFlow") not in (None, "authorization"):
        return "the money would be taken before the answer"
    return None
