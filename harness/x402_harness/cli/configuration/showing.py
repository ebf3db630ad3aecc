"""Showing the configuration: what counts for an option, and where it was said."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import click

from x402_harness.cli.configuration.document import Document
from x402_harness.cli.configuration.keys import Commands, closed, keys_of, leaves, variable
from x402_harness.cli.configuration.places import Key
from x402_harness.cli.configuration.problems import Place, Variable, key_name, whence
from x402_harness.cli.configuration.settings import Settings, settings
from x402_harness.cli.configuration.values import kinds_of
from x402_harness.cli.configuration.variables import set_variable, with_variables


@dataclass(frozen=True, slots=True)
class Shown:
    """The value that counts for a command's option unless a flag says otherwise; ``origin`` is ``None`` of a default.

    ``name`` is the key in words, of the place in the file that it was taken from.
    """

    command: str
    name: str
    key: str
    value: Any
    origin: Place | Variable | None

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        kind = {Place: "file", Variable: "environment"}.get(type(self.origin), "default")
        where = {} if self.origin is None else whence(self.origin)
        return {"command": self.command, "key": self.key, "value": self.value, "origin": {"kind": kind, **where}}


def effective(document: Document | None, commands: Commands) -> Iterator[Shown]:
    """Every option of every command that may be configured, in the order of the commands."""
    for path, command in leaves(commands):
        with_variables(command, path)
        made = Settings() if document is None else settings(document, path, command)[0]
        for key, option in keys_of(command).items():
            why = closed(path, key)
            if why is None or not why.environment:
                yield _shown(path, key, option, made)


def _shown(path: Key, key: str, option: click.Option, made: Settings) -> Shown:
    command, own = " ".join(path), key_name((*path, key))
    name = set_variable(option)
    if name is not None:
        said = key if name == variable((), key) else own
        return Shown(command, said, key, _of_variable(option, os.environ[name]), Variable(name))
    if key in made.given:
        given = made.given[key]
        return Shown(command, given.key, key, _plain(given.told), given.place)
    return Shown(command, own, key, _default(option), None)


def _of_variable(option: click.Option, text: str) -> Any:
    """The text of a variable as a file would say it."""
    if option.is_flag:
        return click.BOOL.convert(text, option, None)
    words = option.type.split_envvar_value(text) if option.multiple else [text]
    values = [_number(word) if kinds_of(option) & {"integer", "number"} else word for word in words]
    return values if option.multiple else values[0]


def _number(text: str) -> Any:
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def _default(option: click.Option) -> Any:
    default = False if option.is_flag else option.default
    if option.multiple:
        return []
    return default if isinstance(default, (str, int, float, bool)) else None
