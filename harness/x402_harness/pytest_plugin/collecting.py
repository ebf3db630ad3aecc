"""Items without any test code: for each listing its own rules, and each planned purchase; at the seller's own endpoint
its 402 and its refusals too."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from x402_catalog.findings import Finding
from x402_catalog.models import Listing
from x402_catalog.validation import validate
from x402_harness.pytest_plugin import failing, names, options
from x402_harness.pytest_plugin.counter import noted
from x402_harness.pytest_plugin.market import Market, market_of, near
from x402_harness.shopping.loading import read_listings
from x402_harness.shopping.purchased import DoesNotConform
from x402_harness.shopping.shopper import NotBuyable

if TYPE_CHECKING:
    from x402_harness.planning.cases import Case
    from x402_harness.shopping.purchased import Purchased

_ALLOW = "    allow     --testbuy-fail-on sets the mildest level that fails, --testbuy-checks the rules that count"


class ListingFile(pytest.File):
    """A file of listings."""

    def collect(self) -> Iterable[pytest.Item]:
        """The items of each listing, and one for each record that cannot be read."""
        unique = names.unique()
        for made in read_listings(near(self.path)):
            if isinstance(made, Finding):
                where = f":{made.location.line}" if made.location.line else ""
                yield UnreadableItem.from_parent(self, name=unique(f"unreadable{where}"), finding=made)
            else:
                yield from self._items(made, unique(names.slug(made.slug)))

    def _items(self, listing: Listing, name: str) -> Iterator[pytest.Item]:
        market, unique = market_of(self.config), names.unique()
        kinds: list[tuple[str, type[ListingItem]]] = [("listing", RulesItem)]
        if market.settings.at_own_seller:
            kinds += [("challenge", ChallengeItem), ("invalid requests", InvalidItem)]
        for label, kind in kinds:
            yield kind.from_parent(self, name=f"{name}[{label}]", listing=listing)
        yield from self._stale(listing, name)
        try:
            cases = market.counter.cases(listing)
        except NotBuyable as error:
            yield SkippedItem.from_parent(self, name=f"{name}[purchases]", listing=listing, reason=str(error))
            return
        for case in cases:
            yield PurchaseItem.from_parent(self, name=f"{name}[{unique(names.row(case))}]", listing=listing, case=case)
        if market.settings.at_own_seller and cases:
            yield ForgedItem.from_parent(self, name=f"{name}[forged payments]", listing=listing, case=cases[0])

    def _stale(self, listing: Listing, name: str) -> Iterator[pytest.Item]:
        unique = names.unique()
        for reason in market_of(self.config).counter.stale(listing):
            yield StaleItem.from_parent(
                self, name=f"{name}[{unique('stale recording')}]", listing=listing, reason=reason
            )


class _Item(pytest.Item):
    """An item that fails with findings."""

    line = 1

    def __init__(self, *, name: str, parent: pytest.Collector, **rest: Any) -> None:
        # Newer versions of pytest tell the brackets of an id apart, as text alone says where they are.
        super().__init__(name, parent, nodeid=f"{parent.nodeid}::{name}", **rest)
        self.add_marker("testbuy")

    @property
    def market(self) -> Market:
        """The session's."""
        return market_of(self.config)

    def again(self) -> Iterator[str]:
        """How to see the failure again, as lines. What spends more than sandbox money is for a person to type."""
        given = () if self.market.settings.spending is not None else options.given(self.config)
        yield f"    again     pytest {shlex.join([*given, self.nodeid])}"

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The findings, as the command line prints them."""
        if isinstance(excinfo.value, DoesNotConform):
            text = [str(excinfo.value), *self.again(), _ALLOW]
            return failing.shown(excinfo, excinfo.value, self.path, self.line, text)
        if isinstance(excinfo.value, pytest.UsageError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the listing stands."""
        return self.path, self.line - 1, self.name

    def judge(self, findings: Iterable[Finding], told: Iterable[str] = (), sold: bool = True) -> None:
        """Fail with what counts of the findings, or where something was ``not sold``."""
        every, chosen = list(findings), self.market.settings
        codes = " ".join(dict.fromkeys(finding.rule for finding in every))
        self.user_properties += [("testbuy_findings", len(every)), ("testbuy_rules", codes)]
        counted = [one for one in every if one.level.rank <= chosen.fail_on.rank and one.rule in chosen.rules]
        if counted or not sold:
            raise DoesNotConform(counted, list(told))


class UnreadableItem(_Item):
    """A record that cannot be read: it fails with the finding that says why."""

    def __init__(self, *, finding: Finding, **rest: Any) -> None:
        super().__init__(**rest)
        self._finding = finding
        self.line = finding.location.line or 1

    def runtest(self) -> None:
        """Fail."""
        raise DoesNotConform([self._finding], [])


class ListingItem(_Item):
    """Something about one listing."""

    def __init__(self, *, listing: Listing, **rest: Any) -> None:
        super().__init__(**rest)
        self.listing = listing
        self.line = listing.record.line

    def require_server(self) -> None:
        """Fail where the seller's own server does not answer."""
        if self.market.unreachable is not None:
            raise DoesNotConform([], [f"    {self.market.unreachable}", "    is the server running? --testbuy-wait"])


class RulesItem(ListingItem):
    """A listing by every rule over listings."""

    def runtest(self) -> None:
        """Judge it."""
        excused = self.market.counter.excused(self.listing)
        self.judge(one for one in validate(self.listing).findings if one.rule not in excused)


class SkippedItem(ListingItem):
    """A listing that is not bought, and why."""

    def __init__(self, *, reason: str, **rest: Any) -> None:
        super().__init__(**rest)
        self._reason = reason

    def runtest(self) -> None:
        """Skip."""
        pytest.skip(f"judged, not bought: {self._reason}")


class StaleItem(SkippedItem):
    """A recording that does not belong to its listing any more, and why."""

    def runtest(self) -> None:
        """Skip, and have it told at the end."""
        self.user_properties.append(("testbuy_stale", self._reason))
        pytest.skip(self._reason)


class ChallengeItem(ListingItem):
    """The 402 of the seller's own endpoint, and how it takes what is malformed."""

    def runtest(self) -> None:
        """Probe it."""
        self.require_server()
        probed = self.market.counter.shopper.probe(self.listing)
        failed = probed.verdict in ("fault", "unreachable")
        self.judge(probed.findings, [f"    verdict   {probed.verdict}: {probed.words}"], sold=not failed)


class InvalidItem(ListingItem):
    """How the seller's own endpoint answers requests that break what is declared, without payment."""

    def runtest(self) -> None:
        """Send them."""
        self.require_server()
        refused = self.market.counter.shopper.send_invalid(self.listing, self.market.settings.invalid)
        if not refused.answered:
            pytest.skip(refused.reason or "no invalid requests are wanted")
        self.user_properties.append(("testbuy_invalid", len(refused.answered)))
        self.judge(refused.findings)


class _CaseItem(ListingItem):
    """Something that takes a purchase."""

    def __init__(self, *, case: Case, **rest: Any) -> None:
        super().__init__(**rest)
        self.case = case

    def again(self) -> Iterator[str]:
        """The command that does the same."""
        chosen = self.market.settings
        place = self.path.relative_to(self.config.rootpath) if self.path.is_relative_to(self.config.rootpath) else None
        file = shlex.quote((place or self.path).as_posix())
        more = f"--rows {self.case.row} --seed {chosen.seed}"
        if chosen.app is None and chosen.recorded is None and chosen.spending is None:
            what = f"run {file}"
            if chosen.url:
                where = f"--sandbox {chosen.sandbox}" if chosen.sandbox else f"--port {chosen.port}"
                what = f"check {chosen.url} --listing {file} {where}"
            yield f"    command   testbuy {what} {more}"
        yield from super().again()

    def tell(self, made: Purchased) -> None:
        """Fail with what counts of a purchase; note it for every reporter."""
        self.user_properties += noted(made)
        self.judge(made.findings, made.told(), sold=made.settled)


class PurchaseItem(_CaseItem):
    """One purchase, by every check."""

    def runtest(self) -> None:
        """Buy and check."""
        self.require_server()
        made = self.market.counter.shopper.buy(self.case)
        if self.case.model is not None and made.settled:
            from x402_harness.planning.shown import coverage_of

            shown = "; ".join(str(level) for level in self.case.planned.levels)
            levels = coverage_of(self.case.model, []).all_levels
            self.user_properties += [("testbuy_levels", shown), ("testbuy_levels_of", levels)]
            self.user_properties.append(("testbuy_listing", self.listing.slug))
        self.tell(made)


class ForgedItem(_CaseItem):
    """One purchase, and then every payment that must be refused."""

    def runtest(self) -> None:
        """Buy, and try them."""
        self.require_server()
        made = self.market.counter.shopper.try_refusals(self.case)
        self.user_properties.append(("testbuy_forged", made.attempts))
        self.tell(made)
