"""Telling: the members of a run's events, made of what happened."""

from __future__ import annotations

from typing import Any

from x402_catalog.models import Listing
from x402_catalog.search import host
from x402_harness.buying.means import Bought
from x402_harness.checks.context import Scene
from x402_harness.checks.refusals import Attempt
from x402_harness.planning.cases import Case
from x402_harness.planning.refusals import PaidNegative
from x402_harness.policy import MICROS
from x402_harness.protocol.onchain import Settlement
from x402_harness.runs.redaction import body_to_dict


def about_listing(listing: Listing) -> dict[str, Any]:
    """A listing as its event tells it."""
    record = listing.record
    return {
        "slug": listing.slug,
        "title": listing.title,
        "url": listing.url,
        "host": host(listing),
        "method": listing.method,
        "category": listing.category,
        "file": record.file,
        "line": record.line,
        "pointer": record.pointer,
        "pricing": {key: listing.pricing.get(key) for key in ("flag", "ratio", "median_category_atomic")},
        "offers": [
            {
                "scheme": offer.scheme,
                "network": offer.network_name,
                "symbol": offer.token.asset.symbol if offer.token else None,
                "amount": offer.amount_text,
                "price": offer.price.decimal if offer.price else None,
            }
            for offer in listing.offers
        ],
    }


def about_case(case: Case) -> dict[str, Any]:
    """A purchase that is about to be made."""
    request = case.candidate.request
    return {
        "case": case.id,
        "slug": case.listing.slug,
        "row": case.row,
        "source": str(case.source),
        "levels": {one.field: one.level for one in case.planned.levels},
        "adds": {"levels": [str(one) for one in case.planned.new], "pairs": case.planned.new_pairs},
        "offer": case.offer.index,
        "network": case.price.asset.network,
        "symbol": case.price.asset.symbol,
        "amount": str(case.price.atomic),
        "price": case.price.decimal,
        "request": {"method": request.method, "url": request.url, "body": body_to_dict(request.body)},
    }


def about_end(bought: Bought, scene: Scene) -> dict[str, Any]:
    """What became of a purchase, and which checks it passed and failed."""
    purchase, authorization = bought.purchase, bought.purchase.authorization
    receipt = purchase.receipt.response if purchase.receipt else None
    view = bought.transcript.chain
    return {
        "state": str(purchase.state),
        "reason": purchase.reason,
        "version": purchase.challenge.version if purchase.challenge else None,
        "payer": authorization.from_ if authorization else None,
        "payee": authorization.to if authorization else None,
        "nonce": authorization.nonce if authorization else None,
        "transaction": receipt.transaction if receipt else None,
        "moved": str(view.before.payer - view.after.payer) if view else None,
        "chain": _shown(bought.transcript.settlement),
        "elapsed": round(sum(exchange.elapsed for exchange in bought.transcript.exchanges), 6),
        "passed": sorted(scene.passed - scene.failed),
        "failed": sorted(scene.failed),
    }


def _shown(seen: Settlement | None) -> dict[str, Any] | None:
    """What a node said became of the payment."""
    if seen is None:
        return None
    members = {"reason": seen.reason, "transaction": seen.transaction, "confirmations": seen.confirmations}
    return {"verdict": str(seen.verdict), **members}


def about_invalid(paid: PaidNegative) -> dict[str, Any]:
    """An invalid request that was paid for, and what was done with it."""
    answer, negative = paid.exchange.response, paid.negative
    return {
        "what": negative.what,
        "keyword": negative.keyword,
        "pointer": negative.pointer,
        "status": answer.status if answer else None,
        "settled": paid.settled,
    }


def about_attempt(attempt: Attempt) -> dict[str, Any]:
    """A payment that must be refused, and what was done with it."""
    answer = attempt.exchange.response
    return {
        "what": attempt.what,
        "rule": attempt.rule.code,
        "status": answer.status if answer else None,
        "settled": attempt.settled,
    }


def usd(micros: int) -> str:
    """Millionths of a dollar as dollars."""
    return f"{micros // MICROS}.{micros % MICROS:06d}"
