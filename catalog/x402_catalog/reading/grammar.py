"""The few regular expressions over JSON bytes that the scanners share.

All quantifiers are possessive: hostile text cannot make them go back, and they cannot recurse.
"""

from __future__ import annotations

import re

BLANK = b" \t\n\r"

_CHARACTERS = rb'[^"\\]*+(?:\\.[^"\\]*+)*+'
STRING = re.compile(rb'"' + _CHARACTERS + rb'"', re.DOTALL)
SPACE = re.compile(rb"[ \t\n\r]*+")
SCALAR = re.compile(rb"[^ \t\n\r,\]}]*+")
MEMBER = re.compile(rb'[ \t\n\r]*+("' + _CHARACTERS + rb'")[ \t\n\r]*+:[ \t\n\r]*+', re.DOTALL)
"""A member's name (group 1) up to where its value begins."""

_OUTSIDE = rb'[^"\[\]{}]*+'
BRACKET = re.compile(_OUTSIDE + rb'(?:"' + _CHARACTERS + rb'"' + _OUTSIDE + rb")*+[\[\]{}]", re.DOTALL)
"""Everything up to and including the next bracket outside strings."""

TOKEN = re.compile(rb'"[^"\\]*+(?:\\.?+[^"\\]*+)*+("?+)|[\[\]{}:,]|[^ \t\n\r"\[\]{}:,]++', re.DOTALL)
"""One token, whatever it is worth; group 1 is empty for a string that is not closed."""

OPENERS = b"[{"
CLOSERS = b"]}"
QUOTE = 0x22
