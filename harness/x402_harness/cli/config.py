"""``testbuy config``: what is configured, whether it is valid, and the schema of the file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from x402_harness.cli import helping, options
from x402_harness.cli.configuration.applying import document_of
from x402_harness.cli.configuration.problems import BadConfiguration
from x402_harness.cli.loading import fail, print_json
from x402_harness.runs.outcome import Exit

if TYPE_CHECKING:
    from x402_harness.cli.configuration.document import Document
    from x402_harness.cli.configuration.showing import Shown


@helping.group(
    "config",
    examples=(
        "testbuy config show --origin",
        "testbuy config check",
    ),
)
def command() -> None:
    """Options come from flags; where there is none, from TESTBUY_COMMAND_OPTION in the environment; where that is not
    set, from the nearest testbuy.toml, or [tool.testbuy] of the nearest pyproject.toml; else they are as the command's
    help says.

    What spends money, opens a key or agrees to something is only ever said by a flag.
    """


@command.command(
    "show",
    examples=(
        "testbuy config show run --origin",
        "testbuy config show --all --format json",
    ),
)
@click.argument("name", required=False, metavar="[COMMAND]")
@click.option("--origin", is_flag=True, help="Tell where each value was said.")
@click.option("--all", "everything", is_flag=True, help="Values that nobody set too: those are the defaults.")
@options.output_format
@click.pass_context
def show(ctx: click.Context, name: str | None, origin: bool, everything: bool, format_: str) -> None:
    """List what is set for the options of COMMAND, or of all commands, by the file and by the environment."""
    from x402_harness.cli.configuration.showing import effective

    document, commands = _valid(ctx), _commands(ctx, name)
    rows = [row for row in effective(document, commands) if everything or row.origin is not None]
    if format_ == "json":
        _print_document("config show", document, [row.to_dict() for row in rows])
        return
    click.echo(f"file: {_printable(document.name)}" if document else "file: none", err=True)
    _print_rows(rows, origin)


@command.command(
    "check",
    examples=(
        "testbuy config check",
        "testbuy config check other.toml --format json",
    ),
)
@click.argument("file", required=False, type=click.Path(path_type=Path), metavar="[FILE]")
@options.output_format
@click.pass_context
def check(ctx: click.Context, file: Path | None, format_: str) -> None:
    """Check every key and every value of FILE, or of the file and the variables that count here.

    Ends with 2 if anything is wrong, and with 3 if there is no file.
    """
    from x402_harness.cli.configuration.checking import check as checked
    from x402_harness.cli.configuration.checking import check_variables
    from x402_harness.cli.configuration.document import read

    commands = _commands(ctx, None)
    try:
        document = read(file) if file is not None else document_of(ctx)
        problems = checked(document, commands) if document is not None else []
        problems += [] if file is not None else check_variables(os.environ, commands)
    except BadConfiguration as error:
        document, problems = None, list(error.problems)
    if format_ == "json":
        from x402_harness.reporting.document import document as made

        counts = {"listings": 0, "errors": len(problems), "warnings": 0}
        told = [problem.to_dict() for problem in problems]
        print_json(made("config check", counts, [], file=document and document.name, problems=told))
    for problem in problems:
        click.echo(f"testbuy: {_printable(problem)}", err=True)
    if problems:
        raise SystemExit(int(Exit.USAGE))
    if document is None:
        fail("there is no testbuy.toml and no [tool.testbuy] here or above; testbuy init writes one", Exit.NOTHING)
    click.echo(f"{_printable(document.name)}: every key and value is valid", err=True)


@command.command("schema", examples=("testbuy config schema > testbuy.schema.json",))
@click.pass_context
def schema(ctx: click.Context) -> None:
    """Print the JSON Schema (2020-12) of testbuy.toml, which editors check and complete by."""
    from x402_harness.cli.configuration.schema import schema as made

    print_json(made(_commands(ctx, None)))


def _valid(ctx: click.Context) -> Document | None:
    """The file that counts here. Raises :class:`BadConfiguration` if anything in it or in the variables is wrong."""
    from x402_harness.cli.configuration.checking import check as checked
    from x402_harness.cli.configuration.checking import check_variables

    document, commands = document_of(ctx), _commands(ctx, None)
    problems = checked(document, commands) if document is not None else []
    problems += check_variables(os.environ, commands)
    if problems:
        raise BadConfiguration(problems)
    return document


def _commands(ctx: click.Context, name: str | None) -> dict[str, click.Command]:
    from x402_harness.cli.app import every_command
    from x402_harness.cli.configuration.problems import suggestion

    found = every_command(ctx)
    if name is not None and name not in found:
        raise click.UsageError(f"there is no command {name!r}{suggestion(name, found)}.")
    return found if name is None else {name: found[name]}


def _print_document(name: str, document: Document | None, rows: list[dict[str, Any]]) -> None:
    from x402_harness.reporting.document import document as made

    counts = {"listings": 0, "errors": 0, "warnings": 0}
    print_json(made(name, counts, [], file=document and document.name, settings=rows))


def _print_rows(rows: list[Shown], origin: bool) -> None:
    """A line for each key; what was set once for many commands is one line."""
    lines: dict[tuple[str, str], str] = {}
    for row in rows:
        name = row.name
        told = "default" if row.origin is None else str(row.origin)
        lines.setdefault((f"{name} = {json.dumps(row.value, ensure_ascii=False)}", told), "")
    width = min(60, max((len(text) for text, _ in lines), default=0))
    for text, told in sorted(lines, key=lambda line: line[0].startswith("[")):  # what counts for many comes first
        click.echo(_printable(f"{text:<{width}}  {told}" if origin else text))


def _printable(text: object) -> str:
    from x402_harness.reporting.escape import printable

    return printable(text, 2000)
