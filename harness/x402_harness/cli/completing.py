"""Completing: slugs, hosts and categories of the catalogue for the shell, and nothing that a shell could act on."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path

import click

# What a shell takes as it stands. Text of a catalogue that holds anything else is not offered: completed and confirmed
# in haste it would be a command.
_HARMLESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@%+-]*")
_LARGEST = 32 * 1024 * 1024  # bytes of a source that is read for a completion; a catalogue file may have any size
_MOST = 100

Complete = Callable[[click.Context, click.Parameter, str], list[str]]


def values(what: str) -> Complete:
    """Completes values of a facet such as ``host``, or a ``slug``, from the catalogue of the command line."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
        from x402_catalog.store import is_catalogue
        from x402_harness.cli.loading import opened

        source = str(ctx.params.get("catalogue") or default_catalogue())
        if not is_catalogue(source) and not _is_small(Path(source)):
            return []
        try:
            with redirect_stderr(StringIO()), opened(source) as catalogue:
                found = catalogue.complete(what, incomplete, _MOST)
        except (Exception, SystemExit):  # a shell that asks for completions must not be talked to
            return []
        return [value for value in found if _HARMLESS.fullmatch(value)]

    return complete


def default_catalogue() -> str:
    """Where slugs are looked up unless it is said: ``catalogue.db`` if there is one here, else ``listings``."""
    return "catalogue.db" if Path("catalogue.db").is_file() else "listings"


def _is_small(source: Path) -> bool:
    try:
        files = [source] if source.is_file() else [path for path in source.rglob("*") if path.is_file()]
        return bool(files) and sum(path.stat().st_size for path in files) <= _LARGEST
    except OSError:
        return False
