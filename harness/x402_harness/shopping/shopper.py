"""The shopper: buys one case at a time at one venue, out of one budget, and hands back what came of each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from x402_catalog.findings import Finding
from x402_catalog.models import Listing
from x402_catalog.rules.selection import Selection
from x402_harness.edge.client import Client
from x402_harness.ledger import Ledger, Row
from x402_harness.planning.cases import Case, Plan, Skip, plan_listing
from x402_harness.policy import Caps
from x402_harness.probing.outcome import Probed
from x402_harness.reporting.view import RunView
from x402_harness.runs.events import Stream
from x402_harness.runs.inspection import Inspector, Refused, endpoint
from x402_harness.runs.outcome import spending
from x402_harness.runs.runner import MOCK_CAPS, RunConfig, Runner, Surroundings
from x402_harness.runs.venue import Venue
from x402_harness.shopping.purchased import Purchased
from x402_harness.shopping.venues import AppVenue

Inspect = Callable[[Purchased], Iterable[Finding]]


class NotBuyable(Exception):
    """A listing cannot be bought; the message says every reason why."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent and what was, over every process that has the same ``ledger`` file and ``run``."""

    ledger: Path
    run: str
    clock: Callable[[], float]
    caps: Caps = MOCK_CAPS

    @property
    def spent(self) -> list[dict[str, str]]:
        """What is spent or reserved, one object for each asset, amounts as decimal strings of atomic units."""
        return spending(self._rows())

    @property
    def settled(self) -> int:
        """How many purchases were settled."""
        return sum(str(row.state) == "settled" for row in self._rows())

    def _rows(self) -> list[Row]:
        if not self.ledger.exists():
            return []
        with Ledger(self.ledger, self.clock, sandbox=True) as ledger:
            return ledger.rows(self.run)


@dataclass(slots=True)
class Shopper:
    """Buys at ``venue``. ``randomness`` gives fresh bytes for throwaway keys; ``inspect`` may find more in a purchase;
    ``rules`` are those whose findings count; ``base`` is the URL of the seller's own endpoint.

    The plain methods run an event loop by ``run``; their twins with an ``a`` in front are for programs that have one.
    """

    venue: Venue
    budget: Budget
    randomness: Callable[[int], bytes]
    seed: int = 402
    inspect: Inspect = field(default=lambda _: ())
    rules: Selection = field(default_factory=Selection)
    run: Callable[[Coroutine[Any, Any, Any]], Any] = asyncio.run
    base: str | None = None

    def __repr__(self) -> str:
        return f"Shopper(at {self.base or 'sellers made from the listings'})"

    def cases(self, listing: Listing, rows: int | None = 4, strength: int = 2) -> tuple[Case, ...]:
        """At most ``rows`` requests to buy, each showing something new. Raises :class:`NotBuyable`."""
        made = plan_listing(
            listing, rows=rows, seed=self.seed, caps=self.budget.caps,
            objection=self.venue.objection, strength=strength,
        )  # fmt: skip
        if isinstance(made, Skip):
            raise NotBuyable("; ".join(made.reasons))
        return made

    def buy(self, what: Case | Listing) -> Purchased:
        """Buy a case, or the first case of a listing. Raises :class:`NotBuyable`."""
        made: Purchased = self.run(self.abuy(what))
        return made

    async def abuy(self, what: Case | Listing) -> Purchased:
        """As :meth:`buy`."""
        return await self._bought(what, tries=False)

    def try_refusals(self, what: Case | Listing) -> Purchased:
        """Buy once, then try every payment that must be refused; the findings are those of the trials too."""
        made: Purchased = self.run(self.atry_refusals(what))
        return made

    async def atry_refusals(self, what: Case | Listing) -> Purchased:
        """As :meth:`try_refusals`."""
        return await self._bought(what, tries=True)

    def probe(self, listing: Listing) -> Probed:
        """Judge the 402 of a listing's seller, and how it takes what is malformed; nothing is paid."""
        probed: Probed = self.run(self.aprobe(listing))
        return probed

    async def aprobe(self, listing: Listing) -> Probed:
        """As :meth:`probe`."""
        async with self.venue.client(listing) as client:
            return await self._inspector(client).prober().probe(endpoint(self.base or listing.url, listing))

    def send_invalid(self, listing: Listing, most: int = 40) -> Refused:
        """Send at most ``most`` requests that break what the listing declares, without payment."""
        refused: Refused = self.run(self.asend_invalid(listing, most))
        return refused

    async def asend_invalid(self, listing: Listing, most: int = 40) -> Refused:
        """As :meth:`send_invalid`."""
        async with self.venue.client(listing) as client:
            return await self._inspector(client).refused(self.base or listing.url, listing, most)

    async def aclose(self) -> None:
        """End the lifespan of an application that was bought from in this loop; other sellers have none."""
        if isinstance(self.venue, AppVenue):
            await self.venue.close()

    def _inspector(self, client: Client) -> Inspector:
        return Inspector(client, self.budget.clock, asyncio.sleep, self.randomness, self.seed)

    async def _bought(self, what: Case | Listing, *, tries: bool) -> Purchased:
        case = what if isinstance(what, Case) else self.cases(what, 1)[0]
        # Whoever buys a case again wants it bought again; it is another purchase of the books.
        case = replace(case, id=f"{case.id}.{self.randomness(4).hex()}")
        view = RunView()
        self.venue.tries_refusals = tries
        runner = Runner(
            RunConfig(sources=(), command="shopping", seed=self.seed, caps=self.budget.caps),
            Surroundings(self.budget.run, self.budget.ledger.parent, self.budget.clock, self.randomness),
            Stream(self.budget.clock, (view,)), [case.listing], self.venue, planned=Plan((case,), ()),
        )  # fmt: skip
        summary = await runner.run()
        if summary.interrupted:
            raise KeyboardInterrupt
        (bought,) = view.cases
        made = Purchased(case, bought, tuple(bought.findings), len(view.listings[0].attempts))
        found = (*made.findings, *self.inspect(made))
        return replace(made, findings=tuple(one for one in found if one.rule in self.rules))
