"""Words: what a string in the place of a definition says: a type, a sentence or an example."""

from __future__ import annotations

import re

from x402_catalog.models import JsonObject

JSON_TYPES = frozenset({"string", "number", "integer", "boolean", "object", "array", "null"})

# Type names of other languages, as listings write them, and what they are in JSON Schema.
ALIASES: dict[str, JsonObject] = {
    "int": {"type": "integer"},
    "long": {"type": "integer"},
    "uint256": {"type": "string", "pattern": "^[0-9]+$"},
    "float": {"type": "number"},
    "double": {"type": "number"},
    "decimal": {"type": "number"},
    "str": {"type": "string"},
    "text": {"type": "string"},
    "bool": {"type": "boolean"},
    "dict": {"type": "object"},
    "map": {"type": "object"},
    "json": {"type": "object"},
    "list": {"type": "array"},
    "any": {},
    "datetime": {"type": "string", "format": "date-time"},
    "date-time": {"type": "string", "format": "date-time"},
    "timestamp": {"type": "string"},
    "date": {"type": "string", "format": "date"},
    "uuid": {"type": "string", "format": "uuid"},
    "url": {"type": "string", "format": "uri"},
    "uri": {"type": "string", "format": "uri"},
    "email": {"type": "string", "format": "email"},
    "address": {"type": "string"},
    "enum": {"type": "string"},
    "file": {"type": "string", "contentMediaType": "application/octet-stream"},
    "binary": {"type": "string", "contentMediaType": "application/octet-stream"},
}

# Those among them that are also common values: {"format": "json"}, {"side": "long"}, {"sort": "date"}.
AMBIGUOUS = frozenset(
    {"long", "double", "decimal", "text", "map", "json", "list", "any", "timestamp", "date", "url", "uri", "email",
     "address", "enum", "file", "binary"}
)  # fmt: skip

_TYPE_PHRASE = re.compile(
    r"\s*(?P<type>[a-z0-9-]+)(?P<array>\[\])?(?P<optional>\?)?(?P<suffix>\s+(?:parameter|param|value))?\s*", re.I
)
_PROSE_HINTS = re.compile(r"\b(?:the|a|an|of|for|to|in|with|optional|required|e\.g\.|default|comma|list)\b", re.I)
_MARKS = re.compile(r"\b(?:optional|required|e\.g\.|i\.e\.|defaults?|comma)(?!\w)", re.I)  # no value speaks so
_PLACEHOLDER = re.compile(r"\.\.\.|…|^<[^>]+>$|^\{[^}]+\}$|^\[[^\]]+\]$|^your[-_ ]", re.I)
_STEPS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_FREE = frozenset(
    {"prompt", "text", "query", "q", "question", "message", "content", "input", "instruction", "instructions", "task",
     "sentence", "caption", "body"}
)  # fmt: skip
_CHOICES = re.compile(r"[\w.-]+(?:\s*\|\s*[\w.-]+)+")


def named_type(word: object) -> tuple[JsonObject, bool] | None:
    """The schema that a type name stands for and whether it was marked optional; ``None`` if it is no type name.

    ``"integer"``, ``"int"``, ``"string[]"``, ``"string?"`` and ``"integer parameter"`` are type names.
    """
    match = _TYPE_PHRASE.fullmatch(word) if isinstance(word, str) and len(word) < 40 else None
    if match is None:
        return None
    name = match["type"].lower()
    schema: JsonObject | None = {"type": name} if name in JSON_TYPES else ALIASES.get(name)
    if schema is None:
        return None
    return ({"type": "array", "items": dict(schema)} if match["array"] else dict(schema)), bool(match["optional"])


def named_value(word: object) -> tuple[JsonObject, bool] | None:
    """Like :func:`named_type` for a string that stands where a value might stand as well: a word that is as common as
    a value is none, unless it is marked (``"url?"``, ``"json[]"``, ``"date parameter"``)."""
    named = named_type(word)
    return None if named and isinstance(word, str) and word.strip().lower() in AMBIGUOUS else named


def is_prose(text: str) -> bool:
    """Whether ``text`` reads as a sentence about a value rather than as a value; a question is a value."""
    return text.count(" ") >= 2 and not text.endswith("?") and _PROSE_HINTS.search(text) is not None


def is_description(name: str, text: str, shown: bool | None = None) -> bool:
    """Whether ``text``, for a field called ``name``, is a sentence that describes its values. What stands beside it may
    tell: values (``shown``), or other descriptions (``False``), among which three words are one.

    Version 2 shows values in every part, and yet some write descriptions there.
    """
    if not is_prose(text) and not (shown is False and _has_three_words(text)):
        return False
    return _MARKS.search(text) is not None or not (shown or _takes_sentences(name, text))


def _has_three_words(text: str) -> bool:
    return text.count(" ") >= 2 and not text.endswith("?") and choices(text) is None


def _takes_sentences(name: str, text: str) -> bool:
    # What speaks of the field by its name ("the prompt to draw") is no value of it.
    steps = {step.lower() for step in _STEPS.findall(name)}
    return not steps.isdisjoint(_FREE) and steps.isdisjoint(step.lower() for step in _STEPS.findall(text))


def is_placeholder(text: str) -> bool:
    """Whether ``text`` stands for a value that is to be filled in, such as ``0x...`` or ``<your key>``."""
    # A search that ignores case is slow: only what holds dots or begins like a stand-in is worth one.
    return (text[:1] in "<{[yY" or "..." in text or "…" in text) and _PLACEHOLDER.search(text) is not None


def choices(text: str) -> list[str] | None:
    """The alternatives of ``a|b|c``; ``None`` if ``text`` is not of that form."""
    return [part.strip() for part in text.split("|")] if _CHOICES.fullmatch(text) else None
