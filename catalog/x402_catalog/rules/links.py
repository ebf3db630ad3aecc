"""Links: the parts of a URL, found once however many rules ask."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import SplitResult, parse_qs, urlsplit

from msgspec import Struct

# What nearly every link looks like; its parts need no general parser, which takes several times as long.
_USUAL = re.compile(r"(https?)://([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?:/[\w./~-]*)?", re.ASCII)
_DEEP = re.compile(r"https://[a-z0-9.-]+/[\w./-]*\?resource=([\w.-]+)", re.ASCII)
_KEPT = 2048  # characters of a URL that is remembered, so that hostile ones fill no memory
_SPACE = re.compile(r"\s")


class Parts(Struct, frozen=True):
    """The parts of a URL that can be split. ``host`` is in lower case; ``authority`` is host and port as written."""

    scheme: str
    host: str
    authority: str
    has_user: bool = False
    fragment: str = ""
    has_space: bool = False
    has_bad_port: bool = False

    @property
    def is_http(self) -> bool:
        """Whether it is an absolute URL of http or https."""
        return self.scheme in {"http", "https"} and self.host != "" and not self.has_bad_port


def parts_of(url: str) -> Parts | None:
    """The parts of ``url``; ``None`` where it cannot be split."""
    return _parts(url) if len(url) <= _KEPT else _parts.__wrapped__(url)


@lru_cache(maxsize=256)
def _parts(url: str) -> Parts | None:
    if usual := _USUAL.fullmatch(url):
        scheme, host = usual.groups()
        return Parts(scheme, host, host)
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    has_user = parts.username is not None or parts.password is not None
    authority = parts.netloc.rpartition("@")[2]
    has_space = _SPACE.search(url) is not None
    return Parts(
        parts.scheme, parts.hostname or "", authority, has_user, parts.fragment, has_space, _has_bad_port(parts)
    )


def _has_bad_port(parts: SplitResult) -> bool:
    try:
        parts.port  # noqa: B018  # raises for a port that is none
    except ValueError:
        return True
    return False


def resource_of(link: str) -> str | None:
    """The first ``resource`` in the query of ``link``; ``None`` if it has none."""
    if usual := _DEEP.fullmatch(link):
        return usual[1]
    try:
        found = parse_qs(urlsplit(link).query).get("resource")
    except ValueError:
        return None
    return found[0] if found else None
