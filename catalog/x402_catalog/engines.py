"""The two engines that know JSON Schema: jsonschema-rs decides, jsonschema explains.

Nothing here is bounded in time; :mod:`x402_catalog.jsonschemas` says where a judgement may run. Nothing is ever fetched
for a ``$ref``, and formats are asserted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import Any

from x402_catalog.dangling import first_dangling
from x402_catalog.findings import shown
from x402_catalog.hostile import is_plain, nodes, refusal
from x402_catalog.models import Json, JsonObject, pointer

Schema = JsonObject | bool
UNDECIDED = "undecided"  # stands where the keyword does: no keyword failed
# Without look-around the engine is linear. With it, only the clock of the process that judges ends a trap: an engine
# that gives up counts as a failed match, and in a combinator that can no longer be told from an honest one.
_BACKTRACKS = 1_000_000_000
_LONGEST_PATTERN = 20_000  # characters; a longer one takes fifty times its size to be read at all


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a value breaks a schema: where in the value, by which keyword, where in the schema, in words."""

    pointer: str
    keyword: str
    schema_pointer: str
    message: str
    observed: Any = None

    @property
    def is_undecided(self) -> bool:
        """Whether nothing was found out: the value is neither valid nor invalid, and ``message`` says why."""
        return self.keyword == UNDECIDED


def undecided(reason: str) -> Problem:
    """The problem of a judgement that came to no end."""
    return Problem("", UNDECIDED, "", reason)


class BadSchema(ValueError):
    """The schema itself is not usable; ``problem`` says where and why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Engine:
    """A compiled schema; ``backtracks`` if a pattern of it needs the engine whose time has no bound."""

    validator: Any
    backtracks: bool

    def problem(self, value: Json) -> Problem | None:
        """The first reason why ``value`` fails, in the words of the engine that decides; ``None`` if it is valid."""
        try:
            self.validator.validate(value)
        except ValueError as error:
            return problem_of_error(error)
        return None


def compiled(schema: Json) -> Engine:
    """Compile ``schema``. Raises :class:`BadSchema` if it is none, or refers to what is not in it."""
    if not isinstance(schema, (dict, bool)):
        raise BadSchema(Problem("", "type", "", f"a schema is an object or a boolean, not {type(schema).__name__}"))
    if refused := refusal(schema):
        path, keyword, message = refused
        raise BadSchema(Problem(pointer(*path), keyword, "", message))
    if long := _long_pattern(schema):
        raise BadSchema(Problem(pointer(*long), "pattern", "", f"a pattern of more than {_LONGEST_PATTERN} characters"))
    check_metaschema(schema)
    made = _attempted(schema)
    if isinstance(made, Engine):
        return made
    raise BadSchema(_unusable(made, schema)) from made


def _attempted(schema: Schema) -> Engine | Exception:
    """The engine for ``schema``, or what speaks against it."""
    import jsonschema_rs

    bounded, unbounded = jsonschema_rs.RegexOptions(), jsonschema_rs.FancyRegexOptions(backtrack_limit=_BACKTRACKS)
    for options in (bounded, unbounded):
        try:
            validator = jsonschema_rs.validator_for(
                schema, validate_formats=True, offline=True, pattern_options=options, registry=_own_schemas()
            )
            return Engine(validator, backtracks=options is unbounded)
        except (ValueError, jsonschema_rs.ReferencingError) as error:
            failure: Exception = error
    return failure


def _unusable(failure: Exception, schema: Schema) -> Problem:
    problem = _metaschema_problem(failure, schema)
    if problem.keyword != "$ref":
        return problem
    found = first_dangling(schema, _failure)
    return replace(_metaschema_problem(found[1], schema), pointer=pointer(*found[0])) if found else problem


def _failure(schema: Schema) -> Exception | None:
    made = _attempted(schema)
    return made if isinstance(made, Exception) else None


def _long_pattern(schema: Json) -> tuple[str | int, ...] | None:
    if not isinstance(schema, dict) or is_plain(schema):
        return None
    for path, node in nodes(schema):
        if not isinstance(node, dict):
            continue
        if isinstance(pattern := node.get("pattern"), str) and len(pattern) > _LONGEST_PATTERN:
            return (*path, "pattern")
        if (
            isinstance(named := node.get("patternProperties"), dict)
            and max(map(len, named), default=0) > _LONGEST_PATTERN
        ):
            return (*path, "patternProperties")
    return None


def check_metaschema(schema: Json) -> None:
    """Raises :class:`BadSchema` if ``schema`` breaks the metaschema of its dialect."""
    import jsonschema_rs

    try:
        jsonschema_rs.meta.validate(schema)
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        raise BadSchema(_metaschema_problem(error, schema)) from error


def explained(schema: Schema, value: Json) -> Problem | None:
    """The most telling reason why ``value`` fails, in the words of jsonschema; ``None`` if it has none."""
    from jsonschema import Draft202012Validator, exceptions, validators
    from referencing.jsonschema import EMPTY_REGISTRY

    kind = validators.validator_for(schema, default=Draft202012Validator)
    # The registry is named because the default one fetches. jsonschema may also disagree about a keyword, or stop at a
    # value that it cannot word, or at a pattern that Python reads otherwise.
    explainer = kind(schema, format_checker=kind.FORMAT_CHECKER, registry=EMPTY_REGISTRY)
    try:
        error = exceptions.best_match(explainer.iter_errors(value))
    except (ValueError, ArithmeticError, RecursionError, LookupError, exceptions._WrappedReferencingError):
        return None
    except Exception as error:  # re.error is no ValueError, and was renamed
        if type(error).__module__ not in {"re", "sre_constants", "re._constants"}:
            raise
        return None
    if error is None:
        return None
    where, at = pointer(*error.absolute_path), pointer(*error.absolute_schema_path)
    return Problem(where, str(error.validator), at, _short(error.message), shown(error.instance))


def problem_of_error(error: Exception) -> Problem:
    """What an error of jsonschema-rs says."""
    if not hasattr(error, "kind"):  # not about the value: the engine could not take it in
        return undecided(_short(str(error)))
    message = _short(str(getattr(error, "message", error)))
    if message.startswith("Error executing regex"):
        return undecided(message)
    where, at = pointer(*getattr(error, "instance_path", [])), pointer(*getattr(error, "schema_path", []))
    return Problem(where, str(error.kind.name), at, message, shown(getattr(error, "instance", None)))


def _metaschema_problem(error: Exception, schema: Json) -> Problem:
    keyword = str(getattr(getattr(error, "kind", None), "name", "$ref"))
    message = str(getattr(error, "message", error))
    path = tuple(getattr(error, "instance_path", ())) or _reference_in(message, schema)
    return Problem(pointer(*path), keyword, "", _short(message))


def _reference_in(message: str, schema: Json) -> tuple[str | int, ...]:
    """The path of the reference that ``message`` names, for the engine itself does not say where it stands."""
    named = [
        (path, name)
        for path, node in nodes(schema)
        if path and path[-1] in {"$ref", "$dynamicRef"} and isinstance(node, str)
        for name in node.split("#", 1)
        if name
    ]
    # In full, unless the engine resolved it against an $id first, which leaves the end of it.
    for written in ("'{}'", "{}'", "{}"):
        for path, name in named:
            if written.format(name) in message:
                return path
    return ()


def _short(message: str, limit: int = 300) -> str:
    line = message.splitlines()[0] if message else ""
    return line if len(line) <= limit else f"{line[:limit]}…"


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
