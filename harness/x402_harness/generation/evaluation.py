"""How many schema objects a validator visits for one value.

References that meet again and again (``a: allOf [b, b]``, ``b: allOf [c, c]`` ...) make a short document take millions
of steps for every value. They are counted before anything is validated.
"""

from __future__ import annotations

from typing import Any

from .dialect import Schema
from .vocabulary import walk

STEPS = 20_000
IN_PLACE = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependencies")
REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")


def steps(schema: Schema) -> int:
    """The schema objects that the costliest part of a document visits for one value, at most."""
    counter = _Counter(schema)
    return max((counter.count(inner) for _, inner in walk(schema)), default=1)


class _Counter:
    def __init__(self, schema: Schema) -> None:
        self.named: dict[str, dict[str, Any]] = {}
        self.counts: dict[int, int] = {}
        for pointer, inner in walk(schema):
            self.named[f"#{pointer}"] = inner
            for keyword, sign in (("$id", ""), ("id", ""), ("$anchor", "#"), ("$dynamicAnchor", "#")):
                if isinstance(name := inner.get(keyword), str):
                    self.named[sign + name] = inner

    def count(self, schema: Any) -> int:
        if not isinstance(schema, dict):
            return 1
        if id(schema) not in self.counts:
            self.counts[id(schema)] = 1
            self.counts[id(schema)] = 1 + sum(self.count(part) for part in self.parts(schema))
        return self.counts[id(schema)]

    def parts(self, schema: dict[str, Any]) -> list[Any]:
        """The schemas applied to the same value."""
        found: list[Any] = []
        for keyword in IN_PLACE:
            value = schema.get(keyword)
            if isinstance(value, dict) and keyword.startswith("depend"):
                found += value.values()
            elif value is not None:
                found += value if isinstance(value, list) else [value]
        return found + [self.named.get(schema[name]) for name in REFERENCES if isinstance(schema.get(name), str)]
