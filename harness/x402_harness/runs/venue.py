"""Venues: where the purchases of a run are made, and whose evidence they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

from x402_catalog.hints import request_shape
from x402_catalog.models import Listing, Offer
from x402_catalog.money import Money
from x402_catalog.rules.judge import Evidence
from x402_harness.buying.means import ChainReader
from x402_harness.edge.client import Client, Limits
from x402_harness.edge.direct import guarded_client
from x402_harness.edge.guard import Guard
from x402_harness.planning.cases import Case
from x402_harness.sandbox.reader import Reader
from x402_harness.sandbox.world import World


class SandboxChain(ChainReader, Protocol):
    """A chain whose money is given away, and whose facilitator remembers what it was asked."""

    async def fund(self, account: str, money: Money) -> None:
        """Give an account money."""
        ...

    async def was_asked(self, nonce: str) -> bool:
        """Whether a seller asked the facilitator about a payment with that nonce."""
        ...


class Venue(Protocol):
    """Where a run buys.

    ``tries_refusals`` says that payments which must be refused are tried there as well; ``excused`` are the codes of
    rules about a listing that are no fault here.
    """

    evidence: Evidence
    chain: SandboxChain
    tries_refusals: bool
    excused: frozenset[str]

    def objection(self, listing: Listing, offer: Offer) -> str | None:
        """Why an offer cannot be bought here; ``None`` if it can."""
        ...

    def placed(self, case: Case) -> Case:
        """The case as it is sent here."""
        ...

    def client(self, listing: Listing) -> Client:
        """A client that reaches the listing's seller here, and nobody else."""
        ...

    async def speaks_for(self, nonce: str) -> bool:
        """Whether what the chain shows of a payment is what became of it."""
        ...


DEVELOPMENT = frozenset({"CAT045", "CAT046"})  # a development server is on this machine and speaks plain http


class MockVenue:
    """Sellers made from the listings. It proves the road, and says nothing about real sellers."""

    evidence = Evidence.SIMULATED
    tries_refusals = False
    excused: frozenset[str] = frozenset()

    def __init__(self, world: World) -> None:
        self._world = world
        self.chain: SandboxChain = Reader(world)

    def objection(self, listing: Listing, offer: Offer) -> str | None:
        """Why the mock seller cannot answer."""
        return self._world.objection(listing, offer)

    def placed(self, case: Case) -> Case:
        """The listing's own URL: every host is its mock seller."""
        return case

    def client(self, listing: Listing) -> Client:
        """Opens no socket, so no real host can be reached."""
        return Client(self._world.transport(listing))

    async def speaks_for(self, nonce: str) -> bool:
        """Always: nothing else settles here."""
        return True


class EndpointVenue:
    """A seller's own endpoint at ``base``, on this machine, paid with sandbox money.

    The seller may settle on the sandbox's chain or somewhere else: what the chain shows counts only where it was asked.
    """

    evidence = Evidence.PAID
    tries_refusals = True
    excused = DEVELOPMENT

    def __init__(self, base: str, chain: SandboxChain, limits: Limits | None = None) -> None:
        self._base = base
        self.chain = chain
        self._guard = Guard(frozenset({urlsplit(base).hostname or ""}))
        self._limits = limits or Limits()

    def objection(self, listing: Listing, offer: Offer) -> str | None:
        """None: the seller is not made here."""
        return None

    def placed(self, case: Case) -> Case:
        """The case at the endpoint."""
        request = case.candidate.request
        moved = replace(request, url=remapped(request.url, self._base, case.listing, case.offer))
        return replace(case, candidate=replace(case.candidate, request=moved))

    def client(self, listing: Listing) -> Client:
        """Reaches that host alone."""
        return guarded_client(self._guard, self._limits)

    async def speaks_for(self, nonce: str) -> bool:
        """Where the seller asked the sandbox's facilitator."""
        return await self.chain.was_asked(nonce)


def remapped(url: str, base: str, listing: Listing, offer: Offer) -> str:
    """``url`` at ``base``: a base without a path takes the place of the host alone.

    One with a path is the endpoint itself; only a listing with path parameters keeps its own path there.
    """
    wanted, given = urlsplit(url), urlsplit(base)
    has_parameters = bool(request_shape(listing, offer).path)
    path = wanted.path if given.path in {"", "/"} or has_parameters else given.path
    query = "&".join(part for part in (given.query, wanted.query) if part)
    return urlunsplit((given.scheme, given.netloc, path, query, ""))
