"""``testbuy init``."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import click

from x402_harness.cli import helping, options
from x402_harness.cli.configuration.document import OWN, PROJECT
from x402_harness.cli.loading import fail, find, told
from x402_harness.runs.outcome import Exit

WORKFLOW_AT = ".github/workflows/testbuy.yml"
CONFIGURATION = """\
# Options of testbuy where no flag says them. testbuy config show --origin tells what counts, config check what is
# wrong, config schema what there is. Real money, keys and consent are never configured.
{catalogue}fail-on = "error"      # the mildest level of finding that fails a command: error, warning, info or never
reports = "reports"    # where the folders of runs are

[check]
{listing}rows = 4               # most purchases of the listing
wait = 60              # seconds for the server to start
"""
URL = "http://localhost:8000"
TEST = '''"""x402: what is listed is what is sold."""

import pytest

pytestmark = pytest.mark.testbuy(listing={listing!r}, max_buys=4)


def test_what_is_bought_is_what_is_listed(testbuy_buyer, testbuy_case):
    testbuy_buyer.buy(testbuy_case).assert_conforms()


def test_nothing_is_sold_for_a_forged_payment(testbuy_buyer, testbuy_listing):
    testbuy_buyer.try_refusals(testbuy_listing).assert_conforms()
'''
WORKFLOW = """name: x402
on: [push, pull_request]

permissions:
  contents: read

jobs:
  testbuy:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: pip install x402-testbuy
      # Start your server here, in the background, with its facilitator at http://127.0.0.1:4402/facilitator:
      - run: ./start-server &
      - run: testbuy check {url} {listing}--wait 60
"""


@helping.command(
    "init",
    examples=(
        "testbuy init http://localhost:8000/v1/thing",
        "testbuy init thing.json -C my-project",
    ),
)
@click.argument("target", metavar="URL|SLUG|FILE")
@options.catalogue
@click.option("-C", "--directory", default=".", show_default=True, metavar="DIR", help="The project's folder.")
@click.option("--force", is_flag=True, help="Write over files that are there.")
def command(target: str, **values: Any) -> None:
    """Write a starting testbuy.toml, a test for pytest and a GitHub workflow, for a listing or for your endpoint's URL.

    The test buys from the server that pytest --testbuy-url names; the workflow starts your server and checks it. What
    is there already stays as it is, unless --force is given.
    """
    folder = Path(values["directory"])
    files = _of_url(target) if "://" in target else _of_listing(target, values["catalogue"], folder)
    if _is_configured(folder):
        click.echo("testbuy: pyproject.toml has [tool.testbuy]: no testbuy.toml is written beside it", err=True)
        del files[OWN]
    there = [name for name in files if (folder / name).exists()]
    if there and not values["force"]:
        raise click.UsageError(f"{', '.join(there)} is there already; --force writes over it.")
    try:
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
            click.echo(f"wrote {(folder / name).as_posix()}")
    except OSError as error:
        fail(f"{error.filename} cannot be written: {error.strerror}", Exit.USAGE)
    click.echo("\nnext: " + _next(target, files), err=True)


def _of_url(url: str) -> dict[str, str]:
    from x402_harness.cli.endpoints import require_own

    require_own(url)
    return {
        OWN: CONFIGURATION.format(catalogue="", listing=""),
        WORKFLOW_AT: WORKFLOW.format(url=_quoted(url), listing=""),
    }


def _of_listing(target: str, catalogue: str, folder: Path) -> dict[str, str]:
    found = told(find(target, catalogue))
    if len(found) != 1:
        raise click.UsageError(f"one listing makes a test; {target} has {len(found)}.")
    listing, path = found[0], urlsplit(found[0].url).path
    url = _quoted(URL if "{" in path else URL + path)
    own = Path(target).is_file()
    place = _relative(target, folder) if own else "listing.json"
    files = {} if own else {"listing.json": json.dumps(listing.raw, indent=2, ensure_ascii=False) + "\n"}
    slugs = _toml(place if own else _relative(catalogue, folder))
    return files | {
        OWN: CONFIGURATION.format(catalogue=f"catalogue = {slugs}\n", listing=f"listing = {_toml(place)}\n"),
        "tests/test_x402.py": TEST.format(listing=f"../{place}"),
        WORKFLOW_AT: WORKFLOW.format(url=url, listing=f"--listing {shlex.quote(place)} "),
    }


def _relative(path: str, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def _toml(text: str) -> str:
    """A text as TOML writes it, which is as JSON does, but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _is_configured(folder: Path) -> bool:
    from x402_harness.cli.configuration.finding import of_project

    return of_project(folder / PROJECT) is not None


def _quoted(url: str) -> str:
    """A URL as a shell, YAML and a workflow's expressions read it: a listing's word does not get to be a command."""
    return shlex.quote(quote(url, safe="/:?=&%.-_~+,[]@"))


def _next(target: str, files: dict[str, str]) -> str:
    if "tests/test_x402.py" not in files:
        return f"testbuy check {target}"
    return f"pytest tests/test_x402.py --testbuy-url {URL}"
