"""Plans for the bare JSON types."""

from __future__ import annotations

from hypothesis import strategies as st

from .numbers import EXACT, floats
from .plans import Choice, Leaf, Listed, Plan
from .strings import CHARACTERS

TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")


def type_plan(name: str) -> Plan:
    """Any value of one JSON type; arrays are short and flat, objects stay empty."""
    return _PLANS[name]


_TEXT = st.text(CHARACTERS)
_SMALL = st.integers(-100, 100)
_INTEGER = Leaf(st.one_of(_SMALL, st.integers(-EXACT, EXACT)))

_PLANS: dict[str, Plan] = {
    "null": Listed([None]),
    "boolean": Listed([False, True]),
    "integer": _INTEGER,
    "number": Choice([_INTEGER, Leaf(floats())]),
    "string": Leaf(_TEXT, st.text(CHARACTERS, max_size=2)),
    "array": Leaf(st.lists(st.one_of(st.none(), st.booleans(), _SMALL, _TEXT), max_size=3)),
    "object": Leaf(st.builds(dict)),
}
