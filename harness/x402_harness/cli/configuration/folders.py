"""Folders: a path in a file is meant from where the file is, not from where the command was started."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from x402_harness.cli.configuration.values import BadValue

Rebase = Callable[[Path, str], str]

WRITTEN = frozenset({"cassettes", "db", "directory", "output", "report", "reports"})  # keys of what is written to


def rebased(folder: Path, key: str, option: click.Option, value: Any) -> Any:
    """An option's value with the paths in it led to from the working folder. Raises :class:`BadValue` for one that is
    written to and is outside of ``folder``."""
    rebase = REBASE.get(option.metavar or "")
    if rebase is None:
        return value
    led = [_led(rebase, folder, key, one) for one in (value if isinstance(value, list) else [value])]
    return led if isinstance(value, list) else led[0]


def _led(rebase: Rebase, folder: Path, key: str, value: str) -> str:
    if key in WRITTEN:
        parts = [part.partition("=")[2] or part for part in value.split(",")] if rebase is _reports else [value]
        _require_inside(folder, parts)
    return rebase(folder, value)


def _require_inside(folder: Path, paths: list[str]) -> None:
    # A file may be somebody else's, as a clone of a project is: what it has written stays in there.
    for path in paths:
        if path not in {"", "-"} and not (folder / os.path.expanduser(path)).resolve().is_relative_to(folder.resolve()):
            raise BadValue("a file has nothing written outside of its own folder: a flag or a variable may")


def _path(folder: Path, value: str) -> str:
    if value in {"", "-"}:
        return value
    joined = folder / os.path.expanduser(value)
    try:
        return os.path.relpath(joined) if joined.is_relative_to(Path.cwd()) else str(joined)
    except OSError:
        return str(joined)


def _path_or_slug(folder: Path, value: str) -> str:
    return _path(folder, value) if (folder / value).exists() else value


def _reports(folder: Path, value: str) -> str:
    return ",".join(_report(folder, one) for one in value.split(","))


def _report(folder: Path, value: str) -> str:
    name, sign, path = value.partition("=")
    return f"{name}={_path(folder, path)}" if sign else value


# By how the option's help shows what it takes; a test fails where one that takes a path is missing.
REBASE: dict[str, Rebase] = {
    "DB": _path,
    "DIR": _path,
    "FILE": _path,
    "FILE|SLUG": _path_or_slug,
    "FORMAT[=FILE],...": _reports,
    "SRC": _path,
    "SRC|DB": _path,
}
