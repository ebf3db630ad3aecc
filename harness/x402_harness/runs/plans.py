"""Plans: made of what was priced, and turned into purchases again where nothing has changed since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from x402_catalog.__about__ import __version__
from x402_catalog.addresses import same_address
from x402_catalog.findings import Finding, Location
from x402_catalog.models import Listing
from x402_catalog.money import Money
from x402_harness.ledger import Entry, Ledger, Row
from x402_harness.planning.cases import Case, Plan, plan
from x402_harness.planning.planfile import (
    LIFETIME,
    CallPart,
    CapsPart,
    LeftOutPart,
    PlanFile,
    RowPart,
    dollars,
    request_digest,
    row_digest,
    sealed,
    totals_of,
)
from x402_harness.policy import Caps, Mode, Policy, dollars_micro
from x402_harness.policy.planrules import ALTERED, CHANGED, EXPIRED, OTHER_MODE
from x402_harness.runs.pricing import Priced, Unpriced
from x402_harness.runs.venue import Venue

_SKEW = 300  # seconds that another machine's clock may be ahead


def plan_of(
    policy: Policy, drafted: Plan, asked: Sequence[Priced | Unpriced], now: float, **settings: Any
) -> PlanFile | None:
    """The plan of what was priced; ``None`` where nothing is to be bought.

    ``settings`` are ``seed``, ``rows``, ``allow_side_effects`` and ``allow_private``.
    """
    bought = [one for one in asked if isinstance(one, Priced)]
    if not bought:
        return None
    calls = [_call(one) for one in bought]
    decimals = {
        (call.network, call.asset): one.case.price.asset.decimals for call, one in zip(calls, bought, strict=True)
    }
    caps, created = policy.caps, int(now)
    assert policy.networks is not None and caps.per_day is not None  # real policies have both
    return sealed(
        version=__version__, mode=str(policy.mode), created=created, expires=created + LIFETIME, payer=policy.payer,
        networks=sorted(policy.networks), calls=calls, left_out=left_out(drafted, asked),
        caps=CapsPart(per_call=caps.per_call, per_run=caps.per_run, per_day=caps.per_day),
        totals=totals_of(calls, decimals), total=dollars(sum(dollars_micro(one.approval.price) for one in bought)),
        **settings,
    )  # fmt: skip


def left_out(drafted: Plan, asked: Iterable[Priced | Unpriced]) -> list[LeftOutPart]:
    """What is not bought, and every reason why."""
    skipped = (
        LeftOutPart(listing=skip.listing.slug, case=None, rule=None, reason=reason)
        for skip in (*drafted.skips, *drafted.cuts) for reason in skip.reasons
    )  # fmt: skip
    refused = (
        LeftOutPart(
            listing=one.case.listing.slug, case=one.case.id, rule=one.finding.rule, reason=one.finding.message
        )
        for one in asked if isinstance(one, Unpriced)
    )  # fmt: skip
    return [*skipped, *refused]


def _call(one: Priced) -> CallPart:
    case, option, request = one.case, one.approval.option, one.case.candidate.request
    record, asset = case.listing.record, one.approval.price.asset
    return CallPart(
        case=case.id, listing=case.listing.slug,
        row=RowPart(file=record.file, line=record.line, pointer=record.pointer + record.base,
                    sha256=row_digest(case.listing)),
        method=request.method, url=request.url, request=request_digest(case), version=option.version,
        scheme=option.scheme, network=asset.network, asset=asset.address, symbol=asset.symbol,
        amount=str(option.amount), price=one.approval.price.decimal, pay_to=option.pay_to, timeout=option.timeout,
    )  # fmt: skip


def objections(found: PlanFile, now: float, mode: Mode | None) -> Iterator[Finding]:
    """Why a plan must not be applied, as far as it tells itself; ``mode`` is the one that was asked for."""
    if not found.is_intact():
        yield ALTERED.finding("its digest is not that of its content", observed=found.digest)
    if mode is not None and mode is not found.spent_in:
        yield OTHER_MODE.finding(f"it is a {found.mode} plan", observed=found.mode, expected=str(mode))
    if found.expires - found.created > LIFETIME or found.created > now + _SKEW:
        yield ALTERED.finding("it is from the future, or lasts longer than a plan does", observed=found.created)
    elif now >= found.expires:
        yield EXPIRED.finding(f"it could be applied until {found.expires}", observed=int(now), expected=found.expires)


def approved_cases(found: PlanFile, listings: Iterable[Listing], venue: Venue) -> list[Case | Finding]:
    """The purchases of a plan, made again from their listings; in the place of each that changed, what did."""
    rows = {(listing.slug, row_digest(listing)): listing for listing in listings}
    present = {slug for slug, _ in rows}
    drafted: dict[tuple[str, str], dict[str, Case]] = {}
    for slug, digest in {(call.listing, call.row.sha256) for call in found.calls} & set(rows):
        made = plan(
            [rows[slug, digest]], rows=found.rows, seed=found.seed, caps=found.caps.caps(), objection=venue.objection
        )
        drafted[slug, digest] = {case.id: case for case in made.cases}
    return [
        _approved(call, drafted.get((call.listing, call.row.sha256)), call.listing in present) for call in found.calls
    ]


def _approved(call: CallPart, drafted: dict[str, Case] | None, is_there: bool) -> Case | Finding:
    place = Location(listing=call.listing, file=call.row.file, line=call.row.line, url=call.url)
    if drafted is None:
        return CHANGED.finding("its row was changed" if is_there else "its row is no longer there", location=place)
    case = drafted.get(call.case)
    if case is None or request_digest(case) != call.request:
        return CHANGED.finding("the row does not lead to that request any more", location=place)
    asset, planned = case.price.asset, case.expected
    same = (asset.network, asset.symbol) == (call.network, call.symbol) and same_address(asset.address, call.asset)
    if not same or not same_address(planned.pay_to, call.pay_to) or int(call.amount) > planned.amount:
        return CHANGED.finding("the plan asks for other terms than its listing has", location=place)
    return replace(case, agreed=call.expected(), price=Money(int(call.amount), asset))


def entries(found: PlanFile, ledger: Ledger) -> dict[str, Row]:
    """What the books have of a plan, by case; what is only planned does not count."""
    return {row.case: row for row in ledger.rows(found.run) if row.state is not Entry.PLANNED}


def enter(found: PlanFile, cases: Iterable[Case], ledger: Ledger) -> None:
    """Write into the books what is going to be bought, unless it stands there already."""
    known = {row.case for row in ledger.rows(found.run)}
    ledger.plan(found.run, [(case.id, case.price) for case in cases if case.id not in known])


def caps_of(found: PlanFile, total: int) -> Caps:
    """The caps of a plan, that for the run no higher than its ``total`` in millionths of a dollar."""
    caps = found.caps.caps()
    return Caps(caps.per_call, min(caps.per_run, total), caps.per_day)
