"""Drafts: a listing made from a record of another format, each member knowing where its value stood."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from x402_catalog.models import Json, JsonObject, pointer

_WORDS = re.compile("[a-z0-9]+")


@dataclass(slots=True)
class Draft:
    """A listing-shaped ``document`` under way.

    ``moved`` maps pointers of the document to pointers of the record; what lies below a moved member moved with it.
    ``inferred`` says of members that no value of the record stands for how they were made.
    """

    document: JsonObject = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    inferred: dict[str, str] = field(default_factory=dict)

    def take(self, name: str, source: JsonObject, key: str, at: str) -> None:
        """Take over ``source[key]`` as the document's ``name``, if it is there."""
        if key in source:
            self.put(name, source[key], at + pointer(key))

    def put(self, name: str, value: Json, at: str) -> None:
        """Set a member whose value stood at ``at``."""
        self.document[name] = value
        self.moved[pointer(name)] = at

    def infer(self, name: str, value: Json, how: str, at: str | None = None) -> None:
        """Set a member that is not in the record, unless it was taken over; ``at`` is where it was made from."""
        if name not in self.document:
            self.document[name] = value
            self.inferred[pointer(name)] = how
            if at is not None:
                self.moved[pointer(name)] = at


def slug_of(url: str) -> str:
    """A slug made from host and path, as catalogues make them; empty for no URL."""
    try:
        parts = urlsplit(url)
        text = f"{parts.hostname or ''}{parts.path}"
    except ValueError:
        text = url
    return "-".join(_WORDS.findall(text.lower()))[:200]


def title_of(url: str) -> str:
    """A title made from host and last path step."""
    try:
        parts = urlsplit(url)
        steps = [step for step in parts.path.split("/") if step]
        return " · ".join(part for part in (parts.hostname or "", steps[-1] if steps else "") if part)
    except ValueError:
        return url
