"""RESP010 to RESP015: what the answer's own header says of its body."""

from __future__ import annotations

import codecs
import re

from x402_catalog.findings import Level
from x402_catalog.hints import Declared, Field
from x402_catalog.rules.registry import rule
from x402_harness.checks.content.media import STRICT, canonical, is_same, sniff
from x402_harness.checks.content.subject import NOTHING, ContentCheck, Subject
from x402_harness.protocol.exchange import ACCEPTED_CODINGS, Leg

UNASKED = rule(
    "RESP010",
    Level.ERROR,
    "answer is in a content coding that was not asked for",
    why="The buyer said which codings it can undo; what comes in another one cannot be read.",
    basis="RFC 9110 §12.5.3 (Accept-Encoding)",
    mend="Choose among the codings of the request's Accept-Encoding, or send the answer as it is.",
)
UNDECODABLE = rule(
    "RESP011",
    Level.ERROR,
    "answer is not in the content coding that it names",
    why="Clients that undo the named coding fail, after they have paid.",
    basis="RFC 9110 §8.4 (Content-Encoding)",
    mend="Name the coding that was applied, once, and send all of it.",
)
UNLISTED = rule(
    "RESP012",
    Level.WARNING,
    "answer is in a content coding that the listing does not name",
    why="The listing says which codings are supported, and the seller uses another.",
    basis="hints.input.headerFields (Accept-Encoding)",
    mend="Use the codings that the listing names, or name them all.",
)
LENGTH = rule(
    "RESP013",
    Level.ERROR,
    "Content-Length is not the length of the answer",
    why="Clients cut the answer there, wait for more, or fail.",
    basis="RFC 9110 §8.6 (Content-Length)",
    mend="Send the number of bytes of the body as it leaves, after any coding.",
)
CHARSET = rule(
    "RESP014",
    Level.ERROR,
    "answer is not in the charset that it names",
    why="Clients that read the text as told see other characters, or fail.",
    basis="RFC 9110 §8.3.2 (charset); RFC 8259 §8.1",
    mend="Send UTF-8 and say so.",
)
KIND = rule(
    "RESP015",
    Level.ERROR,
    "answer's bytes are not of the media type that its header names",
    why="Clients choose by the header how to read the answer, and fail.",
    basis="RFC 9110 §8.3 (Content-Type)",
    mend="Send the Content-Type of what is in the body.",
)
CODINGS = frozenset({"gzip", "x-gzip", "deflate", "br", "zstd", "compress", "identity"})
_WORD = re.compile(r"\b(?:x-)?(?:gzip|deflate|brotli|br|zstd|compress)\b", re.I)
_NEVER = re.compile(r"\s*q=0(?:\.0*)?\s*")
_BINARY = ("image/", "audio/", "video/", "application/")


def codings(subject: Subject) -> None:
    """The content codings are among those asked for, and the body is in them."""
    used = _used(subject)
    asked = _asked(subject)
    if unasked := [coding for coding in used if not _is_among(coding, asked)]:
        wanted = ", ".join(sorted(asked)) or "none"
        subject.scene.broken(
            UNASKED, Leg.PAID, f"Content-Encoding {', '.join(unasked)[:80]}, where {wanted} was asked for",
            observed=", ".join(used), expected=sorted(asked),
        )  # fmt: skip
    elif subject.answer.undecoded:
        told = ", ".join(used)
        subject.scene.broken(
            UNDECODABLE, Leg.PAID, f"not {told}: {subject.answer.undecoded}", observed=subject.answer.undecoded,
            expected=told,
        )  # fmt: skip
    elif used:
        subject.scene.held(UNASKED)
        subject.scene.held(UNDECODABLE)


def listed_codings(subject: Subject) -> None:
    """The content codings are among those that the listing names for the request's header."""
    field = next((field for field in subject.shape.headers if field.name.lower() == "accept-encoding"), None)
    named = _named(field) if field else set()
    used = _used(subject)
    if field is None or not named:
        return
    at = f"{field.pointer}/description" if field.schema.get("description") else field.pointer
    if others := [coding for coding in used if coding not in named]:
        subject.scene.broken(
            UNLISTED, Leg.PAID, f"{', '.join(others)[:80]} where the listing names {', '.join(sorted(named))}",
            observed=", ".join(used), expected=sorted(named), pointer=at,
        )  # fmt: skip
    elif used:
        subject.scene.held(UNLISTED, at, detail=f"answered in {', '.join(used)}")
    else:
        subject.scene.judge.not_judged(UNLISTED, at, reason="the answer came without a content coding")


def _used(subject: Subject) -> list[str]:
    value = subject.answer.header("content-encoding") or ""
    words = [word.strip().lower() for word in value.split(",")]
    return [word.removeprefix("x-") for word in words if word not in ("", "identity")]


def _asked(subject: Subject) -> set[str]:
    given = [value for name, value in subject.exchange.request.headers if name.lower() == "accept-encoding"]
    rows = [row.partition(";") for row in ",".join(given or [ACCEPTED_CODINGS]).split(",")]
    wanted = (name for name, _, weight in rows if not _NEVER.fullmatch(weight))
    return {name.strip().lower() for name in wanted if name.strip()}


def _is_among(coding: str, asked: set[str]) -> bool:
    return "*" in asked or coding in {name.removeprefix("x-") for name in asked}


def _named(field: Field) -> set[str]:
    options = field.schema.get("enum")
    texts = [field.schema.get("description"), *(options if isinstance(options, list) else [])]
    found = {word.lower() for text in texts if isinstance(text, str) for word in _WORD.findall(text[:2000])}
    return {"br" if word == "brotli" else word.removeprefix("x-") for word in found}


def length(subject: Subject) -> None:
    """The body is as long as its header says."""
    said, came = subject.answer.header("content-length"), subject.answer.received
    if said is None or came is None or subject.scene.purchase.request.method == "HEAD":
        return
    if said.strip() == str(came):
        subject.scene.held(LENGTH)
    else:
        message = f"{said[:40]} bytes announced, {came} came"
        subject.scene.broken(LENGTH, Leg.PAID, message, observed=came, expected=said)


def charset(subject: Subject) -> None:
    """A text is in the charset that the header names, or else in UTF-8 where its media type demands that."""
    kind, named = subject.answer.media_type or "", _charset(subject.answer.header("content-type"))
    if not subject.is_whole or named is None or not (kind.startswith("text/") or subject.is_json):
        return
    problem = _problem(subject.answer.body, named, is_json=subject.is_json)
    if problem is None:
        subject.scene.held(CHARSET, *_stated_charset(subject, named))
    else:
        message, level = problem
        subject.scene.broken(
            CHARSET, Leg.PAID, f"charset {named[:40]}: {message}", observed=message, expected=named, level=level
        )


def _problem(body: bytes, named: str, *, is_json: bool) -> tuple[str, Level] | None:
    try:
        codec = codecs.lookup(named[:40])
        text = body.decode(codec.name)
    except UnicodeError as error:
        return f"not decodable: {error}"[:200], Level.ERROR
    except (LookupError, ValueError):
        return "no charset that is known", Level.ERROR
    meant = _as_utf8(body)
    if meant is not None and meant != text:
        # Read by such a charset as Latin-1, a few letters are others; by such a one as UTF-16, all of them are.
        is_other = text[:1] != meant[:1]
        return "the bytes are UTF-8", Level.ERROR if is_other else Level.WARNING
    return ("JSON is UTF-8", Level.ERROR) if is_json and meant is None else None


def _as_utf8(body: bytes) -> str | None:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def _charset(content_type: str | None) -> str | None:
    match = re.search(r";\s*charset\s*=\s*\"?([^\s\";]+)", (content_type or "")[:500], re.I)
    return match[1] if match else None


def _stated_charset(subject: Subject, named: str) -> list[str]:
    offer = subject.scene.offer
    stated = _charset(offer.mime_type)
    return [f"{offer.pointer}/mime_type"] if stated and stated.lower() == named.lower() else []


def kind(subject: Subject) -> None:
    """The bytes are what the header's media type says, as far as bytes show that."""
    named = canonical(subject.answer.media_type or "")
    if not subject.is_whole or not named:
        return
    shown = sniff(subject.answer.body)
    if (other := _other(subject, named, shown)) is None:
        if shown is not None:
            subject.scene.held(KIND)
        return
    subject.scene.broken(KIND, Leg.PAID, f"{other} sent as {named}", observed=other, expected=named)


def _other(subject: Subject, named: str, shown: str | None) -> str | None:
    """What the body is instead; ``None`` if nothing speaks against its media type."""
    if subject.is_json:
        unjudged = subject.scene.declared.declared in (Declared.NOTHING, Declared.MEDIA_TYPE)
        return (shown or "no JSON") if unjudged and subject.value is NOTHING else None
    if shown is None:
        return f"{_looks_like(subject)}" if named in STRICT else None
    if named.startswith("text/") or named.endswith(("/xml", "+xml")):
        return shown if shown != "image/svg+xml" else None
    if named == "application/octet-stream" or not named.startswith(_BINARY) or named not in _KNOWN:
        return None
    return None if is_same(named, shown) else shown


_KNOWN = STRICT | {"audio/mpeg", "audio/mp4", "video/mp4", "image/heic", "image/x-icon"}


def _looks_like(subject: Subject) -> str:
    if subject.value is not NOTHING:
        return "JSON"
    start = subject.answer.body[:200].lstrip().lower()
    return "HTML" if start.startswith((b"<!doctype html", b"<html")) else "something else"


CHECKS: tuple[ContentCheck, ...] = (codings, listed_codings, length, charset, kind)
