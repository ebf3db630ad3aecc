"""The JSON Schema draft of a document, and the validators and canonical forms made under it.

Everything is offline and bounded: no reference is fetched, and patterns run on the linear-time engine unless one needs
lookaround or backreferences, which then run with a limit on backtracking. Formats are always asserted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import jsonschema_rs
from jsonschema_rs import CanonicalSchema, FancyRegexOptions, RegexOptions

from .errors import GenerationError, UnsupportedSchema

Schema: TypeAlias = "dict[str, Any] | bool"

LINEAR = RegexOptions(size_limit=10_000_000, dfa_size_limit=10_000_000)
BACKTRACKING = FancyRegexOptions(backtrack_limit=100_000, size_limit=10_000_000, dfa_size_limit=10_000_000)
DEFAULT = "2020-12"

_CLASSES: dict[str, tuple[int, type[jsonschema_rs.Validator]]] = {
    "4": (jsonschema_rs.Draft4, jsonschema_rs.Draft4Validator),
    "6": (jsonschema_rs.Draft6, jsonschema_rs.Draft6Validator),
    "7": (jsonschema_rs.Draft7, jsonschema_rs.Draft7Validator),
    "2019-09": (jsonschema_rs.Draft201909, jsonschema_rs.Draft201909Validator),
    "2020-12": (jsonschema_rs.Draft202012, jsonschema_rs.Draft202012Validator),
}
_URIS = {
    "http://json-schema.org/draft-04/schema": "4",
    "http://json-schema.org/draft-06/schema": "6",
    "http://json-schema.org/draft-07/schema": "7",
    "https://json-schema.org/draft/2019-09/schema": "2019-09",
    "https://json-schema.org/draft/2020-12/schema": "2020-12",
}


@dataclass(frozen=True)
class Dialect:
    """One draft and the engine that its patterns run on."""

    name: str
    patterns: RegexOptions | FancyRegexOptions = LINEAR

    @property
    def number(self) -> int:
        return _CLASSES[self.name][0]

    def validator(self, schema: Schema) -> jsonschema_rs.Validator:
        """A validator under this draft, formats asserted."""
        return _CLASSES[self.name][1](schema, validate_formats=True, pattern_options=self.patterns, offline=True)

    def canonical(self, schema: Schema) -> CanonicalSchema:
        """The canonical form under this draft, formats asserted."""
        return jsonschema_rs.canonicalize(
            schema, draft=self.number, validate_formats=True, pattern_options=self.patterns, offline=True
        )


def draft_name(schema: Schema, draft: str | None) -> str:
    """The draft of a schema: what ``$schema`` says, else ``draft``, else 2020-12."""
    declared = schema.get("$schema") if isinstance(schema, dict) else None
    if declared is None:
        return _known(draft or DEFAULT)
    name = _URIS.get(
        declared.removesuffix("#").replace("https://json-schema.org/draft-", "http://json-schema.org/draft-")
    )
    if name is None:
        raise UnsupportedSchema("$schema", "", f"{declared!r} is not a published draft of JSON Schema")
    return name


def _known(draft: str) -> str:
    if draft not in _CLASSES:
        raise GenerationError(f"unknown draft {draft!r}; known are {', '.join(_CLASSES)}")
    return draft
