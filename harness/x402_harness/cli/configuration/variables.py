"""Variables: the environment's names of options, and those that may not be set by it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

import click

from x402_harness.cli.configuration.keys import SHARED, Closed, closed, keys_of, leaves, variable
from x402_harness.cli.configuration.places import Key
from x402_harness.cli.configuration.problems import Problem, Variable

_START = "TESTBUY_"


def with_variables(command: click.Command, path: Key) -> None:
    """Let the options of a command be taken from the environment too, its own variable before the shared one."""
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            with_variables(inner, (*path, name))
        return
    for key, option in keys_of(command).items():
        why = closed(path, key)
        if why is None or not why.environment:
            option.envvar = list(dict.fromkeys([*variables(path, key), *_declared(option)]))


def variables(path: Key, key: str) -> list[str]:
    """The variables of a command's key, the one that counts first."""
    return [variable(path, key), *([variable((), key)] if key in SHARED else [])]


def _declared(option: click.Option) -> list[str]:
    given = option.envvar or ()
    return [given] if isinstance(given, str) else list(given)


def variable_problems(environ: Mapping[str, str], path: Key, command: click.Command) -> Iterator[Problem]:
    """Variables that name an option which no variable may set, and such as begin with the command's name and name no
    option of it."""
    known: dict[str, Closed | None] = {}
    for at, inner in leaves({path[-1]: command}, path[:-1]):
        for key, option in keys_of(inner).items():
            why = closed(at, key)
            shut = why if why is not None and why.environment else None
            names = [variable(at, key), *([variable((), key)] if shut is not None and shut.consent else [])]
            known.update(dict.fromkeys(names, shut))
            known.update({name: None for name in _declared(option) if name not in known})
    start = variable(path, "")
    for name in environ:
        if not environ[name]:
            continue
        shut = known.get(name)
        if shut is not None:
            yield Problem(Variable(name), "", f"is taken from no variable: {shut.why}")
        elif name.startswith(start) and name not in known:
            open_names = [one for one, why in known.items() if why is None and one.startswith(start)]
            yield Problem(Variable(name), "", f"there is no such option{_nearest(name, open_names)}")


def _nearest(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=1, cutoff=0.7)
    return f"; did you mean {close[0]}?" if close else ""


def set_variable(option: click.Option) -> str | None:
    """The variable that an option is taken from, where one is set."""
    return next((name for name in _declared(option) if os.environ.get(name)), None)


def misspelt(environ: Mapping[str, str]) -> Iterator[Problem]:
    """Variables that are no shared key's, but nearly."""
    from difflib import get_close_matches

    known = {variable((), key) for key in SHARED}
    for name in environ:
        if name.startswith(_START) and name not in known and environ[name]:
            close = get_close_matches(name.removeprefix(_START), [one.removeprefix(_START) for one in known], 1, 0.75)
            if close:
                told = f"there is no such variable; did you mean {_START}{close[0]}?"
                yield Problem(Variable(name), "", told)
