"""Loading listings for commands: from sources, from catalogue files, or by slug from either."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import click

from x402_catalog.findings import Finding
from x402_catalog.models import Listing
from x402_catalog.reading import Limits, read
from x402_catalog.records import Record
from x402_catalog.search import Filters
from x402_catalog.sources import Kind, listings
from x402_catalog.store import Catalogue, Imported, NothingToImport, StoreError, is_catalogue
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
    for made, _ in stream(named, limits or Limits()):
        if isinstance(made, Finding):
            loaded.findings.append(made)
        else:
            loaded.listings.append(made)
    return loaded


def stream(
    sources: Iterable[str], limits: Limits, kind: Kind | None = None
) -> Iterator[tuple[Listing | Finding, Record | None]]:
    """Everything in ``sources`` as it is read, with the record that it was read from; memory holds one record.

    ``kind`` forces the format. Of a catalogue file it is the latest snapshot.
    """
    for source in sources:
        if is_catalogue(source):
            with opened(source) as catalogue:
                yield from ((listing, listing.record) for listing in catalogue)
            continue
        for item in read([source], limits=limits):
            if isinstance(item, Finding):
                yield item, None
                continue
            for made in listings(item, kind):
                yield made, made.record if isinstance(made, Listing) else item


def selected(catalogue: str, query: str, filters: Filters) -> Iterator[Listing]:
    """What a query finds in a catalogue file, in order; memory holds one listing.

    Raises :class:`~x402_catalog.search.BadFilter`.
    """
    with opened(catalogue) as found:
        for key in found.select(query, filters):
            yield found.get(key)


def found(sources: tuple[str, ...], query: str, filters: Filters, limits: Limits) -> Iterator[Listing | Finding]:
    """What ``sources`` hold, some of them catalogue files. One of these alone is asked for what is wanted, so that the
    rest of it is not read."""
    if len(sources) == 1:
        return selected(sources[0], query, filters)
    return (made for made, _ in stream(sources, limits))


def require(source: str) -> None:
    """A usage error unless ``source`` exists."""
    if source != "-" and not Path(source).exists() and not Path(source).is_symlink():
        raise click.UsageError(
            f"{source!r} does not exist. Name a file or a folder of listings, or - for standard input."
        )


@contextmanager
def opened(source: str, findings: list[Finding] | None = None) -> Iterator[Catalogue]:
    """The catalogue file ``source``, or a catalogue in memory of the listings that are read from it; ``findings`` takes
    what could not be read."""
    require(source)
    try:
        catalogue = Catalogue.open(source) if is_catalogue(source) else Catalogue.memory()
    except StoreError as error:
        fail(str(error), Exit.USAGE)
    with catalogue:
        if not catalogue.snapshot:
            done = _imported(catalogue, source)
            if findings is not None:
                findings += done.findings
        yield catalogue


def _imported(catalogue: Catalogue, source: str) -> Imported:
    try:
        return catalogue.add(read([source]), [source], time.time())
    except NothingToImport as nothing:
        return nothing.done


@contextmanager
def looking_at(source: str, snapshot: int | None = None, findings: list[Finding] | None = None) -> Iterator[Catalogue]:
    """As :func:`opened`, looking at a snapshot of it if one is named."""
    with opened(source, findings) as catalogue:
        if snapshot is None:
            yield catalogue
            return
        if snapshot not in {one.id for one in catalogue.snapshots()}:
            fail(f"{source} has no snapshot {snapshot}: testbuy diff --list tells which it has", Exit.USAGE)
        yield catalogue.at(snapshot)


def find(target: str, catalogue: str) -> Loaded:
    """The listings in the file ``target``, or the one with that slug or URL in the catalogue."""
    if Path(target).exists():
        return load([target])
    if catalogue != "-" and not Path(catalogue).exists():
        raise click.UsageError(
            f"{target[:200]!r} is no file here, and there is no {catalogue!r} to look it up in: --catalogue names "
            "another catalogue, and testbuy import makes one."
        )
    with opened(catalogue) as found:
        return Loaded([found.get(key) for key in ids(found, target, catalogue)], [])


def told(loaded: Loaded) -> list[Listing]:
    """The listings; what could not be read is told on standard error, for commands that print no findings."""
    for finding in loaded.findings:
        say(f"not read: {finding.location}: {finding.message}")
    return loaded.listings


def ids(catalogue: Catalogue, target: str, name: str) -> list[int]:
    """The ids of the listings with that slug or URL in the catalogue ``name``; where there is none the command ends."""
    found = catalogue.ids(target)
    if not found:
        close = catalogue.nearest(target)
        hint = f" Did you mean {', '.join(close)}?" if close else ""
        fail(f"no listing {target!r} in {name}.{hint}", Exit.NOTHING)
    return found


def say(message: str) -> None:
    """Tell something on standard error; it may hold a stranger's words."""
    from x402_harness.reporting.escape import printable

    click.echo(f"testbuy: {printable(message, 2000)}", err=True)


def fail(message: str, code: Exit) -> NoReturn:
    """Say why on stderr and leave."""
    say(message)
    sys.exit(code)


def print_json(document: dict[str, Any]) -> None:
    """One JSON document on stdout."""
    # The standard library writes integers of any size, which a record may hold.
    click.echo(json.dumps(document, indent=2, ensure_ascii=False).encode("utf-8", "backslashreplace"))
