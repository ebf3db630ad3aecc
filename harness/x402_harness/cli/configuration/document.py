"""A configuration file, read: ``testbuy.toml``, or the table ``[tool.testbuy]`` of a ``pyproject.toml``."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from x402_harness.cli.configuration.places import Key, nearest, places
from x402_harness.cli.configuration.problems import BadConfiguration, Place, Problem

OWN, PROJECT = "testbuy.toml", "pyproject.toml"
SECTION = ("tool", "testbuy")
LARGEST = 1024 * 1024  # bytes; a long one has five thousand
MOST_KEYS = 1_000  # there are some four hundred
_MOST_DOTS = 1_000  # of a line: what reads a key of so many parts takes their square in time
_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says: ``values`` by key, floats as :class:`~decimal.Decimal`; ``section`` is where in it."""

    path: Path
    values: dict[str, Any]
    section: Key = ()
    text: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """The file as a person calls it."""
        return shown(self.path)

    def place(self, *path: str) -> Place:
        """Where a key stands; the file alone where that cannot be told."""
        at = nearest(places(self.text), (*self.section, *path))
        return Place(self.name, *at) if at else Place(self.name)


def shown(path: Path) -> str:
    """A path from the working folder, or in full, whichever is shorter."""
    try:
        return min((os.path.relpath(path), str(path)), key=len)
    except (OSError, ValueError):  # another drive, or no working folder any more
        return str(path)


def read(path: Path) -> Document:
    """The configuration in a file. Raises :class:`BadConfiguration`."""
    text = decoded(path, content(path))
    values = parsed(path, text)
    if path.name != PROJECT:
        return Document(path.absolute(), _few(path, values), (), text)
    inner: Any = values
    for name in SECTION:
        inner = inner.get(name, {}) if isinstance(inner, dict) else inner
    if not isinstance(inner, dict):
        raise BadConfiguration([Problem(Place(shown(path)), "tool.testbuy", "this is a table of settings")])
    return Document(path.absolute(), _few(path, inner), SECTION, text)


def _few(path: Path, values: dict[str, Any]) -> dict[str, Any]:
    """The same values. Raises :class:`BadConfiguration` for more than :data:`MOST_KEYS`, each of which might be told
    with what it is like."""
    count, tables = 0, [values]
    while tables and count <= MOST_KEYS:
        table = tables.pop()
        count += len(table)
        tables += [one for one in table.values() if isinstance(one, dict)]
    if count > MOST_KEYS:
        raise wrong(path, f"has more than {MOST_KEYS:,} keys: this is no configuration")
    return values


def content(path: Path) -> bytes:
    """The bytes of a file, at most :data:`LARGEST`. Raises :class:`BadConfiguration`."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        raise wrong(path, f"cannot be read: {(error.strerror or str(error)).lower()}") from None
    except ValueError as error:  # a name with a NUL in it
        raise wrong(path, f"cannot be read: {error}") from None
    if len(raw) > LARGEST:
        raise wrong(path, f"has more than {LARGEST:,} bytes: this is no configuration")
    return raw


def decoded(path: Path, raw: bytes) -> str:
    """TOML is UTF-8; the mark that some editors put before it is passed over. Raises :class:`BadConfiguration`."""
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        byte = raw[error.start]
        raise wrong(path, f"is not UTF-8 (byte 0x{byte:02x}): save it as UTF-8", line) from None


def parsed(path: Path, text: str) -> dict[str, Any]:
    """TOML as Python has it. Raises :class:`BadConfiguration` with line and column."""
    import tomllib
    from decimal import Decimal

    for number, line in enumerate(text.split("\n"), start=1):
        if line.count(".") > _MOST_DOTS:
            raise wrong(path, f"has more than {_MOST_DOTS:,} dots in a line: this is no configuration", number)
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except RecursionError:
        raise wrong(path, "is nested too deeply") from None
    except ValueError as error:
        raise wrong(path, f"is no TOML: {_AT.sub('', str(error))}", *_position(str(error), text)) from None


def _position(said: str, text: str) -> tuple[int | None, int | None]:
    """Line and column that TOML's reader names at the end of what it says."""
    at = _AT.search(said)
    if at is None:
        return None, None
    return (int(at[1]), int(at[2])) if at[1] else (text.count("\n") + 1, None)


def wrong(path: Path, message: str, line: int | None = None, column: int | None = None) -> BadConfiguration:
    """The error that a file as a whole is."""
    return BadConfiguration([Problem(Place(shown(path), line, column), "", message)])
