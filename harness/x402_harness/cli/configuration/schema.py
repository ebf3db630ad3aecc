"""The JSON Schema of ``testbuy.toml``, made of the commands' own options, for editors."""

from __future__ import annotations

from typing import Any

import click

from x402_harness.cli.configuration.keys import SHARED, Commands, closed, keys_of, leaves
from x402_harness.cli.configuration.places import Key
from x402_harness.cli.configuration.values import schema_of


def schema(commands: Commands) -> dict[str, Any]:
    """A schema (2020-12) that every valid file satisfies and no unknown, closed or wrongly typed key does."""
    properties = {key: _option(option) for key, option in shared(commands).items()}
    properties |= {name: table for name, command in commands.items() if (table := _table((name,), command))}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "testbuy.toml",
        "description": "Options of testbuy where no flag says them; the same stands under [tool.testbuy].",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def shared(commands: Commands) -> dict[str, click.Option]:
    """The keys that may stand at the top, with the option of the first command that has each."""
    found: dict[str, click.Option] = {}
    for path, command in leaves(commands):
        for key, option in keys_of(command).items():
            if key in SHARED and closed(path, key) is None:
                found.setdefault(key, option)
    return {key: found[key] for key in SHARED}


def _table(path: Key, command: click.Command) -> dict[str, Any]:
    """The table of a command; empty if it can have nothing in it."""
    if isinstance(command, click.Group):
        inner = {name: _table((*path, name), one) for name, one in command.commands.items()}
    else:
        inner = {key: _option(option) for key, option in keys_of(command).items() if closed(path, key) is None}
    inner = {name: one for name, one in inner.items() if one}
    words = {"description": f"Options of testbuy {' '.join(path)}."}
    return {**words, "type": "object", "properties": inner, "additionalProperties": False} if inner else {}


def _option(option: click.Option) -> dict[str, Any]:
    told = {"description": " ".join(option.help.split())} if option.help else {}
    default = option.default
    known = {"default": default} if isinstance(default, (str, int, float)) and default is not False else {}
    return {**told, **schema_of(option), **known}
