"""What can stop generation.

GenerationError
├── UnsupportedSchema      the schema (or part of it) is not understood; nothing is generated
└── UnsatisfiableSchema    no JSON value satisfies the schema, or none could be found
"""

from __future__ import annotations


class GenerationError(ValueError):
    """A strategy can not be made from a schema."""


class UnsupportedSchema(GenerationError):
    """A keyword, or a combination of them, that values can not be generated for.

    ``keyword`` names it and ``pointer`` is the JSON Pointer (RFC 6901) of the schema object that holds it.
    """

    def __init__(self, keyword: str, pointer: str, reason: str) -> None:
        super().__init__(f"{keyword} at {pointer or '/'}: {reason}")
        self.keyword = keyword
        self.pointer = pointer
        self.reason = reason


class UnsatisfiableSchema(GenerationError):
    """No value satisfies the schema; ``pointer`` names the part that admits none, where it is known."""

    def __init__(self, message: str, pointer: str = "") -> None:
        super().__init__(message)
        self.pointer = pointer
