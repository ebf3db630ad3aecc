"""Mutations: what is done to a source, as bytes or as JSON, and the road it is then sent down."""

from __future__ import annotations

import copy
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from x402_catalog.claims import truth_sheet
from x402_catalog.findings import Finding
from x402_catalog.reading import read
from x402_catalog.records import Record
from x402_catalog.sources import listings
from x402_catalog.validation import validate

TESTS = Path(__file__).parents[1]
ENOUGH = 2.0  # seconds of work for one record of up to a quarter of a megabyte, however it is mutated
SNIPPETS = [
    b"\x00", b"\xff", b"\\u0000", b"\\ud800", b'"', b"{", b"}", b"[", b"]", b",", b":", b"1e400", b"-", b"null", b"NaN",
    b'{"$ref":"#"}', b'"$ref"', b'"a":1,"a":2', b"\xef\xbb\xbf", b"9" * 400, b"[" * 300, b"\r", b"\n",
]  # fmt: skip
VALUES: list[Any] = [
    None, True, False, 0, -1, 2**63, 10**400, 1e300, 1e-320, "", " ", "\u0000", "\ud83d", "x" * 5000, "(" * 200,
    "^(a+)+$", "https://[", "https://a.example:99999/", "//", "/:a/[b]/{c}", "#", "#/", "#/accepts", "1e999999999",
    "０", "²", [], {}, [[]], {"$ref": "#"}, {"$ref": "#/accepts/0"}, {"enum": []}, {"pattern": "("},
    {"type": "object", "properties": {"a": {"$ref": "#"}}}, {"type": ["string", "null"], "required": "yes"},
    {"allOf": [{"not": {}}] * 20}, "string", "integer",
]  # fmt: skip


def seeds() -> list[Any]:
    """Sources to start from: the project's listings, and what the corpora of sources, hints and rules hold."""
    found = [json.loads(path.read_bytes()) for path in sorted((TESTS.parents[1] / "listings").glob("*.json"))]
    found += [json.loads(path.read_bytes())["source"] for path in sorted((TESTS / "sources/corpus").glob("*/*.json"))]
    for path in sorted((TESTS / "hints/corpus").glob("*/*.json")):
        hints = {
            key: value for key, value in json.loads(path.read_bytes()).items() if key in ("input", "output", "schema")
        }
        found.append(
            {"slug": path.stem, "url": "https://a.example/{id}", "accepts": [{"pay_to": "0x", "hints": hints}]}
        )
    return found


def mutated_bytes(data: bytes, chance: random.Random) -> bytes:
    """Bytes cut out, repeated, overwritten, or put in, once to four times."""
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.choice([0, 0, 1, 2, 20, 500]))
        middle = chance.choice([b"", data[start:end] * 2, chance.choice(SNIPPETS), chance.randbytes(2)])
        data = data[:start] + middle + data[end:]
    return data


def mutated_value(value: Any, chance: random.Random, pool: list[Any]) -> Any:
    """A copy with one to four values replaced, removed, renamed, nested or swapped for a piece of another source."""
    changed = copy.deepcopy(value)
    for _ in range(chance.randint(1, 4)):
        holders = [node for node in _nodes(changed) if isinstance(node, (dict, list)) and node]
        if not holders:
            return chance.choice(VALUES)
        holder = chance.choice(holders)
        step = chance.choice(list(holder)) if isinstance(holder, dict) else chance.randrange(len(holder))
        _mutate(holder, step, chance, pool)
    return changed


def _mutate(holder: Any, step: Any, chance: random.Random, pool: list[Any]) -> None:
    what = chance.randrange(6)
    if what == 0:
        del holder[step]
    elif what == 1 and isinstance(holder, dict):
        holder[chance.choice(["", "a/b~c", "type", "$ref", "properties", "required", "items", "accepts"])] = holder[
            step
        ]
    elif what == 2:
        holder[step] = [holder[step]] * chance.choice([1, 2, 40])
    elif what == 3:
        holder[step] = copy.deepcopy(chance.choice(list(_nodes(chance.choice(pool)))))
    else:
        holder[step] = copy.deepcopy(chance.choice(VALUES))


def _nodes(value: Any) -> Iterator[Any]:
    stack = [value]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(node.values() if isinstance(node, dict) else node if isinstance(node, list) else ())


def travel(path: Path) -> int:
    """Send a file down the whole road; the number of records and findings that came of it.

    Nothing may be raised, each record must end in time, and a hurried look must find the same as a thorough one.
    """
    count = 0
    for item in read([path]):
        started = time.process_time()
        for listing in listings(item) if isinstance(item, Record) else [item]:
            count += 1
            if isinstance(listing, Finding):
                json.dumps(listing.to_dict())
                continue
            judge = validate(listing)
            truth_sheet(listing, judge.judgements)
            # Of two references that lead nowhere the engine names either: the rules are compared, not the places.
            hurried = validate(listing, keep_held=False).findings
            assert [finding.rule for finding in hurried] == [finding.rule for finding in judge.findings]
            for finding in judge.findings:
                json.dumps(finding.to_dict())
        size = len(item.raw) if isinstance(item, Record) else 0
        assert time.process_time() - started < ENOUGH * (1 + size / 250_000), "a record takes too long"
    return count
