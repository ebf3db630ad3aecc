"""The facilitator's list of what can be bought through it (``GET /discovery/resources``, specification §8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

LARGEST_PAGE = 100
USUAL_PAGE = 20
_OF_AN_OPTION = ("payTo", "scheme", "network")  # filters that one entry of ``accepts`` must meet


class BadQuery(Exception):
    """A parameter that is none; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Resource:
    """An endpoint with its terms: ``accepts`` as in its 402, ``updated`` in seconds since 1970."""

    url: str
    version: int
    accepts: tuple[dict[str, Any], ...]
    updated: float
    description: str = ""
    mime_type: str | None = None

    def wire(self) -> dict[str, Any]:
        """The entry of ``items``. Times are ISO 8601, as the SDKs have them; the text of version 2 has seconds."""
        entry: dict[str, Any] = {
            "resource": self.url,
            "type": "http",
            "x402Version": self.version,
            "accepts": list(self.accepts),
            "lastUpdated": datetime.fromtimestamp(self.updated, UTC).isoformat(timespec="seconds"),
            "description": self.description,
        }
        return entry | ({"mimeType": self.mime_type} if self.mime_type else {})


def page(resources: Sequence[Resource], query: Mapping[str, str]) -> dict[str, Any]:
    """The answer to a query: ``type``, ``payTo``, ``scheme``, ``network``, ``limit``, ``offset``.

    Raises :class:`BadQuery`.
    """
    limit = _number(query, "limit", USUAL_PAGE, 1, LARGEST_PAGE)
    offset = _number(query, "offset", 0, 0, None)
    found = [resource for resource in resources if _is_meant(resource, query)]
    return {
        "x402Version": 2,
        "items": [resource.wire() for resource in found[offset : offset + limit]],
        "pagination": {"limit": limit, "offset": offset, "total": len(found)},
    }


def _is_meant(resource: Resource, query: Mapping[str, str]) -> bool:
    if query.get("type", "http") != "http":
        return False
    wanted = {name: query[name].lower() for name in _OF_AN_OPTION if name in query}
    return any(
        all(str(entry.get(name, "")).lower() == value for name, value in wanted.items()) for entry in resource.accepts
    )


def _number(query: Mapping[str, str], name: str, default: int, least: int, most: int | None) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise BadQuery(f"{name} is no number")
    value = int(text)
    if value < least or (most is not None and value > most):
        raise BadQuery(f"{name} must be {least} to {most}" if most is not None else f"{name} must be {least} or more")
    return value
