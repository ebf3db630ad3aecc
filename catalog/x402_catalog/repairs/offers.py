"""Repairs of an offer's terms: spellings of networks, addresses and amounts, and the token's own domain.

An account's wrong checksum is left alone: it may stand for a mistyped address, and money sent there is lost.
"""

from __future__ import annotations

from collections.abc import Iterator

from x402_catalog.addresses import Family, checksum, family
from x402_catalog.models import Listing, Offer
from x402_catalog.networks import intended_network, network
from x402_catalog.repairs.repair import Change, Mender
from x402_catalog.rules import offers, terms


def asset_checksum(listing: Listing, at: str) -> Iterator[Change]:
    """The case of an asset that the table has on that network: by its digits it is surely that token."""
    offer = offer_at(listing, at, "asset")
    if offer and offer.asset and offer.token and family(offer.asset) is Family.EVM:
        yield Change(at, checksum(offer.asset), f"the EIP-55 form of {offer.token.asset}")


def network_form(listing: Listing, at: str) -> Iterator[Change]:
    """A network whose wrong spelling means one network of the table."""
    offer = offer_at(listing, at, "network")
    meant = intended_network(offer.network_name) if offer and offer.network_name is not None else None
    if meant is not None and network(meant) is not None:
        yield Change(at, meant, f"the one network that {offer.network_name!r} can mean" if offer else "")


def leading_zeros(listing: Listing, at: str) -> Iterator[Change]:
    """The same amount in its usual form."""
    offer = offer_at(listing, at, "max_amount_required_atomic")
    if offer and offer.amount is not None:
        yield Change(at, str(offer.amount), "the same number without leading zeros")


def token_domain(listing: Listing, at: str) -> Iterator[Change]:
    """Name and version of the EIP-712 domain: those of the token whose address the offer names."""
    for name in ("name", "version"):
        offer = offer_at(listing, at, f"extra/{name}")
        wanted = getattr(offer.token, name) if offer and offer.token else None
        if wanted is not None and offer and offer.token:
            yield Change(at, wanted, f"the {name} of {offer.token.asset}")


def offer_at(listing: Listing, at: str, member: str) -> Offer | None:
    """The offer of whose ``member`` the pointer speaks; ``None`` if it speaks of something else."""
    return next((offer for offer in listing.offers if at == f"{offer.pointer}/{member}"), None)


MENDERS: dict[str, Mender] = {
    offers.CHECKSUM.code: asset_checksum,
    terms.MALFORMED_NETWORK.code: network_form,
    terms.LEADING_ZEROS.code: leading_zeros,
    terms.DOMAIN.code: token_domain,
}
