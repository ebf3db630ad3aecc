"""Endpoints: which URLs a mock run may buy from, and the listing that an endpoint makes of itself."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from urllib.parse import urlsplit

from x402_catalog.models import Listing
from x402_harness.checks.exchange import terms_as_listing
from x402_harness.edge.client import Client, Limits
from x402_harness.edge.direct import guarded_client
from x402_harness.edge.guard import Guard
from x402_harness.probing.asking import Asker, hold
from x402_harness.probing.ladder import climb
from x402_harness.probing.targets import Target, rungs


class NoTerms(Exception):
    """An endpoint asks for no payment, so there is nothing to make a listing of; the message says what it does."""


def typed_client(url: str, timeout: float) -> Client:
    """A client for the host of a URL that the user typed, wherever it is; ``timeout`` in seconds for a request."""
    limits = Limits(timeout=timeout, total=timeout)
    return guarded_client(Guard(frozenset({urlsplit(url).hostname or ""})), limits)


def is_on_this_machine(url: str) -> bool:
    """Whether a URL leads to loopback: its host is ``localhost``, a name below it, or a loopback address."""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".").lower()
    except ValueError:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


async def declared_listing(url: str, client: Client, asker: Asker, seed: int) -> Listing:
    """The listing that the terms of the endpoint's own 402 amount to. Raises :class:`NoTerms`."""
    talk = await hold(climb(rungs(Target(url, True), seed)), replace(asker, send=client.send))
    found = talk.found
    listing = terms_as_listing(found.exchange) if found is not None else None
    if listing is None:
        answer = talk.telling.exchange
        what = answer.failure.message if answer.failure else f"answers {talk.telling.status} without readable terms"
        raise NoTerms(f"{url} {what}: give its listing with --listing")
    return listing
