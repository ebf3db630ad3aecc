"""Conformity: one exchange with a seller, held against its listing, whoever made it."""

from __future__ import annotations

from dataclasses import replace

from x402_catalog.findings import Finding
from x402_catalog.hints import response_shape
from x402_catalog.models import Listing
from x402_catalog.rules.judge import Evidence, Judge
from x402_harness.checks import answer, content
from x402_harness.checks.context import Scene
from x402_harness.checks.exchange import Judged, judge_exchange
from x402_harness.checks.unpaid.listed import RESOURCE
from x402_harness.policy import Expected
from x402_harness.protocol.exchange import Exchange, Leg, Transcript
from x402_harness.protocol.purchase import Purchase


def judge_moved(exchange: Exchange, listing: Listing | None) -> Judged:
    """As :func:`judge_exchange`, but the URL that was asked stands for the listed one: to name it is right."""
    judged = judge_exchange(exchange, listing)
    kept = tuple(one for one in judged.findings if one.rule != RESOURCE.code or one.observed != exchange.request.url)
    return replace(judged, findings=kept)


def judge_answer(exchange: Exchange, listing: Listing) -> tuple[Finding, ...]:
    """What is wrong with an answer of success, by the listing's first offer; nothing where it has none."""
    if not listing.offers:
        return ()
    offer, judge = listing.offers[0], Judge(listing, Evidence.PAID)
    price = offer.price
    terms = Expected(*(price.asset.network, price.asset.address) if price else ("", ""), offer.pay_to or "", 0)
    scene = Scene(
        listing, offer, terms, response_shape(listing, offer), False, Purchase(exchange.request),
        Transcript((replace(exchange, leg=Leg.PAID),)), judge,
    )  # fmt: skip
    for check in (*answer.CHECKS, *content.CHECKS):
        check(scene)
    return tuple(judge.findings)


def judge_conformity(exchange: Exchange, listing: Listing) -> tuple[Finding, ...]:
    """An answer of success by what is declared; any other as the answer to an unpaid request, which is to be a 402."""
    response = exchange.response
    if response is not None and 200 <= response.status < 300:
        return judge_answer(exchange, listing)
    return judge_moved(exchange, listing).findings
