"""Venues: where the purchases of a run are made, and whose evidence they are."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

from x402_catalog.hints import request_shape
from x402_catalog.models import Listing, Offer
from x402_catalog.money import Money
from x402_catalog.rules.judge import Evidence
from x402_harness.buying.means import ChainReader, Witness
from x402_harness.edge.client import Client, Limits
from x402_harness.edge.direct import guarded_client
from x402_harness.edge.guard import Guard
from x402_harness.planning.cases import Case
from x402_harness.policy import Mode, allowed_networks
from x402_harness.policy.planrules import SIDE_EFFECTS
from x402_harness.policy.rules import MODE
from x402_harness.probing.targets import side_effects
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

    ``chain`` gives its money away, ``witness`` asks chains that do not; a venue has at most one of them.
    ``tries_refusals`` says that payments which must be refused are tried there as well; ``excused`` are the codes of
    rules about a listing that are no fault here.
    """

    evidence: Evidence
    chain: SandboxChain | None
    witness: Witness | None
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
    witness: Witness | None = None
    tries_refusals = False
    excused: frozenset[str] = frozenset()

    def __init__(self, world: World) -> None:
        self._world = world
        self.chain: SandboxChain | None = Reader(world)

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
    Without a ``chain`` purchases can be planned there, and none can be paid.
    """

    evidence = Evidence.PAID
    witness: Witness | None = None
    tries_refusals = True
    excused = DEVELOPMENT

    def __init__(self, base: str, chain: SandboxChain | None, limits: Limits | None = None) -> None:
        self._base = base
        self.chain: SandboxChain | None = chain
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
        return self.chain is not None and await self.chain.was_asked(nonce)


class RealVenue:
    """The endpoints that the listings name, paid with test money or real money.

    They are at public addresses; ``private`` ones are for test money alone. ``networks`` are those that are paid on.
    What suggests that a call acts on the world is bought only where ``acts`` says so. Raises ``ValueError`` for real
    money at private addresses, and for networks that the mode does not have.
    """

    evidence = Evidence.PAID
    chain: SandboxChain | None = None
    tries_refusals = False

    def __init__(
        self, mode: Mode, limits: Limits | None = None, *, networks: frozenset[str] | None = None,
        private: bool = False, acts: bool = False, witness: Witness | None = None,
    ) -> None:  # fmt: skip
        if mode is not Mode.TESTNET and private:
            raise ValueError("real money is not spent at private addresses")
        self.witness = witness
        self.excused = DEVELOPMENT if private else frozenset[str]()
        self._mode = mode
        self._networks = allowed_networks(mode, networks)
        self._guard = Guard(anywhere=private)
        self._limits = limits or Limits()
        self._acts = acts

    def objection(self, listing: Listing, offer: Offer) -> str | None:
        """Another kind of money, or a call that may act on the world."""
        if offer.network is None or offer.network.caip2 not in self._networks:
            return f"{self._mode} runs do not pay on {offer.network_name}: testbuy explain {MODE.code}"
        found = None if self._acts else side_effects(listing)
        return f"{found}: testbuy explain {SIDE_EFFECTS.code}" if found else None

    def placed(self, case: Case) -> Case:
        """The case as it is: at the listing's own URL."""
        return case

    def client(self, listing: Listing) -> Client:
        """Reaches public addresses, and looks at each before it connects."""
        return guarded_client(self._guard, self._limits)

    async def speaks_for(self, nonce: str) -> bool:
        """Always: a node is asked about this very nonce."""
        return True


def remapped(url: str, base: str, listing: Listing, offer: Offer) -> str:
    """``url`` at ``base``: a base without a path takes the place of the host alone.

    One with a path is the endpoint itself; only a listing with path parameters keeps its own path there, unless the
    base names them in braces too.
    """
    wanted, given = urlsplit(url), urlsplit(base)
    template = urlsplit(request_shape(listing, offer).url).path
    if "{" in given.path:
        path = _filled(given.path, template, wanted.path)
    else:
        path = wanted.path if given.path in {"", "/"} or "{" in template else given.path
    query = "&".join(part for part in (given.query, wanted.query) if part)
    return urlunsplit((given.scheme, given.netloc, path, query, ""))


def _filled(path: str, template: str, wanted: str) -> str:
    """``path`` with its parameters as they stand in ``wanted``, which fills in ``template``."""
    names = re.findall(r"\{([^{}/]*)\}", template)
    pattern = "([^/]*)".join(re.escape(part) for part in re.split(r"\{[^{}/]*\}", template))
    found = re.fullmatch(pattern, wanted)
    for name, value in zip(names, found.groups() if found else (), strict=False):
        path = path.replace("{" + name + "}", value)
    return path
