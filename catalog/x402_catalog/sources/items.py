"""Items: catalogue entries and 402 answers in the protocol's own spelling (Bazaar, well-known, captured terms)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

import orjson

from x402_catalog.hostile import nodes
from x402_catalog.models import Json, JsonObject, mapping, member, pointer, text
from x402_catalog.sources.draft import Draft, slug_of, title_of

# The protocol's spelling of an offer's members, and ours.
SPELLINGS: dict[str, str] = {
    "payTo": "pay_to",
    "maxAmountRequired": "max_amount_required_atomic",
    "amount": "max_amount_required_atomic",
    "maxTimeoutSeconds": "max_timeout_seconds",
    "mimeType": "mime_type",
    "outputSchema": "hints",
}
_ROUTE = re.compile(r"/[a-zA-Z0-9_/:.\-~%]+")
_MAX_DECODING = 5  # times that percent signs may hide others


def item(value: JsonObject, at: str = "") -> Draft:
    """A listing from one item or from the terms of a 402, versions 1 and 2. ``at`` is where the item stands."""
    draft = Draft()
    entries, entries_at = _entries(value, at)
    _identity(draft, value, entries, entries_at, at)
    offers = []
    for index, entry in enumerate(entries):
        offers.append(_offer(draft, entry, f"/accepts/{index}", f"{entries_at}/{index}"))
    draft.put("accepts", offers, entries_at)
    _bazaar(draft, value, at)
    for name in value.keys() - {"accepts", "resource", "url", "paymentRequirements", "description", "extensions"}:
        if name not in draft.document:
            draft.take(name, value, name, at)
    return draft


def _entries(value: JsonObject, at: str) -> tuple[list[Json], str]:
    # Some servers put the real terms beside accepts, which then is only shown to people.
    for name in ("paymentRequirements", "accepts"):
        entries = value.get(name)
        if isinstance(entries, list) and (name == "accepts" or entries):
            return entries, f"{at}/{name}"
    return [], f"{at}/accepts"


def _identity(draft: Draft, value: JsonObject, entries: list[Json], entries_at: str, at: str) -> None:
    url, url_at = _url(value, entries, entries_at, at)
    if url is not None:
        draft.put("url", url, url_at)
    resource = mapping(value.get("resource"))
    draft.take("summary", resource, "description", f"{at}/resource")
    draft.take("summary", mapping(entries[0] if entries else None), "description", f"{entries_at}/0")
    draft.take("summary", value, "description", at)
    draft.take("generated_at", value, "lastUpdated", at)
    draft.take("title", value, "serviceName", at)
    draft.infer("url", "", "the record names no resource")
    draft.infer("slug", slug_of(url or "") or "unnamed", "made from host and path")
    draft.infer("title", title_of(url or "") or "unnamed", "made from host and path")
    draft.infer("category", "", "the format has no categories")


def _url(value: JsonObject, entries: list[Json], entries_at: str, at: str) -> tuple[str | None, str]:
    candidates = (
        (value.get("resource"), f"{at}/resource"),
        (member(value, "resource", "url"), f"{at}/resource/url"),
        (value.get("url"), f"{at}/url"),
        (member(entries, 0, "resource"), f"{entries_at}/0/resource"),
    )
    return next(((found, place) for found, place in candidates if isinstance(found, str)), (None, f"{at}/resource"))


def _offer(draft: Draft, entry: Json, to: str, at: str) -> Json:
    draft.moved[to] = at
    if not isinstance(entry, dict):
        return entry
    offer: JsonObject = {}
    for name, value in entry.items():
        ours = SPELLINGS[name] if name in SPELLINGS else str(name)
        if ours in offer and name == "amount":
            ours = name  # both spellings: the first one counts, the other is kept as it is
        offer[ours] = value
        draft.moved[to + pointer(ours)] = at + pointer(name)
    return offer


def _bazaar(draft: Draft, value: JsonObject, at: str) -> None:
    # Version 2 declares request and answer once for all offers, in an extension.
    declared = mapping(member(value, "extensions", "bazaar"))
    draft.take("extensions", value, "extensions", at)
    base = f"{at}/extensions/bazaar"
    info = mapping(declared.get("info"))
    hints: JsonObject = {name: info[name] for name in ("input", "output") if name in info}
    if isinstance(declared.get("schema"), dict):
        hints["schema"] = declared["schema"]
    _route(draft, declared.get("routeTemplate"), f"{base}/routeTemplate")
    for index, offer in enumerate(draft.document["accepts"]):
        if hints and isinstance(offer, dict) and not offer.get("hints"):
            offer["hints"] = hints
            to = f"/accepts/{index}/hints"
            draft.moved |= {to: f"{base}/info", f"{to}/schema": f"{base}/schema"}


def _route(draft: Draft, template: Json, at: str) -> None:
    """The URL with the parameters that ``routeTemplate`` names; one that fits not the URL, or is none, is ignored."""
    url = draft.document.get("url")
    if not isinstance(template, str) or not isinstance(url, str) or not is_route(template):
        return
    try:
        parts = urlsplit(url)
    except ValueError:
        return
    steps, stated = template.split("/"), parts.path.split("/")
    if ":" in template and len(steps) == len(stated) and all(map(_agrees, steps, stated)):
        draft.put("url", f"{parts.scheme}://{parts.netloc}{template}", at)
        draft.inferred["/url"] = "the resource's URL with the parameters of routeTemplate"


def is_route(template: str) -> bool:
    """Whether a ``routeTemplate`` is one that the specification admits."""
    plain, previous = template, ""
    for _ in range(_MAX_DECODING):
        plain, previous = unquote(plain), plain
        if plain == previous:
            break
    return _ROUTE.fullmatch(template) is not None and ".." not in plain and "://" not in plain


def _agrees(step: str, stated: str) -> bool:
    return step == stated or step.startswith(":")


def exchange(value: JsonObject, at: str = "") -> Draft:
    """A listing from a recorded exchange: the terms of its v2 header, or else of its body."""
    response = mapping(value.get("response"))
    headers = _headers(response.get("headers"), f"{at}/response/headers")
    header, place = next(((found, where) for name, found, where in headers if name == "payment-required"), ("", ""))
    terms = _decoded(header)
    draft = item(terms or _body(response), "")
    _place(draft, place if terms else f"{at}/response/body", inside=terms is not None or _is_text(response.get("body")))
    requested = member(value, "request", "url")
    if isinstance(requested, str) and not draft.document.get("url"):
        draft.put("url", requested, f"{at}/request/url")
        del draft.inferred["/url"]
        draft.document |= {"slug": slug_of(requested) or "unnamed", "title": title_of(requested) or "unnamed"}
    return draft


def _is_text(body: Json) -> bool:
    return not isinstance(body, dict)


def _place(draft: Draft, at: str, *, inside: bool) -> None:
    """Let what was moved stand below ``at``; terms ``inside`` a text all stand where that text does."""
    if inside:
        draft.moved = {pointer(*path): at for path, _ in nodes(draft.document) if path}
    else:
        draft.moved = {to: at + where for to, where in draft.moved.items()}


def _headers(headers: Json, at: str) -> Iterator[tuple[str, str, str]]:
    """Name in lower case, value, and place of each header, kept as an object, as pairs, or as HAR does."""
    rows: list[tuple[Json, str]] = []
    if isinstance(headers, dict):
        rows = [(row, at + pointer(row[0])) for row in headers.items()]
    elif isinstance(headers, list):
        rows = [_row(row, f"{at}/{index}") for index, row in enumerate(headers)]
    for row, place in rows:
        if isinstance(row, (list, tuple)) and len(row) == 2 and all(isinstance(part, str) for part in row):
            yield row[0].lower(), row[1], place


def _row(row: Json, at: str) -> tuple[Json, str]:
    return ((row.get("name"), row.get("value")), f"{at}/value") if isinstance(row, dict) else (row, f"{at}/1")


def _decoded(header: str) -> JsonObject | None:
    plain = header.strip().replace("-", "+").replace("_", "/")
    try:
        found = orjson.loads(base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True))
    except (binascii.Error, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _body(response: JsonObject) -> JsonObject:
    body = response.get("body")
    if isinstance(body, str):
        try:
            return mapping(orjson.loads(body))
        except orjson.JSONDecodeError:
            return {}
    return mapping(body)


def bare(url: Json, at: str) -> Draft:
    """A listing from a bare URL, as ``.well-known/x402`` lists them."""
    draft = Draft()
    draft.put("url", text(url) or "", at)
    draft.infer("slug", slug_of(text(url) or "") or "unnamed", "made from host and path")
    draft.infer("title", title_of(text(url) or "") or "unnamed", "made from host and path")
    draft.infer("category", "", "the format has no categories")
    draft.infer("accepts", [], "the format states no terms: they are in the endpoint's 402")
    return draft
