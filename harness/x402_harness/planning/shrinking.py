"""Shrinking: the smallest request that still fails, searched by Hypothesis (MacIver and Donaldson 2020).

Every request that it tries is a purchase, so it is for money that costs nothing. It is near the request that failed:
each field is left out, drawn anew, or as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

from x402_catalog.hints import RequestShape
from x402_harness.generation.encoding import Values, encode
from x402_harness.generation.requests import is_valid
from x402_harness.protocol.exchange import Request

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_EXAMPLES = 300  # drawn at most until one fails; how many are bought is the caller's affair
_DEPTH = 4  # of values that are taken apart

Fails = Callable[[Values], bool]


def smallest(shape: RequestShape, failing: Values, fails: Fails, seed: int) -> Values:
    """The smallest values found, valid as ``failing`` is, for which ``fails`` says yes; ``failing`` if none is.

    No request is asked about twice.
    """
    from hypothesis import HealthCheck, Phase, find, settings
    from hypothesis.errors import NoSuchExample, Unsatisfiable

    known: dict[Request, bool] = {encode(shape, failing): True}

    def asked(values: Values) -> bool:
        request = encode(shape, values)
        if request not in known:
            known[request] = fails(values)
        return known[request]

    options = settings(
        max_examples=_EXAMPLES, phases=(Phase.generate, Phase.shrink), database=None, deadline=None,
        suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
    )  # fmt: skip
    try:
        return find(_near(shape, failing), asked, settings=options, random=Random(seed))
    except (NoSuchExample, Unsatisfiable):  # the latter where nothing that was drawn is valid
        return failing


def _near(shape: RequestShape, failing: Values) -> SearchStrategy[Values]:
    from hypothesis import strategies as st

    held = {"path": failing.path, "query": failing.query, **({"body": failing.body} if failing.has_body else {})}
    parts = {name: _varied(value, shape.parts.get(name)) for name, value in held.items()}
    return (
        st.fixed_dictionaries(parts)
        .map(lambda made: replace(failing, **made))
        .filter(lambda values: is_valid(shape, values))
    )


# A field's ways are drawn beside its values, all of which are drawn whatever the way: a choice that changes leaves the
# others what they were, so that Hypothesis can shrink each for itself. The simplest way comes first.
_ABSENT, _NEW, _SAME = "absent", "new", "same"


def _varied(value: Any, schema: Any, depth: int = 0) -> SearchStrategy[Any]:
    """``value`` or something simpler in its place; whether it is valid shows when all is put together."""
    from hypothesis import strategies as st

    if isinstance(value, dict) and depth < _DEPTH:
        return st.fixed_dictionaries(_members(value, schema, depth)).map(
            lambda made: {name: one for name, (way, one) in made.items() if way != _ABSENT}
        )
    if isinstance(value, list) and depth < _DEPTH:
        items = schema.get("items") if isinstance(schema, dict) else None
        return st.tuples(*(_member(one, items, depth, optional=True) for one in value)).map(
            lambda made: [one for way, one in made if way != _ABSENT]
        )
    drawn = None if schema is None else _drawn(schema)
    if drawn is None:
        return st.just(value)
    return st.tuples(st.sampled_from([_NEW, _SAME]), drawn).map(lambda made: value if made[0] == _SAME else made[1])


def _members(value: dict[str, Any], schema: Any, depth: int) -> dict[str, SearchStrategy[Any]]:
    known = schema if isinstance(schema, dict) else {}
    declared = known["properties"] if isinstance(known.get("properties"), dict) else {}
    needed = known.get("required", ())
    return {name: _member(one, declared.get(name), depth, optional=name not in needed) for name, one in value.items()}


def _member(value: Any, schema: Any, depth: int, *, optional: bool) -> SearchStrategy[tuple[str, Any]]:
    """The way of a member, and its value."""
    from hypothesis import strategies as st

    ways = [_ABSENT, _SAME] if optional else [_SAME]
    return st.tuples(st.sampled_from(ways), _varied(value, schema, depth + 1))


def _drawn(schema: Any) -> SearchStrategy[Any] | None:
    from x402_harness.generation import GenerationError, strategy_for

    try:
        return strategy_for(schema)
    except GenerationError:
        return None
