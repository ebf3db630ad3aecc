"""Answers: what a page function makes, to be told as HTML or as JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from x402_harness.explorer.asked import Asked
from x402_harness.explorer.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Answer:
    """A page: its ``template`` with ``context``, the same as a JSON ``document``, and the equal ``command``.

    ``csv`` is the rows as CSV where there are any.
    """

    title: str
    template: str
    context: dict[str, Any]
    document: Callable[[], dict[str, Any]]
    command: str = ""
    csv: Callable[[], str] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page: where it is, what its query string may name, and what makes it. ``label`` is its name in the navigation,
    empty where it is not there."""

    path: str
    names: tuple[str, ...]
    make: Callable[[Asked, Shelf], Answer]
    label: str = field(default="")
    has_csv: bool = False

    def twin(self, ending: str) -> str:
        """The path of the same page as ``json`` or ``csv``."""
        return f"{'/index' if self.path == '/' else self.path}.{ending}"


class NotThere(LookupError):
    """What was asked for does not exist; the message says so, ``near`` are slugs that may have been meant."""

    def __init__(self, message: str, near: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.near = near
