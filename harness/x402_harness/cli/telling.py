"""``--format`` of commands that tell one thing, which needs nothing that could be missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
FORMATS = click.Choice(["text", "json"])


def output_format(function: F) -> F:
    """``--format``."""
    return click.option(
        "--format", "format_", type=FORMATS, default="text", show_default=True, envvar="TESTBUY_OUTPUT",
        help="text for people, json for one JSON document on stdout and nothing else.",
    )(function)  # fmt: skip
