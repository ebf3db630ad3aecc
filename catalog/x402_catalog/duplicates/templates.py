"""Endpoints and their templates: which URLs are the same, and which differ by a parameter alone."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_LONGEST = 4096
# What stands in a path for a parameter: addresses, hashes, UUIDs, CIDs, numbers, tickers, and words with such an end.
_PARAMETER = re.compile(
    r"0x[0-9a-fA-F]{6,64}|[0-9a-fA-F]{16,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    r"|(?:bafy|bafk|Qm)[0-9A-Za-z]{20,}|[0-9]+|[A-Z]{2,6}(?:-[A-Z]{2,6})?|[1-9A-HJ-NP-Za-km-z]{32,44}"
    r"|[a-z]{1,5}_[0-9a-zA-Z]{10,}|[a-z]{3,10}-[0-9]{1,6}|[0-9]{4}-[0-9]{2}-[0-9]{2}"
)
_PORTS = {"http": ":80", "https": ":443"}
# URLs as most are, which need not be taken apart.
_PLAIN = re.compile(r"https?://([a-z0-9.-]+(?:/[!$-.0-:=@-~]+)*)")


def endpoint_of(method: str, url: str) -> str | None:
    """Method and URL in a canonical form: case of the host, a default port, the order of the query, a slash at the end
    and a fragment do not count. ``None`` for what is no http(s) URL."""
    if (plain := _PLAIN.fullmatch(url)) and len(url) <= _LONGEST:
        return f"{method} {plain[1]}"
    try:
        parts = urlsplit(url[:_LONGEST])
        host = parts.netloc.rpartition("@")[2].lower().removesuffix(_PORTS.get(parts.scheme, "\0"))
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not host:
        return None
    query = parts.query and "?" + "&".join(sorted(parts.query.split("&")))
    return f"{method} {host}{parts.path.rstrip('/')}{query}"


def template_of(endpoint: str, summary: str) -> str | None:
    """What an endpoint has in common with those of its family: its path with ``{}`` for each step that is a parameter's
    value, and its summary without those values; ``None`` where no step is one.

    Steps alone would not do: behind ``/services/1`` and ``/services/2`` may stand different things, which then are
    described in different words.
    """
    path = endpoint.partition("?")[0]
    if path.isascii() and path.islower() and not any(map(str.isdigit, path)):  # as most are
        return None
    head, *steps = path.split("/")
    values = [step for step in steps if _is_value(step)]
    if not values:
        return None
    described = summary[:_LONGEST].lower()
    for value in values:
        described = described.replace(value.lower(), "{}")
    return "/".join([head, *("{}" if step in values else step for step in steps)]) + "\n" + described


def _is_value(step: str) -> bool:
    # Most steps are words, which need no search.
    return not (step.isalpha() and step.islower()) and _PARAMETER.fullmatch(step) is not None
