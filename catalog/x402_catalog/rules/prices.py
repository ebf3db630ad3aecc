"""PRICE001 to PRICE009: a listing's prices against each other, and its price flags against its numbers."""

from __future__ import annotations

from decimal import Decimal

from x402_catalog.findings import Level
from x402_catalog.models import Json, Listing, Offer, mapping, member, text
from x402_catalog.money import from_decimal, to_decimal
from x402_catalog.networks import network
from x402_catalog.pricing import FLAGS, UNKNOWN, as_ratio, position, possible_flags
from x402_catalog.rules.judge import Judge
from x402_catalog.rules.registry import rule

JSON_LD_PRICE = rule(
    "PRICE001",
    Level.ERROR,
    "JSON-LD price differs from the offer",
    why="Search engines and buyers read one price, the payment takes another.",
    basis="schema.org Offer.price, UnitPriceSpecification.price; accepts[].max_amount_required_atomic",
    mend="Derive the JSON-LD price from the offer: atomic amount ÷ 10^decimals of the asset.",
)
RATIO = rule(
    "PRICE002",
    Level.ERROR,
    "ratio is not amount ÷ median",
    why="The ratio is what buyers judge the price by; it contradicts the numbers beside it.",
    basis="pricing_sanity: ratio = amount ÷ median_category_atomic, to three decimals",
    mend="Compute the ratio again.",
)
FLAG = rule(
    "PRICE003",
    Level.ERROR,
    "price flag contradicts its ratio",
    why="Buyers filter by the flag; a ratio for which another flag is known makes it false.",
    basis="pricing_sanity.flag, ratios known for each flag",
    mend="Derive the flag from the ratio again.",
)
OUTLIER = rule(
    "PRICE004",
    Level.WARNING,
    "price is an outlier by its own median",
    why=("A price many times its category's median is often a slip of the decimal point, and is paid all the same."),
    basis="pricing_sanity: ratio at which expensive_outlier is known (10.4)",
    mend="Check the atomic amount against the asset's decimals; nothing, if the price is meant.",
)
JSON_LD_TERMS = rule(
    "PRICE005",
    Level.ERROR,
    "JSON-LD payment terms differ from every offer",
    why="The page names a network or an asset on which the endpoint cannot be paid.",
    basis="schema.org Offer.additionalProperty; accepts[].network, accepts[].asset",
    mend="Derive paymentNetwork and paymentAsset from an offer.",
)
CURRENCY = rule(
    "PRICE006",
    Level.ERROR,
    "JSON-LD currency differs from the offer's asset",
    why="A buyer that reads the page would hold the wrong token.",
    basis="schema.org Offer.priceCurrency; accepts[].asset",
    mend="Name the symbol of the asset that the offer takes.",
)

_PRICES = ("/json_ld/offers/price", "/json_ld/offers/priceSpecification/price")
_CURRENCIES = ("/json_ld/offers/priceCurrency", "/json_ld/offers/priceSpecification/priceCurrency")
OUTLIER_FROM = Decimal("10.4")


def json_ld_price(listing: Listing, judge: Judge) -> None:
    """Every price in the JSON-LD is that of the offer it names, or else of one of the offers."""
    offers = _described(listing)
    priced = [offer.price for offer in offers if offer.price is not None]
    for at, stated in zip(_PRICES, _of_page(judge, "price"), strict=True):
        if stated is None:
            continue
        if not priced:
            judge.not_judged(JSON_LD_PRICE, at, reason="the offer's price is unknown")
            continue
        units = {from_decimal(_decimal_text(stated), money.asset.decimals) for money in priced}
        if not units.isdisjoint([money.atomic for money in priced]):
            if judge.keep_held:  # or the pointers need not be made
                judge.held(JSON_LD_PRICE, at, *(f"{offer.pointer}/max_amount_required_atomic" for offer in offers))
        else:
            expected = [str(money) for money in priced]
            judge.contradicted(
                JSON_LD_PRICE, at, f"the JSON-LD says {stated}, the offer {expected[0]}",
                observed=stated, expected=expected if len(expected) > 1 else expected[0],
                also=tuple(f"{offer.pointer}/max_amount_required_atomic" for offer in offers),
            )  # fmt: skip


def json_ld_terms(listing: Listing, judge: Judge) -> None:
    """The network and the asset that the JSON-LD names are those of one offer."""
    stated = _properties(listing)
    for name, of in (("paymentNetwork", _network_of), ("paymentAsset", lambda offer: (offer.asset or "").lower())):
        if name not in stated or not listing.offers:
            continue
        at, value = stated[name]
        offered = [of(offer) for offer in listing.offers]
        wanted = _comparable(name, value)
        if wanted in offered:
            judge.held(JSON_LD_TERMS, at)
        else:
            judge.contradicted(
                JSON_LD_TERMS, at, f"no offer has the {name} {value!r}", observed=value, expected=offered
            )


def json_ld_currency(listing: Listing, judge: Judge) -> None:
    """The currencies in the JSON-LD are the symbols of the offers' assets."""
    # Every asset of the table is a dollar stablecoin, and schema.org asks for a currency code before a ticker.
    symbols = {offer.token.asset.symbol for offer in listing.offers if offer.token}
    for at, stated in zip(_CURRENCIES, _of_page(judge, "priceCurrency"), strict=True):
        if stated is None or not symbols:
            continue
        if isinstance(stated, str) and (stated in symbols or stated == "USD"):
            judge.held(CURRENCY, at)
        else:
            judge.contradicted(CURRENCY, at, f"the JSON-LD names {stated!r}", observed=stated, expected=sorted(symbols))


def declared_ratio(listing: Listing, judge: Judge) -> None:
    """``ratio`` is amount ÷ median to three decimals."""
    at, stated = "/pricing_sanity/ratio", listing.pricing.get("ratio")
    where = position(listing)
    if stated is None or where is None:
        return
    if where.ratio is None:
        judge.contradicted(RATIO, at, "a ratio to a median of zero", observed=stated, expected=None)
    elif as_ratio(stated) == where.ratio:
        judge.held(RATIO, at)
    else:
        judge.contradicted(
            RATIO, at, f"{where.amount} ÷ {where.median} is {_plain(where.ratio)}",
            observed=stated, expected=float(where.ratio),
        )  # fmt: skip


def declared_flag(listing: Listing, judge: Judge) -> None:
    """The flag is one that the recomputed ratio may carry."""
    at, flag = "/pricing_sanity/flag", text(listing.pricing.get("flag"))
    where = position(listing)
    if flag is None or where is None:
        return
    possible = (UNKNOWN,) if where.ratio is None else possible_flags(where.ratio)
    if flag not in (*FLAGS, UNKNOWN):
        judge.not_judged(FLAG, at, reason=f"{flag!r} is no flag whose ratios are known")
    elif flag not in possible:
        judge.contradicted(
            FLAG, at, f"flagged {flag}, but at {_plain(where.ratio)} times the median",
            observed=flag, expected=list(possible) if len(possible) > 1 else possible[0],
        )  # fmt: skip
    elif len(possible) == 1:
        judge.held(FLAG, at)
    else:
        judge.not_judged(FLAG, at, reason=f"the cut-offs between {' and '.join(possible)} are not published")


def outlier(listing: Listing, judge: Judge) -> None:
    """The price is not many times the declared median."""
    where = position(listing)
    if where is None or where.ratio is None or where.ratio < OUTLIER_FROM:
        return
    offer = next(offer for offer in listing.offers if offer.amount is not None)
    price, median = _amount(offer, where.amount), _amount(offer, where.median)
    judge.remark(
        OUTLIER, f"{offer.pointer}/max_amount_required_atomic",
        f"{price} is {_plain(where.ratio)} times the median of the category {listing.category!r}, {median}",
        observed=offer.amount_text, expected=f"below {OUTLIER_FROM} times the median",
    )  # fmt: skip


def _described(listing: Listing) -> list[Offer]:
    # The offers that the JSON-LD speaks of: those with its network and asset where it names them, else all.
    if len(listing.offers) < 2:
        return list(listing.offers)
    stated = {name: _comparable(name, value) for name, (_, value) in _properties(listing).items()}
    matching = [
        offer
        for offer in listing.offers
        if stated.get("paymentNetwork", _network_of(offer)) == _network_of(offer)
        and stated.get("paymentAsset", (offer.asset or "").lower()) == (offer.asset or "").lower()
    ]
    return matching or list(listing.offers)


def _properties(listing: Listing) -> dict[str, tuple[str, Json]]:
    rows = member(listing.raw, "json_ld", "offers", "additionalProperty")
    found: dict[str, tuple[str, Json]] = {}
    for index, row in enumerate(rows if isinstance(rows, list) else ()):
        name = text(mapping(row).get("name"))
        if name is not None and isinstance(row.get("value"), str):
            found[name] = (f"/json_ld/offers/additionalProperty/{index}/value", row["value"])
    return found


def _of_page(judge: Judge, name: str) -> tuple[Json, Json]:
    """The member of that name in the JSON-LD's offer, and in its price specification."""
    return judge.page_offer.get(name), mapping(judge.page_offer.get("priceSpecification")).get(name)


def _network_of(offer: Offer) -> str:
    return offer.network.caip2 if offer.network else offer.network_name or ""


def _comparable(name: str, value: str) -> str:
    if name == "paymentNetwork":
        known = network(value)
        return known.caip2 if known else value
    return value.lower()


def _decimal_text(stated: Json) -> str:
    # A float's own text may have an exponent: 1e-05.
    return f"{Decimal(repr(stated)):f}" if isinstance(stated, float) else str(stated)


def _amount(offer: Offer, atomic: int) -> str:
    if offer.token is None:
        return f"{atomic} atomic units"
    return f"{to_decimal(atomic, offer.token.asset.decimals)} {offer.token.asset.symbol}"


def _plain(value: Decimal | None) -> str:
    return "no" if value is None else f"{value.normalize():f}"


CHECKS = (json_ld_price, json_ld_terms, json_ld_currency, declared_ratio, declared_flag, outlier)
