"""Repairs of names and links: copies of the listing's URL and slug, made again from them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, unquote_plus, urlsplit

from x402_catalog.models import Json, Listing
from x402_catalog.repairs.pointers import value_at
from x402_catalog.repairs.repair import Change, Mender
from x402_catalog.rules import identity, page, urls

_SLUG = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*")
_LINK = re.compile(r"(https?://[^/?]+/(?:[^/?]+/)*)[^/?]+/?(?:\?|$)")
_LAST_STEP = re.compile(r"[^/?]+")
_PAGE_LINKS = ("/json_ld/@id", "/json_ld/url", "/json_ld/offers/url")
_PARAMETER = re.compile(r"(?<=[?&])([^=&#]*)=([^&#]*)")


def origin_host(listing: Listing, at: str) -> Iterator[Change]:
    """``origin.host`` is the host of the URL."""
    if host := _host(listing.url):
        yield Change(at, host, "the host of url")


def same_as(listing: Listing, at: str) -> Iterator[Change]:
    """``json_ld.sameAs`` is the URL."""
    if _host(listing.url):
        yield Change(at, listing.url, "the same as url")


def identifier(listing: Listing, at: str) -> Iterator[Change]:
    """``json_ld.identifier`` is the slug, and links name it as their resource."""
    slug, stated = _slug(listing), value_at(listing.raw, at)
    if slug is None or not isinstance(stated, str):
        return
    after = slug if at == "/json_ld/identifier" else _with_resource(stated, slug)
    if after is not None:
        yield Change(at, after, "the listing's slug")


def page_link(listing: Listing, at: str) -> Iterator[Change]:
    """The last step of the page's link is the slug, if it surely is a page: its neighbours stand in the same folder."""
    slug, stated = _slug(listing), value_at(listing.raw, at)
    if slug is None or not isinstance(stated, str):
        return
    folder = _folder(stated)
    others = [_folder(value_at(listing.raw, other)) for other in _PAGE_LINKS if other != at]
    if folder is not None and folder in others and folder != _folder(listing.url):
        rest = stated[len(folder) :]
        yield Change(at, folder + _LAST_STEP.sub(slug, rest, count=1), "the listing's slug")


def _folder(link: Json) -> str | None:
    """What stands before the last step of a link's path; ``None`` for what has no such step or a fragment."""
    match = _LINK.match(link) if isinstance(link, str) and "#" not in link else None
    return match[1] if match else None


def _slug(listing: Listing) -> str | None:
    slug = listing.raw.get("slug")
    return slug if isinstance(slug, str) and _SLUG.fullmatch(slug) else None


def _host(url: str) -> str | None:
    """The host of a URL with which nothing is wrong."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for a port that is none
    except ValueError:
        return None
    sound = parts.scheme in {"http", "https"} and not re.search(r"\s", url) and urls.unreachable(parts.hostname or "")
    return parts.hostname if sound is None else None


def _with_resource(link: str, slug: str) -> str | None:
    """``link`` with ``slug`` as the parameter that names the resource, and nothing else changed."""
    for match in _PARAMETER.finditer(link):
        if unquote_plus(match[1]) == "resource" and match[2]:
            return link[: match.start(2)] + quote(slug, safe="") + link[match.end(2) :]
    return None


MENDERS: dict[str, Mender] = {
    identity.HOST.code: origin_host,
    identity.SAME_AS.code: same_as,
    identity.IDENTIFIER.code: identifier,
    page.PAGE_LINK.code: page_link,
}
