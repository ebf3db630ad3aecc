"""Names of items: short, the same in every run, and safe wherever a listing's own words stand in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from x402_harness.reporting.numbering import Numbering

if TYPE_CHECKING:
    from x402_harness.planning.cases import Case

_LEVELS = 2  # that a row is named by
_LONGEST = 48  # characters of a row's name
_SLUG = 120


def plain(text: str, longest: int) -> str:
    """Printable ASCII without what divides node ids: colons, slashes, brackets."""
    kept = "".join(char if char.isascii() and char.isprintable() and char not in "[]:/\\" else "_" for char in text)
    return kept[:longest].strip() or "_"


def slug(text: str) -> str:
    """A listing's name."""
    return plain(text, _SLUG)


def row(case: Case) -> str:
    """A purchase's name: its row, and what it is the first to show, such as ``row03 size=auto``; values go before kinds
    of text, and what is absent comes last."""
    if str(case.source) == "example":
        return f"row{case.row:02} example"
    shown = sorted(case.planned.new or case.planned.levels, key=lambda one: _rank(one.level))
    told = " ".join(f"{_field(one.field)}={_level(one.level)}" for one in shown[:_LEVELS])
    return plain(f"row{case.row:02} {told}", _LONGEST)


def _field(text: str) -> str:
    """The last step of a field's place: a name is enough to know it by."""
    return text.replace(".", "/").rsplit("/", 1)[-1]


def _rank(level: str) -> int:
    return 0 if level.startswith("= ") else 2 if level == "absent" else 1


def _level(text: str) -> str:
    return text.removeprefix("= ").strip('"')


def unique() -> Numbering:
    """Gives each name once: pytest tells items apart by their names."""
    return Numbering("{}#{}")
