"""``testbuy import``."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from x402_catalog.findings import Finding
from x402_catalog.reading import Limits, read
from x402_catalog.records import Record
from x402_catalog.sources import Kind
from x402_catalog.store import Catalogue, Imported, NothingToImport, StoreError, is_catalogue
from x402_harness.cli import helping, options
from x402_harness.cli.loading import fail, print_json, require
from x402_harness.reporting.escape import printable
from x402_harness.runs.outcome import Exit, Summary

_EVERY = 10_000  # listings between two lines of progress


@helping.command(
    "import",
    examples=(
        "testbuy import dump.jsonl",
        "testbuy import https://catalogue.example/discovery/resources --db catalogue.db --replace",
    ),
)
@click.argument("sources", nargs=-1, required=True, metavar="SRC...")
@click.option("--db", default="catalogue.db", show_default=True, metavar="DB", help="The catalogue file.")
@click.option("--replace", is_flag=True, help="Forget the snapshots that are in the file; otherwise one is added.")
@options.source_kind
@options.max_record_size
@click.option("--allow-private", is_flag=True, help="Let URLs lead to private and local addresses.")
@click.option("--pause", type=click.FloatRange(0, 60), default=0.2, show_default=True, metavar="SECONDS",
              help="How long to wait between two pages of a feed.")  # fmt: skip
@click.option("--timeout", type=click.FloatRange(0.05, 600), default=30.0, show_default=True, metavar="SECONDS",
              help="Most that one page may take.")  # fmt: skip
@options.fail_on
@options.quiet
@options.output_format
def command(sources: tuple[str, ...], db: str, **values: Any) -> None:
    """Import SRC... as a new snapshot of the catalogue file, all of it or nothing.

    A source is a file, a folder, - for standard input, or an http(s) URL: of one document, or of a Bazaar's
    /discovery/resources, which is followed page by page to its end. Pages that have not changed are not sent again, and
    a feed that broke off goes on where it stopped. What cannot be read is a finding, and the rest is imported.
    """
    for source in sources:
        if not _is_url(source):
            require(source)
            if is_catalogue(source):
                raise click.UsageError(f"{source} is a catalogue file already.")
    try:
        with Catalogue.create(db) as catalogue:
            done = _imported(catalogue, sources, values)
    except NothingToImport as nothing:
        click.echo(f"testbuy: {nothing}", err=True)
        done = nothing.done
    except StoreError as error:
        fail(str(error), Exit.FAULT if is_catalogue(db) else Exit.USAGE)
    code = _code(done, values["fail_on"])
    if values["format_"] == "json":
        _print_document(done, db)
    else:
        _print(done, db)
    raise SystemExit(int(code))


def _is_url(source: str) -> bool:
    return source.lower().startswith(("http://", "https://"))


def _imported(catalogue: Catalogue, sources: tuple[str, ...], values: dict[str, Any]) -> Imported:
    urls = [source for source in sources if _is_url(source)]
    if urls:
        from x402_harness.cli.fetching import fetched

        fetched(catalogue, urls, values)
    kind = Kind(values["source"]) if values["source"] else None
    limits = Limits(max_record_bytes=values["max_record_size"])
    items = _items(catalogue, sources, limits)
    told = None if values["quiet"] else _progress
    done = catalogue.add(items, sources, time.time(), kind=kind, replace=values["replace"], told=told)
    if urls:
        from x402_harness.feeds.pages import Pages

        for url in urls:
            Pages(catalogue.connection, url).close()
    return done


def _items(catalogue: Catalogue, sources: tuple[str, ...], limits: Limits) -> Iterator[Record | Finding]:
    for source in sources:
        if _is_url(source):
            from x402_harness.feeds.pages import Pages

            yield from Pages(catalogue.connection, source).records(limits)
        else:
            yield from read([source], limits=limits)


def _progress(count: int) -> None:
    if count % _EVERY == 0:
        click.echo(f"{count} listings", err=True)
        sys.stderr.flush()


def _code(done: Imported, fail_on: str) -> Exit:
    summary = Summary(listings=done.listings)
    summary.levels.update(done.levels)
    return summary.exit_code(options.failing_level(fail_on))


def _print(done: Imported, db: str) -> None:
    from x402_harness.reporting.terminal import console, print_findings

    out = console()
    print_findings(done.findings, out)
    if not done.listings:  # which was said, and makes no snapshot
        return
    count = sum(done.levels.values())
    out.print(
        f"{done.listings} listings in {printable(db)} as snapshot {done.snapshot} · {done.new} new to it, "
        f"{done.listings - done.new} known · {count} findings"
    )


def _print_document(done: Imported, db: str) -> None:
    from x402_harness.reporting.document import document

    counts = {
        "listings": done.listings, "errors": done.levels["error"], "warnings": done.levels["warning"],
        "new": done.new, "infos": done.levels["info"],
    }  # fmt: skip
    size = Path(db).stat().st_size
    print_json(document("import", counts, done.findings, catalogue=db, snapshot=done.snapshot, bytes=size))
