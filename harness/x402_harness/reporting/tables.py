"""Tables: rows of named values for people, spreadsheets and programs, from the same columns."""

from __future__ import annotations

import csv
import json
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TextIO, TypeVar

from x402_harness.reporting.escape import printable

TABLE_FORMATS = ("table", "json", "jsonl", "csv", "text")  # text is what other commands call a table
_LONGEST = 300  # characters of a cell
_NARROW = 12  # cells that a text is cut down to before whole columns are left out
_NARROWEST = 6
_GAP = "  "
_NONE = "–"
# What a spreadsheet would compute; a catalogue's text must not.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """One column: its ``value`` of a row as JSON, how a table shows it (``right`` for figures), ``head`` above it where
    that is not its name, and the ``least`` cells that it must have while others can be left out."""

    name: str
    value: Callable[[T], Any]
    right: bool = False
    shown: Callable[[Any], str] = str
    head: str | None = None
    least: int = _NARROW


def print_table(columns: Sequence[Column[T]], rows: Iterable[T], out: TextIO, width: int | None) -> None:
    """An aligned table, at most ``width`` cells wide (``None`` for any): texts are cut, figures are not, and columns at
    the end are left out if there is no room for them."""
    cells = [[_shown(column, row) for column in columns] for row in rows]
    heads = [printable(column.head or column.name.replace("_", " ").upper(), _LONGEST) for column in columns]
    widths = [max(map(cells_wide, column)) for column in zip(heads, *cells, strict=True)]
    if width is not None:
        columns = columns[: _room(columns, widths, width)]
        widths = widths[: len(columns)]
        _narrow(widths, [not column.right for column in columns], width)
    for line in [heads, *cells]:
        fitted = [_fit(text, wide, column.right) for text, wide, column in zip(line, widths, columns, strict=False)]
        out.write(_GAP.join(fitted).rstrip() + "\n")


def print_lines(columns: Sequence[Column[T]], rows: Iterable[T], out: TextIO) -> None:
    """A JSON object a line."""
    for row in rows:
        out.write(json.dumps(to_dict(columns, row), ensure_ascii=False) + "\n")


def print_csv(columns: Sequence[Column[T]], rows: Iterable[T], out: TextIO) -> None:
    """RFC 4180 with a line of names. Text that a spreadsheet would take for a formula gets a ``'`` before it."""
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([column.name for column in columns])
    for row in rows:
        writer.writerow([_cell(column.value(row)) for column in columns])


def to_dict(columns: Sequence[Column[T]], row: T) -> dict[str, Any]:
    """A row as a JSON object."""
    return {column.name: column.value(row) for column in columns}


def cells_wide(text: str) -> int:
    """How many cells of a terminal ``text`` takes."""
    return len(text) if text.isascii() else sum(map(_wide, text))


def cut(text: str, width: int) -> str:
    """``text`` in at most ``width`` cells, an ellipsis in place of what is cut."""
    if cells_wide(text) <= width:
        return text
    kept, left = "", width - 1
    for character in text:
        left -= _wide(character)
        if left < 0:
            break
        kept += character
    return kept + "…"


def _wide(character: str) -> int:
    return 0 if unicodedata.combining(character) else 1 + (unicodedata.east_asian_width(character) in "WF")


def _shown(column: Column[T], row: T) -> str:
    value = column.value(row)
    return _NONE if value is None or value == "" else printable(column.shown(value), _LONGEST)


def _room(columns: Sequence[Column[T]], widths: list[int], width: int) -> int:
    """How many columns are shown: all but those at the end that nothing would be left of."""
    least = [wide if column.right else min(wide, column.least) for column, wide in zip(columns, widths, strict=True)]
    count = len(columns)
    while count > 1 and columns[count - 1].least == _NARROW and sum(least[:count]) + len(_GAP) * (count - 1) > width:
        count -= 1
    return count


def _narrow(widths: list[int], may: list[bool], width: int) -> None:
    """Take from the widest column that may be cut until all fit, or none can give."""
    excess = sum(widths) + len(_GAP) * (len(widths) - 1) - width
    while excess > 0:
        giving = [index for index, wide in enumerate(widths) if may[index] and wide > _NARROWEST]
        if not giving:
            return
        widest = max(giving, key=lambda index: widths[index])
        widths[widest] -= 1
        excess -= 1


def _fit(text: str, width: int, right: bool) -> str:
    text = cut(text, width)
    pad = " " * (width - cells_wide(text))
    return pad + text if right else text + pad


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, (dict, list)):
        value = json.dumps(value, ensure_ascii=False)
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text
