"""CAT001 to CAT019: what can be wrong with a source before it is a listing."""

from __future__ import annotations

from x402_catalog.findings import Level
from x402_catalog.rules.registry import rule

JSON = "RFC 8259"

UNREADABLE = rule(
    "CAT001",
    Level.ERROR,
    "source cannot be read",
    why="What cannot be opened cannot be checked; nothing in it was judged.",
    basis="operating system",
    mend="Check the path and its permissions.",
)
NOT_UTF8 = rule(
    "CAT002",
    Level.ERROR,
    "record is not UTF-8",
    why="JSON exchanged between systems is UTF-8; other encodings are read differently by every consumer.",
    basis=f"{JSON} §8.1",
    mend="Save the record as UTF-8.",
)
NOT_JSON = rule(
    "CAT003",
    Level.ERROR,
    "record is not JSON",
    why="Most consumers cannot load the record.",
    basis=f"{JSON} §2",
    mend="Correct the text at the place named.",
)
NOT_A_NUMBER = rule(
    "CAT004",
    Level.ERROR,
    "NaN, Infinity or a number that overflows",
    why="They are not JSON: some parsers accept them, others refuse the whole record.",
    basis=f"{JSON} §6",
    mend="Use null, a string or a finite number.",
)
TOO_DEEP = rule(
    "CAT005",
    Level.ERROR,
    "record is nested too deeply",
    why="Deep nesting exhausts the stack of many parsers; no honest listing needs it.",
    basis=f"{JSON} §9",
    mend="Flatten the record.",
)
TOO_LARGE = rule(
    "CAT006",
    Level.ERROR,
    "record is larger than the limit",
    why="A record of that size is not a listing, and holding it would cost the memory that the others need.",
    basis=f"{JSON} §9",
    mend="Split or shorten the record, or raise --max-record-size.",
)
DUPLICATE_KEY = rule(
    "CAT007",
    Level.ERROR,
    "duplicate key in an object",
    why="Parsers disagree on which value counts, so two buyers can read two prices.",
    basis=f"{JSON} §4",
    mend="Keep one of them.",
)
BIG_INTEGER = rule(
    "CAT008",
    Level.WARNING,
    "integer beyond 64 bits",
    why="Many parsers round such a number silently; amounts belong in decimal strings.",
    basis=f"{JSON} §6",
    mend="Write it as a decimal string.",
)
TRUNCATED = rule(
    "CAT009",
    Level.ERROR,
    "source ends in the middle of a record",
    why="The records before the cut were read; what followed is lost.",
    basis=f"{JSON} §2",
    mend="Fetch or write the source again, whole.",
)
NOT_AN_OBJECT = rule(
    "CAT010",
    Level.ERROR,
    "record is not an object",
    why="A listing is a JSON object; anything else holds no claims.",
    basis="listing format",
    mend="Put the listing's members into an object.",
)
NO_LISTING = rule(
    "CAT014",
    Level.WARNING,
    "record holds no listing",
    why="It was read, but there is nothing in it to judge or to buy.",
    basis="formats of sources (docs/formats.md)",
    mend="Name a listing, a page of items, the terms of a 402, or an API with x-payment-info.",
)
