"""Plans for the strings of a language, drawn one character at a time along paths that are known to end well."""

from __future__ import annotations

from functools import cache
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from .automata import Joint, Language
from .charsets import Ranges
from .plans import JSON, Budget, Plan

T = TypeVar("T")

BEYOND = 12  # lengths offered past the shortest, where none is set
WHOLE = 256  # up to this longest length, all lengths are offered
ARROWS = 40_000
LISTED = 256  # characters of a set that is drawn from as a list
DRAWN = 1_000  # characters drawn by chance; the rest of a longer string takes the first way that is open


class Undecided(ValueError):
    """The limits were reached before a string was found, or the language shown empty."""


class Words(Plan):
    """Strings of a language, of the given lengths."""

    def __init__(self, language: Language, layers: list[dict[Joint, None]], lengths: list[int]) -> None:
        self.language = language
        self.layers = layers
        self.lengths = lengths
        self._alive: dict[int, list[dict[Joint, None]]] = {}

    def draw(self, draw: DrawFn, budget: Budget) -> JSON:
        budget.spend()
        length = draw(st.sampled_from(self.lengths))
        alive = self.alive(length)
        here = _pick(draw, list(alive[0]))
        text = []
        for place in range(length):
            open_ways = [arrow for arrow in self.language.arrows(here) if arrow.target in alive[place + 1]]
            arrow = _pick(draw, open_ways) if place < DRAWN else open_ways[0]
            ranges = self.language.classes[arrow.kind]
            text.append(draw(character(ranges)) if place < DRAWN else chr(_favoured(ranges)[0][0]))
            here = arrow.target
        return "".join(text)

    def alive(self, length: int) -> list[dict[Joint, None]]:
        """For every place, the states from which a string of ``length`` can be completed."""
        if length not in self._alive:
            last = {joint: None for joint in self.layers[length] if self.language.ends(joint)}
            alive = [last]
            for layer in reversed(self.layers[:length]):
                last = {joint: None for joint in layer if self._leads(joint, last)}
                alive.append(last)
            self._alive[length] = alive[::-1]
        return self._alive[length]

    def _leads(self, joint: Joint, targets: dict[Joint, None]) -> bool:
        return any(arrow.target in targets for arrow in self.language.arrows(joint))


def _pick(draw: DrawFn, options: list[T]) -> T:
    return options[0] if len(options) == 1 else options[draw(st.integers(0, len(options) - 1))]


def word_plan(language: Language, low: int, high: int | None) -> Plan | None:
    """Strings of ``low`` to ``high`` characters; None where the language has none of them.

    Raises `Undecided` where the limits were reached first.
    """
    last = high if high is not None and high <= max(low, WHOLE) else None
    layers: list[dict[Joint, None]] = [dict.fromkeys(language.first())]
    lengths: list[int] = []
    seen: set[frozenset[Joint]] = set()
    spent = 0
    while True:
        place = len(layers) - 1
        if place >= low and any(language.ends(joint) for joint in layers[-1]):
            lengths.append(place)
        if place == (high if last is None and high is not None else last):
            break
        if last is None and lengths and place >= lengths[0] + BEYOND:
            break
        if place >= low and not lengths and _repeats(seen, layers[-1]):
            return None
        layer: dict[Joint, None] = {}
        for joint in layers[-1]:
            arrows = language.arrows(joint)
            spent += len(arrows)
            layer.update((arrow.target, None) for arrow in arrows)
            if spent > ARROWS:
                break
        if spent > ARROWS and not lengths:
            raise Undecided
        if spent > ARROWS or not layer:
            break
        layers.append(layer)
    return Words(language, layers, lengths) if lengths else None


def _repeats(seen: set[frozenset[Joint]], layer: dict[Joint, None]) -> bool:
    """Whether a layer came before, so that nothing new can follow."""
    states = frozenset(layer)
    if states in seen:
        return True
    seen.add(states)
    return False


@cache
def character(ranges: Ranges) -> SearchStrategy[str]:
    """Characters of a set, printable ASCII in every second draw where there is any."""
    favoured = _favoured(ranges)
    if favoured == ranges:
        return _any_of(ranges)
    return st.one_of(_any_of(favoured), _any_of(ranges))


def _favoured(ranges: Ranges) -> Ranges:
    printable = [(max(first, 0x20), min(last, 0x7E)) for first, last in ranges if max(first, 0x20) <= min(last, 0x7E)]
    return tuple(printable) or ranges


def _any_of(ranges: Ranges) -> SearchStrategy[str]:
    if sum(last - first + 1 for first, last in ranges) <= LISTED:
        return st.sampled_from([chr(point) for first, last in ranges for point in range(first, last + 1)])
    spans = [st.characters(min_codepoint=first, max_codepoint=last) for first, last in ranges]
    return spans[0] if len(spans) == 1 else st.one_of(spans)
