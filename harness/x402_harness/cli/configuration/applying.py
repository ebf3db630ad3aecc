"""Applying the configuration to the command that is called, and telling which part of it was to blame."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import click
from click.core import ParameterSource

from x402_harness.cli.configuration.document import Document
from x402_harness.cli.configuration.keys import keys_of
from x402_harness.cli.configuration.places import Key
from x402_harness.cli.configuration.problems import BadConfiguration
from x402_harness.cli.configuration.settings import Settings, load, settings, top_problems
from x402_harness.cli.configuration.variables import set_variable, variable_problems, with_variables

_META = "x402_harness.cli.configuration"
_TELLING = frozenset({"config", "doctor"})  # what tells of a configuration works where it is broken
Commands = Callable[[], Mapping[str, click.Command]]


def default_map(
    ctx: click.Context, name: str, command: click.Command, args: Sequence[str], names: Sequence[str], commands: Commands
) -> dict[str, Any]:
    """click's map of defaults for the group's context, where ``name`` is called with ``args``; the command's options
    are taken from the environment from now on. ``names`` are all commands, ``commands`` imports them.

    Raises :class:`BadConfiguration`, but not where help or a completion is asked for.
    """
    with_variables(command, (name,))
    try:
        made = _settings(document_of(ctx), name, command, names, commands)
    except BadConfiguration:
        if ctx.resilient_parsing or name in _TELLING or _asks_for_help(args):
            return {}
        raise
    ctx.meta[_META] = made
    return {name: made.default_map(command)}


def document_of(ctx: click.Context) -> Document | None:
    """The configuration file of a call, by the options of the whole program. Raises :class:`BadConfiguration`."""
    values = ctx.find_root().params
    if values["no_config"] and ctx.find_root().get_parameter_source("config") is ParameterSource.COMMANDLINE:
        raise click.UsageError("--config and --no-config exclude each other.")
    return load(values["config"], without=values["no_config"])


def _settings(
    document: Document | None, name: str, command: click.Command, names: Sequence[str], commands: Commands
) -> Settings:
    problems = list(variable_problems(os.environ, (name,), command))
    made = Settings()
    if document is not None:
        from x402_harness.cli.configuration.checking import lost

        problems += top_problems(document, names, lambda key: lost(key, commands()))
        made, found = settings(document, (name,), command)
        problems += found
    if problems:
        raise BadConfiguration(problems)
    return made


def _asks_for_help(args: Sequence[str]) -> bool:
    own = args[: args.index("--")] if "--" in args else args
    return "--help" in own or "-h" in own


def explained(error: click.UsageError) -> click.UsageError:
    """The same error, which also says where the value came from if no flag gave it."""
    if error.ctx is None or error.ctx.parent is None:
        return error
    origins = dict(_origins(error.ctx))
    if type(error) is click.BadParameter:
        origin = origins.get(error.param.name or "") if error.param else None
        told = f"{error.message} ({origin})"
        return click.BadParameter(told, error.ctx, error.param, error.param_hint) if origin else error
    if type(error) is click.UsageError and origins:
        return click.UsageError(f"{error.message}\nSet without a flag: {', '.join(origins.values())}.", error.ctx)
    return error


def _origins(ctx: click.Context) -> Iterator[tuple[str, str]]:
    given = ctx.meta.get(_META, Settings()).at(path_of(ctx)[1:]).given
    for key, option in keys_of(ctx.command).items():
        source = ctx.get_parameter_source(str(option.name))
        if source is ParameterSource.DEFAULT_MAP and key in given:
            yield str(option.name), f"{given[key].key} at {given[key].place}"
        elif source is ParameterSource.ENVIRONMENT:
            yield str(option.name), str(set_variable(option))


def path_of(ctx: click.Context) -> Key:
    """The names by which a command was called, without the program's."""
    return () if ctx.parent is None else (*path_of(ctx.parent), str(ctx.info_name))
