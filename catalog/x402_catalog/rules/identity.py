"""CAT040 to CAT049: the names and addresses that a listing gives for itself agree with each other."""

from __future__ import annotations

from x402_catalog.findings import Level
from x402_catalog.models import Listing, mapping, member
from x402_catalog.rules.judge import Judge
from x402_catalog.rules.links import parts_of, resource_of
from x402_catalog.rules.registry import Rule, rule

URL_FORM = rule(
    "CAT040",
    Level.ERROR,
    "URL is no absolute http(s) URL",
    why="No request can be sent to it.",
    basis="RFC 3986 §3; x402 HTTP transport",
    mend="Give the endpoint's absolute URL.",
)
HOST = rule(
    "CAT041",
    Level.ERROR,
    "origin host differs from the URL's",
    why="The listing presents one host and sends the buyer to another.",
    basis="listing format (origin.host, url)",
    mend="Derive origin.host from url.",
)
SAME_AS = rule(
    "CAT042",
    Level.ERROR,
    "JSON-LD sameAs differs from the URL",
    why="Search engines send buyers to another endpoint than the one that is sold.",
    basis="schema.org sameAs; listing format (url)",
    mend="Derive json_ld.sameAs from url.",
)
IDENTIFIER = rule(
    "CAT043",
    Level.ERROR,
    "identifiers of the listing disagree",
    why="Links and look-ups by slug lead to another listing.",
    basis="listing format (slug, json_ld.identifier, axon_deep_link)",
    mend="Derive them from slug.",
)


def url_form(listing: Listing, judge: Judge) -> None:
    """The URL is absolute, with http or https and a host."""
    if listing.url and _host(listing.url) is None:
        judge.contradicted(URL_FORM, "/url", "no absolute http(s) URL", observed=listing.url)


def origin_host(listing: Listing, judge: Judge) -> None:
    """``origin.host`` is the host of ``url``."""
    stated, host = mapping(listing.raw.get("origin")).get("host"), _host(listing.url)
    if isinstance(stated, str) and host is not None:
        stated = stated.lower()
        parts = parts_of(listing.url)
        _compare(HOST, judge, "/origin/host", stated, stated if parts and stated == parts.authority.lower() else host)


def same_as(listing: Listing, judge: Judge) -> None:
    """``json_ld.sameAs`` is ``url``."""
    stated = judge.page.get("sameAs")
    if isinstance(stated, str):
        _compare(SAME_AS, judge, "/json_ld/sameAs", stated, listing.url)


def identifiers(listing: Listing, judge: Judge) -> None:
    """``json_ld.identifier`` and the deep link name the slug."""
    if not isinstance(listing.raw.get("slug"), str):
        return
    stated = judge.page.get("identifier")
    if isinstance(stated, str):
        _compare(IDENTIFIER, judge, "/json_ld/identifier", stated, listing.slug)
    links = (
        ("/axon_deep_link", listing.raw.get("axon_deep_link")),
        ("/json_ld/potentialAction/target", member(judge.page, "potentialAction", "target")),
    )
    for at, link in links:
        named = resource_of(link) if isinstance(link, str) else None
        if named is not None:
            _compare(IDENTIFIER, judge, at, named, listing.slug)


def _compare(decider: Rule, judge: Judge, at: str, observed: str, expected: str) -> None:
    if observed == expected:
        judge.held(decider, at)
    else:
        judge.contradicted(decider, at, f"{observed!r} is not {expected!r}", observed=observed, expected=expected)


def _host(url: str) -> str | None:
    parts = parts_of(url)
    return parts.host or None if parts and parts.is_http and not parts.has_space else None


CHECKS = (url_form, origin_host, same_as, identifiers)
