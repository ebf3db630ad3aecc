"""A level: a class of values of one field that is worth telling apart from the others, with something to draw from.

A level is *risky* where its values satisfy what is declared, but a seller may well refuse them, perhaps after taking
the money: an empty text, a negative count, what the description speaks against.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from x402_catalog.models import Json, JsonObject


@dataclass(frozen=True, slots=True)
class Level:
    """A class of values: what is in it satisfies ``schema``; ``source`` is the narrower schema that values are drawn
    from, ``values`` are those to take in turn, the ones that the listing shows first. Of an absent field ``schema`` is
    ``None``.

    ``opens`` is the object schema whose members are fields of their own where this level is chosen.
    """

    label: str
    schema: Any
    source: Any = None
    values: tuple[Json, ...] = ()
    risk: str = ""
    opens: JsonObject | None = None

    @property
    def is_absent(self) -> bool:
        """Whether the field is left out."""
        return self.schema is None


ABSENT = Level("absent", None)


def value_level(value: Json, label: str | None = None, risk: str = "") -> Level:
    """The level of one value."""
    schema = {"const": value}
    return Level(label or f"= {short(value)}", schema, schema, (value,), risk)


def short(value: Json) -> str:
    """A value as JSON on at most 40 characters."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:39]}…"
