"""PRICE007 to PRICE012: prices in words, and offers of one listing against each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from x402_catalog.findings import Level
from x402_catalog.models import Listing, Offer, member, text
from x402_catalog.money import to_decimal
from x402_catalog.rules.judge import Judge
from x402_catalog.rules.registry import rule

TEXT_PRICE = rule(
    "PRICE007",
    Level.ERROR,
    "price in the text differs from every offer",
    why="A reader decides by the text, the payment takes another sum.",
    basis="listing format (summary, seo, description); accepts[].max_amount_required_atomic",
    mend="Derive the price in the text from the offer.",
)
OFFERS_DIFFER = rule(
    "PRICE008",
    Level.WARNING,
    "offers of one listing ask different prices",
    why="The same call costs more by one way than by another; the dearer one is often a slip.",
    basis="x402 specification v1 §5.1, v2 §5.1 (accepts)",
    mend="Ask one price, or say why they differ.",
)
ABSURD = rule(
    "PRICE009",
    Level.WARNING,
    "price looks like a slip of the decimals",
    why="The amount fits an asset of 18 decimals, or one given in whole units, not the one named.",
    basis="decimals of the asset; accepts[].max_amount_required_atomic",
    mend="Give the amount in the atomic units of that very asset.",
)
UNIT = rule(
    "PRICE010",
    Level.INFO,
    "price is per call, the text says otherwise",
    why="Who asks for several in one call pays once, or expects to pay for each.",
    basis="schema.org UnitPriceSpecification.unitText; listing format (use_cases)",
    mend="Say in the text that a call is paid, or what one call yields.",
)
REVIEW_FLAGS = rule(
    "PRICE011",
    Level.INFO,
    "price is flagged for review, but its ratio is ordinary",
    why="The flag and the numbers beside it tell different stories.",
    basis="pricing_review_required, pricing_decimal_suspect, pricing_sanity.ratio",
    mend="Compute the flags again.",
)

MOST_DOLLARS = Decimal(100_000)  # nobody sells one HTTP call for more
_UNIT = r"(?:call|request|generation|image|query|lookup|search|token|use|job|message|report|minute|page|video|document)"
_SUM = r"(?:\$\s?(\d[\d,]*(?:\.\d+)?)|(\d[\d,]*(?:\.\d+)?)\s*(?:USDC|USD|dollars?))"
_PRICED = re.compile(
    rf"(?:pay|costs?|price[ds]?(?: at)?|only)\s*:?\s*{_SUM}\b|{_SUM}\s*(?:USDC\s*)?(?:/|per|a|each)\s*{_UNIT}\b", re.I
)
_PER_UNIT = re.compile(r"\bper[- ](image|token|minute|page|second|word|character)\b", re.I)
_TEXTS = (("summary",), ("seo", "title"), ("seo", "description"), ("json_ld", "description"))


def text_prices(listing: Listing, judge: Judge) -> None:
    """A price that a text gives for the call is the price of an offer."""
    if not may_price(judge.words):
        return
    asked = [Decimal(offer.price.decimal) for offer in listing.offers if offer.price is not None]
    for path in (*_TEXTS, *((("accepts", offer.index, "description")) for offer in listing.offers)):
        stated = text(member(listing.raw, *path))
        found = list(prices_in(stated)) if stated else []
        if not found or not asked:
            continue
        at = "/" + "/".join(str(step) for step in path)
        if any(_means(price, offer) for price in found for offer in asked):
            judge.held(TEXT_PRICE, at)
        else:
            judge.contradicted(
                TEXT_PRICE, at, f"the text says {found[0]}, the offer {asked[0]}",
                observed=stated, expected=[str(price) for price in asked],
            )  # fmt: skip


def may_price(words: str) -> bool:
    """Whether :attr:`Judge.words` may state a price."""
    return "$" in words or "usd" in words or "ollar" in words


def prices_in(words: str) -> Iterator[Decimal]:
    """Prices that a text states for the call, in dollars; sums that it merely mentions are none."""
    if "$" not in words and "USD" not in words and "ollar" not in words:
        return
    for match in _PRICED.finditer(words[:2000]):
        digits = next(group for group in match.groups() if group)
        try:
            yield Decimal(digits.replace(",", ""))
        except InvalidOperation:  # pragma: no cover  # the pattern admits only what Decimal reads
            continue


def _means(price: Decimal, asked: Decimal) -> bool:
    # A text rounds: "$0.01" may stand for 0.0099 or 0.0101, as far as its digits go.
    exponent = price.as_tuple().exponent
    step = Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0)
    return abs(price - asked) <= step / 2


def offers_differ(listing: Listing, judge: Judge) -> None:
    """All offers of real money ask the same price, and so do all of test money, which may be another."""
    if len(listing.offers) < 2:
        return
    firsts: dict[bool, Offer] = {}
    for offer in listing.offers:
        if offer.price is None or offer.network is None:
            continue
        first = firsts.setdefault(offer.network.testnet, offer)
        if first.price is not None and Decimal(offer.price.decimal) != Decimal(first.price.decimal):
            at = f"{offer.pointer}/max_amount_required_atomic"
            message = f"{offer.price} where offer {first.index} asks {first.price}"
            judge.remark(OFFERS_DIFFER, at, message, observed=offer.amount_text, expected=first.amount_text)


def absurd(listing: Listing, judge: Judge) -> None:
    """No call costs more than anybody would pay."""
    for offer in listing.offers:
        if offer.amount is None or offer.token is None or offer.amount < most_atomic(offer.token.asset.decimals):
            continue
        decimals = offer.token.asset.decimals
        meant = to_decimal(offer.amount, 18)
        message = f"{offer.price} for one call" + (f"; with 18 decimals it would be {meant}" if decimals < 18 else "")
        at = f"{offer.pointer}/max_amount_required_atomic"
        judge.remark(ABSURD, at, message, observed=offer.amount_text, expected=f"below ${MOST_DOLLARS}")


@lru_cache(maxsize=64)
def most_atomic(decimals: int) -> int:
    """The most that anybody asks for one call, in atomic units of a dollar token."""
    return int(MOST_DOLLARS.scaleb(decimals))


def units(listing: Listing, judge: Judge) -> None:
    """The unit that the page prices is the one that the texts speak of."""
    at = "/json_ld/offers/priceSpecification/unitText"
    stated = text(member(judge.page_offer, "priceSpecification", "unitText"))
    if stated is None:
        return
    spoken = set(_units_in(listing)) if may_name_unit(judge.words) else set()
    if spoken and stated.lower() not in spoken:
        named = " and ".join(sorted(spoken))
        judge.remark(
            UNIT, at, f"priced per {stated}, the text says per {named}", observed=stated, expected=sorted(spoken)
        )
        judge.not_judged(UNIT, at, reason=f"the text says per {named}; a call may yield exactly one")
    else:
        judge.held(UNIT, at)


def _units_in(listing: Listing) -> Iterator[str]:
    for words in _use_texts(listing):
        if may_name_unit(words.lower()):  # a search that ignores case takes many times as long
            for found in _PER_UNIT.finditer(words):
                yield found[1].lower()


def may_name_unit(words: str) -> bool:
    """Whether ``words``, in lower case, may say that a price is per something."""
    return "per" in words and ("per " in words or "per-" in words)


def _use_texts(listing: Listing) -> Iterator[str]:
    cases = listing.raw.get("use_cases")
    for words in (listing.summary, *(cases if isinstance(cases, list) else ())):
        if isinstance(words, str):
            yield words


def review_flags(listing: Listing, judge: Judge) -> None:
    """A price that is flagged for review has a ratio that gives reason to."""
    flag = text(listing.pricing.get("flag"))
    for member_name in ("pricing_review_required", "pricing_decimal_suspect"):
        flagged = listing.raw.get(member_name)
        at = f"/{member_name}"
        if flagged is True and flag in {"normal", "cheap"}:
            judge.contradicted(
                REVIEW_FLAGS, at, f"flagged, but its price flag is {flag}", observed=True, expected=False
            )
        elif isinstance(flagged, bool):
            reason = "when a price is flagged for review is not published"
            judge.not_judged(REVIEW_FLAGS, at, reason=reason)


CHECKS = (text_prices, offers_differ, absurd, units, review_flags)
