"""Help as a manual page has it: usage, what the command does, its options in sections, examples, exit codes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import click

EXIT_CODES = """
Exit codes: 0 clean, 1 findings at or above --fail-on, 2 usage or configuration, 3 nothing matched or tested,
4 a spend guard refused, 5 target unreachable or own fault, 6 settlement unknown (money may have moved), 130 Ctrl-C.
When several apply: 6 before 5 before 4 before 1.
"""
_FEW = 10  # options that need no sections
SECTIONS: dict[str, tuple[str, ...]] = {
    "Which listings": (
        "catalogue", "snapshot", "source", "from", "from-search", "query", "listing", "category", "network", "host",
        "price", "asset", "method", "flag", "tier", "sample", "limit", "sort", "offset",
    ),
    "Spending": (
        "mode", "max-buys", "per-call-max", "budget", "per-day-max", "account", "payer", "keystore", "password-file",
        "unsafe-env-key", "approve", "no-input", "rpc", "confirmations", "settle-wait", "allow-private",
        "allow-side-effects", "allow-paid-negative",
    ),
    "What fails": (
        "select", "ignore", "level", "baseline", "write-baseline", "fail-on", "max-p95", "min-coverage", "max-spend",
    ),
    "Output": ("format", "columns", "all", "output", "report", "reports", "record", "cassettes", "quiet"),
}  # fmt: skip


class _Told(click.Command):
    """A command whose help ends with ``examples``, lines as they are typed, and with the exit codes."""

    def __init__(self, *arguments: Any, examples: tuple[str, ...] = (), **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What the command has to add, the examples, and what the exit codes mean."""
        super().format_epilog(ctx, formatter)
        if self.examples:
            with formatter.section("Examples"), formatter.indentation():
                formatter.write("".join(f"{'':{formatter.current_indent}}{line}\n" for line in self.examples))
        formatter.write_paragraph()
        formatter.write_text(" ".join(EXIT_CODES.split()))


class Command(_Told):
    """A command with its options in sections, where there are many."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """As click does, but by :func:`sections`."""
        for name, rows in sections(self, ctx):
            with formatter.section(name):
                formatter.write_dl(rows)


class Group(_Told, click.Group):
    """A group whose commands are told in the same way."""

    command_class = Command


def sections(command: click.Command, ctx: click.Context) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """The options of a command as its help tells them, by section; in one section where they are few."""
    options = [one for one in command.get_params(ctx) if isinstance(one, click.Option)]
    told = [(section_of(one), row) for one in options if (row := one.get_help_record(ctx)) is not None]
    if len(told) <= _FEW:
        told = [("Options", row) for _, row in told]
    for name in ("Options", *SECTIONS):
        rows = [row for section, row in told if section == name]
        if rows:
            yield name, rows


def section_of(parameter: click.Parameter) -> str:
    """The section that an option stands in."""
    names = {name[2:] for name in parameter.opts if name.startswith("--")}
    return next((section for section, keys in SECTIONS.items() if names & set(keys)), "Options")


def command(name: str, *, examples: tuple[str, ...], **more: Any) -> Callable[[Callable[..., Any]], Command]:
    """A :class:`Command`, as ``click.command`` makes one."""
    return click.command(name, cls=Command, examples=examples, **more)


def group(name: str, *, examples: tuple[str, ...], **more: Any) -> Callable[[Callable[..., Any]], Group]:
    """A :class:`Group`, as ``click.group`` makes one."""
    return click.group(name, cls=Group, examples=examples, **more)
