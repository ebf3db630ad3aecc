"""A recording: one purchase as it went. Playing it walks the purchase machine again with what was answered then.

Nothing that could be spent is in it: of a payment it has the terms that were authorized, never the signature.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from x402_catalog.findings import Finding
from x402_catalog.hints import request_shape, response_shape
from x402_catalog.jsonschemas import BadSchema
from x402_catalog.models import Listing, Offer
from x402_catalog.money import Money
from x402_catalog.networks import token
from x402_catalog.rules.judge import Evidence
from x402_harness.buying.means import Bought
from x402_harness.checks.refusals import Attempt
from x402_harness.generation.encoding import Values, encode
from x402_harness.generation.requests import Candidate, Source, is_valid
from x402_harness.planning.cases import Case, plain_id
from x402_harness.planning.rows import PlannedRow
from x402_harness.planning.shown import Chosen
from x402_harness.protocol.exchange import Balances, ChainView, Exchange, Leg, Request, Transcript
from x402_harness.protocol.messages import Authorization
from x402_harness.protocol.purchase import Purchase, State
from x402_harness.protocol.withholding import PAYMENT_HEADERS
from x402_harness.runs.cassettes.exchanges import Stored, Unplayable, body_from_dict, exchange_from_dict, headers_from
from x402_harness.runs.cassettes.origins import listing_from_dict, listing_to_dict
from x402_harness.runs.cassettes.refusals import attempts_from_list
from x402_harness.runs.redaction import Keep, body_to_dict

SCHEMA_VERSION = 1
_ANY_SIGNATURE = bytes(65)  # the machine wants one; the request that it makes of it is thrown away


@dataclass(frozen=True, slots=True)
class Recording:
    """``told`` is its JSON form, ``stored`` gives the bodies that are kept beside, ``refused`` is what was tried beside
    it. Raises :class:`Unplayable` where it turns out to be something else."""

    told: dict[str, Any]
    stored: Stored
    refused: tuple[dict[str, Any], ...] = ()

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """The payments that were tried beside it, which the seller must refuse. Raises :class:`Unplayable`."""
        return attempts_from_list(self.refused, self.stored)

    @property
    def case(self) -> str:
        """The id of what was bought."""
        return str(self.told["case"])

    @property
    def slug(self) -> str:
        """The listing that it was bought of."""
        return str(self.told["listing"]["slug"])

    @property
    def digest(self) -> str:
        """The listing as it was then."""
        return str(self.told["listing"]["digest"])

    @property
    def row(self) -> int:
        """Its row in the plan of the listing."""
        return int(self.told["row"])

    @property
    def at(self) -> float:
        """When it was bought, in seconds since 1970."""
        return float(self.told["at"])

    @property
    def evidence(self) -> Evidence:
        """Whose evidence the purchase was."""
        return Evidence(self.told["evidence"])

    @property
    def exchanges(self) -> list[dict[str, Any]]:
        """Both legs as events tell them."""
        return list(self.told["exchanges"])

    def listing(self) -> Listing:
        """The listing as it was then."""
        return listing_from_dict(self.told["listing"], self.stored)

    def request(self) -> Request:
        """The unpaid request, as it was sent."""
        told = self.told["request"]
        return Request(
            told["method"], told["url"], headers_from(told["headers"]), body_from_dict(told["body"], self.stored)
        )

    def case_of(self, listing: Listing) -> Case:
        """The case, as one of ``listing``. Raises :class:`Unplayable` where it is not one of it any more."""
        try:
            return self._case_of(listing)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise self._malformed(error) from error

    def _case_of(self, listing: Listing) -> Case:
        told = self.told
        offer = next((one for one in listing.offers if one.index == told["offer"]), None)
        values, price = Values(**told["values"]), _price(told["price"])
        if offer is None:
            raise Unplayable("its offer is gone")
        if offer.price != price:
            raise Unplayable(f"the price was {price}, and is {offer.price} now")
        shape = request_shape(listing, offer)
        candidate = Candidate(Source(told["source"]), values, self.request())
        try:
            is_usable = not shape.parts or is_valid(shape, values)
        except BadSchema as error:
            raise Unplayable(f"a declared schema is not usable: {error}") from error
        if not is_usable:
            raise Unplayable("its request does not satisfy the declared fields any more")
        made = encode(shape, values)
        if terms_of(offer) != told["terms"]:
            raise Unplayable("the terms are others now")
        if (made.method, made.url, made.body) != (candidate.request.method, told["url"], candidate.request.body):
            raise Unplayable("its request goes elsewhere now, or is written otherwise")
        levels = tuple(Chosen(field, level) for field, level in told["levels"])
        response = response_shape(listing, offer)
        return Case(self.case, listing, offer, told["row"], candidate, price, response, PlannedRow(candidate, levels))

    def bought(self, case: Case) -> Bought:
        """The purchase, walked again to its end. Raises :class:`Unplayable`."""
        try:
            return self._bought(case)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise self._malformed(error) from error

    @staticmethod
    def _malformed(error: Exception) -> Unplayable:
        if isinstance(error, Unplayable):
            return error
        return Unplayable(f"the recording is malformed: {type(error).__name__}: {error}")

    def _bought(self, case: Case) -> Bought:
        told, request = self.told, self.request()
        purchase, exchanges = Purchase(request), [self._exchange(one, request) for one in told["exchanges"]]
        refusal = None if told["refusal"] is None else Finding.from_dict(told["refusal"])
        for exchange in exchanges:
            self._advance(purchase, exchange)
        if refusal is not None and purchase.state in (State.READY, State.CHALLENGED):
            purchase.refuse(refusal.message)
        if purchase.state is State.UNKNOWN and told["state"] == State.SETTLED:
            purchase.shown_by_chain()
        return Bought(case, purchase, Transcript(tuple(exchanges), _chain(told["chain"])), refusal)

    def _advance(self, purchase: Purchase, exchange: Exchange) -> None:
        """One leg."""
        if exchange.leg is Leg.PAID:
            assert purchase.challenge is not None
            option = purchase.challenge.options[self.told["option"]]
            purchase.authorize(option, Authorization.model_validate(self.told["authorization"]))
            purchase.pay(_ANY_SIGNATURE)
            ends = (purchase.paid, purchase.lost)
        else:
            purchase.ask()
            ends = (purchase.answered, purchase.unanswered)
        if exchange.response is not None:
            ends[0](exchange.response)
        elif exchange.failure is not None:
            ends[1](exchange.failure)

    def _exchange(self, told: dict[str, Any], request: Request) -> Exchange:
        payments = [row for row in told["request"]["headers"] if row[0].lower() in PAYMENT_HEADERS]
        for name, value in payments:
            request = request.with_header(name, value)
        return exchange_from_dict(told, request, self.stored)


def recording_of(
    bought: Bought, exchanges: list[dict[str, Any]], evidence: Evidence, run: str, at: float, keep: Keep
) -> dict[str, Any]:
    """A purchase in the form that is kept; ``exchanges`` are its legs as they are told."""
    case, purchase, view = bought.case, bought.purchase, bought.transcript.chain
    request, values = case.candidate.request, case.candidate.values
    options = purchase.challenge.options if purchase.challenge else ()
    signed = purchase.authorization
    return {
        "schema_version": SCHEMA_VERSION,
        "case": plain_id(case.id),
        "run": run,
        "at": round(at, 3),
        "evidence": str(evidence),
        "listing": listing_to_dict(case.listing, keep),
        "offer": case.offer.index,
        "row": case.row,
        "source": str(case.source),
        "levels": [[one.field, one.level] for one in case.planned.levels],
        "price": {
            "network": case.price.asset.network, "asset": case.price.asset.address, "atomic": str(case.price.atomic),
        },
        "url": case.planned.candidate.request.url,  # at an endpoint of one's own the request goes to another
        "terms": terms_of(case.offer),
        "values": {
            "path": values.path, "query": values.query, "headers": values.headers, "body": values.body,
            "has_body": values.has_body,
        },
        "request": {
            "method": request.method, "url": request.url, "headers": [list(row) for row in request.headers],
            "body": body_to_dict(request.body, keep=keep),
        },
        "option": options.index(purchase.option) if purchase.option in options else None,
        "authorization": signed.model_dump(by_alias=True) if signed else None,
        "state": str(purchase.state),
        "refusal": bought.refusal.to_dict() if bought.refusal else None,
        "exchanges": exchanges,
        "chain": None if view is None else {
            "before": [str(view.before.payer), str(view.before.payee)],
            "after": [str(view.after.payer), str(view.after.payee)],
            "nonce_used": view.nonce_used,
            "transaction": view.transaction,
        },
    }  # fmt: skip


def terms_of(offer: Offer) -> dict[str, Any]:
    """What an offer asks for, whatever else it says."""
    return {
        "scheme": offer.scheme, "network": offer.network_name, "pay_to": offer.pay_to, "asset": offer.asset,
        "amount": offer.amount_text, "timeout": offer.timeout, "extra": offer.extra,
    }  # fmt: skip


def _price(told: dict[str, Any]) -> Money:
    found = token(told["network"], told["asset"])
    if found is None:
        raise Unplayable(f"the asset {told['asset']} is unknown")
    return Money(int(told["atomic"]), found.asset)


def _chain(told: dict[str, Any] | None) -> ChainView | None:
    if told is None:
        return None
    before, after = (Balances(*map(int, told[name])) for name in ("before", "after"))
    return ChainView(before, after, told["nonce_used"], told["transaction"])
