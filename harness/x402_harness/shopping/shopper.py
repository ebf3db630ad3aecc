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
from x402_harness.planning.cases import Case, Plan, Skip, plain_id, plan_listing
from x402_harness.planning.planfile import row_digest
from x402_harness.policy import Caps, Mode
from x402_harness.probing.outcome import Probed
from x402_harness.reporting.view import RunView
from x402_harness.runs.cassettes.recorder import NOTHING_MORE, Recorder
from x402_harness.runs.config import MOCK_CAPS, RunConfig, Surroundings
from x402_harness.runs.events import Stream
from x402_harness.runs.inspection import Inspector, Refused, endpoint
from x402_harness.runs.outcome import spending
from x402_harness.runs.purse import MONEY, Purse
from x402_harness.runs.replay import Replayer
from x402_harness.runs.runner import Runner
from x402_harness.runs.venue import Venue
from x402_harness.shopping.purchased import Purchased
from x402_harness.shopping.recordings import Recordings
from x402_harness.shopping.venues import AppVenue

Inspect = Callable[[Purchased], Iterable[Finding]]


class NotBuyable(Exception):
    """Something cannot be bought or tried; the message says every reason why."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent and what was, over every process that has the same ``ledger`` file and ``run``; ``mode`` is
    whose money."""

    ledger: Path
    run: str
    clock: Callable[[], float]
    caps: Caps = MOCK_CAPS
    mode: Mode = Mode.MOCK

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
        with Ledger(self.ledger, self.clock, sandbox=self.mode is Mode.MOCK) as ledger:
            return ledger.rows(self.run)


@dataclass(frozen=True, slots=True)
class Approved:
    """The ``cases`` that were approved: they are bought as they stand, and nothing else is."""

    cases: tuple[Case, ...]

    def of(self, listing: Listing) -> tuple[Case, ...]:
        """Those of a listing, whichever time it was read. Raises :class:`NotBuyable`."""
        found = tuple(case for case in self.cases if row_digest(case.listing) == row_digest(listing))
        if not found:
            raise NotBuyable("the plan buys nothing of it, or nothing more")
        return found

    def same(self, case: Case) -> Case:
        """The case as it was approved. Raises :class:`NotBuyable`."""
        found = next((one for one in self.cases if one.id == case.id), None)
        if found is None:
            raise NotBuyable(f"the plan does not buy case {case.id}")
        return found


@dataclass(slots=True)
class Shopper:
    """Buys at ``venue``. ``randomness`` gives fresh bytes for throwaway keys; ``inspect`` may find more in a purchase;
    ``rules`` are those whose findings count; ``base`` is the URL of the seller's own endpoint.

    ``purse`` gives what pays where that is not sandbox money, the first time that something is to be paid for. A
    ``recorder`` keeps purchases and may have some that are played. Purchases among ``recordings`` are played, and where
    they are ``only`` recordings, nothing else is bought. ``approved`` are the only cases that may be bought, if given.

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
    purse: Callable[[], Purse] | None = None
    recorder: Recorder | None = None
    recordings: Recordings | None = None
    only: bool = False
    approved: Approved | None = None

    def __repr__(self) -> str:
        return f"Shopper(at {self.base or 'sellers made from the listings'})"

    def cases(self, listing: Listing, rows: int | None = 4, strength: int = 2) -> tuple[Case, ...]:
        """At most ``rows`` requests to buy, each showing something new. Raises :class:`NotBuyable`."""
        if self.approved is not None:
            return self.approved.of(listing)
        if self.recordings is not None and (self.only or self.recordings.has(listing)):
            return self._played(listing, self.recordings)[:rows]
        made = plan_listing(
            listing, rows=rows, seed=self.seed, caps=self.budget.caps,
            objection=self.venue.objection, strength=strength,
        )  # fmt: skip
        if isinstance(made, Skip):
            raise NotBuyable("; ".join(made.reasons))
        if self.recorder is not None and not (made := self._offered(listing, made)):
            raise NotBuyable(NOTHING_MORE)
        return made

    def _played(self, listing: Listing, recordings: Recordings) -> tuple[Case, ...]:
        found, stale = recordings.cases(listing), recordings.stale(listing)
        if not found:
            raise NotBuyable("; ".join(stale) or "nothing was recorded of it, and nothing is bought in replay")
        return found

    def _offered(self, listing: Listing, made: tuple[Case, ...]) -> tuple[Case, ...]:
        assert self.recorder is not None
        placed = map(self.venue.placed, made)
        kept = {case.id for case in self.recorder.offered(listing, placed, self.venue.evidence)}
        return tuple(case for case in made if case.id in kept)

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
        self._require_own("probed")
        async with self.venue.client(listing) as client:
            return await self._inspector(client).prober().probe(endpoint(self.base or listing.url, listing))

    def send_invalid(self, listing: Listing, most: int = 40) -> Refused:
        """Send at most ``most`` requests that break what the listing declares, without payment."""
        refused: Refused = self.run(self.asend_invalid(listing, most))
        return refused

    async def asend_invalid(self, listing: Listing, most: int = 40) -> Refused:
        """As :meth:`send_invalid`."""
        self._require_own("sent invalid requests")
        async with self.venue.client(listing) as client:
            return await self._inspector(client).refused(self.base or listing.url, listing, most)

    async def aclose(self) -> None:
        """End the lifespan of an application that was bought from in this loop; other sellers have none."""
        if isinstance(self.venue, AppVenue):
            await self.venue.close()

    def _require_own(self, what: str) -> None:
        if self.only:
            raise NotBuyable("nobody is asked anything in replay")
        if self.venue.chain is None:
            raise NotBuyable(
                f"strangers' servers are not {what} from here: testbuy probe does it, and asks what is due"
            )

    def _inspector(self, client: Client) -> Inspector:
        return Inspector(client, self.budget.clock, asyncio.sleep, self.randomness, self.seed)

    async def _bought(self, what: Case | Listing, *, tries: bool) -> Purchased:
        if tries and self.venue.chain is None:
            raise NotBuyable("payments that must be refused are tried with sandbox money alone")
        case, view = self._case(what), RunView()
        self.venue.tries_refusals = tries
        summary = await self._runner(case, Stream(self.budget.clock, (view,))).run()
        if summary.interrupted:
            raise KeyboardInterrupt
        (bought,) = view.cases
        tried, evidence = len(view.listings[0].attempts), str(view.started["evidence"])
        made = Purchased(case, bought, tuple(bought.findings), tried, MONEY[self.budget.mode], evidence)
        found = (*made.findings, *self.inspect(made))
        return replace(made, findings=tuple(one for one in found if one.rule in self.rules))

    def _case(self, what: Case | Listing) -> Case:
        case = what if isinstance(what, Case) else self.cases(what, 1)[0]
        if self.approved is not None:
            return self.approved.same(case)
        # Whoever buys a case again wants it bought again; it is another purchase of the books. Of test money a session
        # buys each case once, and none of which a payment may still move.
        return case if self.purse is not None else case.again(self.randomness(4).hex())

    def _runner(self, case: Case, stream: Stream) -> Runner:
        budget = self.budget
        config = RunConfig(sources=(), command="shopping", seed=self.seed, caps=budget.caps)
        around = Surroundings(budget.run, budget.ledger.parent, budget.clock, self.randomness)
        recording = self.recordings.of(case) if self.recordings is not None else None
        if recording is not None:
            return Replayer(config, around, stream, [recording], now=[case.listing])
        if self.only:
            raise NotBuyable(f"case {plain_id(case.id)} was not recorded, and nothing is bought in replay")
        return Runner(
            config, around, stream, [case.listing], self.venue, self.purse() if self.purse is not None else None,
            Plan((case,), ()), self.recorder,
        )  # fmt: skip
