"""Suggestions: constraints that a listing states only in prose, with the sentence they came from.

They serve to choose good requests. They are never a reason to fail a seller: prose is read, not obeyed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from x402_catalog.hints.shapes import RequestShape
from x402_catalog.models import Json, JsonObject, pointer


class Kind(StrEnum):
    """What prose says of a value."""

    MAXIMUM = "at most"
    MINIMUM = "at least"
    ONLY = "only"
    CHOICES = "one of"
    DEFAULT = "default"
    EXAMPLE = "for example"
    LIST = "comma separated"
    DATE = "ISO date"
    DATE_TIME = "ISO date and time"
    ADDRESS = "hex address"
    HASH = "transaction hash"
    URL = "URL"
    BASE64 = "base64"
    UNUSED = "not used"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a field's description suggests: ``part`` and ``pointer`` say which field of the request, ``value`` the
    bound, choice or example, ``sentence`` where it was read."""

    part: str
    pointer: str
    kind: Kind
    value: Json
    sentence: str


_NUMBER = r"(-?\d+(?:\.\d+)?)"
_WORD = r"[\"'`]?([\w.+-]++)[\"'`]?+(?!s\b|’s\b)"  # not the owner of something: "Venice's model"
_QUOTED = re.compile(r"[\"'`]([^\"'`]{1,60})[\"'`]")
_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (Kind.ONLY, re.compile(rf"\b(?:only|presently only|currently only)\s+supports?\s+(?:up to\s+)?{_WORD}", re.I)),
    (Kind.ONLY, re.compile(rf"\bonly\s+{_QUOTED.pattern}\s+(?:is|are)\s+(?:currently\s+)?supported", re.I)),
    (Kind.MAXIMUM, re.compile(rf"\b(?:max(?:imum)?(?: of)?|up to|at most|no more than|<=)\s*:?\s*{_NUMBER}", re.I)),
    (Kind.MINIMUM, re.compile(rf"\b(?:min(?:imum)?(?: of)?|at least|no less than|>=)\s*:?\s*{_NUMBER}", re.I)),
    (Kind.DEFAULT, re.compile(rf"\bdefaults?(?: value)?(?: is| to|:|=)\s+{_WORD}", re.I)),
    (Kind.EXAMPLE, re.compile(r"\b(?:e\.g\.,?|for example,?|example:|such as)\s*[\"'`]([^\"'`]{1,80})[\"'`]", re.I)),
)
_BARE_DEFAULT = re.compile(rf"\bdefaults?(?: value)?\s+{_WORD}", re.I)  # a word of free text there is just a word
_RANGE = re.compile(
    rf"(?:\(|\bbetween\s+|\bfrom\s+|\brange\s*:?\s*|\b){_NUMBER}\s*(?:-|–|to|and)\s*{_NUMBER}(?=[\s).,;]|$)", re.I
)
_PIPES = re.compile(r"(?<![\w|])([\w.-]+(?:\s?\|\s?[\w.-]+)+)(?![\w|])")
_ONE_OF = re.compile(r"\b(?:one of|either|can be|must be|options?:|values?:|allowed:)\s*:?\s*([^.;()]{3,200})", re.I)
_UNUSED = re.compile(r"\b(?:is|are) not used\b|\bunused\b|\bignored\b", re.I)
_SIGNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (Kind.LIST, re.compile(r"\bcomma[- ](?:separated|delimited)\b", re.I)),
    (Kind.DATE_TIME, re.compile(r"\bISO[- ]?8601\b|\bRFC ?3339\b|\bISO (?:date ?time|timestamp)\b", re.I)),
    (Kind.DATE, re.compile(r"\bYYYY-MM-DD\b|\bISO date\b", re.I)),
    (Kind.HASH, re.compile(r"\b(?:transaction|tx) hash\b", re.I)),
    (
        Kind.ADDRESS,
        re.compile(r"\b0x\b.*\baddress|\b(?:wallet|contract|token|ethereum|evm)\s+(?:contract\s+)?address\b", re.I),
    ),
    (Kind.BASE64, re.compile(r"\bbase64\b", re.I)),
    (Kind.URL, re.compile(r"\bURL\b")),
)
_BOUNDS = (Kind.MAXIMUM, Kind.MINIMUM)
_DEPTH = 12
LONGEST = 2000  # characters of a description that are read


def suggestions(shape: RequestShape) -> tuple[Suggestion, ...]:
    """Everything that the descriptions of a request's fields suggest."""
    found: list[Suggestion] = []
    for part, schema in shape.parts.items():
        found.extend(_of_schema(part, schema, "", 0))
    return tuple(found)


def _of_schema(part: str, schema: Any, at: str, depth: int) -> Iterator[Suggestion]:
    if not isinstance(schema, dict) or depth > _DEPTH:
        return
    description = schema.get("description")
    if isinstance(description, str) and at:
        for kind, value, sentence in read(description[:LONGEST], schema):
            yield Suggestion(part, at, kind, value, sentence)
    properties = schema.get("properties")
    for name, child in (properties if isinstance(properties, dict) else {}).items():
        yield from _of_schema(part, child, at + pointer("properties", name), depth + 1)
    yield from _of_schema(part, schema.get("items"), f"{at}/items", depth + 1)


def read(description: str, schema: JsonObject) -> Iterator[tuple[Kind, Json, str]]:
    """What a description says of a value of ``schema``, with the sentence that says so."""
    for sentence in re.split(r"(?<=[.;!?])\s+(?=[A-Z(])", description):
        for kind, value in _of_sentence(sentence, schema):
            yield kind, value, sentence.strip()


def _of_sentence(sentence: str, schema: JsonObject) -> Iterator[tuple[Kind, Json]]:
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(sentence):
            value = _bound(match, sentence, schema) if kind in _BOUNDS else _typed(match[1].rstrip(".,"), schema)
            if value is not None:
                yield kind, value
    if schema.get("type") in ("integer", "number", "boolean") or "enum" in schema:
        bare = (_typed(match[1].rstrip(".,"), schema) for match in _BARE_DEFAULT.finditer(sentence))
        yield from ((Kind.DEFAULT, value) for value in bare if value is not None)
    span = _RANGE.search(sentence) if _is_numeric(schema) else None
    if span is not None and float(span[1]) < float(span[2]):
        yield Kind.MINIMUM, _number(span[1])
        yield Kind.MAXIMUM, _number(span[2])
    if options := _choices(sentence, schema):
        yield Kind.CHOICES, options
    if _UNUSED.search(sentence):
        yield Kind.UNUSED, True
    if schema.get("type", "string") in ("string", "array"):
        yield from ((kind, True) for kind, pattern in _SIGNS if pattern.search(sentence))


def _bound(match: re.Match[str], sentence: str, schema: JsonObject) -> Json:
    # A number about a string bounds its length, if it speaks of characters; about an array, its items.
    behind = sentence[match.end() :]
    if schema.get("type") == "string" and not re.match(r"\s*(?:\w+\s+)?char", behind):
        return None
    return _number(match[1]) if schema.get("type") in ("integer", "number", "string", "array") else None


def _choices(sentence: str, schema: JsonObject) -> list[Json] | None:
    if "enum" in schema or schema.get("type", "string") != "string":
        return None
    if match := _PIPES.search(sentence):
        return [part.strip() for part in match[1].split("|")]
    if (match := _ONE_OF.search(sentence)) and len(quoted := _QUOTED.findall(match[1])) > 1:
        return list(quoted)
    return None


def _typed(word: str, schema: JsonObject) -> Json:
    declared = schema.get("type")
    if _is_numeric(schema):
        return _number(word) if re.fullmatch(_NUMBER, word) else None
    if declared == "boolean":
        return {"true": True, "false": False}.get(word.lower())
    if isinstance(schema.get("enum"), list):
        return word if word in schema["enum"] else None
    return word if declared in (None, "string") and word.lower() not in _FILLERS else None


_FILLERS = frozenset(
    {"the", "a", "an", "is", "to", "of", "all", "none", "null", "value", "current", "now", "empty", "if", "that"}
)


def _is_numeric(schema: JsonObject) -> bool:
    return schema.get("type") in ("integer", "number")


def _number(text: str) -> int | float:
    number = float(text)
    return int(number) if number.is_integer() else number
