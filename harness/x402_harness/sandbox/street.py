"""The street: a seller for every listing, each at its own path on one server.

``/HOST/PATH`` is the seller of the listing with that host and path; ``/faults/NAME[,NAME]/HOST/PATH`` the same one with
faults. Path parameters of a listing match any text without a slash.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from x402_catalog.hints import request_shape
from x402_catalog.models import Listing
from x402_harness.sandbox.asgi import Receive, Scope, Send
from x402_harness.sandbox.behaviour import Fault
from x402_harness.sandbox.faults import UnknownFault, faults
from x402_harness.sandbox.seller import Seller, Validates
from x402_harness.sandbox.world import World

FAULTY = "faults"
_NOTHING = {"error": "no seller stands here", "help": "GET / lists them"}


@dataclass(frozen=True, slots=True)
class House:
    """Where a listing's seller stands: its ``method``, its ``path`` on the street, and a pattern of that path."""

    listing: Listing
    method: str
    path: str
    pattern: re.Pattern[str]


def house(listing: Listing) -> House | None:
    """The place of a listing; ``None`` for one without offers or without an http(s) URL."""
    if not listing.offers or not listing.url.startswith(("http://", "https://")):
        return None
    shape = request_shape(listing, listing.offers[0])
    parts = urlsplit(shape.url)
    path = f"/{parts.netloc.lower()}{parts.path or '/'}"
    pattern = "".join("[^/]+" if step.startswith("{") else re.escape(step) for step in re.split(r"(\{[^{}/]*\})", path))
    return House(listing, shape.method, path, re.compile(pattern + "/?"))


class Street:
    """An ASGI application. ``protocol`` is the version that all speak, each its own unless given; ``faulty`` names
    faults of every seller."""

    def __init__(
        self, listings: Iterable[Listing], world: World, *, protocol: int | None = None,
        validates: Validates = Validates.AFTER, faulty: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        self.houses = tuple(found for listing in listings if (found := house(listing)) is not None)
        self._world = world
        self._protocol = protocol
        self._validates = validates
        self._faults = faults(faulty)
        self._sellers: dict[tuple[int, tuple[str, ...]], Seller] = {}

    @property
    def idle_faults(self) -> tuple[str, ...]:
        """Those faults of every seller that none of them can have, as what it sells leaves no room for them."""
        sellers = [(self.houses[number].listing, self.seller(number).version) for number in range(len(self.houses))]
        return tuple(fault.name for fault in self._faults if not any(fault.fits(*seller) for seller in sellers))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the seller whose path it is; 404 where there is none."""
        path = (scope.get("raw_path") or scope["path"].encode()).split(b"?")[0].decode("latin-1")
        try:
            added, path = _faults_in(path)
        except UnknownFault as error:
            await _say(send, 404, {"error": f"there is no fault {error.args[0]!r}"})
            return
        found = [number for number, one in enumerate(self.houses) if _stands_at(one, path)]
        methods = {self.houses[number].method: number for number in reversed(found)}
        if not found:
            await _say(send, 404, _NOTHING)
        elif scope["method"] not in methods:
            await _say(send, 405, {"error": "another method is sold here"}, allow=", ".join(sorted(methods)))
        else:
            await self.seller(methods[scope["method"]], added)(scope, receive, send)

    def seller(self, number: int, added: tuple[Fault, ...] = ()) -> Seller:
        """The seller of a house, with faults besides those of the whole street. The same one each time."""
        all_faults = (*self._faults, *added)
        key = (number, tuple(fault.name for fault in all_faults))
        if key not in self._sellers:
            self._sellers[key] = self._world.seller(
                self.houses[number].listing, version=self._protocol, validates=self._validates, faults=all_faults
            )
        return self._sellers[key]


def _stands_at(one: House, path: str) -> bool:
    host, _, rest = path[1:].partition("/")
    return one.pattern.fullmatch(f"/{host.lower()}/{rest}") is not None


def _faults_in(path: str) -> tuple[tuple[Fault, ...], str]:
    """The faults that a path names, and the path without them."""
    head, _, rest = path[1:].partition("/")
    if head != FAULTY:
        return (), path
    names, _, rest = rest.partition("/")
    return faults(tuple(name for name in names.split(",") if name)), f"/{rest}"


async def _say(send: Send, status: int, value: dict[str, Any], **rows: str) -> None:
    body = json.dumps(value).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers += [(name.encode(), text.encode("latin-1", "replace")) for name, text in rows.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def addresses(street: Street, base: str) -> Iterator[tuple[House, str]]:
    """Each house with its URL under ``base``; path parameters stand in braces."""
    for one in street.houses:
        yield one, base + quote(one.path, safe="/{}:%@")
