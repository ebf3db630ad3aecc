"""JSON Schema, decided by jsonschema-rs and explained by jsonschema.

Schemas come from strangers: nothing is ever fetched for a ``$ref``, formats are asserted explicitly, and patterns run
on a bounded engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from itertools import islice
from typing import Any

from x402_catalog.findings import shown
from x402_catalog.hostile import is_deep, is_plain, nodes, refusal
from x402_catalog.models import Json, JsonObject, pointer

Schema = JsonObject | bool
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_BACKTRACKS = 10_000  # steps a pattern with look-around may take on one string
_EXPLAINABLE = 400  # nodes of a schema beyond which its failures are told in the validator's own words
_REFERENCES = 12  # likewise


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a value breaks a schema: where in the value, by which keyword, where in the schema, in words."""

    pointer: str
    keyword: str
    schema_pointer: str
    message: str
    observed: Any = None


class BadSchema(ValueError):
    """The schema itself is not usable; ``problem`` says where and why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class Checker:
    """A compiled schema. Raises :class:`BadSchema` if it is none, or refers to what is not in it."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._validator = _compile(schema)

    def is_valid(self, value: Json) -> bool:
        """Whether ``value`` satisfies the schema."""
        try:
            return bool(self._validator.is_valid(value))
        except ValueError:  # a pattern that ran out of its steps decides nothing in the value's favour
            return False

    def problem(self, value: Json) -> Problem | None:
        """The most telling reason why ``value`` fails; ``None`` if it is valid."""
        if self.is_valid(value):
            return None
        return self._explained(value) or self._told(value)

    def problems(self, value: Json, limit: int = 20) -> list[Problem]:
        """Every reason why ``value`` fails, at most ``limit``; for schemas of our own, whose cost is known."""
        if self.is_valid(value):
            return []
        errors = self._validator.iter_errors(value)
        return [_problem_of_error(error) for error in islice(errors, limit)]

    def _explained(self, value: Json) -> Problem | None:
        # jsonschema recurses over what it words, in C too: with the recursion limit raised, as other libraries do, a
        # deep value would end the process.
        if not self._is_explainable or is_deep(value):
            return None
        from jsonschema import Draft202012Validator, exceptions, validators
        from referencing.jsonschema import EMPTY_REGISTRY

        kind = validators.validator_for(self.schema, default=Draft202012Validator)
        # The registry is named because the default one fetches. jsonschema may also disagree about a keyword, or stop
        # at a value that it cannot word; then the words of the engine that decided are used.
        explainer = kind(self.schema, format_checker=kind.FORMAT_CHECKER, registry=EMPTY_REGISTRY)
        try:
            error = exceptions.best_match(explainer.iter_errors(value))
        except (ValueError, ArithmeticError, RecursionError, exceptions._WrappedReferencingError):
            return None
        if error is None:
            return None
        where, at = pointer(*error.absolute_path), pointer(*error.absolute_schema_path)
        return Problem(where, str(error.validator), at, _short(error.message), shown(error.instance))

    @cached_property
    def _is_explainable(self) -> bool:
        # jsonschema runs patterns on Python's unbounded engine and walks every branch of a combinator, references
        # unfolded.
        names = list(_keys(self.schema, _EXPLAINABLE))
        bounded = (
            not {"pattern", "patternProperties", "$dynamicRef"} & set(names) and names.count("$ref") <= _REFERENCES
        )
        return bounded and len(names) < _EXPLAINABLE

    def _told(self, value: Json) -> Problem:
        try:
            self._validator.validate(value)
        except ValueError as error:
            return _problem_of_error(error)
        raise AssertionError("a value cannot be both valid and invalid")  # pragma: no cover


def is_plainly_valid(schema: JsonObject, besides: frozenset[str], deepest: int) -> bool:
    """Whether ``schema`` is valid JSON Schema 2020-12 without references, patterns or keywords of ``besides``, nested no
    deeper than ``deepest``: cheap to find out, and nothing in it needs a second look."""
    import jsonschema_rs

    return is_plain(schema, besides, deepest) and jsonschema_rs.meta.is_valid(schema)


def problem_of(schema: Json) -> Problem | None:
    """Why ``schema`` is not a usable JSON Schema; ``None`` if it is one."""
    try:
        if isinstance(schema, dict) and is_plain(schema):
            _check_metaschema(schema)
        else:
            Checker(schema)
    except BadSchema as error:
        return error.problem
    return None


def _check_metaschema(schema: Json) -> None:
    import jsonschema_rs

    try:
        jsonschema_rs.meta.validate(schema)
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        raise BadSchema(_metaschema_problem(error, schema)) from error


def _compile(schema: Json) -> Any:
    import jsonschema_rs

    if not isinstance(schema, (dict, bool)):
        raise BadSchema(Problem("", "type", "", f"a schema is an object or a boolean, not {type(schema).__name__}"))
    if refused := refusal(schema):
        path, keyword, message = refused
        raise BadSchema(Problem(pointer(*path), keyword, "", message))
    _check_metaschema(schema)
    for engine in (jsonschema_rs.RegexOptions(), jsonschema_rs.FancyRegexOptions(backtrack_limit=_BACKTRACKS)):
        try:
            return jsonschema_rs.validator_for(
                schema, validate_formats=True, offline=True, pattern_options=engine, registry=_own_schemas()
            )
        except (ValueError, jsonschema_rs.ReferencingError) as error:
            failure: Exception = error
    raise BadSchema(_metaschema_problem(failure, schema)) from failure


def _problem_of_error(error: Exception) -> Problem:
    where, at = pointer(*getattr(error, "instance_path", [])), pointer(*getattr(error, "schema_path", []))
    keyword = str(getattr(getattr(error, "kind", None), "name", "pattern"))
    message = _short(str(getattr(error, "message", error)))
    return Problem(where, keyword, at, message, shown(getattr(error, "instance", None)))


def _metaschema_problem(error: Exception, schema: Json) -> Problem:
    keyword = str(getattr(getattr(error, "kind", None), "name", "$ref"))
    message = str(getattr(error, "message", error))
    path = tuple(getattr(error, "instance_path", ())) or _reference_in(message, schema)
    return Problem(pointer(*path), keyword, "", _short(message))


def _reference_in(message: str, schema: Json) -> tuple[str | int, ...]:
    """The path of the reference that ``message`` names, for the engine itself does not say where it stands."""
    for path, node in nodes(schema):
        if path and path[-1] in {"$ref", "$dynamicRef"} and isinstance(node, str):
            document, _, fragment = node.partition("#")
            if (document or fragment) and (document or fragment) in message:
                return path
    return ()


def _short(message: str, limit: int = 300) -> str:
    line = message.splitlines()[0] if message else ""
    return line if len(line) <= limit else f"{line[:limit]}…"


def _keys(value: Json, limit: int) -> Iterator[str]:
    stack, seen = [value], 0
    while stack and seen < limit:
        node = stack.pop()
        if isinstance(node, dict):
            for name, child in node.items():
                seen += 1
                yield name
                stack.append(child)
        elif isinstance(node, list):
            stack.extend(node)


@lru_cache(maxsize=1)
def _own_schemas() -> Any:
    import jsonschema_rs

    return jsonschema_rs.Registry([(schema["$id"], schema) for schema in map(published, PUBLISHED)])


PUBLISHED = ("listing", "offer", "hints")


@lru_cache(maxsize=8)
def published(name: str) -> JsonObject:
    """A JSON Schema that ships with the package: one of :data:`PUBLISHED`."""
    import orjson

    source = resources.files("x402_catalog") / "schemas" / f"{name}.schema.json"
    schema: JsonObject = orjson.loads(source.read_bytes())
    return schema


@lru_cache(maxsize=8)
def published_checker(name: str) -> Checker:
    """The compiled form of :func:`published`."""
    return Checker(published(name))
