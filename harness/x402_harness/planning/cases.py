"""Cases: which listing is bought with which offer, by which requests, at what price, and which is skipped and why."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from x402_catalog.addresses import Family, family, has_valid_checksum
from x402_catalog.hints import RequestShape, ResponseShape, request_shape, response_shape
from x402_catalog.jsonschemas import BadSchema, Checker
from x402_catalog.models import Listing, Offer
from x402_catalog.money import Money
from x402_catalog.networks import Method
from x402_catalog.rules.offers import unpayable
from x402_harness.generation.encoding import Values, encode
from x402_harness.generation.requests import Candidate, Source, Unrequestable
from x402_harness.planning.grid import NONE
from x402_harness.planning.models import Model
from x402_harness.planning.rows import PlannedRow, rows_for
from x402_harness.planning.shown import Chosen
from x402_harness.policy import MAX_WINDOW, Caps, Expected, dollars_micro


@dataclass(frozen=True, slots=True)
class Case:
    """One purchase to make: ``id`` is stable for the same listing, offer and request.

    ``planned`` tells which levels the request has and what it adds to the rows before it, ``model`` of which fields.
    ``agreed`` are the terms that a person approved, where the listing's own are not enough.
    """

    id: str
    listing: Listing
    offer: Offer
    row: int
    candidate: Candidate
    price: Money
    response: ResponseShape
    planned: PlannedRow
    model: Model | None = None
    agreed: Expected | None = None

    @property
    def expected(self) -> Expected:
        """The terms that were planned: those that a person approved, or else the listing's."""
        if self.agreed is not None:
            return self.agreed
        assert self.offer.pay_to is not None  # buyable() refuses the rest
        return Expected(self.price.asset.network, self.price.asset.address, self.offer.pay_to, self.price.atomic)

    @property
    def source(self) -> Source:
        """Where the request's values come from."""
        return self.candidate.source

    def again(self, salt: str) -> Case:
        """The same once more: another purchase in the books, and no other in recordings."""
        return replace(self, id=f"{plain_id(self.id)}.{salt}")


def plain_id(id: str) -> str:
    """The id of what is bought, whichever time it is."""
    return id.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Skip:
    """A listing that is not bought, and every reason why."""

    listing: Listing
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Portion:
    """What is bought of one listing: its ``cases``, or why there are none (``skip``), or only some (``cut``).

    ``number`` is the listing's place among those that were planned, ``spare`` how many more purchases the budget has
    set aside for it.
    """

    number: int
    listing: Listing
    cases: tuple[Case, ...] = ()
    skip: Skip | None = None
    cut: Skip | None = None
    spare: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is bought, in order, and what is skipped."""

    cases: tuple[Case, ...]
    skips: tuple[Skip, ...]
    cuts: tuple[Skip, ...] = ()


def as_portions(made: Plan, listings: list[Listing]) -> Iterator[Portion]:
    """A plan that stands already, listing by listing."""
    skips = {id(skip.listing): skip for skip in made.skips}
    for number, listing in enumerate(listings):
        cases = tuple(case for case in made.cases if case.listing is listing)
        if cases or id(listing) in skips:
            yield Portion(number, listing, cases, None if cases else skips[id(listing)])


_NO_MORE = "as many purchases as --max-buys allows are planned already"

# Why a seller of the run cannot serve an offer; None if it can.
Objection = Callable[[Listing, Offer], str | None]


def portions(
    listings: Iterable[Listing], *, rows: int | None, seed: int, caps: Caps, objection: Objection = lambda *_: None,
    spare: int = 0, most: int | None = None,
) -> Iterator[Portion]:  # fmt: skip
    """At most ``rows`` cases a listing and ``most`` in all, as far as the run's cap goes, listing by listing in the
    order given.

    Each is planned when it is asked for, so that buying can begin at once. ``None`` for ``rows`` means all that show
    something new. ``objection`` may say that the run's seller cannot serve an offer; ``spare`` purchases more are set
    aside for each listing, as far as the budget goes.
    """
    planned, count, seen = 0, 0, set[str]()
    for number, listing in enumerate(listings):
        made = plan_listing(listing, rows=rows, seed=seed, caps=caps, objection=objection)
        if isinstance(made, tuple) and made[0].id in seen:
            made = Skip(listing, ("a copy: the same listing is bought already",))
        if isinstance(made, Skip):
            yield Portion(number, listing, skip=made)
            continue
        left = None if most is None else most - count
        portion = _affordable(number, listing, made, caps.per_run - planned, spare, left)
        count += len(portion.cases) + portion.spare
        seen.update(case.id for case in portion.cases)
        planned += dollars_micro(made[0].price) * (len(portion.cases) + portion.spare)
        yield portion


def _affordable(
    number: int, listing: Listing, cases: tuple[Case, ...], left: int, spare: int, buys: int | None
) -> Portion:
    """As many of the cases as ``left`` micro-dollars pay for and ``buys`` allows, then as many spare ones."""
    cost, wanted = dollars_micro(cases[0].price), len(cases) + spare
    payable = left // cost if cost else wanted
    allowed = payable if buys is None else min(payable, buys)
    count = min(len(cases), allowed)
    what = "the budget allows" if allowed == payable else "--max-buys allows"
    if count == 0:
        reason = f"the run's budget is used up: {cases[0].price} is more than what is left"
        return Portion(number, listing, skip=Skip(listing, (reason if not payable else _NO_MORE,)))
    spare = min(spare, allowed - count)
    if count == len(cases):
        return Portion(number, listing, cases, spare=spare)
    reason = f"{len(cases) - count} of {len(cases)} purchases are more than {what}"
    return Portion(number, listing, cases[:count], cut=Skip(listing, (reason,)))


def plan(
    listings: Iterable[Listing], *, rows: int | None, seed: int, caps: Caps, objection: Objection = lambda *_: None,
    most: int | None = None,
) -> Plan:  # fmt: skip
    """All :func:`portions` together; ``cuts`` are listings of which the budget left some cases out."""
    made = list(portions(listings, rows=rows, seed=seed, caps=caps, objection=objection, most=most))
    return Plan(
        tuple(case for one in made for case in one.cases),
        tuple(one.skip for one in made if one.skip),
        tuple(one.cut for one in made if one.cut),
    )


def plan_listing(
    listing: Listing, *, rows: int | None, seed: int, caps: Caps, objection: Objection = lambda *_: None,
    strength: int = 2,
) -> tuple[Case, ...] | Skip:  # fmt: skip
    """The cases of one listing, cheapest payable offer first choice, or why there are none.

    ``strength`` is how many levels at a time all are to show.
    """
    reasons: list[str] = []
    payable: list[tuple[Offer, Money]] = []
    for offer in listing.offers:
        price = _payable(offer, caps)
        if not isinstance(price, str) and (objected := objection(listing, offer)):
            price = objected
        if isinstance(price, str):
            reasons.append(f"offer {offer.index}: {price}")
        else:
            payable.append((offer, price))
    if not listing.offers:
        reasons.append("no offer")
    if not listing.url.startswith(("https://", "http://")):
        reasons.append("no absolute http(s) URL")
        payable = []
    if listing.input.get("type") not in (None, "http"):
        reasons.append(f"transport {listing.input['type']!r} is not HTTP")
        payable = []
    if not payable:
        return Skip(listing, tuple(reasons))
    offer, price = min(payable, key=lambda pair: dollars_micro(pair[1]))
    return _cases(listing, offer, price, rows, seed, strength)


def _cases(
    listing: Listing, offer: Offer, price: Money, rows: int | None, seed: int, strength: int
) -> tuple[Case, ...] | Skip:
    request, response = request_shape(listing, offer), response_shape(listing, offer)
    try:
        if response.schema is not None:
            Checker(response.schema)
        made = rows_for(listing, request, rows, seed, strength=strength)
    except BadSchema as error:
        return Skip(listing, (f"a declared schema is not usable: {error}",))
    except Unrequestable as error:
        return Skip(listing, (f"no request can be made: {error}",))
    if not made.rows:
        return Skip(listing, ("no request satisfies the declared fields",))
    return tuple(
        Case(
            case_id(listing, offer, request, one.candidate),
            listing,
            offer,
            row,
            one.candidate,
            price,
            response,
            one,
            made.model,
        )
        for row, one in enumerate(made.rows, start=1)
    )


def case_id(listing: Listing, offer: Offer, shape: RequestShape, candidate: Candidate) -> str:
    """Twelve hex digits of what would be bought: slug, offer terms, method, URL, body and declared headers."""
    request = candidate.request
    identity = [
        listing.slug,
        offer.index,
        offer.raw,
        shape.method,
        request.url,
        request.body.hex(),
        *([candidate.values.headers] if candidate.values.headers else []),
    ]
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:12]


def variant(case: Case, values: Values, row: int) -> Case:
    """The purchase of another request for the same offer, with the levels that ``values`` have."""
    shape, model = request_shape(case.listing, case.offer), case.model
    candidate = Candidate(Source.GENERATED, values, encode(shape, values))
    chosen = (model.levels[level] for level in model.row_of(values) if level != NONE) if model is not None else ()
    planned = PlannedRow(candidate, tuple(Chosen(factor.name, level.label) for factor, level in chosen))
    made = case_id(case.listing, case.offer, shape, candidate)
    return replace(case, id=made, row=row, candidate=candidate, planned=planned)


def _payable(offer: Offer, caps: Caps) -> Money | str:
    if reason := _unsignable(offer):
        return reason
    if offer.price is None:
        return "the amount is unknown"
    if offer.amount == 0:
        return "free: there is nothing to buy"
    if reason := _unpayable(offer):
        return reason
    if not offer.timeout or offer.timeout < 0:
        return "no time to pay in"
    if offer.timeout > MAX_WINDOW:
        return f"a payment would stay valid for {offer.timeout} seconds, more than {MAX_WINDOW}"
    if dollars_micro(offer.price) > caps.per_call:
        return f"{offer.price} is over the cap for one call"
    return offer.price


def _unpayable(offer: Offer) -> str | None:
    if offer.pay_to is None or family(offer.pay_to) is not Family.EVM:
        return "the payee is no address of the network"
    if not has_valid_checksum(offer.pay_to):
        return "the payee's address breaks its checksum"
    return unpayable(offer)


def _unsignable(offer: Offer) -> str | None:
    if offer.scheme != "exact":
        return f"scheme {offer.scheme!r} is not bought"
    if offer.network is None:
        return f"network {offer.network_name!r} is unknown"
    if offer.network.chain_id is None:
        return f"{offer.network_name} is not an EVM network"
    if offer.token is None:
        return f"asset {offer.asset!r} is unknown there"
    if offer.token.method is not Method.EIP3009:
        return f"{offer.token.asset.symbol} is paid by {offer.token.method}, not EIP-3009"
    return None
