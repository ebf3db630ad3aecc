"""Wishes: what a request's fields ask of the answer, as far as their names, values and descriptions make it plain.

Nothing is guessed: a field whose description speaks of something else (the input, a viewport, parcels) asks for
nothing here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from x402_catalog.hints.suggestions import Kind
from x402_catalog.models import Json
from x402_harness.checks.content.asking import Asked, Basis
from x402_harness.checks.content.media import named

_FORMAT = re.compile(
    r"(?:(?:output|image|file|audio|video|media|export|download|response|result)_)?(?:format|mime_type|file_type)"
)
_SIZE = re.compile(r"(?:(?:output|image|video|picture)_?)?(?:size|resolution|dimensions)")
_SIDE = re.compile(r"(?:(?:output|image|video|picture|target)_)?(width|height)")
_RATIO = re.compile(r"(?:(?:output|image|video)_)?(?:aspect_?)?ratio")
_PIXELS = re.compile(r"\s*(\d{1,5})\s*[x×*]\s*(\d{1,5})\s*(?:px)?\s*", re.I)
_IN_PIXELS = re.compile(r"\b(?:pixels?|px)\b", re.I)
_PROPORTION = re.compile(r"\s*(\d{1,3})\s*[:/]\s*(\d{1,3})\s*")
_OF_THE_INPUT = re.compile(r"\b(?:input|source|uploaded?|original|of the (?:file|image) (?:sent|given|to))\b", re.I)
_NO_PICTURE = re.compile(
    r"\b(?:viewport|browser|window|screen|device|page width|crop|offset|cm|inch(?:es)?|mm|met(?:er|re)s?|kg|grams?"
    r"|percent|characters?|columns?|max(?:imum)? (?:\w+ )?(?:width|height|size)|up to|at most)\b|%",
    re.I,
)
_FITTED = frozenset({"fit", "mode", "resize", "resize_mode", "crop", "scale", "keep_aspect_ratio", "keep_aspect"})
_SCALED = frozenset(
    {"scale", "zoom", "dpr", "device_scale_factor", "pixel_ratio", "full_page", "fullpage", "upscale", "dpi", "retina"}
)
_EXACT = re.compile(r"n|(?:num|number|count)(?:_of)?_?[a-z_]+|number_results|n_[a-z]+")
_AT_MOST = re.compile(r"limit|max|top|top_?[kn]|page_?size|per_?page|count|num|num_results|max_[a-z_]+|limit_[a-z_]+")
_HOW_MANY = re.compile(
    r"\b(?:number|count|amount|quantity) of (?!characters|words|tokens|letters|seconds|minutes|hours|days|weeks|months"
    r"|years|pixels|bytes|decimals?|digits|confirmations|retries|attempts|steps|pages\b|hops|blocks|dimensions)"
    r"(?:(?:different|distinct|output|generated|search|recent|top|matching|returned|best|latest) )*([a-z-]+)",
    re.I,
)
_MADE = re.compile(r"\b(?:generate|create|produce|render|draw|make|mint)d?\b", re.I)


class Aim(StrEnum):
    """What is asked for."""

    FORMAT = "format"
    SIZE = "size"
    SIDE = "side"
    WIDTH = "width"
    HEIGHT = "height"
    RATIO = "ratio"
    COUNT = "count"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True)
class Wish:
    """What one field asks: ``value`` is a media type, a pair of numbers, or a number.

    ``thing`` is the word for what is counted; ``least`` the smallest number that the listing says there may be.
    ``is_lenient`` says that one of two sides may come out smaller.
    """

    aim: Aim
    field: Asked
    value: Json
    thing: str = ""
    least: int = 0
    is_lenient: bool = False

    @property
    def is_stated(self) -> bool:
        """Whether the request sent one of the values that the listing enumerates: then it stands in no prose."""
        return self.field.basis is Basis.SENT and self.field.is_choice


def wishes(fields: tuple[Asked, ...]) -> tuple[Wish, ...]:
    """Everything that the fields of one request ask of its answer."""
    names = {field.words for field in fields if field.value is not None}
    usable = [field for field in fields if field.value is not None and not field.is_unused]
    readers = (_format, _counted, *(() if names & _SCALED else (_size, _side, _ratio)))
    found = [wish for field in usable for reader in readers if (wish := reader(field)) is not None]
    lenient = bool(names & _FITTED)
    return tuple(
        Wish(wish.aim, wish.field, wish.value, wish.thing, wish.least, lenient or "target" in wish.field.text.lower())
        for wish in found
    )


T = TypeVar("T")


def wish_for(found: tuple[Wish, ...], *aims: Aim) -> Wish | None:
    """The first wish with one of these aims."""
    return next((wish for wish in found if wish.aim in aims), None)


def _format(field: Asked) -> Wish | None:
    if not _FORMAT.fullmatch(field.words) or _OF_THE_INPUT.search(field.text) or not isinstance(field.value, str):
        return None
    media_type = named(field.value)
    return Wish(Aim.FORMAT, field, media_type) if media_type else None


def _size(field: Asked) -> Wish | None:
    if not _SIZE.fullmatch(field.words) or _OF_THE_INPUT.search(field.text) or _NO_PICTURE.search(field.text):
        return None
    if isinstance(field.value, str) and (match := _PIXELS.fullmatch(field.value)):
        return Wish(Aim.SIZE, field, (int(match[1]), int(match[2])))
    side = _whole(field.value)
    return Wish(Aim.SIDE, field, side) if side and _IN_PIXELS.search(field.text) else None


def _side(field: Asked) -> Wish | None:
    match = _SIDE.fullmatch(field.words)
    if not match or _OF_THE_INPUT.search(field.text) or _NO_PICTURE.search(field.text):
        return None
    number = _whole(field.value)
    return Wish(Aim.WIDTH if match[1] == "width" else Aim.HEIGHT, field, number) if number else None


def _ratio(field: Asked) -> Wish | None:
    match = _PROPORTION.fullmatch(field.value) if isinstance(field.value, str) else None
    if not match or not _RATIO.fullmatch(field.words) or _OF_THE_INPUT.search(field.text):
        return None
    width, height = int(match[1]), int(match[2])
    return Wish(Aim.RATIO, field, (width, height)) if width and height else None


def _counted(field: Asked) -> Wish | None:
    number = _whole(field.value)
    if number is None:
        return None
    told = _HOW_MANY.search(field.text)
    thing = _thing(field.words) or (told[1].lower() if told else "")
    if told and _MADE.search(field.text) and _EXACT.fullmatch(field.words):
        return Wish(Aim.COUNT, field, number, thing, _least(field, number))
    if _AT_MOST.fullmatch(field.words) or _EXACT.fullmatch(field.words):
        plain = field.words in {"limit", "top_k", "topk", "page_size", "pagesize", "per_page", "perpage"}
        if thing or told or plain:
            return Wish(Aim.LIMIT, field, number, thing)
    return None


def _whole(value: Json) -> int | None:
    """A whole number above nothing, however it is written; ``None`` for everything else."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and value > 0 else None


def _thing(words: str) -> str:
    """What a name counts: ``images`` of ``num_images``, ``results`` of ``max_results``."""
    rest = re.sub(r"^(?:num|number|n|max|limit|count)(?:_of)?_|^number_?(?=results)", "", words)
    return rest if rest != words else ""


def _least(field: Asked, number: int) -> int:
    bounds = [value for kind, value in field.said if kind in (Kind.ONLY, Kind.MAXIMUM) and type(value) is int]
    return min([number, *(bound for bound in bounds if bound > 0)])
