"""Selection: which rules a reader wants to hear, by code or by the beginning of codes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from x402_catalog.rules.registry import FAMILIES

_CODE = re.compile(r"([A-Z]+)([0-9]*)")


class UnknownRule(ValueError):
    """A name that is neither a code nor the beginning of one; the message suggests what may have been meant."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rules count. A longer name overrules a shorter one; of equally long ones the ignoring one does."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def __contains__(self, code: object) -> bool:
        if not isinstance(code, str):
            return False
        wanted = _longest(self.select, code) if self.select else 0
        return wanted is not None and (_longest(self.ignore, code) or -1) < wanted


def selection(select: Iterable[str], ignore: Iterable[str], known: Iterable[str]) -> Selection:
    """The selection that these names make: codes of ``known``, or a family with or without first digits (``PRICE``,
    ``CAT02``), in either case, several divided by commas. Raises :class:`UnknownRule` for any other name."""
    codes = tuple(known)
    return Selection(_names(select, codes), _names(ignore, codes))


def _names(values: Iterable[str], codes: tuple[str, ...]) -> tuple[str, ...]:
    names = (name.strip().upper() for value in values for name in value.split(","))
    return tuple(_checked(name, codes) for name in names if name)


def _checked(name: str, codes: tuple[str, ...]) -> str:
    match = _CODE.fullmatch(name)
    if match and match[1] in FAMILIES and (not match[2] or any(code.startswith(name) for code in codes)):
        return name
    close = get_close_matches(name, [*FAMILIES, *codes], n=3)
    hint = f"Did you mean {' or '.join(close)}?" if close else f"Families are {', '.join(FAMILIES)}."
    raise UnknownRule(f"no rule has the code {name!r}, or one that begins so. {hint}")


def _longest(names: tuple[str, ...], code: str) -> int | None:
    return max((len(name) for name in names if code.startswith(name)), default=None)
