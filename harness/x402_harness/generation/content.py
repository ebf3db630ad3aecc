"""Strings that carry encoded content (contentEncoding, contentMediaType)."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from .plans import JSON


def encoded(encodings: Sequence[str]) -> SearchStrategy[JSON]:
    """A small JSON text, in base64 where an encoding asks for it."""
    leaf = st.one_of(
        st.none(), st.booleans(), st.integers(-100, 100), st.text(st.characters(codec="ascii"), max_size=8)
    )
    document = st.one_of(
        leaf, st.lists(leaf, max_size=3), st.dictionaries(st.sampled_from(["a", "b", "key"]), leaf, max_size=2)
    )
    return document.map(json.dumps).map(_base64) if "base64" in encodings else document.map(json.dumps)


def _base64(document: str) -> str:
    return base64.b64encode(document.encode()).decode()
