"""Sums of dollars in words."""

from __future__ import annotations

import re

_BEFORE = re.compile(r"(?:\$\s?([0-9]+(?:\.[0-9]+)?)|([0-9]+(?:\.[0-9]+)?)\s*(?:USDC|USD|dollars?))\s*$", re.I)


def first_price(words: str) -> str | None:
    """The dollars that ``words`` end with: ``0.02`` of ``costs $0.02``; ``None`` if they do not end with a sum."""
    match = _BEFORE.search(words[-60:])
    return (match[1] or match[2]) if match else None
