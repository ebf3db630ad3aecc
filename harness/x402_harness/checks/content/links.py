"""RESP023 and RESP024: the URLs in an answer."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from x402_catalog.findings import Level
from x402_catalog.rules.registry import rule
from x402_harness.checks.content.asking import Asked
from x402_harness.checks.content.files import is_data_url
from x402_harness.checks.content.spots import Spot
from x402_harness.checks.content.subject import ContentCheck, Subject
from x402_harness.protocol.exchange import Leg

FORM = rule(
    "RESP023",
    Level.WARNING,
    "URL is not of the kind that its description says",
    why="A buyer who was told of a data URL or of https does not fetch from elsewhere, nor in the clear.",
    basis="hints.output (description), hints.input (description of the field that asks for URLs)",
    mend="Send such a URL, or describe the one that is sent.",
)
PRIVATE = rule(
    "RESP024",
    Level.WARNING,
    "URL leads to a private host",
    why="Only the seller's own machines can open it.",
    basis="RFC 6761 §6.3, RFC 1918",
    mend="Send the URL at which the public finds it.",
)
_DATA_URL = re.compile(r"\bdata[- ]ur[li]\b", re.I)
_HTTPS = re.compile(r"\bhttps\b(?!:)", re.I)
_MAYBE = re.compile(r"\b(?:or|if|when|unless|may|either|optionally)\b", re.I)
_IS_URL = re.compile(r"(?:.*_)?(?:url|uri|href|link)s?")
_LOCAL = (".local", ".localhost", ".internal", ".lan", ".localdomain")


def forms(subject: Subject) -> None:
    """A URL is a data URL, or https, where the text says so."""
    for spot in subject.spots:
        if isinstance(spot.value, str) and is_url(spot):
            _formed(subject, spot)


def is_url(spot: Spot) -> bool:
    """Whether the listing, or the name that it declares, says that a text is a URL."""
    found = spot.keyword("format")
    is_stated = found is not None and found[0] in ("uri", "url")
    return is_stated or (bool(spot.views) and _IS_URL.fullmatch(spot.words) is not None)


def _formed(subject: Subject, spot: Spot) -> None:
    for text, place in descriptions(spot, subject.fields):
        wanted = form_of(text)
        if wanted is None or place is None:
            continue
        if wanted(spot.value):
            subject.scene.held(FORM, place)
        else:
            kind = "a data URL" if wanted is is_data_url else "an https URL"
            subject.scene.broken(
                FORM, Leg.PAID, f"{spot.at or '/'}: {spot.value[:60]} where {kind} is described",
                observed=spot.value[:60], expected=kind, pointer=place,
            )  # fmt: skip
            return


def descriptions(spot: Spot, fields: tuple[Asked, ...]) -> list[tuple[str, str | None]]:
    """What describes a URL, and where: its own text, and that of the fields that chose it, whose value is its name."""
    return [(spot.text, spot.claim), *((field.text, field.claim) for field in fields if field.value == spot.name)]


def form_of(text: str) -> Callable[[str], bool] | None:
    """What a URL must look like by its description; ``None`` if that says nothing, or more than one thing."""
    if not text or _MAYBE.search(text):
        return None
    if _DATA_URL.search(text):
        return is_data_url
    return _is_https if _HTTPS.search(text) else None


def _is_https(text: str) -> bool:
    return text[:8].lower() == "https://"


def hosts(subject: Subject) -> None:
    """A URL leads to a host that others can reach; not judged where the seller is such a host itself."""
    if _is_private(subject.scene.purchase.request.url):
        return
    seen = False
    for spot in subject.spots:
        if not isinstance(spot.value, str) or not is_url(spot) or spot.value in _sent(subject):
            continue
        seen = True
        if _is_private(spot.value[:2000]):
            subject.scene.broken(
                PRIVATE,
                Leg.PAID,
                f"{spot.at or '/'}: {spot.value[:100]}",
                observed=spot.value[:100],
                pointer=spot.place,
            )
    if seen and PRIVATE.code not in subject.scene.failed:
        subject.scene.held(PRIVATE)


def _sent(subject: Subject) -> list[object]:
    return [field.value for field in subject.fields]


def _is_private(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".").lower()
    except ValueError:
        return False
    if parts.scheme.lower() not in ("http", "https", "ws", "wss"):
        return parts.scheme.lower() == "file"
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(_LOCAL)
    return address.is_private or address.is_loopback or address.is_link_local


CHECKS: tuple[ContentCheck, ...] = (forms, hosts)
