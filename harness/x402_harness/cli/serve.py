"""``testbuy serve``."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from x402_harness.cli import helping, options
from x402_harness.cli.loading import fail, print_json, require
from x402_harness.cli.waiting import until_told
from x402_harness.runs.outcome import Exit

if TYPE_CHECKING:
    from x402_harness.explorer import Shelf


@helping.command(
    "serve",
    examples=(
        "testbuy serve --open",
        "testbuy serve --db catalogue.db --port 0 --format json",
    ),
)
@options.catalogue_named("--catalogue", "--db")
@click.option("--port", type=click.IntRange(0, 65535), default=8402, show_default=True, help="0 takes any free one.")
@click.option("--open", "opens", is_flag=True, help="Open the first page in a browser.")
@click.option("--reports", default="reports", show_default=True, metavar="DIR", help="Where recorded runs are.")
@options.output_format
def command(catalogue: str, port: int, opens: bool, reports: str, format_: str) -> None:
    """Serve pages to search, compare and judge the listings of a catalogue, on 127.0.0.1, until Ctrl-C.

    The address that is printed has a token in it, without which nothing is answered. Every page has the same as JSON
    at a path that ends in .json; programs send the token as "Authorization: Bearer TOKEN". Nothing is bought or
    changed, and no host is contacted. A catalogue file may be imported into meanwhile; files of listings are read once.
    """
    from x402_harness.explorer import Guard, explorer
    from x402_harness.sandbox.server import CannotServe, Serving

    with _shelf(catalogue, Path(reports)) as shelf, until_told() as told:
        token = secrets.token_urlsafe(32)
        guard = Guard(explorer(shelf), token)
        serving = Serving(guard, port)
        try:
            serving.start()
        except CannotServe as error:
            fail(f"{error}. --port takes another one.", Exit.USAGE)
        try:
            _say(serving.url, token, format_)
            if opens:
                _open(f"{serving.url}/?token={guard.ticket()}")
            told.wait()
        finally:
            serving.stop()
    click.echo("stopped", err=True)


@contextmanager
def _shelf(source: str, reports: Path) -> Iterator[Shelf]:
    """The catalogue file that is named, or one that is made of the listings there, for as long as it is served."""
    from x402_catalog.store import Catalogue, StoreError, is_catalogue
    from x402_harness.explorer import Shelf

    require(source)
    if is_catalogue(source):
        try:
            Catalogue.open(source).close()
        except StoreError as error:
            fail(str(error), Exit.USAGE)
        yield Shelf(Path(source), source, reports)
        return
    with TemporaryDirectory(prefix="testbuy-") as folder:
        file = Path(folder) / "catalogue.db"
        yield Shelf(file, source, reports, _imported(source, file))


def _imported(source: str, file: Path) -> tuple[Any, ...]:
    from x402_catalog.reading import read
    from x402_catalog.store import Catalogue, NothingToImport

    with Catalogue.create(file) as catalogue:
        try:
            return tuple(catalogue.add(read([source]), [source], time.time()).findings)
        except NothingToImport as nothing:
            return tuple(nothing.done.findings)


def _say(url: str, token: str, format_: str) -> None:
    if format_ == "json":
        print_json({"schema_version": 1, "tool": "testbuy", "command": "serve", "url": url, "token": token})
        return
    click.echo(f"The explorer is open. Stop it with Ctrl-C.\n\n  {url}/?token={token}\n")


def _open(url: str) -> None:
    import webbrowser

    if not webbrowser.open(url):
        click.echo("testbuy: no browser could be opened: follow the address above", err=True)
