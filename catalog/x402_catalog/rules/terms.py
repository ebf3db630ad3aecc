"""CAT029 to CAT039: an offer's terms in detail, and the offers of one listing against each other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from x402_catalog.findings import Level
from x402_catalog.models import Listing, Offer, text
from x402_catalog.networks import intended_network, is_caip2, tokens
from x402_catalog.rules.judge import Judge
from x402_catalog.rules.offers import is_symbol
from x402_catalog.rules.registry import rule

_REQUIREMENTS = "x402 specification v1 §5.1, v2 §5.1 (PaymentRequirements)"

GENERATION = rule(
    "CAT029",
    Level.WARNING,
    "network is named in the other version's way",
    why="Clients of the stated version do not know the name, and cannot pay.",
    basis="x402 specification v1 (network names), v2 §11 (CAIP-2)",
    mend="Version 1 uses names such as base, version 2 CAIP-2 ids such as eip155:8453.",
)
MALFORMED_NETWORK = rule(
    "CAT030",
    Level.ERROR,
    "network is written in a wrong form",
    why="No client knows it, although it is plain which network is meant.",
    basis="CAIP-2; x402 specification v1, v2 (network)",
    mend="Write the network's v1 name or its CAIP-2 id.",
)
SYMBOL = rule(
    "CAT031",
    Level.ERROR,
    "asset is a symbol instead of an address",
    why="A symbol names no contract; anyone can make a token of that name.",
    basis=f"{_REQUIREMENTS} (asset)",
    mend="Give the address of the token's contract on the network.",
)
LEADING_ZEROS = rule(
    "CAT032",
    Level.WARNING,
    "amount has leading zeros",
    why="Servers compare amounts as text, so an echoed amount in its usual form does not match.",
    basis=f"{_REQUIREMENTS} (amount)",
    mend="Write the number without leading zeros.",
)
REPEATED = rule(
    "CAT033",
    Level.WARNING,
    "offer stands twice",
    why="The second one offers nothing; one of them was probably meant to differ.",
    basis="x402 specification v1 §5.1, v2 §5.1 (accepts)",
    mend="Remove one of them, or correct it.",
)
AMBIGUOUS = rule(
    "CAT034",
    Level.WARNING,
    "offers on one network cannot be told apart",
    why="A version 1 payment names scheme and network only: the server cannot know which of them was taken.",
    basis="x402 specification v1 §5.2 (PaymentPayload)",
    mend="Keep one offer for each scheme and network, or move to version 2.",
)
MEDIA_TYPE = rule(
    "CAT035",
    Level.WARNING,
    "media type is malformed",
    why="The answer's kind cannot be told from it.",
    basis="RFC 9110 §8.3.1",
    mend="Write type/subtype, such as application/json.",
)
DOMAIN = rule(
    "CAT036",
    Level.ERROR,
    "EIP-712 name or version differs from the token's",
    why="A signature over that domain is void: every payment fails, or a look-alike contract is meant.",
    basis="EIP-712; specs/schemes/exact/scheme_exact_evm.md (extra.name, extra.version)",
    mend="Give the token contract's own name and version.",
)
TRANSFER_METHOD = rule(
    "CAT037",
    Level.INFO,
    "transfer method or payment flow is not the plain one",
    why="This program reads but does not buy it: it binds the buyer to more than one bounded transfer.",
    basis="specs/schemes/exact/scheme_exact.md (paymentFlow), scheme_exact_evm.md (assetTransferMethod)",
    mend="Nothing, if it is meant; an eip3009 offer beside it reaches more buyers.",
)
EXTRA_FORM = rule(
    "CAT038",
    Level.ERROR,
    "extra is JSON inside a string",
    why="Clients look for members of an object and find none, so they sign with a guessed domain or not at all.",
    basis=f"{_REQUIREMENTS} (extra)",
    mend="Give the object itself.",
)
TEST_MONEY = rule(
    "CAT039",
    Level.INFO,
    "every offer takes test money",
    why="What is sold for test money is a demonstration.",
    basis="table of networks",
    mend="Nothing, if it is a demonstration.",
)

_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+*-]+(?:\s*;\s*[\w!#$&^.+-]+=(?:[\w!#$&^.+:/-]+|\"[^\"]*\"))*")
_FLOWS = {"paymentFlow": "authorization", "assetTransferMethod": "eip3009"}


def network_forms(listing: Listing, judge: Judge) -> None:
    """Networks are written as the version writes them."""
    stated = listing.raw.get("x402Version")
    for offer in listing.offers:
        name, at = offer.network_name, f"{offer.pointer}/network"
        if name is None:
            continue
        if offer.network is None and (meant := intended_network(name)) is not None:
            judge.contradicted(MALFORMED_NETWORK, at, f"{meant} is meant", observed=name, expected=meant)
        elif offer.network is not None and stated in (1, 2) and is_caip2(name) != (stated == 2):
            wanted = offer.network.caip2 if stated == 2 else offer.network.v1_name
            if wanted is not None:
                judge.remark(GENERATION, at, f"version {stated} writes {wanted}", observed=name, expected=wanted)


def symbols(listing: Listing, judge: Judge) -> None:
    """The asset is an address."""
    for offer in listing.offers:
        if is_symbol(offer.asset) and offer.asset is not None:
            known = tokens(offer.network.caip2) if offer.network else ()
            meant = [row.asset.address for row in known if row.asset.symbol.lower() == offer.asset.lower()]
            message = f"{offer.asset!r} is a symbol"
            judge.contradicted(SYMBOL, f"{offer.pointer}/asset", message, observed=offer.asset, expected=meant or None)


def leading_zeros(listing: Listing, judge: Judge) -> None:
    """Amounts have no leading zeros."""
    for offer in listing.offers:
        if offer.amount is not None and offer.amount_text != str(offer.amount):
            at = f"{offer.pointer}/max_amount_required_atomic"
            judge.remark(LEADING_ZEROS, at, "leading zeros", observed=offer.amount_text, expected=str(offer.amount))


def repeated(listing: Listing, judge: Judge) -> None:
    """No offer stands twice, and version 1 offers of one network can be told apart."""
    first: dict[tuple[object, ...], Offer] = {}
    choices: dict[tuple[object, ...], Offer] = {}
    for offer in listing.offers:
        terms, choice = _terms(offer), _choice(offer)
        same, alike = first.setdefault(terms, offer), choices.setdefault(choice, offer) if choice else offer
        # Of both the earlier offer is named: a repetition of it is one of its terms as well.
        if same is not offer and same.index <= alike.index:
            judge.remark(REPEATED, offer.pointer, f"the same terms as offer {same.index}", observed=offer.network_name)
        elif alike is not offer:
            message = f"same scheme and network as offer {alike.index}, other terms"
            judge.remark(AMBIGUOUS, offer.pointer, message, observed=offer.network_name)


def _terms(offer: Offer) -> tuple[object, ...]:
    # What stands in extra may make another way to pay of it: another facilitator, another method.
    extra = json.dumps(offer.extra, sort_keys=True)
    return (offer.scheme, offer.network_name, offer.asset, offer.pay_to, offer.amount_text, extra)


def _choice(offer: Offer) -> tuple[object, ...] | None:
    """What a version 1 payment says of the offer that it takes; ``None`` for others."""
    is_first_version = offer.version == 1 and offer.network_name is not None
    return (offer.scheme, offer.network_name) if is_first_version else None


def media_types(listing: Listing, judge: Judge) -> None:
    """Declared media types are well formed."""
    for offer in listing.offers:
        stated = text(offer.raw.get("mime_type"))
        if stated and not is_media_type(stated):
            judge.remark(MEDIA_TYPE, f"{offer.pointer}/mime_type", "not type/subtype", observed=stated)


def is_media_type(stated: str) -> bool:
    """Whether ``stated`` has the form ``type/subtype``, perhaps with parameters."""
    return _MEDIA_TYPE.fullmatch(stated.strip()) is not None


def extras(listing: Listing, judge: Judge) -> None:
    """``extra`` is an object that agrees with the table, and asks for the plain method and flow."""
    for offer in listing.offers:
        at = f"{offer.pointer}/extra"
        if isinstance(offer.raw.get("extra"), str):
            judge.contradicted(
                EXTRA_FORM, at, "a string, not an object", observed=offer.raw["extra"], expected="an object"
            )
        for name, wanted in _domain_members(offer):
            stated = offer.extra.get(name)
            if stated is None:
                continue
            if stated == wanted:
                judge.held(DOMAIN, f"{at}/{name}")
            else:
                assert offer.token is not None  # that is where the wanted value comes from
                message = f"the domain of {offer.token.asset} has the {name} {wanted!r}"
                judge.contradicted(DOMAIN, f"{at}/{name}", message, observed=stated, expected=wanted)
        for name, plain in _FLOWS.items():
            stated = offer.extra.get(name)
            if stated is not None and stated != plain:
                judge.remark(TRANSFER_METHOD, f"{at}/{name}", f"{name} is {stated!r}", observed=stated, expected=plain)


def _domain_members(offer: Offer) -> Iterator[tuple[str, str]]:
    if offer.token is not None and offer.token.name is not None and offer.token.version is not None:
        yield "name", offer.token.name
        yield "version", offer.token.version


def only_test_money(listing: Listing, judge: Judge) -> None:
    """Some offer takes real money."""
    known = [offer.network for offer in listing.offers if offer.network is not None]
    if known and len(known) == len(listing.offers) and all(where.testnet for where in known):
        judge.remark(
            TEST_MONEY, "/accepts/0/network", "a test network, like every other offer", observed=known[0].caip2
        )


CHECKS = (network_forms, symbols, leading_zeros, repeated, media_types, extras, only_test_money)
