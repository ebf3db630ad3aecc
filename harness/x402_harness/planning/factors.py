"""Factors: the fields of a request with their levels, query, path, headers and body alike, nested members by path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from x402_catalog.hints import RequestShape, Suggestion, examples_of, suggestions
from x402_catalog.hints.references import Unfolder
from x402_catalog.hints.suggestions import Kind
from x402_catalog.hints.words import is_placeholder
from x402_catalog.jsonschemas import Checker
from x402_catalog.models import Json, JsonObject, pointer
from x402_harness.generation.narrowing import FORMATS, advised
from x402_harness.generation.requests import HEADER_VALUE, Unrequestable, is_sent
from x402_harness.planning.level import ABSENT, Level, short, value_level
from x402_harness.planning.levels import levels_of, merged
from x402_harness.planning.pools import filled, nothing_because

MOST_FACTORS = 80  # fields that are varied; of a document with more, optional ones beyond are left out
MOST_LEVELS = 2_000
_DEEPEST = 5
_BRANCHES = 20
_AGAINST = "the description speaks against it"


@dataclass(frozen=True, slots=True)
class Factor:
    """One field: ``part`` of the request, ``path`` of member names in it (empty for a body that is no object).

    Where it is ``under`` (factor, level), it is there only if that level is chosen. One that ``chooses`` between
    branches has no value itself. ``unused`` is what the listing calls not used: one value shows that it is taken.
    """

    part: str
    path: tuple[str, ...]
    levels: tuple[Level, ...]
    under: tuple[int, int] | None = None
    unused: bool = False
    chooses: bool = False

    @property
    def name(self) -> str:
        """Where the field is: ``body/prompt``."""
        return f"{self.part}{pointer(*self.path)}"

    def level_of(self, value: Json) -> int | None:
        """The first level that has ``value`` in it."""
        return next(
            (i for i, level in enumerate(self.levels) if not level.is_absent and holds(level.schema, value)), None
        )


def holds(schema: Any, value: Json) -> bool:
    """Whether ``value`` satisfies ``schema``."""
    return Checker(schema).is_valid(value)


def factors_of(shape: RequestShape, shown: dict[str, Json], *, risky: bool, seed: int) -> tuple[Factor, ...]:
    """The factors of a request of that shape; one stands behind the factor that it is under.

    ``shown`` is the listing's own example, part by part: its values are levels whatever they are. Levels that are
    ``risky`` are there only if asked for, or where a field would have none without them. Raises
    :class:`~x402_harness.generation.requests.Unrequestable` for a required field without any value.
    """
    walk = _Walk(suggestions(shape), shown, risky, seed, is_text=shape.media_type not in (None, "application/json"))
    for part, schema in shape.parts.items():
        unfolded = Unfolder(schema).unfold(schema, "")[0] if isinstance(schema, dict) else schema
        if part == "headers" and isinstance(unfolded, dict):
            unfolded = _sendable(unfolded)
        walk.part(part, unfolded)
    return tuple(walk.factors)


def _sendable(schema: JsonObject) -> JsonObject:
    """The headers that a request may carry, with values that a header can."""
    kept = {
        name: merged(field, HEADER_VALUE) if field.get("type") == "string" and "enum" not in field else field
        for name, field in schema["properties"].items() if is_sent(name)
    }  # fmt: skip
    return {**schema, "properties": kept, "required": [name for name in schema.get("required", []) if name in kept]}


class _Walk:
    def __init__(
        self, advice: Iterable[Suggestion], shown: dict[str, Json], risky: bool, seed: int, *, is_text: bool
    ) -> None:
        self.factors: list[Factor] = []
        self._advice = list(advice)
        self._shown = shown
        self._risky = risky
        self._seed = seed
        self._is_text = is_text

    def part(self, part: str, schema: Any) -> None:
        """All factors of one part."""
        if isinstance(schema, dict) and isinstance(schema.get("properties"), dict) and _is_object(schema):
            self._members(part, (), schema, None)
        else:
            self._field(part, (), schema, True, None)

    def _members(self, part: str, path: tuple[str, ...], schema: JsonObject, under: tuple[int, int] | None) -> None:
        whole = _flattened(schema)
        required = frozenset(name for name in whole.get("required", ()) if isinstance(name, str))
        for name, child in whole["properties"].items():
            if self._has_room() or name in required:
                self._field(part, (*path, name), child, name in required, under)
        for branches in _own_branches(whole):
            self._branch(part, path, branches, under)

    def _branch(
        self, part: str, path: tuple[str, ...], branches: list[JsonObject], under: tuple[int, int] | None
    ) -> None:
        levels = tuple(
            Level(f"option {n}: {', '.join(b['properties'])[:60]}", True, opens=b)
            for n, b in enumerate(branches, start=1)
        )
        self._add(Factor(part, path, levels, under, chooses=True))

    def _field(
        self, part: str, path: tuple[str, ...], schema: Any, required: bool, under: tuple[int, int] | None
    ) -> None:
        at = "".join(pointer("properties", name) for name in path)
        advice = [one for one in self._advice if (one.part, one.pointer) == (part, at)]
        inner = [one for one in self._advice if (one.part, one.pointer) == (part, f"{at}/items")]
        levels = self._levels(part, path, schema, advice, inner)
        unused = any(one.kind is Kind.UNUSED for one in advice)
        if unused:
            levels = levels[:1]
        if not required:
            levels = [ABSENT, *levels]
        elif not levels:
            raise Unrequestable(f"{part}{pointer(*path)}: {nothing_because(schema)}")
        self._add(Factor(part, path, tuple(levels), under, unused))

    def _has_room(self) -> bool:
        return len(self.factors) < MOST_FACTORS and sum(len(one.levels) for one in self.factors) < MOST_LEVELS

    def _add(self, factor: Factor) -> None:
        index = len(self.factors)
        self.factors.append(factor)
        for number, level in enumerate(factor.levels):
            if level.opens is not None:
                self._members(factor.part, factor.path, level.opens, (index, number))

    def _levels(
        self, part: str, path: tuple[str, ...], schema: Any, advice: list[Suggestion], inner: list[Suggestion]
    ) -> list[Level]:
        if not isinstance(schema, dict):
            return self._filled(part, path, list(levels_of(schema)), schema)
        wise = advised(schema, advice)
        if inner and isinstance(wise.get("items"), dict):
            wise = {**wise, "items": advised(wise["items"], inner)}
        found = list(levels_of(wise))
        if wise != schema:
            if wise.get("pattern") != schema.get("pattern"):
                found = [replace(level, label=str(_last_format(advice))) for level in found]
            known = {level.label for level in found}
            rest = (level for level in levels_of(schema) if level.label not in known)
            found += [replace(level, risk=level.risk or _AGAINST) for level in rest]
        found = self._with_shown(self._examples(part, path, schema, advice), found, schema)
        return self._filled(part, path, found, schema)

    def _examples(
        self, part: str, path: tuple[str, ...], schema: JsonObject, advice: list[Suggestion]
    ) -> list[tuple[Json, bool]]:
        """What the listing shows of a field, and whether it says that this is the default."""
        told = [(value, False) for value in _at(self._shown.get(part), path)]
        told += [(value, "default" in schema and value == schema["default"]) for value in examples_of(schema)]
        told += [(one.value, one.kind is Kind.DEFAULT) for one in advice if one.kind in (Kind.DEFAULT, Kind.EXAMPLE)]
        return [pair for pair in told if not (isinstance(pair[0], str) and is_placeholder(pair[0]))]

    def _with_shown(self, told: list[tuple[Json, bool]], levels: list[Level], schema: JsonObject) -> list[Level]:
        """The levels with the values that are shown in them; what is in none, and a default, is a level of its own."""
        for value, is_default in told:
            if not holds(schema, value):
                continue
            known = next((i for i, level in enumerate(levels) if holds(level.schema, value)), None)
            is_single = known is not None and levels[known].values == (value,)
            if known is None or (is_default and not is_single and levels[known].opens is None):
                levels.insert(0, value_level(value, f"= {short(value)}, the default" if is_default else None))
            elif not is_single and levels[known].opens is None:
                kept = levels[known]
                levels[known] = replace(kept, values=(*kept.values, value) if value not in kept.values else kept.values)
        return levels

    def _filled(self, part: str, path: tuple[str, ...], levels: list[Level], schema: Any) -> list[Level]:
        """The levels that can be sent, each with values; risky ones only where that is wanted."""
        shown = _at(self._shown.get(part), path)
        kept = [made for level in levels if (made := self._with_values(part, path, level, schema)) is not None]
        met = next((i for i, level in enumerate(kept) if shown and holds(level.schema, shown[0])), None)
        if met is not None:
            kept[met] = replace(kept[met], risk="")
        safe = [level for level in kept if not level.risk]
        return kept if self._risky or not safe else safe

    def _with_values(self, part: str, path: tuple[str, ...], level: Level, schema: Any) -> Level | None:
        if level.opens is not None:
            return level
        made = filled(level, schema, self._seed, part, *path)
        sent = tuple(value for value in made.values if self._can_be_sent(part, value))
        return replace(made, values=sent) if sent else None

    def _can_be_sent(self, part: str, value: Json) -> bool:
        # Outside JSON there is no null and no empty list, and no name without a value in a path.
        if part == "body" and not self._is_text:
            return True
        if part == "headers":
            return not isinstance(value, str) or holds(HEADER_VALUE, value)
        return value is not None and value != [] and not (part == "path" and value in ("", ".", ".."))


def _last_format(advice: list[Suggestion]) -> Kind:
    """The kind of text that a description speaks of."""
    return next(one.kind for one in advice if one.kind in FORMATS)


def _is_object(schema: JsonObject) -> bool:
    return bool(schema.get("type", "object") == "object")


def _at(value: Json, path: tuple[str, ...]) -> list[Json]:
    """The value at ``path``, as a list of one; an empty list where there is none."""
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return []
        value = value[name]
    return [] if value is None and not path else [value]


def _flattened(schema: JsonObject) -> JsonObject:
    """The schema with the members that its applicators speak of among its own, as optional ones."""
    parts = [one for one in schema.get("allOf", ()) if isinstance(one, dict)]
    whole = merged({key: value for key, value in schema.items() if key != "allOf"}, *parts)
    mentioned = [whole.get("then"), whole.get("else"), *(whole.get("dependentSchemas") or {}).values()]
    for one in mentioned:
        if isinstance(one, dict) and isinstance(one.get("properties"), dict):
            news = {name: child for name, child in one["properties"].items() if name not in whole["properties"]}
            whole = {**whole, "properties": {**whole["properties"], **news}}
    return whole


def _own_branches(schema: JsonObject) -> Iterator[list[JsonObject]]:
    """The branches of ``anyOf`` and ``oneOf`` that bring members of their own, each with only these."""
    for keyword in ("anyOf", "oneOf"):
        listed = schema.get(keyword)
        if not isinstance(listed, list):
            continue
        branches = [_flattened(one) if "properties" in one else one for one in listed if isinstance(one, dict)]
        news = [
            {
                "properties": {n: s for n, s in (b.get("properties") or {}).items() if n not in schema["properties"]},
                "required": b.get("required", []),
            }
            for b in branches[:_BRANCHES]
        ]
        if any(one["properties"] for one in news):
            yield news
