"""HINT035 to HINT042: what is declared of requests and answers against the method, the URL and the other offers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from x402_catalog.findings import Level
from x402_catalog.hints import Declared, Origin
from x402_catalog.hints.words import is_placeholder
from x402_catalog.models import Json, Listing, Offer, mapping, member, pointer, text
from x402_catalog.rules.judge import Judge
from x402_catalog.rules.registry import rule

METHOD_BODY = rule(
    "HINT035",
    Level.WARNING,
    "method carries no body, but body fields are declared",
    why="Clients and proxies drop the body of such a request; the fields never arrive.",
    basis="RFC 9110 §9.3.1; x402 v2 extensions.bazaar (query input for GET, HEAD, DELETE)",
    mend="Declare them as queryParams, or use POST, PUT or PATCH.",
)
NO_FIELDS = rule(
    "HINT036",
    Level.INFO,
    "method takes a body, but no field is declared",
    why="A buyer cannot know what to send, and pays for a guess.",
    basis="x402 v1 outputSchema.input; v2 extensions.bazaar (body input)",
    mend="Declare the body's fields, or that it is empty: an empty bodyFields.",
)
NO_OUTPUT = rule(
    "HINT037",
    Level.INFO,
    "no output is declared",
    why="A buyer cannot know what is bought, and nothing can be checked after paying.",
    basis="x402 v1 outputSchema.output; v2 extensions.bazaar (info.output)",
    mend="Declare the answer's JSON Schema, or at least an example.",
)
PARAMETER_UNDECLARED = rule(
    "HINT038",
    Level.WARNING,
    "URL has a parameter that is not declared",
    why="A buyer cannot know what to put there, and the URL as it stands leads nowhere.",
    basis="x402 v2 extensions.bazaar (routeTemplate, pathParams)",
    mend="Declare it under pathParams, or list the URL that is really called.",
)
TRANSPORT_HEADER = rule(
    "HINT039",
    Level.INFO,
    "header belongs to the protocol, not to the request",
    why="Payment and transport headers are set by the client; declared as fields they invite buyers to fill them in.",
    basis="specs/transports-v1/http.md, specs/transports-v2/http.md; RFC 9110",
    mend="Take it out of headerFields.",
)
NOT_HTTP = rule(
    "HINT040",
    Level.INFO,
    "transport is not HTTP",
    why="The listing is read and judged, but cannot be bought over HTTP.",
    basis="x402 v2 extensions.bazaar (type: http or mcp)",
    mend="Nothing, if the transport is meant.",
)
PLACEHOLDER = rule(
    "HINT041",
    Level.WARNING,
    "example is a placeholder",
    why="Sent as it stands it is refused, perhaps after paying.",
    basis="x402 v2 extensions.bazaar (examples); hints.input",
    mend="Give a value that the endpoint accepts.",
)
HINTS_DIFFER = rule(
    "HINT042",
    Level.WARNING,
    "offers of one listing declare different requests",
    why="They pay for the same URL; which request it takes is left open.",
    basis="x402 v1 §5.1 (accepts share one resource)",
    mend="Declare the same input with every offer.",
)

BODYLESS = frozenset({"GET", "HEAD"})
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_TRANSPORT = frozenset(
    {"x-payment", "payment-signature", "payment", "x-payment-response", "payment-response", "content-length", "host"}
)


def methods_and_bodies(listing: Listing, judge: Judge) -> None:
    """A method that carries a body declares fields, and one that does not declares none for it."""
    for offer in _first_of_each(listing, judge):
        source, shape = mapping(offer.hints.get("input")), judge.request(offer)
        at = f"{offer.pointer}/hints/input"
        if not source:
            continue
        if shape.method in BODYLESS and shape.body not in (None, False) and _has_fields(shape.body):
            judge.remark(METHOD_BODY, f"{at}/method", f"{shape.method} with body fields", observed=shape.method)
        elif shape.method in WITH_BODY and shape.body is None and not shape.query and not shape.path:
            judge.remark(NO_FIELDS, at, f"{shape.method} without any field", observed=sorted(source), key=True)


def _has_fields(body: Any) -> bool:
    return not isinstance(body, dict) or bool(body.get("properties")) or body.get("type") != "object"


def outputs_declared(listing: Listing, judge: Judge) -> None:
    """The answer is declared."""
    for offer in listing.offers:
        if judge.is_plain(offer):
            continue
        shape = judge.response(offer)
        if shape.declared is Declared.NOTHING and shape.media_type is None:
            at = f"{offer.pointer}/hints/output" if "output" in offer.hints else f"{offer.pointer}/hints"
            judge.remark(NO_OUTPUT, at, "what the answer looks like is not said", observed=offer.hints.get("output"))
            return


def parameters_declared(listing: Listing, judge: Judge) -> None:
    """Every parameter in the URL's path is declared."""
    for offer in listing.offers[:1]:
        for field in () if judge.is_plain(offer) else judge.request(offer).path:
            if field.origin is Origin.TEMPLATE:
                judge.remark(
                    PARAMETER_UNDECLARED, "/url", f"what to put for {field.name!r} is not said", observed=listing.url
                )


def headers_of_the_protocol(listing: Listing, judge: Judge) -> None:
    """Payment headers are not declared as fields."""
    for offer in _first_of_each(listing, judge):
        for field in judge.request(offer).headers:
            if field.name.lower() in _TRANSPORT:
                judge.remark(TRANSPORT_HEADER, field.pointer, f"{field.name} is set by the client", key=True)


def transports(listing: Listing, judge: Judge) -> None:
    """The transport is HTTP."""
    for offer in _first_of_each(listing, judge):
        kind = text(member(offer.hints, "input", "type"))
        if kind is not None and kind not in {"http", "object"}:
            judge.remark(NOT_HTTP, f"{offer.pointer}/hints/input/type", f"the transport is {kind!r}", observed=kind)


def placeholders(listing: Listing, judge: Judge) -> None:
    """Examples are values, not stand-ins for them."""
    places: list[tuple[str, Json]] = [("/example_request_body", listing.example)]
    described: set[str] = set()
    for offer in _first_of_each(listing, judge):
        source = mapping(offer.hints.get("input"))
        places += [(f"{offer.pointer}/hints/input/{name}", source[name]) for name in _EXAMPLE_PARTS if name in source]
        described |= {note.pointer for note in judge.request(offer).notes if note.kind == "prose-as-field"}
    for at, value in places:
        for name, child in mapping(value).items():
            if at + pointer(name) in described:
                continue  # a sentence that says what to fill in, which is told already
            if isinstance(child, str) and len(child) < 200 and is_placeholder(child):
                judge.remark(PLACEHOLDER, at + pointer(name), "a stand-in, not a value", observed=child)


_EXAMPLE_PARTS = ("queryParams", "body", "bodyFields", "pathParams")


def same_hints(listing: Listing, judge: Judge) -> None:
    """Offers of one listing declare the same request."""
    declared = [(offer, offer.hints["input"]) for offer in listing.offers if offer.hints.get("input")]
    for offer, source in declared[1:]:
        if source != declared[0][1]:
            message = f"another request than that of offer {declared[0][0].index}"
            judge.remark(HINTS_DIFFER, f"{offer.pointer}/hints/input", message, key=True)


def _first_of_each(listing: Listing, judge: Judge) -> Iterator[Offer]:
    # Offers usually repeat one declaration; a finding about it is wanted once. Plain ones give no reason for any.
    found = [offer for offer in listing.offers if not judge.is_plain(offer)]
    if len(found) < 2:
        yield from found
        return
    seen: set[str] = set()
    for offer in found:
        if (key := json.dumps(offer.hints, sort_keys=True)) not in seen:
            seen.add(key)
            yield offer


CHECKS = (
    methods_and_bodies, outputs_declared, parameters_declared, headers_of_the_protocol, transports, placeholders,
    same_hints,
)  # fmt: skip
