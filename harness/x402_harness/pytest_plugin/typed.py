"""What was typed: real money is turned on by the session's own command line alone.

An option that ``addopts``, ``PYTEST_ADDOPTS``, an argument file, a plugin or a ``conftest.py`` gave looks like a typed
one once pytest has parsed it, so the words of the invocation themselves are looked at.
"""

from __future__ import annotations

from typing import Any, cast

import pytest

NAMES = ("mode", "plan", "approve")
NEEDS = "--testbuy-mode live needs --testbuy-plan FILE and --testbuy-approve DIGEST"
_ALONE = (
    "is typed on the command line: no file, addopts, PYTEST_ADDOPTS, plugin, conftest.py or marker stands in for it"
)


def require(config: pytest.Config) -> None:
    """Raise ``pytest.UsageError`` where a plan, its approval or real money was asked for by anything but typing."""
    filed = config.getini("testbuy_mode")
    if config.getoption("--testbuy-mode") is None and filed not in (None, "", "mock", "replay", "testnet"):
        raise pytest.UsageError(f"testbuy_mode: {filed!r} cannot be set in a file: only mock, replay and testnet can")
    given = {name: config.getoption(f"--testbuy-{name}") for name in NAMES}
    said = typed(config)
    if given["mode"] == "live" and said["mode"] != "live":
        raise pytest.UsageError(f"--testbuy-mode live {_ALONE}")
    for name in ("plan", "approve"):
        if given[name] != said[name]:
            raise pytest.UsageError(f"--testbuy-{name} {_ALONE}")
    _require_all(given)


def _require_all(given: dict[str, str | None]) -> None:
    if given["mode"] == "live" and not (given["plan"] and given["approve"]):
        raise pytest.UsageError(NEEDS)
    if (given["plan"] is None) != (given["approve"] is None):
        raise pytest.UsageError("--testbuy-plan FILE and --testbuy-approve DIGEST belong together")
    if given["plan"] is not None and given["mode"] not in ("testnet", "live"):
        raise pytest.UsageError("--testbuy-plan needs the plan's --testbuy-mode beside it: testnet or live")


def typed(config: pytest.Config) -> dict[str, str | None]:
    """The options as they stand among the words of the invocation; a worker is told by its controller."""
    told = given_to_workers(config)
    if told is not None:
        return cast("dict[str, str | None]", told["typed"])
    words = [str(word) for word in config.invocation_params.args]
    return {name: _last(words, f"--testbuy-{name}") for name in NAMES}


def _last(words: list[str], option: str) -> str | None:
    found = None
    for place, word in enumerate(words):
        if word == "--":
            break
        if word == option and place + 1 < len(words):
            found = words[place + 1]
        elif word.startswith(f"{option}="):
            found = word.partition("=")[2]
    return found


def given_to_workers(config: pytest.Config) -> dict[str, Any] | None:
    """What the controller of pytest-xdist told this worker; ``None`` where this is no worker."""
    found = getattr(config, "workerinput", None)
    return cast("dict[str, Any]", found["testbuy"]) if found is not None and "testbuy" in found else None
