"""CHAL013, CHAL014 and CHAL035: what is paid for, by its URL and media type."""

from __future__ import annotations

from urllib.parse import SplitResult, unquote, urlsplit

from x402_catalog.findings import Level
from x402_catalog.models import text
from x402_catalog.rules.registry import rule
from x402_catalog.rules.terms import is_media_type
from x402_catalog.rules.urls import unreachable
from x402_harness.checks.unpaid.view import Fault, Faults, Message, View

_BASIS = "x402 v1 §5.1 (resource), v2 §5.1 (resource.url)"

RESOURCE = rule(
    "CHAL013",
    Level.ERROR,
    "resource is not named by an absolute URL",
    why="The terms do not say what is paid for; strict clients refuse the whole 402.",
    basis=_BASIS,
    mend="Give the endpoint's own URL: version 2 in resource.url, version 1 in every entry.",
)
ELSEWHERE = rule(
    "CHAL014",
    Level.WARNING,
    "resource is not the URL that was requested",
    why="A buyer cannot tell whether the price is for this call; behind a proxy, servers often name themselves.",
    basis=_BASIS,
    mend="Name the public URL of the endpoint, https included.",
)
MEDIA_TYPE = rule(
    "CHAL035",
    Level.WARNING,
    "media type is malformed",
    why="The answer's kind cannot be told from it.",
    basis="RFC 9110 §8.3.1; x402 v1 §5.1, v2 §5.1 (mimeType)",
    mend="Write type/subtype, such as application/json.",
)

CREDENTIALS = rule(
    "CHAL153",
    Level.WARNING,
    "resource URL carries credentials",
    why="Whoever reads the terms gets them, and clients echo the URL to facilitators, which publish it.",
    basis="RFC 9110 §4.2.4 (userinfo is not to be generated); x402 resource",
    mend="Leave user and password out of the URL.",
)

_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


def resources(view: View) -> Faults:
    """Every resource is an absolute URL, and the one that was requested."""
    told: set[str] = set()
    for message in view.judged:
        for at, stated in _stated(message):
            if fault := _wrong(message, at, stated):
                yield from fault
            elif stated not in told:
                told.add(str(stated))
                yield from _elsewhere(view.exchange.request.url, message, at, str(stated))


def _stated(message: Message) -> list[tuple[str, object]]:
    if message.version == 1:
        # One that is missing or of another type is told with the entry.
        return [
            (f"/accepts/{entry.index}/resource", entry.raw["resource"])
            for entry in message.entries
            if isinstance(entry.raw.get("resource"), str)
        ]
    resource = message.data.get("resource")
    if isinstance(resource, dict):
        return [("/resource/url", resource.get("url"))]
    return [("/resource", resource)]


def _wrong(message: Message, at: str, stated: object) -> list[Fault]:
    name = at.rpartition("/")[2]
    if at == "/resource" and stated is not None:
        told = "resource is no object"
    elif stated is None:
        told = f"{name} is missing"
    elif not isinstance(stated, str):
        told = f"{name} is not a URL"
    elif (parts := _split(stated)) is None or parts.scheme not in ("http", "https") or not parts.hostname:
        told = f"{name} is no absolute http URL"
    else:
        return []
    wanted = "an object with a url" if at == "/resource" else "an absolute URL"
    return [message.fault(RESOURCE, at if stated is not None else at.rpartition("/")[0], told,
                          observed=stated, expected=wanted)]  # fmt: skip


def _elsewhere(requested: str, message: Message, at: str, stated: str) -> Faults:
    ours, theirs = _split(requested), _split(stated)
    if ours is None or theirs is None or not ours.hostname or not theirs.hostname:
        return
    if theirs.username is not None:
        yield message.fault(CREDENTIALS, at, "a user name stands before the host", expected="a URL without one")
    difference, level = _difference(ours, theirs)
    if difference:
        yield message.fault(ELSEWHERE, at, difference, observed=stated, expected=requested, level=level)


def _difference(ours: SplitResult, theirs: SplitResult) -> tuple[str, Level | None]:
    # A server in development may already name its public self: nothing about that is unwise.
    local = unreachable(ours.hostname or "") is not None
    if not _same_host(ours, theirs):
        return f"another host: {theirs.hostname}", Level.INFO if local else Level.ERROR
    if not _same_path(ours.path, theirs.path):
        return f"another path: {theirs.path or '/'}", None
    if theirs.scheme != ours.scheme:
        return f"{theirs.scheme} instead of {ours.scheme}", Level.INFO if local else None
    if _port(theirs) != _port(ours):
        return f"another port: {_port(theirs)}", Level.INFO if local else None
    return "", None


def _same_host(ours: SplitResult, theirs: SplitResult) -> bool:
    left, right = _host(ours), _host(theirs)
    return left == right or {left, right} <= _LOCAL


def _host(parts: SplitResult) -> str:
    name = (parts.hostname or "").lower().rstrip(".")
    try:
        return name if name.isascii() else name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


def _same_path(ours: str, theirs: str) -> bool:
    # A server may name the route instead of the call: a step in braces, brackets or behind a colon is any step.
    left, right = ours.strip("/").split("/"), theirs.strip("/").split("/")
    return len(left) == len(right) and all(
        unquote(step) == unquote(other) or _is_parameter(other) for step, other in zip(left, right, strict=True)
    )


def _is_parameter(step: str) -> bool:
    plain = unquote(step)
    return plain.startswith(":") or plain[:1] + plain[-1:] in ("{}", "[]")


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts if url == url.strip() and " " not in url else None


def media_types(message: Message) -> Faults:
    """Declared media types are well formed; an empty one declares nothing."""
    places = [(f"/accepts/{entry.index}/mimeType", entry.raw.get("mimeType")) for entry in message.entries]
    resource = message.data.get("resource")
    if message.version == 2:
        places = [("/resource/mimeType", resource.get("mimeType"))] if isinstance(resource, dict) else []
    for at, value in places:
        stated = text(value)
        if stated and not is_media_type(stated):
            yield message.fault(MEDIA_TYPE, at, "not type/subtype", observed=stated)


MESSAGE_RULES = (media_types,)
