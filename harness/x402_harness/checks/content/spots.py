"""Spots: every value of an answer beside what the listing says of it, and where it says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import islice
from typing import Any
from urllib.parse import unquote

from x402_catalog.hints import Declared, ResponseShape, examples_of
from x402_catalog.hints.forms import type_name
from x402_catalog.hints.suggestions import LONGEST
from x402_catalog.models import Json, JsonObject, Listing, below, pointer, steps
from x402_harness.checks.content.asking import words_of

MAX_SPOTS = 20_000  # of one answer; what lies beyond is not looked at
_MAX_DEPTH = 60
_MAX_VIEWS = 12
_SHOWN_DEPTH = 20


@dataclass(frozen=True, slots=True)
class View:
    """One schema that speaks of a value, and the pointer where it stands in the listing.

    ``is_shown`` says that it was made from an example: then members stand beside each other, without ``properties``.
    """

    schema: JsonObject
    place: str
    is_shown: bool = False

    def child(self, name: str) -> View | None:
        """What is said of a member."""
        members = self.schema.get("properties")
        found = members.get(name) if isinstance(members, dict) else None
        if not isinstance(found, dict):
            return None
        step = pointer(name) if self.is_shown else pointer("properties", name)
        return View(found, self.place + step, self.is_shown)

    def item(self) -> View | None:
        """What is said of an item."""
        found = self.schema.get("items")
        if not isinstance(found, dict):
            return None
        return View(found, self.place + ("/0" if self.is_shown else "/items"), self.is_shown)


@dataclass(frozen=True)
class Spot:
    """A value of the answer: ``at`` its pointer there, ``name`` the member that holds it or the list that it is in."""

    name: str
    value: Json
    at: str
    views: tuple[View, ...]
    is_item: bool = False

    @cached_property
    def words(self) -> str:
        """The name in lower case, its words joined by underscores."""
        return words_of(self.name)

    @cached_property
    def text(self) -> str:
        """Everything that is said of the value in prose."""
        found = (view.schema.get("description") for view in self.views)
        return "\n".join(text[:LONGEST] for text in found if isinstance(text, str))

    @property
    def prose(self) -> str | None:
        """Where the listing describes the value in prose."""
        said = (view for view in self.views if isinstance(view.schema.get("description"), str))
        return next((f"{view.place}/description" for view in said if not view.is_shown), None)

    @property
    def place(self) -> str | None:
        """Where the listing declares the value."""
        return self.views[0].place if self.views else None

    @property
    def claim(self) -> str | None:
        """Where the listing describes the value, or else where it declares it."""
        return self.prose or self.place

    def keyword(self, name: str) -> tuple[Any, str] | None:
        """The value of a schema keyword and where it stands; ``None`` if no view has it."""
        found = (view for view in self.views if name in view.schema and not view.is_shown)
        return next(((view.schema[name], f"{view.place}/{name}") for view in found), None)

    @property
    def examples(self) -> list[Json]:
        """The values that the listing shows."""
        return [value for view in self.views for value in examples_of(view.schema)]

    @property
    def depth(self) -> int:
        """How many steps the value lies below the root."""
        return self.at.count("/")


def spots(shape: ResponseShape, listing: Listing, value: Json) -> Iterator[Spot]:
    """Every value of an answer, the whole first. Without a schema or an example nothing is said of any."""
    root = _root(shape, listing)
    document = shape.schema if isinstance(shape.schema, dict) else {}
    for number, spot in enumerate(_Walker(document, shape.pointer).walk(value, root)):
        if number >= MAX_SPOTS:
            return
        yield spot


def _root(shape: ResponseShape, listing: Listing) -> tuple[View, ...]:
    if isinstance(shape.schema, dict):
        return (View(shape.schema, shape.pointer),)
    if shape.declared is not Declared.EXAMPLE:
        return ()
    there: Any = reduce(below, steps(shape.pointer), listing.raw)
    place = shape.pointer if there == shape.example else f"{shape.pointer}/example"
    return (View(_shown(shape.example, 0), place, is_shown=True),)


def _shown(example: Json, depth: int) -> JsonObject:
    schema: JsonObject = {"type": type_name(example), "examples": [example]}
    if depth < _SHOWN_DEPTH and isinstance(example, dict):
        schema["properties"] = {name: _shown(child, depth + 1) for name, child in example.items()}
    elif depth < _SHOWN_DEPTH and isinstance(example, list) and example:
        schema["items"] = _shown(example[0], depth + 1)
    return schema


class _Walker:
    def __init__(self, document: JsonObject, place: str) -> None:
        self._document = document
        self._place = place

    def walk(self, value: Json, root: tuple[View, ...]) -> Iterator[Spot]:
        stack = [Spot("", value, "", tuple(self.spread(value, root)))]
        while stack:
            spot = stack.pop()
            yield spot
            if spot.depth < _MAX_DEPTH:
                stack.extend(reversed(list(self._inner(spot))))

    def _inner(self, spot: Spot) -> Iterator[Spot]:
        if isinstance(spot.value, dict):
            for name, child in islice(spot.value.items(), MAX_SPOTS):
                views = (view.child(name) for view in spot.views)
                yield self._spot(name, child, spot.at + pointer(name), views)
        elif isinstance(spot.value, list):
            for index, child in enumerate(islice(spot.value, MAX_SPOTS)):
                views = (view.item() for view in spot.views)
                yield self._spot(spot.name, child, f"{spot.at}/{index}", views, is_item=True)

    def _spot(self, name: str, value: Json, at: str, found: Iterator[View | None], is_item: bool = False) -> Spot:
        views = tuple(view for view in found if view is not None)
        return Spot(name, value, at, tuple(self.spread(value, views)), is_item)

    def spread(self, value: Json, views: tuple[View, ...]) -> Iterator[View]:
        """The views themselves with what they refer to: references, all of ``allOf``, the fitting alternatives."""
        queue, count = list(views), 0
        while queue and count < _MAX_VIEWS:
            view = queue.pop(0)
            count += 1
            yield view
            queue.extend(self._further(value, view))

    def _further(self, value: Json, view: View) -> Iterator[View]:
        reference = view.schema.get("$ref")
        if isinstance(reference, str) and (target := self.resolve(reference)) is not None:
            yield target
        for key in ("allOf", "anyOf", "oneOf"):
            for index, branch in enumerate(branches(view.schema, key)):
                seen = View(branch, f"{view.place}/{key}/{index}")
                if key == "allOf" or self.fits(value, seen):
                    yield seen

    def fits(self, value: Json, view: View) -> bool:
        """Whether a value looks like what an alternative describes: its type, and all that it must have."""
        schema = view.schema
        if isinstance(schema.get("$ref"), str):
            target = self.resolve(schema["$ref"])
            schema = target.schema if target else schema
        declared = schema.get("type")
        kinds = declared if isinstance(declared, list) else [declared] if declared else []
        if kinds and type_name(value) not in kinds and not (type_name(value) == "integer" and "number" in kinds):
            return False
        required = schema.get("required")
        names = required if isinstance(required, list) else []
        return not isinstance(value, dict) or all(name in value for name in names)

    def resolve(self, reference: str) -> View | None:
        if not reference.startswith("#"):
            return None
        place = unquote(reference[1:])
        found: Any = reduce(below, steps(place), self._document)
        return View(found, self._place + place) if isinstance(found, dict) else None


def branches(schema: JsonObject, key: str) -> list[JsonObject]:
    """The alternatives under ``key`` that are objects; others keep their place as schemas that say nothing."""
    found = schema.get(key)
    return [branch if isinstance(branch, dict) else {} for branch in found] if isinstance(found, list) else []
