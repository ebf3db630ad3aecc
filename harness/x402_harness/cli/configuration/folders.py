"""Folders: a path in a file is meant from where the file is, not from where the command was started."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Rebase = Callable[[Path, str], str]


def rebased(folder: Path, option: click.Option, value: Any) -> Any:
    """An option's value with the paths in it led to from the working folder."""
    rebase = REBASE.get(option.metavar or "")
    if rebase is None:
        return value
    return [rebase(folder, one) for one in value] if isinstance(value, list) else rebase(folder, value)


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
