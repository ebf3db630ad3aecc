"""The counter of a session: what is bought there, of whom, and what is noted of it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from x402_catalog.findings import Finding
from x402_catalog.models import Listing
from x402_harness.pytest_plugin.marking import marked
from x402_harness.runs.cassettes.exchanges import Unplayable
from x402_harness.runs.cassettes.recorder import Recorder
from x402_harness.runs.cassettes.store import Store
from x402_harness.runs.venue import DEVELOPMENT, EndpointVenue, MockVenue
from x402_harness.sandbox.world import World
from x402_harness.shopping.purchased import Purchased
from x402_harness.shopping.recordings import Recordings
from x402_harness.shopping.shopper import Shopper
from x402_harness.shopping.venues import HERE, AppVenue

if TYPE_CHECKING:
    from x402_harness.planning.cases import Case
    from x402_harness.pytest_plugin.market import Market


class Counter:
    """Where a session buys: at its own seller, at the listings' own endpoints, from recordings, or at sellers made from
    the listings."""

    def __init__(self, market: Market, config: pytest.Config) -> None:
        self._market = market
        self._config = config
        self.is_simulated: bool | None = None

    def check(self) -> None:
        """Raise ``pytest.UsageError`` for recordings that cannot be read, and for what is wrong with the money."""
        _ = self.recordings
        if self._market.money is not None:
            self._market.money.check()

    @cached_property
    def shopper(self) -> Shopper:
        """The shopper of the options."""
        return self.shopper_at(self._market.settings.url, self._market.app)

    def shopper_at(self, url: str | None, app: Any) -> Shopper:
        """A shopper at a server or at an application; where there is neither, as the mode has it. In replay nobody is
        asked, so that a project's own tests replay as they are."""
        own = (app is not None or url is not None) and not self._only_recordings
        self.is_simulated = not own and self._market.money is None
        if not own:
            return self._stranger()
        if self._market.money is not None:
            raise pytest.UsageError("testbuy_url, testbuy_app: a seller of your own is bought from in mode mock")
        run, chain = self._market.run, self._market.sandbox.chain
        venue = AppVenue(app, chain) if app is not None else EndpointVenue(str(url), chain)
        if isinstance(venue, AppVenue):
            self._market.at_end(lambda: run(venue.close()))
        return self._shopper(venue, base=url or HERE, recorder=self.recorder)

    def _stranger(self) -> Shopper:
        paying = self._market.money
        played = {"recordings": self.recordings, "only": self._only_recordings}
        if paying is None:
            return self._shopper(self.simulated, **played)
        return self._shopper(paying.venue, purse=paying.purse, recorder=self.recorder, approved=paying.approved)

    def _shopper(self, venue: Any, **rest: Any) -> Shopper:
        market = self._market
        return Shopper(venue, market.budget, os.urandom, market.settings.seed, self._inspect, run=market.run, **rest)

    @property
    def _only_recordings(self) -> bool:
        recorded = self._market.settings.recorded
        return recorded is not None and recorded.only

    @cached_property
    def recordings(self) -> Recordings | None:
        """The recorded purchases that are played. Raises ``pytest.UsageError`` for one that cannot be read."""
        chosen = self._market.settings.recorded
        if chosen is None or not chosen.plays:
            return None
        try:
            return Recordings(Store(chosen.folder))
        except Unplayable as error:
            raise pytest.UsageError(f"--testbuy-recordings: {error}") from None

    @cached_property
    def recorder(self) -> Recorder | None:
        """Keeps what is bought from sellers themselves."""
        chosen = self._market.settings.recorded
        if chosen is None:
            return None
        return Recorder(Store(chosen.folder), chosen.keeping, self._market.budget.run, time.time)

    @cached_property
    def simulated(self) -> MockVenue:
        """Sellers made from the listings, in this process."""
        world = World(time.time, seed=self._market.settings.seed)
        self._market.at_end(world.close)
        return MockVenue(world)

    def cases(self, listing: Listing, rows: int | None = None, strength: int | None = None) -> tuple[Case, ...]:
        """The planned purchases of a listing. The options limit what is bought, not what is played.

        Raises :class:`~x402_harness.shopping.shopper.NotBuyable`.
        """
        chosen = self._market.settings
        most = None if self._plays(listing) else chosen.rows
        made = self._planner.cases(listing, rows or most, strength or chosen.strength)
        found = self._config.hook.pytest_testbuy_cases(listing=listing, cases=made, config=self._config)
        return made if found is None else tuple(found)

    def stale(self, listing: Listing) -> tuple[str, ...]:
        """Why recordings of a listing are not played."""
        return self.recordings.stale(listing) if self.recordings is not None else ()

    def excused(self, listing: Listing) -> frozenset[str]:
        """The rules about a listing that are no fault where it is bought; a recording may be of a server that was on
        this machine."""
        if self._market.money is not None:
            return self._market.money.venue.excused
        return DEVELOPMENT if self._plays(listing) or self._market.settings.at_own_seller else frozenset()

    def _plays(self, listing: Listing) -> bool:
        return self.recordings is not None and self.recordings.has(listing)

    @cached_property
    def _planner(self) -> Shopper:
        """Plans, and buys nothing: everything may be bought at a seller of one's own, which need not be there yet."""
        settings = self._market.settings
        if not settings.at_own_seller:
            return self._stranger()
        return self._shopper(EndpointVenue(settings.url or HERE, None), recorder=self.recorder)

    def shopper_of(self, shopper: Shopper, node: Any) -> Shopper:
        """The shopper of one test: its marker chooses the rules, and what it finds is noted for every reporter."""

        def inspect(purchase: Purchased) -> list[Finding]:
            more = list(self._inspect(purchase))
            every = (*purchase.findings, *more)
            codes = " ".join(dict.fromkeys(finding.rule for finding in every))
            node.user_properties += [*noted(purchase), ("testbuy_findings", len(every))]
            node.user_properties += [("testbuy_rules", codes), ("testbuy_forged", purchase.attempts)]
            return more

        rules = marked(node).rules
        return replace(shopper, inspect=inspect, rules=shopper.rules if rules is None else rules)

    def _inspect(self, purchase: Purchased) -> Iterator[Finding]:
        more = self._config.hook.pytest_testbuy_check(purchase=purchase, config=self._config)
        found = [finding for findings in more for finding in findings or ()]
        whole = replace(purchase, findings=(*purchase.findings, *found))
        self._config.hook.pytest_testbuy_bought(purchase=whole, config=self._config)
        yield from found


def noted(purchase: Purchased) -> list[tuple[str, object]]:
    """What reporters are told of a purchase: its end, its evidence, its cost, and whether it was bought now."""
    told: list[tuple[str, object]] = [("testbuy_state", purchase.state), ("testbuy_evidence", purchase.evidence)]
    if purchase.spent is not None:
        told.append(("testbuy_spent", str(purchase.spent)))
    if purchase.recorded:
        told.append(("testbuy_recorded", 1))
    return told
