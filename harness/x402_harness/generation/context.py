"""What the makers of plans need from the planner that calls them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from jsonschema_rs import CanonicalSchema

from .algebra import Algebra
from .plans import JSON, Plan


class Context(Protocol):
    """A planner at work on one document."""

    algebra: Algebra
    closed: bool

    def plan(self, schema: CanonicalSchema, fuel: int) -> Plan | None:
        """The plan of one schema; None where it admits nothing that can be drawn."""
        ...

    def meeting(self, schemas: Sequence[CanonicalSchema], fuel: int) -> Plan | None:
        """The plan of what all schemas admit."""
        ...

    def accepts(self, schema: CanonicalSchema) -> Callable[[JSON], bool]:
        """Whether a value satisfies a schema."""
        ...

    def gap(self) -> None:
        """Notes that something was left out, so that finding nothing proves nothing."""
        ...
