"""HINT010 to HINT029: what had to be read otherwise than it was written. Each kind of note belongs to one rule."""

from __future__ import annotations

from functools import reduce

from x402_catalog.findings import Level
from x402_catalog.hints import Note
from x402_catalog.models import Listing, below, steps
from x402_catalog.rules.judge import Judge
from x402_catalog.rules.registry import Rule, rule

_BASIS = "x402 v1 outputSchema; extensions.bazaar"

MISPLACED = rule(
    "HINT010",
    Level.WARNING,
    "request fields stand in the wrong place",
    why="Consumers look for them where the format puts them, and see an endpoint that takes nothing.",
    basis=_BASIS,
    mend="Move them into hints.input, under the name of their part.",
)
SHORTHAND = rule(
    "HINT011",
    Level.INFO,
    "field is given by a value instead of a definition",
    why="Whether it is an example, a type name or a sentence is a guess; type and need of the field stay unknown.",
    basis=_BASIS,
    mend='Describe the field: {"type": "string", "required": true, "description": "…"}.',
)
TYPE_ALIAS = rule(
    "HINT012",
    Level.WARNING,
    "type is not a JSON type",
    why="Validators refuse the schema or ignore the type.",
    basis="JSON Schema 2020-12 §6.1.1 (type)",
    mend="Use string, number, integer, boolean, object, array or null; dates and URLs are strings with a format.",
)
TYPE_UNKNOWN = rule(
    "HINT013",
    Level.ERROR,
    "type cannot be understood",
    why="Nobody can tell what value the field takes.",
    basis="JSON Schema 2020-12 §6.1.1 (type)",
    mend="Use string, number, integer, boolean, object, array or null.",
)
ALIAS = rule(
    "HINT014",
    Level.INFO,
    "part of the request goes by another name",
    why="Consumers that know the usual name alone see no fields.",
    basis=_BASIS,
    mend="Use queryParams, bodyFields, headerFields, pathParams, bodyType.",
)
REQUIRED_UNDEFINED = rule(
    "HINT015",
    Level.ERROR,
    "required names a field that is not declared",
    why="No request can satisfy it: the field's type is unknown, and a closed object refuses it.",
    basis="JSON Schema 2020-12 validation §6.5.3 (required)",
    mend="Declare the field, or take it out of required.",
)
KEYWORD_UNUSABLE = rule(
    "HINT016",
    Level.ERROR,
    "part of the declaration cannot be used",
    why="It says nothing that a program can read, so the field is wider than was meant.",
    basis="JSON Schema 2020-12",
    mend="Give the keyword a value that JSON Schema allows.",
)
OLD_KEYWORD = rule(
    "HINT017",
    Level.INFO,
    "keyword of another dialect",
    why="Validators of JSON Schema 2020-12 ignore it or read it otherwise.",
    basis="JSON Schema 2020-12; OpenAPI 3.0 (nullable)",
    mend="Write it the 2020-12 way.",
)
PATH_UNUSED = rule(
    "HINT018",
    Level.WARNING,
    "path parameter does not stand in the URL",
    why="A value for it has nowhere to go.",
    basis="x402 v2 extensions.bazaar (routeTemplate, pathParams)",
    mend="Put {name} into the URL, or declare the parameter where it belongs.",
)
BODY_TYPE = rule(
    "HINT019",
    Level.WARNING,
    "body type is unknown or cannot hold the fields",
    why="A buyer that encodes the body otherwise than the endpoint expects is refused, perhaps after paying.",
    basis=_BASIS,
    mend="Use json, form-data, multipart-form-data, text or binary; files travel as multipart-form-data.",
)
REQUIRED_WORD = rule(
    "HINT020",
    Level.WARNING,
    "required is written as a word",
    why="Programs compare it with true and read the field as optional.",
    basis=_BASIS,
    mend="Write true without quotes.",
)
FIELD_MAP = rule(
    "HINT021",
    Level.INFO,
    "fields without the schema around them",
    why="Read as a schema it has no keyword and accepts everything.",
    basis="JSON Schema 2020-12; hints.output",
    mend='Put the map under properties of {"type": "object"}.',
)
TOO_DEEP = rule(
    "HINT022",
    Level.WARNING,
    "declaration is nested too deeply",
    why="It is not read to its end.",
    basis="JSON Schema 2020-12",
    mend="Flatten it, or use $defs.",
)

_RULES: dict[str, Rule] = {
    "input-under-output": MISPLACED,
    "part-doubled": MISPLACED,
    "part-ignored": MISPLACED,
    "body-described": MISPLACED,
    "required-among-fields": MISPLACED,
    "example-as-field": SHORTHAND,
    "type-name": SHORTHAND,
    "prose-as-field": SHORTHAND,
    "type-alias": TYPE_ALIAS,
    "type-unknown": TYPE_UNKNOWN,
    "alias": ALIAS,
    "required-undefined": REQUIRED_UNDEFINED,
    "keyword-unusable": KEYWORD_UNUSABLE,
    "properties-unusable": KEYWORD_UNUSABLE,
    "part-unusable": KEYWORD_UNUSABLE,
    "nullable": OLD_KEYWORD,
    "items-array": OLD_KEYWORD,
    "dialect": OLD_KEYWORD,
    "exclusive-boolean": OLD_KEYWORD,
    "dependencies": OLD_KEYWORD,
    "path-parameter-unused": PATH_UNUSED,
    "body-type-unknown": BODY_TYPE,
    "form-with-file": BODY_TYPE,
    "required-word": REQUIRED_WORD,
    "field-map": FIELD_MAP,
    "output-field-map": FIELD_MAP,
    "too-deep": TOO_DEEP,
}
# What is no fault: in-field required is the listing format's own way.
SILENT = frozenset({"required-lifted"})


def repaired(listing: Listing, judge: Judge) -> None:
    """Every repair that the hints needed, once for each place."""
    told: set[tuple[str, str]] = set()
    for offer in listing.offers:
        if judge.is_plain(offer):
            continue
        for note in (*judge.request(offer).notes, *judge.response(offer).notes):
            place = (note.kind, listing.origin(note.pointer))
            if note.kind in SILENT or place in told:
                continue
            told.add(place)
            _tell(listing, judge, note)


def _tell(listing: Listing, judge: Judge, note: Note) -> None:
    found = _RULES[note.kind]
    observed = reduce(below, steps(note.pointer), listing.raw)
    if found.level is Level.ERROR:
        judge.contradicted(found, note.pointer, note.message, observed=observed)
    else:
        judge.remark(found, note.pointer, note.message, observed=observed)


CHECKS = (repaired,)
KINDS = frozenset(_RULES) | SILENT
