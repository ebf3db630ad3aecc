"""CHAL101 to CHAL142: declared requests and answers by the catalogue's rules HINT001 to HINT042.

A 402 declares them as a listing does (``outputSchema`` is ``hints``), so the same rules judge them; a finding of
HINT012 becomes one of CHAL112. Version 2 has its fields in a real JSON Schema, of which only the definitions are
judged so.
"""

from __future__ import annotations

import json
from typing import Any

from msgspec.structs import replace

from x402_catalog.findings import Level
from x402_catalog.hints.keywords import KEYWORDS
from x402_catalog.hints.request import PARTS
from x402_catalog.hostile import MAX_DEPTH
from x402_catalog.jsonschemas import problem_of
from x402_catalog.models import JsonObject, Listing, listing_of, mapping
from x402_catalog.records import Record
from x402_catalog.rules import fields, hints, repairs, schemas
from x402_catalog.rules.judge import Judge
from x402_catalog.rules.registry import REGISTRY, Rule, rule
from x402_catalog.sources.items import item
from x402_harness.checks.unpaid.declared import METHOD, SHAPE, UNDEFINED
from x402_harness.checks.unpaid.view import Fault, Faults, Message

# Of the catalogue's rules, those that a 402 can break by itself.
_TAKEN = (1, 3, 4, 10, 11, 12, 13, 14, 16, 17, 18, 19, 20, 21, 30, 31, 32, 33, 34, 35, 39, 40, 41, 42)


def _translated(number: int) -> Rule:
    known = REGISTRY[f"HINT{number:03}"]
    mend = known.mend.replace("hints.", "").replace("listing", "402")
    return rule(f"CHAL1{number:02}", known.level, f"declared in the 402: {known.title}",
                why=known.why, basis=known.basis, mend=mend)  # fmt: skip


_RULES: dict[str, Rule] = {f"HINT{number:03}": _translated(number) for number in _TAKEN} | {"HINT002": METHOD}
DECLARED = tuple(_RULES[f"HINT{number:03}"] for number in _TAKEN)
_CHECKS = (*hints.CHECKS, *repairs.CHECKS, *schemas.CHECKS, *fields.CHECKS)
_AT = "/extensions/bazaar/schema"


def declared(message: Message) -> Faults:
    """What ``outputSchema`` (version 1) or the bazaar's schema (version 2) says, by the catalogue's rules."""
    if message.version == 1:
        yield from _first(message)
    else:
        yield from _second(message)


def _first(message: Message) -> Faults:
    if not any(isinstance(entry.raw.get("outputSchema"), dict) for entry in message.entries):
        return
    judge = Judge(listing_of_terms(message), keep_held=False)
    for check in _CHECKS:
        check(judge.listing, judge)
    found = list(_told(message, judge))
    yield from found
    yield from _unsound_outputs(message, [fault.pointer for fault in found if fault.grade is not Level.INFO])
    yield from _stray_required(message)
    for entry in message.entries:
        source = mapping(entry.raw.get("outputSchema")).get("input")
        if not isinstance(source, dict):
            continue
        if source.get("method") is None and source.get("type") in (None, "http"):
            yield entry.fault(METHOD, "outputSchema/input", "method is missing", observed=sorted(source)[:20],
                              expected=sorted(hints.METHODS), level=Level.WARNING)  # fmt: skip
        if source.get("type") is None:
            yield entry.fault(SHAPE, "outputSchema/input", "type is missing", observed=sorted(source)[:20],
                              expected="http", level=Level.WARNING)  # fmt: skip


def _unsound_outputs(message: Message, told: list[str]) -> Faults:
    """An output that is plainly a JSON Schema is a valid one, apart from this format's own ``required: true``."""
    for entry in message.entries[:1]:
        output = mapping(mapping(entry.raw.get("outputSchema")).get("output"))
        at = f"/accepts/{entry.index}/outputSchema/output"
        if not _is_schema(output) or any(pointer.startswith(at) for pointer in told):
            continue
        if problem := problem_of(_without_flags(output)):
            yield message.fault(_RULES["HINT003"], at + problem.pointer, problem.message, observed=problem.observed,
                                expected=problem.keyword)  # fmt: skip


def _is_schema(output: JsonObject) -> bool:
    structured = isinstance(output.get("properties"), dict) or "items" in output
    return structured and "type" in output and "example" not in output and set(output) <= KEYWORDS | {"$schema"}


def _without_flags(node: Any, depth: int = 0) -> Any:
    if depth > MAX_DEPTH:
        return node
    if isinstance(node, dict):
        kept = {key: child for key, child in node.items() if key != "required" or not isinstance(child, bool)}
        return {key: _without_flags(child, depth + 1) for key, child in kept.items()}
    return [_without_flags(child, depth + 1) for child in node] if isinstance(node, list) else node


def _stray_required(message: Message) -> Faults:
    """A list of required names beside or among the fields names only fields."""
    for entry in message.entries[:1]:
        source = mapping(mapping(entry.raw.get("outputSchema")).get("input"))
        parts = {name: mapping(source.get(name)) for name in PARTS if isinstance(source.get(name), dict)}
        fields = {name for part in parts.values() for name in part}
        places = [("required", source.get("required"), fields)]
        places += [(f"{name}/required", part.get("required"), set(part)) for name, part in parts.items()
                   if "properties" not in part and isinstance(part.get("required"), list)]  # fmt: skip
        for at, names, known in places:
            if not isinstance(names, list) or "properties" in source or not fields:
                continue
            if undefined := [name for name in names if isinstance(name, str) and name not in known - {"required"}]:
                told = f"required names {undefined} that are not declared"
                yield entry.fault(UNDEFINED, f"outputSchema/input/{at}", told, observed=names, expected=sorted(known))


def _second(message: Message) -> Faults:
    schema = mapping(mapping(message.data.get("extensions")).get("bazaar")).get("schema")
    if not isinstance(schema, dict):
        return
    record = Record({}, b"{}", "")
    document = {"accepts": [{"hints": {"schema": schema}}]}
    judge = Judge(listing_of(record, document=document), keep_held=False)
    schemas.definitions(judge.listing, judge)
    for finding in _as_they_stand(judge, "/accepts/0/hints/schema", _AT):
        yield _fault(message, *finding)


def _as_they_stand(judge: Judge, base: str, at: str) -> list[tuple[str, str, str, object, object]]:
    return [
        (
            found.rule,
            at + (found.location.pointer or "").removeprefix(base),
            found.message,
            found.observed,
            found.expected,
        )
        for found in judge.findings
    ]


def _told(message: Message, judge: Judge) -> Faults:
    seen: set[tuple[str, str, str]] = set()
    for found in judge.findings:
        key = (found.rule, _declared(message, found.location.pointer or ""), found.message)
        if found.rule == "HINT016" and ("HINT001", key[1]) in {row[:2] for row in seen}:
            continue  # one defect: of another type than the format says, and so left out
        if found.rule in _RULES and key not in seen:
            seen.add(key)
            yield _fault(
                message, found.rule, found.location.pointer or "", found.message, found.observed, found.expected
            )


def _declared(message: Message, at: str) -> str:
    """The place below the declaration, for offers that repeat one and the same."""
    entry, _, rest = at.partition("/outputSchema")
    same = all(one.raw.get("outputSchema") == message.entries[0].raw.get("outputSchema") for one in message.entries)
    return rest if same else f"{entry}{rest}"


def _fault(message: Message, code: str, at: str, told: str, observed: object, expected: object) -> Fault:
    known = _RULES[code]
    # What stands in for a value may be a value in an example; a 402 is no catalogue entry that people copy from.
    level = Level.INFO if code == "HINT041" else None
    if code == "HINT011" and _is_no_example(at, observed):
        level = Level.WARNING
    if code == "HINT018" and message.version == 1:
        level = Level.INFO  # it has no place for a template, and what was asked may well have the value in it
    if code == "HINT040" and observed != "mcp":
        level = Level.WARNING  # version 1 knows http alone
    return message.fault(known, at, told, observed=observed, expected=expected, level=level)


def _is_no_example(at: str, observed: object) -> bool:
    """Whether what was read as an example was plainly meant as a definition."""
    return (isinstance(observed, dict) and "type" in observed) or at.endswith("/items")


def listing_of_terms(message: Message, url: str = "") -> Listing:
    """The terms as a listing, its pointers leading back into them."""
    terms: JsonObject = {name: value for name, value in message.data.items() if name != "paymentRequirements"}
    draft = item(terms)
    raw = json.dumps(terms).encode()
    made = listing_of(Record(terms, raw, ""), document={**draft.document, **({"url": url} if url else {})})
    return replace(made, moved=draft.moved)


MESSAGE_RULES = (declared,)
