"""Checking a whole configuration file: the tables of all commands, each value by the type of its option."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import click

from x402_harness.cli.configuration.document import Document
from x402_harness.cli.configuration.keys import SHARED, Commands, keys_of, leaves
from x402_harness.cli.configuration.problems import Problem, Variable, suggestion
from x402_harness.cli.configuration.settings import Settings, open_keys, settings, top_problems
from x402_harness.cli.configuration.variables import misspelt, set_variable, variable_problems, with_variables


def check(document: Document, commands: Commands) -> list[Problem]:
    """Everything that is wrong with a file, in its order."""
    problems = list(top_problems(document, commands, lambda key: lost(key, commands)))
    for name, command in commands.items():
        made, found = settings(document, (name,), command)
        problems += [*found, *_rejected(made, command)]
    once = dict.fromkeys(problems)  # a shared value is wrong for every command that has it
    return sorted(
        once, key=lambda one: (getattr(one.place, "line", None) or 0, getattr(one.place, "column", None) or 0)
    )


def lost(key: str, commands: Commands) -> str:
    """What may have been meant by a key that does not belong at the top of a file."""
    tables = [".".join(path) for path, command in leaves(commands) if key in open_keys(path, command)]
    if tables:
        more = " and others" if len(tables) > 3 else ""
        return f"; it is an option of single commands: put it under {', '.join(f'[{one}]' for one in tables[:3])}{more}"
    return suggestion(key, [*SHARED, *commands])


def _rejected(made: Settings, command: click.Command) -> Iterator[Problem]:
    """What click and the options' own callbacks say to the values."""
    if isinstance(command, click.Group):
        for name, inner in made.commands.items():
            yield from _rejected(inner, command.commands[name])
        return
    options = keys_of(command)
    with click.Context(command) as ctx:
        for key, given in made.given.items():
            try:
                options[key].process_value(ctx, given.value)
            except click.UsageError as error:
                yield Problem(given.place, given.key, error.message)


def check_variables(environ: Mapping[str, str], commands: Commands) -> list[Problem]:
    """Everything that is wrong with the environment's variables for any command."""
    problems = list(misspelt(environ))
    for name, command in commands.items():
        with_variables(command, (name,))
        problems += variable_problems(environ, (name,), command)
    for _, command in leaves(commands):
        problems += _rejected_variables(command)
    return list(dict.fromkeys(problems))


def _rejected_variables(command: click.Command) -> Iterator[Problem]:
    with click.Context(command) as ctx:
        for option in keys_of(command).values():
            try:
                value = option.value_from_envvar(ctx)
                if value is not None:
                    option.process_value(ctx, value)
            except click.UsageError as error:
                yield Problem(Variable(str(set_variable(option))), "", error.message)
