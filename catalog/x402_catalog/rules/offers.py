"""CAT020 to CAT039: what an offer says about scheme, network, asset, accounts, amount and time."""

from __future__ import annotations

import re

from x402_catalog.addresses import ZERO, Family, checksum, family, has_valid_checksum, same_address
from x402_catalog.findings import Level
from x402_catalog.models import Listing, Offer
from x402_catalog.networks import AMBIGUOUS_V1_NAMES, intended_network, is_caip2, networks_of_asset, tokens
from x402_catalog.rules.judge import Judge
from x402_catalog.rules.registry import rule

AMOUNT_FORM = rule(
    "CAT020",
    Level.ERROR,
    "amount is not an atomic amount",
    why=("Buyers compare and sign integers of atomic units; anything else is refused or misread by powers of ten."),
    basis="x402 specification v1 §5.1 (maxAmountRequired), v2 §5.1 (amount): uint256 as a decimal string",
    mend='Write the price in the asset\'s atomic units as decimal digits: 0.01 USDC is "10000".',
)
NETWORK_KNOWN = rule(
    "CAT021",
    Level.WARNING,
    "network is not in the table",
    why="Neither its kind of address nor its assets can be judged, and no buyer of ours will sign for it.",
    basis="x402 specification v1 §5.1, v2 §5.1 (network); CAIP-2",
    mend="Use a v1 name such as base, or a CAIP-2 id such as eip155:8453.",
)
ASSET_KNOWN = rule(
    "CAT022",
    Level.WARNING,
    "asset is not in the table of its network",
    why=("Its decimals and EIP-712 domain are unknown, so the price cannot be told and nothing is signed for it."),
    basis="x402 specification v1 §5.1, v2 §5.1 (asset); default assets of the official SDKs",
    mend="Name the token's contract on that very network.",
)
CHECKSUM = rule(
    "CAT023",
    Level.ERROR,
    "address breaks its EIP-55 checksum",
    why=(
        "A mixed-case address carries a checksum; a wrong one means a mistyped account, and money sent there is lost."
    ),
    basis="EIP-55",
    mend="Copy the address again from its source, or write it all in lower case if it is surely right.",
)
ADDRESS_FAMILY = rule(
    "CAT024",
    Level.ERROR,
    "address is not of its network's kind",
    why="The transfer cannot be made: the network has no such account.",
    basis="x402 specification v1 §5.1, v2 §5.1 (payTo, asset)",
    mend="Give an address of the network that the offer names.",
)
PAYEE = rule(
    "CAT025",
    Level.ERROR,
    "payee cannot receive the payment",
    why="A transfer to the zero address or to the token's own contract burns the money or fails.",
    basis="ERC-20 transfers; EIP-3009",
    mend="Name the seller's own account as pay_to.",
)
TIMEOUT = rule(
    "CAT026",
    Level.WARNING,
    "timeout is out of range",
    why=("It bounds how long a signed payment stays valid: none is unusable, a long one is a risk for the buyer."),
    basis="x402 specification v1 §5.1, v2 §5.1 (maxTimeoutSeconds)",
    mend="Give seconds, not milliseconds: usually 60 to 300.",
)
SCHEME_KNOWN = rule(
    "CAT027",
    Level.INFO,
    "scheme is not exact",
    why="Other schemes bind the buyer differently; this program reads but does not buy them.",
    basis="x402 specification v1 §6, v2 §6 (schemes)",
    mend="Nothing, if the scheme is meant.",
)
FREE = rule(
    "CAT028",
    Level.INFO,
    "offer costs nothing",
    why="There is nothing to pay, so nothing to buy or to prove by buying.",
    basis="x402 specification v1 §5.1, v2 §5.1 (amount)",
    mend="Nothing, if the endpoint is meant to be free.",
)

MAX_TIMEOUT = 3600  # seconds; an hour is already far more than any settlement takes


def amounts(listing: Listing, judge: Judge) -> None:
    """The amount is a decimal string of a uint256."""
    for offer in listing.offers:
        at = f"{offer.pointer}/max_amount_required_atomic"
        if offer.amount_text is None:
            continue  # absent or of another type: the shape rule says so
        if offer.amount is None:
            judge.contradicted(
                AMOUNT_FORM, at, "the amount is no decimal string of a uint256",
                observed=offer.amount_text, expected="1 to 78 decimal digits, at most 2^256 - 1",
            )  # fmt: skip
        elif offer.amount == 0:
            judge.remark(FREE, at, "the price is zero", observed="0")


def networks(listing: Listing, judge: Judge) -> None:
    """The network is one that the table knows, and unambiguous."""
    for offer in listing.offers:
        name, at = offer.network_name, f"{offer.pointer}/network"
        if name is None or offer.network is not None:
            continue
        if name in AMBIGUOUS_V1_NAMES:
            message = f"{name!r} means different chains in different official sources"
            judge.remark(NETWORK_KNOWN, at, message, observed=name, expected=list(AMBIGUOUS_V1_NAMES[name]))
        elif intended_network(name) is None:
            # A CAIP-2 id that the table lacks is our limit, an unknown name the offer's.
            level = Level.INFO if is_caip2(name) else None
            judge.remark(NETWORK_KNOWN, at, f"the network {name!r} is unknown", observed=name, level=level)


def assets(listing: Listing, judge: Judge) -> None:
    """The asset is one that the table has on that network."""
    for offer in listing.offers:
        if offer.network is None or not offer.asset or offer.token is not None:
            continue
        if family(offer.asset) is not offer.network.family:
            continue  # the family rule says so
        at, elsewhere = f"{offer.pointer}/asset", networks_of_asset(offer.asset)
        known = [f"{row.asset.symbol} {row.asset.address}" for row in tokens(offer.network.caip2)]
        if elsewhere:
            message = f"an asset of {elsewhere[0]}, not of {offer.network.caip2}"
            judge.contradicted(ASSET_KNOWN, at, message, observed=offer.asset, expected=known, level=Level.ERROR)
        else:
            message = f"no asset that is known on {offer.network.caip2}"
            judge.remark(ASSET_KNOWN, at, message, observed=offer.asset, expected=known)


def checksums(listing: Listing, judge: Judge) -> None:
    """Mixed-case EVM addresses carry the right EIP-55 checksum."""
    for offer in listing.offers:
        for member, address in (("pay_to", offer.pay_to), ("asset", offer.asset)):
            if family(address) is not Family.EVM or address is None:
                continue
            at = f"{offer.pointer}/{member}"
            if has_valid_checksum(address):
                judge.held(CHECKSUM, at)
            else:
                judge.contradicted(
                    CHECKSUM, at, "mixed case, but not the case that EIP-55 gives",
                    observed=address, expected=checksum(address),
                )  # fmt: skip


def families(listing: Listing, judge: Judge) -> None:
    """Payee and asset have the form of the network's addresses."""
    for offer in listing.offers:
        if offer.network is None:
            continue
        for member, address in (("pay_to", offer.pay_to), ("asset", offer.asset)):
            if member == "asset" and is_symbol(address):
                continue  # a rule of its own says so
            if address and family(address) is not offer.network.family:
                judge.contradicted(
                    ADDRESS_FAMILY, f"{offer.pointer}/{member}", f"no address of {offer.network.caip2}",
                    observed=address, expected=f"an address of the {offer.network.family} family",
                )  # fmt: skip


def is_symbol(asset: str | None) -> bool:
    """Whether an asset is named by a symbol, such as USDC, instead of an address."""
    return asset is not None and family(asset) is None and re.fullmatch(r"[A-Za-z][\w.-]{1,11}", asset) is not None


def payees(listing: Listing, judge: Judge) -> None:
    """The payee is neither nobody nor the token itself."""
    for offer in listing.offers:
        if reason := unpayable(offer):
            judge.contradicted(PAYEE, f"{offer.pointer}/pay_to", reason, observed=offer.pay_to)


def unpayable(offer: Offer) -> str | None:
    """Why the offer's payee cannot be paid; ``None`` if nothing speaks against it."""
    if offer.pay_to is None:
        return None
    if offer.pay_to.lower() == ZERO:
        return "the payee is the zero address"
    if offer.asset is not None and same_address(offer.pay_to, offer.asset):
        return "the payee is the token's own contract"
    return None


def timeouts(listing: Listing, judge: Judge) -> None:
    """The timeout is positive and not absurd."""
    for offer in listing.offers:
        if offer.timeout is None or 0 < offer.timeout <= MAX_TIMEOUT:
            continue
        at, expected = f"{offer.pointer}/max_timeout_seconds", f"1 to {MAX_TIMEOUT} seconds"
        if offer.timeout <= 0:
            judge.contradicted(
                TIMEOUT, at, "no payment can be made in that time",
                observed=offer.timeout, expected=expected, level=Level.ERROR,
            )  # fmt: skip
        else:
            judge.remark(
                TIMEOUT, at, f"a signed payment would stay valid for {offer.timeout} seconds: milliseconds?",
                observed=offer.timeout, expected=expected,
            )  # fmt: skip


def schemes(listing: Listing, judge: Judge) -> None:
    """The scheme is ``exact``."""
    for offer in listing.offers:
        if offer.scheme is not None and offer.scheme != "exact":
            judge.remark(
                SCHEME_KNOWN, f"{offer.pointer}/scheme", f"the scheme is {offer.scheme!r}", observed=offer.scheme
            )


CHECKS = (amounts, networks, assets, checksums, families, payees, timeouts, schemes)
