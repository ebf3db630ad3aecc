"""CAT044 to CAT049: whether the URL leads somewhere that a stranger can reach."""

from __future__ import annotations

import ipaddress
import re

from x402_catalog.findings import Level
from x402_catalog.models import Listing
from x402_catalog.rules.judge import Judge
from x402_catalog.rules.links import parts_of
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

SLUG = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*")
_LEFTOVER = re.compile(r"\{\{|\}\}|\$\{|%7B%7B|%24%7B|<[a-z_ -]+>|\[object|/undefined\b|/null\b|\bNaN\b|YOUR[_-]", re.I)
_SIGN = re.compile(r"[{}$%<\[]")
_WORDS = ("/undefined", "/null", "nan", "your")
_LOCAL_NAMES = (".local", ".localhost", ".internal", ".lan", ".home.arpa", ".test", ".invalid")
_PREVIEW = frozenset({"staging", "preview", "dev", "sandbox", "localtunnel", "ngrok", "trycloudflare"})
# The mark of a deployment has nine letters and digits; without a digit it may as well be a word.
_PREVIEW_HASH = re.compile(r"-(?=[a-z]*[0-9])[a-z0-9]{9}-[a-z0-9-]+\.vercel\.app$|^deploy-preview-\d+--")


def slug_form(listing: Listing, judge: Judge) -> None:
    """The slug can stand in a URL, a file name and a command."""
    stated = listing.raw.get("slug")
    if isinstance(stated, str) and stated and not (SLUG.fullmatch(stated) and len(stated) <= 200):
        judge.remark(SLUG_FORM, "/slug", "not lower-case letters, digits and hyphens", observed=stated)


def url_parts(listing: Listing, judge: Judge) -> None:
    """Scheme, host, credentials and leftovers of the URL."""
    parts = parts_of(listing.url)
    if may_have_leftover(listing.url) and _LEFTOVER.search(listing.url):
        judge.contradicted(LEFTOVER, "/url", "a template's variable is still in it", observed=listing.url)
    if parts is None or not parts.is_http:
        return
    if parts.scheme == "http":
        judge.remark(HTTPS, "/url", "the URL begins with http:", observed=listing.url, expected="https:")
    if reason := unreachable(parts.host):
        judge.contradicted(PUBLIC_HOST, "/url", reason, observed=parts.host)
    elif is_preview(parts.host):
        judge.remark(PREVIEW_HOST, "/url", "the host's name says so", observed=parts.host)
    if parts.has_user or parts.fragment:
        what = "a fragment" if parts.fragment else "credentials"
        judge.contradicted(CREDENTIALS, "/url", f"the URL has {what}", observed=f"{parts.scheme}://…@{parts.host}")


def may_have_leftover(url: str) -> bool:
    """Whether ``url`` has to be searched for what a template left behind."""
    # A search that ignores case takes ten times as long as these; what is not ASCII may fold into it.
    words = url.lower()
    for word in _WORDS:  # a generator costs as much as the looks themselves
        if word in words:
            return True
    return not url.isascii() or _SIGN.search(url) is not None


def is_preview(host: str) -> bool:
    """Whether a host's name is that of a preview or a test deployment."""
    # The last part is the top-level domain, where "dev" is no sign of anything.
    if not _PREVIEW.isdisjoint(host.replace("-", ".").split(".")[:-1]):
        return True
    return (".vercel.app" in host or "--" in host) and _PREVIEW_HASH.search(host) is not None


def unreachable(host: str) -> str | None:
    """Why a host cannot be reached from elsewhere; ``None`` if nothing in its name speaks against it."""
    name = host.rstrip(".").lower()
    if ":" not in name and not name[-1:].isdigit():  # no address, which it takes long to find out by parsing
        return _unresolvable(name)
    try:
        address = ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return _unresolvable(name)
    mapped = getattr(address, "ipv4_mapped", None) or address
    return None if mapped.is_global else "an address that is not public"


def _unresolvable(name: str) -> str | None:
    if name == "localhost" or name.endswith(_LOCAL_NAMES):
        return "a name that only resolves locally"
    return None if "." in name else "a name without a domain"


CHECKS = (slug_form, url_parts)
