"""Loading listings for commands: from sources, or by slug from the catalogue."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

import click

from x402_catalog.findings import Finding
from x402_catalog.models import Listing
from x402_catalog.reading import Limits, read
from x402_catalog.records import Record
from x402_catalog.sources import Kind, listings
from x402_harness.runs.outcome import Exit


@dataclass(frozen=True, slots=True)
class Loaded:
    """Listings, and what could not be read."""

    listings: list[Listing]
    findings: list[Finding]


def load(sources: Iterable[str], limits: Limits | None = None) -> Loaded:
    """Everything in ``sources``. A source that is not there is a usage error."""
    named = tuple(sources)
    for source in named:
        require(source)
    loaded = Loaded([], [])
    for item in read(named, limits=limits or Limits()):
        for made in [item] if isinstance(item, Finding) else listings(item):
            if isinstance(made, Finding):
                loaded.findings.append(made)
            else:
                loaded.listings.append(made)
    return loaded


def stream(
    sources: Iterable[str], limits: Limits, kind: Kind | None = None
) -> Iterator[tuple[Listing | Finding, Record | None]]:
    """Everything in ``sources`` as it is read, with the record that it was read from; memory holds one record.

    ``kind`` forces the format.
    """
    for item in read(sources, limits=limits):
        if isinstance(item, Finding):
            yield item, None
            continue
        for made in listings(item, kind):
            yield made, made.record if isinstance(made, Listing) else item


def require(source: str) -> None:
    """A usage error unless ``source`` exists."""
    if source != "-" and not Path(source).exists() and not Path(source).is_symlink():
        raise click.UsageError(
            f"{source!r} does not exist. Name a file or a folder of listings, or - for standard input."
        )


def find(target: str, catalogue: str) -> Loaded:
    """The listings in the file ``target``, or the one with that slug in the catalogue."""
    if Path(target).exists():
        return load([target])
    loaded = load([catalogue])
    found = [listing for listing in loaded.listings if listing.slug == target]
    if not found:
        close = get_close_matches(target, [listing.slug for listing in loaded.listings], n=3, cutoff=0.4)
        hint = f" Did you mean {', '.join(close)}?" if close else ""
        fail(f"no listing {target!r} in {catalogue}.{hint}", Exit.NOTHING)
    return Loaded(found, [])


def fail(message: str, code: Exit) -> NoReturn:
    """Say why on stderr and leave."""
    click.echo(f"testbuy: {message}", err=True)
    sys.exit(code)


def print_json(document: dict[str, Any]) -> None:
    """One JSON document on stdout."""
    # The standard library writes integers of any size, which a record may hold.
    click.echo(json.dumps(document, indent=2, ensure_ascii=False).encode("utf-8", "backslashreplace"))
