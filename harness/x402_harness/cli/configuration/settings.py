"""Settings: what a file gives for the options of a command."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from x402_harness.cli.configuration.document import Document, read
from x402_harness.cli.configuration.finding import found
from x402_harness.cli.configuration.folders import rebased
from x402_harness.cli.configuration.keys import SHARED, closed, keys_of
from x402_harness.cli.configuration.places import Key
from x402_harness.cli.configuration.problems import Place, Problem, key_name, suggestion
from x402_harness.cli.configuration.values import BadValue, for_click


@dataclass(frozen=True, slots=True)
class Given:
    """What a file gives for an option: the value as click takes it and as it is told, where it stands, and its key in
    words."""

    value: Any
    told: Any
    place: Place
    key: str


@dataclass(slots=True)
class Settings:
    """What a file gives for a command: by its key for the command itself, by name for those of a group."""

    given: dict[str, Given] = field(default_factory=dict)
    commands: dict[str, Settings] = field(default_factory=dict)

    def default_map(self, command: click.Command) -> dict[str, Any]:
        """The same as click takes it."""
        if isinstance(command, click.Group):
            return {name: inner.default_map(command.commands[name]) for name, inner in self.commands.items()}
        options = keys_of(command)
        return {str(options[key].name): given.value for key, given in self.given.items()}

    def at(self, path: Iterable[str]) -> Settings:
        """Those of a command of a group."""
        found = self
        for name in path:
            found = found.commands.get(name, Settings())
        return found


def load(named: str | None, *, without: bool = False) -> Document | None:
    """The file that is named, or else the nearest. Raises
    :class:`~x402_harness.cli.configuration.problems.BadConfiguration`."""
    if without:
        return None
    if named:
        return read(Path(os.path.expanduser(named)))
    try:
        start = Path.cwd()
    except OSError:  # the working folder is gone
        return None
    return found(start)


def top_problems(document: Document, commands: Iterable[str], lost: Callable[[str], str]) -> Iterator[Problem]:
    """What is wrong at the top of a file, without looking into the tables of commands. ``lost`` says of a key that does
    not belong there what may have been meant."""
    names = set(commands)
    for key, value in document.values.items():
        if key in names:
            if not isinstance(value, dict):
                yield Problem(document.place(key), key, f"the options of testbuy {key} are a table: [{key}]")
        elif (why := closed(("",), key)) is not None:
            yield Problem(document.place(key), key, f"is taken from no file: {why.why}")
        elif key not in SHARED:
            yield Problem(document.place(key), key, f"there is no such key{lost(key)}")


def settings(document: Document, path: Key, command: click.Command) -> tuple[Settings, list[Problem]]:
    """What ``document`` gives for the command at ``path``, and what is wrong with it.

    Values are looked at for their kind here; what else makes them wrong is told by click, where they are used.
    """
    table = _table(document, path)
    if isinstance(command, click.Group):
        return _of_group(document, path, command, table)
    made, problems, options = Settings(), list[Problem](), keys_of(command)
    for key, value, at in _values(document, path, table, options):
        option, why, name = options.get(key), closed(path, key), key_name(at)
        place = document.place(*at)
        if option is None:
            problems.append(Problem(place, name, f"there is no such key{suggestion(key, open_keys(path, command))}"))
        elif why is not None:
            problems.append(Problem(place, name, f"is taken from no file: {why.why}"))
        else:
            try:
                taken = for_click(option, value)
                led = rebased(document.path.parent, key, option, taken)
                made.given[key] = Given(led, value if led is taken else led, place, name)
            except BadValue as error:
                problems.append(Problem(place, name, str(error)))
    return made, problems


def open_keys(path: Key, command: click.Command) -> list[str]:
    """The keys of a command that a file may have."""
    return [key for key in keys_of(command) if closed(path, key) is None]


def _of_group(
    document: Document, path: Key, group: click.Group, table: Mapping[str, Any]
) -> tuple[Settings, list[Problem]]:
    made, problems = Settings(), list[Problem]()
    for name, value in table.items():
        if name not in group.commands:
            told = f"there is no such command{suggestion(name, group.commands)}"
            problems.append(Problem(document.place(*path, name), key_name((*path, name)), told))
        elif not isinstance(value, dict):
            told = f"the options of testbuy {' '.join(path)} {name} are a table: [{'.'.join((*path, name))}]"
            problems.append(Problem(document.place(*path, name), key_name((*path, name)), told))
    for name, command in group.commands.items():
        made.commands[name], found = settings(document, (*path, name), command)
        problems += [one for one in found if one not in problems]
    return made, problems


def _values(
    document: Document, path: Key, table: Mapping[str, Any], options: Mapping[str, click.Option]
) -> Iterator[tuple[str, Any, Key]]:
    """Shared values for options that the command has, and its own, which count before those; each with its path."""
    for key in SHARED:
        if key in document.values and key in options and key not in table and closed(path, key) is None:
            yield key, document.values[key], (key,)
    for key, value in table.items():
        yield key, value, (*path, key)


def _table(document: Document, path: Key) -> Mapping[str, Any]:
    found: Any = document.values
    for name in path:
        found = found.get(name, {}) if isinstance(found, dict) else {}
    return found if isinstance(found, dict) else {}
