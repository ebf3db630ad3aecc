"""What a listing's own figures say of its price, without any peers: the declared judgement."""

from __future__ import annotations

from math import log10

from x402_catalog.audit import rules
from x402_catalog.models import Listing
from x402_catalog.money import to_decimal
from x402_catalog.pricing import position, slip_of, spread_of
from x402_catalog.rules import prices, texts
from x402_catalog.rules.judge import Evidence, Judge


def declared_slip(listing: Listing, judge: Judge) -> None:
    """The price is no power of ten away from one that is ordinary by the declared median."""
    where = position(listing)
    if where is None or not where.amount or not where.median:
        return
    offer = next(offer for offer in listing.offers if offer.amount is not None)
    if offer.token is None:
        return
    decimals, distance = offer.token.asset.decimals, log10(where.amount) - log10(where.median)
    slip = slip_of(log10(where.amount), spread_of([log10(where.median)], 1), where.amount, decimals)
    if slip is None or (meant := _moved(where.amount, slip.exponent)) is None:
        return
    asked, would = (to_decimal(amount, decimals) for amount in (where.amount, meant))
    suspect = listing.raw.get("pricing_decimal_suspect")
    said = ", and the listing says that it is not suspected" if suspect is False else ""
    judge.remark(
        rules.DECLARED_SLIP, f"{offer.pointer}/max_amount_required_atomic",
        f"{asked} {offer.token.asset.symbol} is {_ratio(distance)} the declared median; {would} would be "
        f"{_ratio(log10(meant) - log10(where.median))} it ({slip.why}){said}",
        observed=offer.amount_text, expected=str(meant),
    )  # fmt: skip


def _moved(amount: int, exponent: int) -> int | None:
    """The amount with its decimals moved back; ``None`` if it would be less than one unit of the asset."""
    return int(amount * 10**-exponent) if exponent < 0 else amount // 10**exponent or None


def _ratio(distance: float) -> str:
    return f"{10**distance:,.0f} times" if distance >= 1 else f"{10**distance:.2g} times"


CHECKS = (*prices.CHECKS, *texts.CHECKS, declared_slip)


def judge(listing: Listing) -> Judge:
    """What every rule about declared prices says of a listing, by its own figures."""
    found = Judge(listing, Evidence.LISTING, keep_held=False)
    for check in CHECKS:
        check(listing, found)
    found.close()
    return found
