"""Fitting: a made-up answer, fitted to the request that it answers.

What a listing declares of its answer often depends on the request: the format, size and number of pictures, the
branch, members that repeat a field, the time. This is how a seller that is made from the listing keeps its promises.
"""

from __future__ import annotations

import base64
import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from x402_catalog.hints import Declared, ResponseShape
from x402_catalog.jsonschemas import Checker, Schema
from x402_catalog.models import Json, JsonObject, Listing, below, steps
from x402_harness.checks.content.asking import Asked
from x402_harness.checks.content.branches import choices
from x402_harness.checks.content.echoes import is_echo
from x402_harness.checks.content.encoded import promised_family
from x402_harness.checks.content.files import base64_claim, is_data_url
from x402_harness.checks.content.links import descriptions, form_of, is_url
from x402_harness.checks.content.media import canonical, family, named, sniff
from x402_harness.checks.content.quantities import list_for
from x402_harness.checks.content.spots import Spot, spots
from x402_harness.checks.content.times import ahead, is_of_now, scale_of
from x402_harness.checks.content.wishes import Aim, Wish, wish_for, wishes
from x402_harness.generation.media import made

_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT")
MAX_ITEMS = 1000  # that a list is filled up to
_SQUARE = 2048  # pixels; where one side is asked for, the other is as long up to here
_USUAL = {"image": "image/png", "audio": "audio/mpeg", "application/pdf": "application/pdf"}


@dataclass(frozen=True)
class Order:
    """What an answer is fitted to: the listing, the request's fields, and the time in seconds since 1970."""

    listing: Listing
    fields: tuple[Asked, ...]
    now: float

    @cached_property
    def wishes(self) -> tuple[Wish, ...]:
        """What the fields ask of the answer."""
        return wishes(self.fields)

    def file(self, media_type: str | None, *, is_whole: bool = False) -> bytes | None:
        """A file in the format and size that are asked for, else of ``media_type``; ``None`` if it cannot be made.

        A format asked for is that of the whole answer; of a file in it only where both are of one kind.
        """
        wish = wish_for(self.wishes, Aim.FORMAT)
        usual = canonical(media_type) if media_type else None
        if wish is not None and (is_whole or usual is None or family(usual) == family(str(wish.value))):
            usual = str(wish.value)
        try:
            return made(usual, *self._size()) if usual else None
        except ValueError:
            return None

    def _size(self) -> tuple[int, int]:
        size, side = wish_for(self.wishes, Aim.SIZE), wish_for(self.wishes, Aim.SIDE)
        if size is not None:
            return size.value[0], size.value[1]
        if side is not None:
            return int(side.value), int(side.value)
        width, height = wish_for(self.wishes, Aim.WIDTH), wish_for(self.wishes, Aim.HEIGHT)
        if width is not None or height is not None:
            one = int((width or height).value)  # type: ignore[union-attr]
            other = one if one <= _SQUARE else 1
            return int(width.value) if width else other, int(height.value) if height else other
        ratio = wish_for(self.wishes, Aim.RATIO)
        return (ratio.value[0], ratio.value[1]) if ratio is not None else (1, 1)


def chosen(schema: Schema, order: Order) -> Schema:
    """The schema with the alternative that the request chose in front of the others."""
    if not isinstance(schema, dict):
        return schema
    renewed = copy.deepcopy(schema)
    for node in _objects(renewed):
        for choice in list(choices(order.fields, node)):
            for key in ("anyOf", "oneOf"):
                if isinstance(node.get(key), list):
                    node[key].sort(key=lambda branch, name=choice.member: name not in (branch.get("required") or ()))
    return renewed


def _objects(node: Any) -> Iterator[JsonObject]:
    stack = [node]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            yield value
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)


def fitted(value: Json, shape: ResponseShape, order: Order) -> Json:
    """``value``, which satisfies ``shape``, with what the request asks for; as it is where that breaks the schema."""
    renewed = copy.deepcopy(value)
    for wish in order.wishes:
        if wish.aim in (Aim.COUNT, Aim.LIMIT):
            found = list_for(wish, tuple(spots(shape, order.listing, renewed)))
            if found is not None:
                _counted(found.value, wish)
    for spot in list(spots(shape, order.listing, renewed)):
        replaced = _leaf(spot, order)
        if replaced is not None:
            renewed = _placed(renewed, spot.at, replaced)
    if shape.declared is Declared.SCHEMA and shape.schema is not None and not Checker(shape.schema).is_valid(renewed):
        return value
    return renewed


def _counted(items: list[Json], wish: Wish) -> None:
    wanted = min(int(wish.value), MAX_ITEMS)
    del items[wanted:]
    if wish.aim is Aim.COUNT and items:
        items.extend(copy.deepcopy(items[0]) for _ in range(wanted - len(items)))


def _leaf(spot: Spot, order: Order) -> Json:
    """What stands in place of a value; ``None`` if it stays."""
    field = next((field for field in order.fields if is_echo(field, spot)), None)
    if field is not None:
        return field.value
    if (scale := scale_of(spot)) is not None:
        return int(order.now) * scale
    if not isinstance(spot.value, str):
        return None
    if (is_of_now(spot) or ahead(spot, order.now)) and _DATE_TIME.match(spot.value):
        return datetime.fromtimestamp(order.now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return _text(spot, order)


def _text(spot: Spot, order: Order) -> str | None:
    forms = (form_of(text) for text, _ in descriptions(spot, order.fields)) if is_url(spot) else iter(())
    form = next((found for found in forms if found is not None), None)
    if form is is_data_url or is_data_url(str(spot.value)):
        return _data_url(spot, order)
    if form is not None:
        return spot.value if form(spot.value) else "https://example.com/"
    return _file(spot, order)


def _file(spot: Spot, order: Order) -> str | None:
    if base64_claim(spot) is None:
        return None
    stated = spot.keyword("contentMediaType")
    kind = named(str(stated[0])) if stated else _USUAL.get(promised_family(spot) or "image")
    data = order.file(kind)
    return base64.b64encode(data).decode() if data is not None else None


def _data_url(spot: Spot, order: Order) -> str | None:
    text = str(spot.value)
    shown = named(text[5:].split(";", 1)[0].split(",", 1)[0]) if is_data_url(text) else None
    data = order.file(shown or "image/png")
    return f"data:{sniff(data)};base64,{base64.b64encode(data).decode()}" if data is not None else None


def _placed(root: Json, at: str, value: Json) -> Json:
    *above, last = steps(at) or [""]
    if not at:
        return value
    holder: Any = root
    for step in above:
        holder = below(holder, step)
    holder[int(last) if isinstance(holder, list) else last] = value
    return root
