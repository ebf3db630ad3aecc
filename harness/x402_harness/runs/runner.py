"""The runner: the whole road, once. It decides nothing itself; it starts each part and tells what came out."""

from __future__ import annotations

import asyncio
import platform
import traceback
from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from x402_catalog.__about__ import __version__
from x402_catalog.claims import totals, truth_sheet
from x402_catalog.findings import Finding, Location
from x402_catalog.models import Listing
from x402_catalog.reading import read
from x402_catalog.records import Record
from x402_catalog.rules.judge import Evidence, Judge, Judgement
from x402_catalog.sources import listings
from x402_catalog.store import select
from x402_catalog.validation import validate
from x402_harness.buying.buyer import Bought, Buyer
from x402_harness.buying.scenes import scene_of
from x402_harness.buying.trials import Trials
from x402_harness.checks import examine
from x402_harness.checks.refusals import Attempt, judge_refusals
from x402_harness.edge.client import Client
from x402_harness.ledger import Ledger
from x402_harness.planning.cases import Case, Plan, Portion, Skip, as_portions, portions
from x402_harness.planning.refusals import judge_paid
from x402_harness.policy import dollars_micro
from x402_harness.protocol.exchange import Leg
from x402_harness.protocol.purchase import State
from x402_harness.protocol.withholding import Secrets
from x402_harness.runs.cassettes.keeping import Keeping
from x402_harness.runs.cassettes.recorder import NOTHING_MORE, Recorder
from x402_harness.runs.cassettes.recording import Recording
from x402_harness.runs.config import RunConfig, Surroundings
from x402_harness.runs.events import SCHEMA_VERSION, Stream
from x402_harness.runs.invalid import InvalidRequests
from x402_harness.runs.lot import Lot
from x402_harness.runs.outcome import Summary, spending
from x402_harness.runs.purse import MONEY, Purse, throwaway
from x402_harness.runs.telling import about_attempt, about_case, about_end, about_invalid, about_listing, usd
from x402_harness.runs.venue import MockVenue, Venue
from x402_harness.sandbox.world import World


@dataclass(slots=True)
class _Read:
    listings: list[Listing] = field(default_factory=list)
    judgements: dict[int, list[Judgement]] = field(default_factory=dict)


class Runner:
    """One run over ``config.sources``, or over ``items`` that were read already, at a ``venue`` with the money of a
    ``purse``: mock sellers and sandbox money unless given. ``planned`` is what to buy where that stands already.

    Every event goes to ``stream``; nothing is printed. The ``recorder`` keeps what is bought, and may have purchases
    that are played instead.
    """

    recorded = False  # whether everything was bought before, and is judged again

    def __init__(
        self,
        config: RunConfig,
        surroundings: Surroundings,
        stream: Stream,
        items: Iterable[Record | Finding | Listing] | None = None,
        venue: Venue | None = None,
        purse: Purse | None = None,
        planned: Plan | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        self._config = config
        self._items = read(config.sources, limits=config.limits) if items is None else items
        self._around = surroundings
        self._stream = stream
        self._read = _Read()
        self._venue: Venue = venue or MockVenue(World(surroundings.clock, seed=config.seed))
        self._purse = purse or throwaway(surroundings.run_id, surroundings.folder, surroundings.randomness(32))
        self._fixed = planned
        self._recorder = recorder or Recorder(None, Keeping.NONE, surroundings.run_id, surroundings.clock)
        self._cost = 0  # micro-dollars planned so far
        self._tried: set[int] = set()
        self._lot: Lot  # of the listing that is being bought
        self.summary = Summary()

    async def run(self) -> Summary:
        """Read, validate, plan, buy, check, conclude. A cancelled run concludes what it has and is marked so."""
        self._start()
        with self._purse.open(self._around.clock) as ledger:
            try:
                self._load()
                await self._buy_all(ledger)
            except (asyncio.CancelledError, KeyboardInterrupt):
                self.summary.interrupted = True
            self._conclude(ledger)
        return self.summary

    def _start(self) -> None:
        config = self._config
        self._stream.emit(
            "run.start",
            schema_version=SCHEMA_VERSION,
            run=self._around.run_id,
            tool="testbuy",
            version=__version__,
            command=config.command,
            mode=str(self._purse.mode),
            money=MONEY[self._purse.mode],
            evidence=str(self._venue.evidence),
            recorded=self.recorded,
            seed=config.seed,
            rows=config.rows,
            sources=list(config.sources),
            caps={"per_call": usd(config.caps.per_call), "per_run": usd(config.caps.per_run)},
            python=platform.python_version(),
            platform=platform.system(),
        )

    def _load(self) -> None:
        everything: list[Listing] = []
        for item in self._items:
            for made in listings(item) if isinstance(item, Record) else [item]:
                if isinstance(made, Finding):
                    self._found(made)
                else:
                    everything.append(made)
        self._read.listings = select(everything, self._config.query, self._config.filters)
        judges: list[Callable[[Listing], Judge]] = [validate]
        if self._config.audit:
            from x402_catalog.audit import audit  # what it needs takes long to import

            judges.append(audit(everything).judge)
        for number, listing in enumerate(self._read.listings):
            self._take(number, listing, [judge(listing) for judge in judges])

    def _take(self, number: int, listing: Listing, judges: Sequence[Judge]) -> None:
        excused = self._venue.excused
        judgements = [one for judge in judges for one in judge.judgements if one.rule not in excused]
        self._read.judgements[number] = judgements
        self.summary.listings += 1
        self._stream.emit("listing", number=number, **about_listing(listing))
        for finding in (one for judge in judges for one in judge.findings if one.rule not in excused):
            self._found(finding, number)

    def _portions(self) -> Generator[Portion, None, None]:
        """What is bought of each listing, planned when its turn comes; at the end, the plan as a whole."""
        try:
            for portion in self._planned():
                self._tell(portion)
                self._cost += sum(dollars_micro(case.price) for case in portion.cases)
                yield portion
        finally:
            summary = self.summary
            self._stream.emit("plan", cases=summary.planned, skipped=summary.skipped, cost=usd(self._cost))

    def _planned(self) -> Iterator[Portion]:
        if self._fixed is not None:
            return as_portions(self._fixed, self._read.listings)
        config, venue = self._config, self._venue
        made = portions(
            self._read.listings, rows=config.rows, seed=config.seed, caps=config.caps, objection=venue.objection,
            spare=config.confirm + config.shrink + config.invalid, most=config.most,
        )  # fmt: skip
        return map(self._limited, made)

    def _limited(self, portion: Portion) -> Portion:
        """The portion without what the recorder lets nobody buy."""
        planned = {case.id: case for case in portion.cases}
        made = map(self._venue.placed, portion.cases)
        kept = tuple(planned[case.id] for case in self._recorder.offered(portion.listing, made, self._venue.evidence))
        if len(kept) == len(portion.cases):
            return portion
        skip = None if kept else Skip(portion.listing, (NOTHING_MORE,))
        return replace(portion, cases=kept, skip=skip)

    def _tell(self, portion: Portion) -> None:
        slug = portion.listing.slug
        self.summary.planned += len(portion.cases)
        self.summary.skipped += portion.skip is not None
        if portion.skip is not None:
            self._stream.emit("skip", listing=portion.number, slug=slug, reasons=list(portion.skip.reasons))
        if portion.cut is not None:
            self._stream.emit("cut", listing=portion.number, slug=slug, reasons=list(portion.cut.reasons))

    async def _buy_all(self, ledger: Ledger) -> None:
        purse = self._purse
        buyer = Buyer(
            run=purse.run,
            wallet=purse.wallet,
            policy=purse.policy(self._config.caps),
            ledger=ledger,
            clock=self._around.clock,
            nonce=lambda: self._around.randomness(32),
            chain=self._venue.chain,
            witness=self._venue.witness,
        )
        invalid = InvalidRequests(buyer, self._venue, self._config.seed) if self._config.invalid else None
        await self._each_case(lambda number, case: self._buy(number, case, buyer), invalid)

    async def _each_case(
        self, buy: Callable[[int, Case], Awaitable[None]], invalid: InvalidRequests | None = None
    ) -> None:
        with closing(self._portions()) as planned:
            for portion in planned:
                await self._buy_portion(portion, buy)
                if invalid is not None and portion.cases:
                    await self._pay_for_invalid(portion, invalid, self._lot.left)

    async def _pay_for_invalid(self, portion: Portion, invalid: InvalidRequests, most: int) -> None:
        """What the seller does with payments for requests that break what it declares."""
        like, paid = portion.cases[0], []
        try:
            async for one in invalid.paid(like, min(self._config.invalid, most)):
                paid.append(one)
                self._stream.emit("invalid", listing=portion.number, **about_invalid(one))
        except Exception as error:
            self._fault(like, error)
        for finding in judge_paid(like.listing.slug, paid):
            self._found(finding, portion.number)

    async def _buy_portion(self, portion: Portion, buy: Callable[[int, Case], Awaitable[None]]) -> None:
        config = self._config
        self._lot = Lot(portion, config.confirm, config.shrink, config.seed)

        async def buy_more(case: Case) -> None:
            self.summary.planned += 1
            self._cost += dollars_micro(case.price)
            await buy(portion.number, case)

        try:
            await self._lot.buy(lambda case: buy(portion.number, case), buy_more)
        finally:
            if (covered := self._lot.coverage()) is not None:
                self.summary.shown(covered)
                self._stream.emit("coverage", listing=portion.number, **covered)

    async def _buy(self, number: int, case: Case, buyer: Buyer) -> None:
        placed = self._venue.placed(case)
        self._begin(number, placed)
        try:
            if (recording := self._recorder.recorded(placed, self._venue.evidence)) is not None:
                self._play(number, placed, recording)
                return
            if self._venue.chain is not None:
                await self._venue.chain.fund(buyer.wallet.address, case.price)
            async with self._venue.client(case.listing) as client:
                bought = await buyer.buy(placed, client)
                here = await self._settles_here(bought)
                seen = bought if here else _without_chain(bought)
                told = self._recorder.exchanges(seen, self._venue.evidence)
                self._check(number, seen, told, self._venue.evidence)
                if self._venue.tries_refusals and number not in self._tried:
                    await self._try_refusals(number, bought, client, here)
        except Exception as error:  # a fault of ours: told as such, and the other purchases go on
            self._fault(case, error)

    def _begin(self, number: int, case: Case) -> None:
        self._stream.emit("case.start", listing=number, **about_case(case))

    def _play(self, number: int, case: Case, recording: Recording) -> None:
        """A purchase that was made before, judged as if it had been made now."""
        self._check(number, recording.bought(case), recording.exchanges, recording.evidence, recorded=True)
        if recording.refused and number not in self._tried:
            self._tried.add(number)
            self._judge_refusals(number, case, recording.attempts)

    async def _settles_here(self, bought: Bought) -> bool:
        """Whether the venue's chain is the one that this seller settles on."""
        signed = bought.purchase.authorization
        if signed is None:
            return False
        view = bought.transcript.chain
        return (view is not None and view.nonce_used) or await self._venue.speaks_for(signed.nonce)

    async def _try_refusals(self, number: int, bought: Bought, client: Client, here: bool) -> None:
        """Once a listing: what its seller does with payments that it must refuse."""
        purchase, case = bought.purchase, bought.case
        chain = self._venue.chain
        if purchase.challenge is None or purchase.option is None or chain is None:
            return
        self._tried.add(number)
        paid = bought.transcript.leg(Leg.PAID) if purchase.state is State.SETTLED else None
        trials = Trials(client, chain, self._around.clock, self._around.randomness)
        attempts = await trials.run(
            purchase.request, purchase.challenge, purchase.option, case.price, paid, settles_here=here
        )
        self._recorder.refusals(case, attempts, self._venue.evidence)
        self._judge_refusals(number, case, attempts)

    def _judge_refusals(self, number: int, case: Case, attempts: tuple[Attempt, ...]) -> None:
        for attempt in attempts:
            self._stream.emit("attempt", listing=number, case=case.id, **about_attempt(attempt))
        for fault in judge_refusals(attempts, case.response):
            place = Location(listing=case.listing.slug, url=case.candidate.request.url, leg=str(Leg.PAID))
            secrets = Secrets(*(attempt.exchange.request for attempt in attempts))
            made = fault.rule.finding(secrets.scrub(fault.message), observed=fault.observed, location=place)
            self._found(made, number, case.id)

    def _fault(self, case: Case, error: Exception) -> None:
        self.summary.faults += 1
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}:{last.lineno}"
        self._stream.emit("fault", case=case.id, message=f"{type(error).__name__}: {error}", place=place)

    def _check(
        self,
        number: int,
        bought: Bought,
        exchanges: list[dict[str, Any]],
        evidence: Evidence,
        *,
        recorded: bool = False,
    ) -> None:
        case = bought.case
        for exchange in exchanges:
            self._stream.emit("exchange", case=case.id, exchange=exchange)
        scene = scene_of(bought, evidence)
        examine(scene)
        # A seller may echo the signature in whatever it says, and what it says is in findings and reasons.
        secrets = Secrets(*(exchange.request for exchange in bought.transcript.exchanges))
        told = [*scene.judge.findings, *([bought.refusal] if bought.refusal else [])]
        for finding in told:
            self._found(Finding.from_dict(secrets.scrub_json(finding.to_dict())), number, case.id)
        self._read.judgements[number].extend(
            replace(judgement, detail=secrets.scrub(judgement.detail)) for judgement in scene.judge.judgements
        )
        if bought.unbooked is not None:
            self.summary.faults += 1
            self._stream.emit("fault", case=case.id, message=bought.unbooked, place="ledger")
        self._count(bought)
        passed = bought.purchase.state is State.SETTLED and not scene.failed
        self._lot.note(case, passed, frozenset(scene.failed))
        self._stream.emit(
            "case.end", listing=number, case=case.id, recorded=recorded, **secrets.scrub_json(about_end(bought, scene))
        )

    def _count(self, bought: Bought) -> None:
        if bought.purchase.state is State.SETTLED:
            self.summary.settled += 1
        elif bought.purchase.state is State.UNKNOWN:
            self.summary.unknown += 1
        elif bought.refusal is not None:
            self.summary.refused += 1
        else:
            self.summary.unsold += 1

    def _conclude(self, ledger: Ledger) -> None:
        for number, listing in enumerate(self._read.listings):
            if number not in self._read.judgements:
                continue
            claims = truth_sheet(listing, self._read.judgements[number])
            counted = totals(claims)
            for verdict, count in counted.items():
                self.summary.claims[verdict] = self.summary.claims.get(verdict, 0) + count
            told = [claim.to_dict() for claim in claims]
            self._stream.emit("claims", listing=number, totals=counted, claims=told)
        self.summary.spent = spending(ledger.rows(self._purse.run))
        self._stream.emit("run.end", summary=self.summary.to_dict())

    def _found(self, finding: Finding, listing: int | None = None, case: str | None = None) -> None:
        self.summary.levels[str(finding.level)] += 1
        self._stream.emit("finding", listing=listing, case=case, finding=finding.to_dict())


def _without_chain(bought: Bought) -> Bought:
    """The purchase without what a chain showed on which it was not settled."""
    return replace(bought, transcript=replace(bought.transcript, chain=None))
