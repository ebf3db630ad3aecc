"""CHAL159 to CHAL161: what stands beside the terms: service metadata, and the extensions that clients act on."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from x402_catalog.findings import Level
from x402_catalog.models import JsonObject, mapping, text
from x402_catalog.rules.registry import rule
from x402_catalog.rules.urls import unreachable
from x402_harness.checks.unpaid.view import Fault, Faults, Message, View

METADATA = rule(
    "CHAL159",
    Level.INFO,
    "service metadata will be dropped",
    why="Facilitators leave out what breaks these limits, so the service is found without it.",
    basis="specs/extensions/bazaar.md (Service Metadata on resource)",
    mend="Name, and each of at most 5 tags: 1 to 32 printable ASCII characters; iconUrl: a public http(s) URL.",
)
EXTENSION_NEEDS = rule(
    "CHAL160",
    Level.ERROR,
    "extension lacks what clients need of it",
    why="Clients cannot take part in it: they leave it out, and where it is required they cannot pay.",
    basis="specs/extensions/payment_identifier.md (info.required), specs/extensions/sign-in-with-x.md (info)",
    mend="Give info every member that the extension names, in its type.",
)
SIGN_IN_ELSEWHERE = rule(
    "CHAL161",
    Level.ERROR,
    "sign-in is for another host",
    why="Careful wallets refuse to sign in to another domain than the one they talk to: it is how logins are stolen.",
    basis="specs/extensions/sign-in-with-x.md (domain); EIP-4361 (domain)",
    mend="State the host that serves the endpoint.",
)

_PRINTABLE = re.compile(r"[\x20-\x7e]{1,32}")
_TAGS, _ICON = 5, 2048
_SIGNED = ("domain", "uri", "version", "nonce", "issuedAt")


def metadata(message: Message) -> Faults:
    """Name, tags and icon of the service are such that facilitators keep them."""
    resource = mapping(message.data.get("resource")) if message.version == 2 else {}
    name, tags, icon = (resource.get(member) for member in ("serviceName", "tags", "iconUrl"))
    if isinstance(name, str) and not _PRINTABLE.fullmatch(name):
        yield _dropped(message, "serviceName", name, "1 to 32 printable ASCII characters")
    if isinstance(tags, list) and (len(tags) > _TAGS or not all(_is_tag(tag) for tag in tags)):
        yield _dropped(message, "tags", tags, "at most 5 tags of 1 to 32 printable ASCII characters")
    if isinstance(icon, str) and not _is_icon(icon):
        yield _dropped(message, "iconUrl", icon, "an absolute http(s) URL on a public host name")


def _dropped(message: Message, name: str, value: object, wanted: str) -> Fault:
    return message.fault(METADATA, f"/resource/{name}", f"{name} breaks its limits", observed=value, expected=wanted)


def _is_tag(tag: object) -> bool:
    return isinstance(tag, str) and _PRINTABLE.fullmatch(tag) is not None


def _is_icon(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = unquote(parts.hostname or "")
    except ValueError:
        return False
    plain = parts.scheme in ("http", "https") and parts.username is None and len(url) <= _ICON
    literal = ":" in host or host.replace(".", "").isdigit() or host.lower().startswith("0x")
    return plain and bool(host) and not literal and unreachable(host) is None


def identifiers(message: Message) -> Faults:
    """``payment-identifier`` says whether an identifier is required."""
    info, at = _info(message, "payment-identifier")
    if info is not None and not isinstance(info.get("required"), bool):
        what = "missing" if info.get("required") is None else "not a boolean"
        yield message.fault(EXTENSION_NEEDS, at if what == "missing" else f"{at}/required", f"required is {what}",
                            observed=info.get("required"), expected="true or false")  # fmt: skip


def sign_ins(view: View) -> Faults:
    """``sign-in-with-x`` has what is signed, and is for the host that was asked."""
    for message in view.judged:
        info, at = _info(message, "sign-in-with-x")
        if info is None:
            continue
        if missing := [name for name in _SIGNED if not text(info.get(name))]:
            told = f"{' and '.join(missing)} missing or not text"
            yield message.fault(EXTENSION_NEEDS, at, told, observed=sorted(info)[:20], expected=list(_SIGNED))
        elif not _is_host(info["domain"], host := urlsplit(view.exchange.request.url).hostname or ""):
            # A server in development may already name its public self.
            level = Level.INFO if unreachable(host) else None
            yield message.fault(SIGN_IN_ELSEWHERE, f"{at}/domain", "another host than the one that was asked",
                                observed=info["domain"], expected=host, level=level)  # fmt: skip


def _info(message: Message, name: str) -> tuple[JsonObject | None, str]:
    at = f"/extensions/{name}"
    extension = mapping(message.data.get("extensions")).get(name) if message.version == 2 else None
    if not isinstance(extension, dict):
        return None, at
    info = extension.get("info")
    return (info, f"{at}/info") if isinstance(info, dict) else ({}, at)


def _is_host(domain: str, host: str) -> bool:
    return re.sub(r":\d+$", "", domain).strip("[]").rstrip(".").lower() == host.rstrip(".").lower()


VIEW_RULES = (sign_ins,)
MESSAGE_RULES = (metadata, identifiers)
