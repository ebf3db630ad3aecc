"""JSON from strangers: UTF-8, finite numbers, bounded nesting; anything else is an error and nothing worse.

The standard parser recurses in C: with the recursion limit raised, as libraries do, deep text would end the process.
"""

from __future__ import annotations

import json
from math import isfinite
from typing import Any

from x402_catalog.reading.grammar import BRACKET, OPENERS

MAX_DEPTH = 200  # levels of nesting


def loads(raw: bytes) -> Any:
    """The JSON value in ``raw``. Raises ``ValueError`` for what RFC 8259 does not allow or is nested too deep."""
    text = raw.decode("utf-8-sig")
    if _is_deep(raw):
        raise ValueError(f"nested more than {MAX_DEPTH} deep")
    return json.loads(text, parse_constant=_refuse, parse_float=_finite)


def _is_deep(raw: bytes) -> bool:
    depth, match = 0, BRACKET.match(raw)
    while match and depth <= MAX_DEPTH:
        depth += 1 if raw[match.end() - 1] in OPENERS else -1
        match = BRACKET.match(raw, match.end())
    return depth > MAX_DEPTH


def _finite(digits: str) -> float:
    value = float(digits)
    return value if isfinite(value) else _refuse(digits[:40])


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")
