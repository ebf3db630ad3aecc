"""CAT044 to CAT049: whether the URL leads somewhere that a stranger can reach."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from x402_catalog.findings import Level
from x402_catalog.models import Listing
from x402_catalog.rules.judge import Judge
from x402_catalog.rules.registry import rule

_BASIS = "RFC 3986; x402 HTTP transport"

SLUG_FORM = rule(
    "CAT044",
    Level.WARNING,
    "slug cannot stand in a URL",
    why="Slugs are used in links, file names and commands.",
    basis="listing format (slug)",
    mend="Use lower-case letters, digits and hyphens, at most 200.",
)
HTTPS = rule(
    "CAT045",
    Level.WARNING,
    "endpoint is not served over https",
    why="Terms and payment travel in the clear: anyone on the way can change the payee, or take the signature first.",
    basis="x402 security considerations; RFC 9110 §4.2.2",
    mend="Serve it over https and list that URL.",
)
PUBLIC_HOST = rule(
    "CAT046",
    Level.ERROR,
    "host is not public",
    why="Nobody else can reach it; a program that follows the listing calls its own machine or network instead.",
    basis="RFC 1918, RFC 4193, RFC 6761, RFC 6890",
    mend="List the public host.",
)
LEFTOVER = rule(
    "CAT047",
    Level.ERROR,
    "URL holds what a template left behind",
    why="A variable was never filled in, so the URL leads nowhere.",
    basis=_BASIS,
    mend="Fill the variable in and list the URL again.",
)
CREDENTIALS = rule(
    "CAT048",
    Level.ERROR,
    "URL holds credentials or a fragment",
    why="Credentials in a public listing are published; a fragment is never sent.",
    basis="RFC 3986 §3.2.1, §3.5",
    mend="Take them out of the URL.",
)
PREVIEW_HOST = rule(
    "CAT049",
    Level.INFO,
    "host looks like a preview or test deployment",
    why="Such hosts vanish or change without notice.",
    basis="naming conventions of hosting providers",
    mend="List the production host.",
)

_SLUG = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*")
_LEFTOVER = re.compile(r"\{\{|\}\}|\$\{|%7B%7B|%24%7B|<[a-z_ -]+>|\[object|/undefined\b|/null\b|\bNaN\b|YOUR[_-]", re.I)
_LOCAL_NAMES = (".local", ".localhost", ".internal", ".lan", ".home.arpa", ".test", ".invalid")
_PREVIEW = re.compile(r"(?:^|[.-])(?:staging|preview|dev|sandbox|localtunnel|ngrok|ngrok-free|trycloudflare)[.-]")
_PREVIEW_HASH = re.compile(r"-[a-z0-9]{9}-[a-z0-9-]+\.vercel\.app$|^deploy-preview-\d+--")


def slug_form(listing: Listing, judge: Judge) -> None:
    """The slug can stand in a URL, a file name and a command."""
    stated = listing.raw.get("slug")
    if isinstance(stated, str) and stated and not (_SLUG.fullmatch(stated) and len(stated) <= 200):
        judge.remark(SLUG_FORM, "/slug", "not lower-case letters, digits and hyphens", observed=stated)


def url_parts(listing: Listing, judge: Judge) -> None:
    """Scheme, host, credentials and leftovers of the URL."""
    parts = _split(listing.url)
    if _LEFTOVER.search(listing.url):
        judge.contradicted(LEFTOVER, "/url", "a template's variable is still in it", observed=listing.url)
    if parts is None:
        return
    if parts.scheme == "http":
        judge.remark(HTTPS, "/url", "the URL begins with http:", observed=listing.url, expected="https:")
    if reason := unreachable(parts.hostname or ""):
        judge.contradicted(PUBLIC_HOST, "/url", reason, observed=parts.hostname)
    elif _PREVIEW.search(parts.hostname or "") or _PREVIEW_HASH.search(parts.hostname or ""):
        judge.remark(PREVIEW_HOST, "/url", "the host's name says so", observed=parts.hostname)
    if parts.username is not None or parts.password is not None or parts.fragment:
        what = "a fragment" if parts.fragment else "credentials"
        judge.contradicted(CREDENTIALS, "/url", f"the URL has {what}", observed=f"{parts.scheme}://…@{parts.hostname}")


def unreachable(host: str) -> str | None:
    """Why a host cannot be reached from elsewhere; ``None`` if nothing in its name speaks against it."""
    name = host.rstrip(".").lower()
    try:
        address = ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        if name == "localhost" or name.endswith(_LOCAL_NAMES):
            return "a name that only resolves locally"
        return None if "." in name else "a name without a domain"
    mapped = getattr(address, "ipv4_mapped", None) or address
    return None if mapped.is_global else "an address that is not public"


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme in {"http", "https"} and parts.hostname else None


CHECKS = (slug_form, url_parts)
