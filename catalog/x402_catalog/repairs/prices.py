"""Repairs of prices: what the page and the price flags derive from the offers, derived again.

Only where every offer says the same; where offers differ, which one is meant stays open.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from x402_catalog.addresses import Family, checksum, family
from x402_catalog.models import Json, Listing
from x402_catalog.pricing import as_ratio, position, possible_flags
from x402_catalog.repairs.pointers import value_at
from x402_catalog.repairs.repair import Change, Mender
from x402_catalog.rules import prices

_EXACT = 2**53  # beyond it a number in JSON is not the same to every parser


def page_price(listing: Listing, at: str) -> Iterator[Change]:
    """The price on the page, in the style in which it is written there."""
    price = _one_price(listing)
    stated = value_at(listing.raw, at)
    if price is None or isinstance(stated, bool):
        return
    decimals = max(offer.token.asset.decimals for offer in listing.offers if offer.token)
    if isinstance(stated, str):
        yield Change(at, _in_style(price, stated, decimals), "the price that every offer asks")
    elif isinstance(stated, (int, float)) and Decimal(str(_number(price))) == price and price < _EXACT:
        yield Change(at, _number(price), "the price that every offer asks")


def _one_price(listing: Listing) -> Decimal | None:
    """The price in whole units that all offers ask."""
    asked = {offer.price.decimal if offer.price else None for offer in listing.offers}
    values = {None if text is None else Decimal(text) for text in asked}
    return next(iter(values)) if len(values) == 1 else None


def _in_style(price: Decimal, before: str, decimals: int) -> str:
    """``price`` with as many decimals as ``before`` shows, if those look fixed (``9.00``), and at least those that it
    needs."""
    whole, _, fraction = f"{price:f}".partition(".")
    shown = before.strip().rpartition(".")[2] if "." in before else ""
    fixed = len(shown) if shown.isdecimal() and (len(shown) == decimals or shown.endswith("0")) else 0
    fraction = fraction.rstrip("0").ljust(fixed, "0")
    return f"{whole}.{fraction}" if fraction else whole


def _number(value: Decimal) -> int | float:
    return int(value) if value == int(value) else float(value)


def page_terms(listing: Listing, at: str) -> Iterator[Change]:
    """Network and asset on the page, where there is one offer and the tables know both."""
    name = value_at(listing.raw, at.removesuffix("/value") + "/name")
    if len(listing.offers) != 1 or len(listing.raw["accepts"]) != 1 or listing.offers[0].token is None:
        return
    offer = listing.offers[0]
    if name == "paymentNetwork":
        yield Change(at, offer.network_name, "the network of the only offer")
    elif name == "paymentAsset" and offer.asset is not None:
        asset = checksum(offer.asset) if family(offer.asset) is Family.EVM else offer.asset
        yield Change(at, asset, "the asset of the only offer")


def page_currency(listing: Listing, at: str) -> Iterator[Change]:
    """The currency on the page, where every offer takes the same one."""
    symbols = {offer.token.asset.symbol if offer.token else None for offer in listing.offers}
    symbol = next(iter(symbols)) if len(symbols) == 1 else None
    if symbol is not None:
        yield Change(at, symbol, "the symbol of the asset that every offer takes")


def price_ratio(listing: Listing, at: str) -> Iterator[Change]:
    """The ratio, computed again from the numbers beside it."""
    value = _ratio(listing)
    if value is not None and value < _EXACT and as_ratio(_number(value)) == value:
        yield Change(at, _number(value), "amount ÷ median, to three decimals")


def price_flag(listing: Listing, at: str) -> Iterator[Change]:
    """The flag, where the ratio is one for which only one flag is known."""
    value = _ratio(listing)
    flags = possible_flags(value) if value is not None else ()
    if len(flags) == 1:
        yield Change(at, flags[0], f"the only flag known at {value:f} times the median")


def _ratio(listing: Listing) -> Decimal | None:
    where = position(listing)
    amounts: set[Json] = {offer.amount for offer in listing.offers}
    return where.ratio if where is not None and len(amounts) == 1 else None


MENDERS: dict[str, Mender] = {
    prices.JSON_LD_PRICE.code: page_price,
    prices.JSON_LD_TERMS.code: page_terms,
    prices.CURRENCY.code: page_currency,
    prices.RATIO.code: price_ratio,
    prices.FLAG.code: price_flag,
}
