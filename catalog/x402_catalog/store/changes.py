"""Changes: what appeared, vanished and changed between two catalogues or two snapshots of one.

Both are gone through by slug side by side, so memory holds one slug at a time. What has the same bytes is the same and
is not looked into.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby, zip_longest
from operator import itemgetter
from typing import Any, NamedTuple

from x402_catalog.models import Listing, Offer
from x402_catalog.store.catalogue import Catalogue

_SLUGS = """
SELECT l.slug, d.digest, l.number, l.id FROM member m JOIN listing l ON l.id = m.listing
JOIN document d ON d.id = l.document WHERE m.snapshot = ? ORDER BY l.slug, d.digest, l.number, l.id
"""


class Kind(StrEnum):
    """What can happen to a listing; ``OTHER`` are changes of what is neither price, payee nor schema."""

    APPEARED = "appeared"
    VANISHED = "vanished"
    PRICE = "price"
    PAYEE = "payee"
    SCHEMA = "schema"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened to the listing ``slug``. ``where`` is a JSON pointer, ``before`` and ``after`` are what
    stood there; one is ``None`` where nothing did."""

    slug: str
    kind: Kind
    where: str = ""
    before: Any = None
    after: Any = None

    def to_dict(self) -> dict[str, Any]:
        """The change as JSON."""
        return {
            "slug": self.slug, "kind": str(self.kind), "pointer": self.where, "before": self.before,
            "after": self.after,
        }  # fmt: skip


class _Held(NamedTuple):
    digest: bytes
    number: int
    id: int


def changes(before: Catalogue, after: Catalogue) -> Iterator[Change]:
    """What happened between two catalogues, by slug."""
    for slug, old, new in _side_by_side(before, after):
        gone, come = _without(old, new), _without(new, old)
        for left, right in zip_longest(gone, come):
            if left is None:
                yield Change(slug, Kind.APPEARED, after=_told(after.get(right.id)))
            elif right is None:
                yield Change(slug, Kind.VANISHED, before=_told(before.get(left.id)))
            else:
                yield from compared(before.get(left.id), after.get(right.id))


def compared(before: Listing, after: Listing) -> Iterator[Change]:
    """What changed in a listing. Offers that are paid the same way (scheme, network, asset) are compared."""
    slug = after.slug
    old, new = _by_way(before.offers), _by_way(after.offers)
    for way in [*old, *(way for way in new if way not in old)]:
        left, right = old.get(way), new.get(way)
        at = (right or left or after.offers[0]).pointer
        if left is None or right is None:
            yield Change(slug, Kind.PRICE, at, _price(left), _price(right))
            continue
        if (left.amount_text, left.amount) != (right.amount_text, right.amount):
            yield Change(slug, Kind.PRICE, f"{at}/max_amount_required_atomic", _price(left), _price(right))
        if left.pay_to != right.pay_to:
            yield Change(slug, Kind.PAYEE, f"{at}/pay_to", left.pay_to, right.pay_to)
        for name in _differing(left.hints, right.hints):
            yield Change(slug, Kind.SCHEMA, f"{at}/hints/{name}", left.hints.get(name), right.hints.get(name))
    for name in _differing(before.raw, after.raw):
        if name != "accepts":
            yield Change(slug, Kind.OTHER, f"/{name}", before.raw.get(name), after.raw.get(name))


def _side_by_side(before: Catalogue, after: Catalogue) -> Iterator[tuple[str, list[_Held], list[_Held]]]:
    left, right = _by_slug(before), _by_slug(after)
    old, new = next(left, None), next(right, None)
    while old or new:
        slug = min(one[0] for one in (old, new) if one)
        is_old, is_new = old is not None and old[0] == slug, new is not None and new[0] == slug
        yield slug, old[1] if old and is_old else [], new[1] if new and is_new else []
        old, new = next(left, None) if is_old else old, next(right, None) if is_new else new


def _by_slug(catalogue: Catalogue) -> Iterator[tuple[str, list[_Held]]]:
    rows = catalogue.connection.execute(_SLUGS, (catalogue.snapshot,))
    for slug, group in groupby(rows, key=itemgetter(0)):
        yield slug, [_Held(*row[1:]) for row in group]


def _without(some: list[_Held], others: list[_Held]) -> list[_Held]:
    """``some`` without those that ``others`` has too, as often as it has them."""
    left = Counter((one.digest, one.number) for one in others)
    kept = []
    for one in some:
        left[one.digest, one.number] -= 1
        if left[one.digest, one.number] < 0:
            kept.append(one)
    return kept


def _by_way(offers: tuple[Offer, ...]) -> dict[tuple[object, ...], Offer]:
    found: dict[tuple[object, ...], Offer] = {}
    for offer in offers:
        network = offer.network.caip2 if offer.network else offer.network_name
        way = (offer.scheme, network, (offer.asset or "").lower())
        number = sum(known[:3] == way for known in found)
        found[(*way, number)] = offer
    return found


def _differing(left: dict[str, Any], right: dict[str, Any]) -> list[str]:
    names = [*left, *(name for name in right if name not in left)]
    return [name for name in names if _canonical(left.get(name)) != _canonical(right.get(name))]


def _canonical(value: Any) -> str:
    # Python takes 1, 1.0 and True for equal, which JSON does not.
    return json.dumps(value, sort_keys=True)


def _price(offer: Offer | None) -> dict[str, Any] | None:
    if offer is None:
        return None
    return {
        "amount": offer.amount_text, "price": offer.price.decimal if offer.price else None,
        "network": offer.network_name, "asset": offer.asset,
    }  # fmt: skip


def _told(listing: Listing) -> dict[str, Any]:
    return {"title": listing.title, "url": listing.url, "offers": [_price(offer) for offer in listing.offers]}
