"""Targets: what is probed, and the requests that may be made of it, from the plainest on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from x402_catalog.hints import RequestShape, request_shape
from x402_catalog.models import Listing
from x402_catalog.rules.page import acts
from x402_harness.generation.encoding import Values, encode
from x402_harness.generation.requests import Candidate
from x402_harness.planning.rows import first_request
from x402_harness.protocol.exchange import Headers, Request

ACCEPT = ("accept", "application/json, */*;q=0.5")
WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})
METHODS = WITH_BODY | {"GET", "HEAD", "OPTIONS"}
_JSON = ("content-type", "application/json")


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint to be probed: ``typed`` by the user, or by the word of its ``listing`` alone.

    ``method``, ``headers`` and ``body`` are what the user gave; they are for typed targets only.
    """

    url: str
    typed: bool = True
    method: str | None = None
    headers: Headers = ()
    body: bytes | None = None
    listing: Listing | None = None

    @property
    def authority(self) -> str:
        """Host and port: what is asked one request at a time. The URL itself where it has none."""
        return authority(self.url)

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods to try: the given one, the declared one, then GET and POST."""
        declared = self.listing.method if self.listing is not None else None
        # A listing may name only what HTTP has for resources: no CONNECT, no TRACE, no sentence.
        first = [self.method.upper()] if self.method else []
        first += [declared] if declared in METHODS else []
        return tuple(dict.fromkeys([*first, "GET", "POST"]))

    @property
    def side_effects(self) -> str | None:
        """What suggests that a request with a body would act on the world; ``None`` if nothing does."""
        return None if self.listing is None else side_effects(self.listing)


def side_effects(listing: Listing) -> str | None:
    """What suggests that a call of a listing acts on the world; ``None`` if nothing does."""
    notes = listing.raw.get("risk_notes")
    return "risks are noted" if isinstance(notes, list) and notes else acts(listing)


def authority(url: str) -> str:
    """``host:port`` of a URL, lower case; the URL itself where it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        return url
    return f"{(parts.hostname or url).rstrip('.')}:{port}"


@dataclass(frozen=True, slots=True)
class Rung:
    """A request to try. ``bare`` says that the parts that are declared for it were left out."""

    request: Request
    bare: bool


def rungs(target: Target, seed: int = 0) -> Iterator[Rung]:
    """The requests to try one after the other, each different from those before it.

    A listing's word alone makes one: well-formed, without a body where side effects are suggested.
    """
    seen: set[Request] = set()
    for rung in _typed(target, seed) if target.typed else _listed(target, seed):
        if rung.request not in seen:
            seen.add(rung.request)
            yield rung


def _typed(target: Target, seed: int) -> Iterator[Rung]:
    for method in target.methods:
        yield Rung(_bare(target, method, seed), bare=True)
        if (made := _full(target, method, seed)) is not None:
            yield Rung(made, bare=False)


def _listed(target: Target, seed: int) -> Iterator[Rung]:
    method = target.methods[0]
    made = _full(target, method, seed)
    yield Rung(_bare(target, method, seed), bare=True) if made is None else Rung(made, bare=False)


def _bare(target: Target, method: str, seed: int) -> Request:
    url = target.url
    if "{" in url and (found := _sample(target, seed)) is not None:
        url = encode(found[0], Values(path=found[1].values.path)).url
    return _with_headers(Request(method, url, (ACCEPT,)), target.headers)


def _full(target: Target, method: str, seed: int) -> Request | None:
    """The request with all that is given or declared; ``None`` where that is nothing, or may not be sent."""
    if target.body is not None and method in WITH_BODY:
        return _with_headers(Request(method, target.url, (ACCEPT, _JSON), target.body), target.headers)
    found = _sample(target, seed)
    if found is not None and method == found[0].method:
        made = found[1].request
        return None if made.body and target.side_effects else _with_headers(made, target.headers)
    if method == "POST" and target.typed and not target.side_effects:
        return _with_headers(Request(method, target.url, (ACCEPT, _JSON), b"{}"), target.headers)
    return None


def whole(target: Target, paid: Request, terms: Listing | None, seed: int = 0) -> Request:
    """``paid`` with every part that is declared for it, by the target's listing or else by the endpoint's own terms:
    what a seller validates before it looks at a payment must not stand in the way. As it is where nothing is known."""
    listing = target.listing or terms
    made = _full(replace(target, listing=listing), paid.method, seed) if listing is not None else None
    return paid if made is None or paid.body else made


def _sample(target: Target, seed: int) -> tuple[RequestShape, Candidate] | None:
    listing = target.listing
    if listing is None or not listing.offers:
        return None
    shape = request_shape(listing, listing.offers[0])
    if target.url != listing.url:
        shape = replace(shape, url=target.url)
    try:
        made = first_request(listing, shape, seed)
    except ValueError:  # Unrequestable, or a URL that cannot be taken apart
        return None
    return None if made is None else (shape, made)


def _with_headers(request: Request, headers: Headers) -> Request:
    for name, value in headers:
        request = request.with_header(name, value)
    return request
