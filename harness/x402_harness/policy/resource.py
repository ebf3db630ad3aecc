"""Where live money may be spent: the URL that *we* request, never the one that terms name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from x402_catalog.findings import Finding
from x402_harness.policy.rules import INSECURE, NOT_PUBLIC

# Names that no public resolver answers (RFC 6761, 6762, 8375, 9476), and those that clouds answer on the inside.
_SPECIAL = frozenset(
    ["alt", "example", "home.arpa", "internal", "invalid", "lan", "local", "localdomain", "localhost", "onion", "test"]
)
_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})+")


def objections(url: str) -> Iterator[Finding]:
    """Why real money is not signed for at ``url``. What a public name resolves to is looked at when it is connected."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        yield NOT_PUBLIC.finding("the URL cannot be read", observed=url)
        return
    if parts.scheme != "https":
        yield INSECURE.finding(f"the URL is {parts.scheme or 'relative'}", observed=url, expected="https")
    if parts.username is not None or parts.password is not None:
        yield NOT_PUBLIC.finding("the URL carries a user name, which hides the host from the eye", observed=url)
    if not _is_public_name(host):
        yield NOT_PUBLIC.finding(f"{host or 'nothing'} is no public domain name", observed=host)


def _is_public_name(host: str) -> bool:
    # In plain ASCII: other dots and digits are turned into these ones on the way to the resolver.
    if _NAME.fullmatch(host) is None:
        return False
    # A name whose last part is a number is an IPv4 address in one of its many spellings (WHATWG URL §3.5).
    if host.rpartition(".")[2][0].isdigit():
        return False
    return not any(host == name or host.endswith(f".{name}") for name in _SPECIAL)
