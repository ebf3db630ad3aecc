"""Files: the pictures, sounds and documents in an answer: its body itself, data URLs, and strings in base64."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from x402_harness.checks.content.media import sniff
from x402_harness.checks.content.spots import Spot

_DATA = re.compile(r"data:(?P<type>[^,;]*)(?P<parameters>(?:;[^,;]*)*),", re.I)
_IN_BASE64 = re.compile(r"\bbase[- ]?64(?!\s*(?:url|or)\b)", re.I)
_URL_SAFE = re.compile(r"base64[- ]?url|url[- ]?safe", re.I)
_NAMED = re.compile(r"(?:.*_)?(?:b64|base64)(?:_.*)?")
_EITHER = re.compile(r"\burl\b.*\bor\b|\bor\b.*\burl\b|\bif\b|\bwhen\b", re.I | re.S)
_ASIDE = re.compile(
    r"thumb|preview|mask|input|source|original|logo|icon|avatar|poster|cover|reference|favicon|placeholder", re.I
)


class NotEncoded(ValueError):
    """A text is not in the encoding that it is said to be in; the message says why."""


@dataclass(frozen=True, slots=True)
class Base64Claim:
    """That a string is base64: ``place`` is where the listing says so, ``is_stated`` whether by a keyword."""

    place: str | None
    is_stated: bool
    is_url_safe: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """Bytes with where they are in the answer (``spot`` is ``None`` for the body) and what is said of them there.

    ``media_type`` is what the bytes show, ``declared`` what stands beside them: the header, or the data URL.
    """

    data: bytes
    media_type: str | None
    declared: str | None
    spot: Spot | None = None

    @property
    def is_aside(self) -> bool:
        """Whether the name says that it is not the thing itself: a thumbnail, a mask, the input again."""
        return self.spot is not None and _ASIDE.search(self.spot.at) is not None


def base64_claim(spot: Spot) -> Base64Claim | None:
    """Where the listing says that a string of the answer is base64; ``None`` if it says nothing of the kind, or only
    that it may be."""
    for keyword, words in (("contentEncoding", {"base64"}), ("format", {"byte", "base64"})):
        found = spot.keyword(keyword)
        if found and str(found[0]).lower() in words:
            return Base64Claim(found[1], is_stated=True)
    if _EITHER.search(spot.text):
        return None
    if _IN_BASE64.search(spot.text) or (_NAMED.fullmatch(spot.words) and spot.views):
        return Base64Claim(spot.claim, is_stated=False, is_url_safe=bool(_URL_SAFE.search(spot.text)))
    return None


def is_data_url(text: str) -> bool:
    """Whether a string begins as a data URL does."""
    return text[:5].lower() == "data:"


def file_of_data_url(spot: Spot, text: str) -> File:
    """What is in a data URL (RFC 2397). Raises :class:`NotEncoded`."""
    match = _DATA.match(text[:1000])
    if match is None:
        raise NotEncoded("no comma after the media type")
    rest = text[match.end() :]
    declared = match["type"].strip().lower() or "text/plain"
    in_base64 = ";base64" in match["parameters"].lower()
    data = decoded(rest, lenient=True) if in_base64 else unquote_to_bytes(rest)
    return File(data, sniff(data), declared, spot)


def decoded(text: str, *, lenient: bool = False) -> bytes:
    """The bytes that base64 stands for (RFC 4648 §4); line breaks are let pass, and where ``lenient`` also the other
    alphabet and missing padding. Raises :class:`NotEncoded`."""
    packed = "".join(text.split()) if any(mark in text for mark in " \r\n\t") else text
    if lenient:
        packed = packed.replace("-", "+").replace("_", "/")
        packed += "=" * (-len(packed) % 4)
    try:
        return base64.b64decode(packed.encode("ascii"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotEncoded(_why(packed, error)) from None


def _why(packed: str, error: Exception) -> str:
    strange = re.search(r"[^A-Za-z0-9+/=]", packed)
    if strange:
        return f"{strange[0]!r} at {strange.start()} is none of its characters"
    if isinstance(error, binascii.Error) and len(packed) % 4:
        return f"{len(packed)} characters are no whole number of groups"
    return str(error)
