"""Prose: what a field's description promises of the seller, where that can be read; elsewhere it is wording."""

from __future__ import annotations

import json
from dataclasses import replace

from x402_catalog.claims.statements import WORDING, About, Statement, path_below, statement
from x402_catalog.hints.forms import is_definition
from x402_catalog.hints.suggestions import LONGEST, Kind, read
from x402_catalog.models import Json, JsonObject

_PROMISES = {
    Kind.ONLY: "the seller takes only {}",
    Kind.DEFAULT: "left out, it is {}",
    Kind.MAXIMUM: "at most {}",
    Kind.MINIMUM: "at least {}",
    Kind.CHOICES: "one of {}",
    Kind.UNUSED: "the seller does not use it",
}


def in_prose(steps: tuple[str, ...], value: Json, holder: Json) -> Statement | None:
    """What the description at ``steps`` says of the field ``holder``; ``None`` for what describes no field.

    A constraint that can be read is a claim about the seller. It is never more than a suggestion: no rule fails a
    seller by it. Everything else is wording.
    """
    if steps[-1] != "description" or "hints" not in steps or not isinstance(value, str) or not is_definition(holder):
        return None
    field = statement(steps)
    name = f"{field.section} {path_below(field, steps[:-1])}"
    promises = dict.fromkeys(
        _worded(kind, of, holder) for kind, of, _ in read(value[:LONGEST], holder) if kind in _PROMISES
    )
    if promises and field.about is About.SELLER:
        return replace(field, text=_plain(f"{name}: {', '.join(promises)}"))
    return replace(field, about=About.NOBODY, text=f"{_plain(name)} described as {{value}}", reason=WORDING)


def _worded(kind: Kind, found: Json, holder: JsonObject) -> str:
    values = found if isinstance(found, list) else [found]
    words = " or ".join(value if isinstance(value, str) else json.dumps(value) for value in values)
    unit = _UNITS.get(str(holder.get("type")), "") if kind in (Kind.MAXIMUM, Kind.MINIMUM) else ""
    return _PROMISES[kind].format(words) + unit


_UNITS = {"string": " characters", "array": " items"}


def _plain(text: str) -> str:
    # The text of a statement is a format.
    return text.replace("{", "{{").replace("}", "}}")
