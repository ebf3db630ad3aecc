"""CHAL050 to CHAL060: version 2's extensions, and request and answer as ``extensions.bazaar`` declares them."""

from __future__ import annotations

import re
from urllib.parse import unquote

from x402_catalog.findings import Level
from x402_catalog.hostile import nodes
from x402_catalog.jsonschemas import BadSchema, Checker, problem_of
from x402_catalog.models import Json, JsonObject, mapping, member, pointer
from x402_catalog.rules.hints import METHODS
from x402_catalog.rules.registry import rule
from x402_harness.checks.unpaid.view import Fault, Faults, Message

_BAZAAR = "specs/extensions/bazaar.md"

INFO_FITS = rule(
    "CHAL050",
    Level.ERROR,
    "declared example breaks the declared schema",
    why="Facilitators drop the declaration, and a buyer that copies the example is refused.",
    basis=f"{_BAZAAR} (info must satisfy schema)",
    mend="Correct the example or the schema.",
)
SCHEMA = rule(
    "CHAL051",
    Level.ERROR,
    "declared schema is no usable JSON Schema",
    why="No request can be made by it, and nothing validated; nothing is ever fetched for a $ref.",
    basis=f"{_BAZAAR} (schema); JSON Schema 2020-12",
    mend="Correct the schema at the place named; a $ref may point only inside the document.",
)
SHAPE = rule(
    "CHAL052",
    Level.ERROR,
    "declaration has not the form of its extension",
    why="What the endpoint takes and answers cannot be read from it.",
    basis=f"{_BAZAAR} (info.input, info.output)",
    mend="Give info.input a type, and each of its parts the form that the extension names.",
)
UNDEFINED = rule(
    "CHAL053",
    Level.ERROR,
    "required names a field that is not declared",
    why="No request can satisfy it: the field's type is unknown, and a closed object refuses it.",
    basis="JSON Schema 2020-12 validation §6.5.3 (required)",
    mend="Declare the field, or take it out of required.",
)
ROUTE = rule(
    "CHAL054",
    Level.ERROR,
    "routeTemplate is malformed",
    why="Facilitators ignore it, or could be led to another path or host by it.",
    basis=f"{_BAZAAR} (routeTemplate)",
    mend="Write a path such as /users/:id, without .. and without a host.",
)
OUTPUT_FITS = rule(
    "CHAL055",
    Level.ERROR,
    "declared answer breaks its own schema",
    why="The example that shows what is bought is refused by the declaration beside it.",
    basis=f"{_BAZAAR} (info.output)",
    mend="Correct the example or the schema.",
)
METHOD_BODY = rule(
    "CHAL056",
    Level.WARNING,
    "method and declared body do not go together",
    why="Clients and proxies drop the body of such a request, or do not know how to encode it.",
    basis=f"{_BAZAAR} (query input for GET, HEAD, DELETE; body input with a bodyType)",
    mend="Declare query parameters for GET, HEAD and DELETE; a body of type json, form-data or text for the others.",
)
NO_SCHEMA = rule(
    "CHAL057",
    Level.WARNING,
    "declaration has no schema",
    why="Examples alone do not say which fields there are and which are required.",
    basis=f"{_BAZAAR} (schema)",
    mend="Give the JSON Schema of info as schema.",
)
EXTENSION = rule(
    "CHAL059",
    Level.ERROR,
    "extension is no object",
    why="Strict clients refuse the whole 402, others drop the extension.",
    basis="x402 v2 §5.1 (extensions: an object of info and schema each)",
    mend="Give each extension an object, or leave it out.",
)
METHOD = rule(
    "CHAL060",
    Level.ERROR,
    "declared method is missing or no HTTP method",
    why="A buyer cannot know how to call the endpoint.",
    basis=f"RFC 9110 §9; x402 v1 outputSchema.input.method; {_BAZAAR} (info.input.method)",
    mend="Name one of GET, POST, PUT, PATCH, DELETE, HEAD.",
)

_AT = "/extensions/bazaar"
_SOLD_BY = METHODS - {"OPTIONS"}
_BODYLESS = frozenset({"GET", "HEAD", "DELETE"})
_BODY_TYPES = ("json", "form-data", "text")
_ROUTE = re.compile(r"/[a-zA-Z0-9_/:.\-~%]*")
_PASSES = 5


def extensions(message: Message) -> Faults:
    """Every extension is an object; what the known one declares is judged."""
    found = message.data.get("extensions")
    if message.version != 2 or not isinstance(found, dict):
        return
    for name, value in found.items():
        if value is not None and not isinstance(value, dict):
            at = "/extensions" + pointer(name)
            yield message.fault(EXTENSION, at, f"{name} is no object", observed=value, expected="an object")
    if isinstance(bazaar := found.get("bazaar"), dict):
        yield from _bazaar(message, bazaar)


def _bazaar(message: Message, bazaar: JsonObject) -> Faults:
    info, schema = bazaar.get("info"), bazaar.get("schema")
    yield from _once([*_formal(message, info), *_schema(message, schema, info)])
    yield from _route(message, bazaar.get("routeTemplate"))


def _once(found: list[Fault]) -> list[Fault]:
    """What the extension's form forbids the schema mostly forbids too: one defect is told once, by its graver rule."""
    formal = {fault.pointer for fault in found if fault.rule in (SHAPE, METHOD)}
    kept = [fault for fault in found if fault.rule is not INFO_FITS or fault.pointer not in formal]
    broken = {fault.pointer for fault in kept if fault.rule is INFO_FITS}
    body = {f"{_AT}/info/input", f"{_AT}/info/input/bodyType"} & broken
    return [fault for fault in kept if not (fault.rule is METHOD_BODY and body)]


def _formal(message: Message, info: Json) -> Faults:
    if not isinstance(info, dict) or not isinstance(info.get("input"), dict):
        at, name = (f"{_AT}/info", "input") if isinstance(info, dict) else (_AT, "info")
        stated = mapping(info).get("input") if name == "input" else info
        told = f"{name} is missing" if stated is None else f"{name} is no object"
        yield message.fault(
            SHAPE, at if stated is None else f"{at}/{name}", told, observed=stated, expected="an object"
        )
    else:
        yield from _input(message, info["input"])
        yield from _output(message, info.get("output"))


def _input(message: Message, source: JsonObject) -> Faults:
    at, kind = f"{_AT}/info/input", source.get("type")
    if kind == "mcp":
        for name, words in (("toolName", str), ("inputSchema", dict)):
            stated = source.get(name, source.get("tool") if name == "toolName" else None)
            if not isinstance(stated, words) or stated == "":
                told = f"{name} is missing or of another type"
                yield message.fault(SHAPE, at, told, observed=source.get(name), expected=name)
        return
    if kind != "http":
        told = "type is missing" if kind is None else f"type is {kind!r}"
        yield message.fault(
            SHAPE, f"{at}/type" if "type" in source else at, told, observed=kind, expected="http or mcp"
        )
        return
    yield from _method(message, source)
    for name in ("queryParams", "headers", "pathParams"):
        if source.get(name) is not None and not isinstance(source[name], dict):
            told = f"{name} is no object"
            yield message.fault(SHAPE, f"{at}/{name}", told, observed=source[name], expected="an object")


def _method(message: Message, source: JsonObject) -> Faults:
    at, method = f"{_AT}/info/input", source.get("method")
    if not isinstance(method, str) or method not in _SOLD_BY:
        told = "method is missing" if method is None else f"{method!r} is no HTTP method of the extension"
        yield message.fault(METHOD, f"{at}/method" if "method" in source else at, told,
                            observed=method, expected=sorted(_SOLD_BY))  # fmt: skip
        return
    kind, body = source.get("bodyType"), source.get("body")
    if method in _BODYLESS and (body is not None or kind is not None):
        yield message.fault(METHOD_BODY, f"{at}/method", f"{method} with a body", observed=method)
    elif kind is not None and kind not in _BODY_TYPES:
        told = f"bodyType is {kind!r}"
        yield message.fault(METHOD_BODY, f"{at}/bodyType", told, observed=kind, expected=list(_BODY_TYPES))
    elif kind is None and body is not None:
        told = "a body without a bodyType"
        yield message.fault(METHOD_BODY, f"{at}/body", told, expected=list(_BODY_TYPES))


def _output(message: Message, output: object) -> Faults:
    at = f"{_AT}/info/output"
    if output is None:
        return
    if not isinstance(output, (dict, list)):
        yield message.fault(SHAPE, at, "output is no object", observed=output, expected="an object")
        return
    schema = member(output, "schema")
    if isinstance(schema, dict) and set(schema) & {"type", "properties", "$ref", "anyOf", "oneOf"}:
        if problem := problem_of(schema):
            yield message.fault(SCHEMA, f"{at}/schema{problem.pointer}", problem.message, expected=problem.keyword)
        elif (example := member(output, "example")) is not None and (found := Checker(schema).problem(example)):
            yield message.fault(OUTPUT_FITS, f"{at}/example{found.pointer}", found.message,
                                observed=found.observed, expected=found.keyword)  # fmt: skip


def _schema(message: Message, schema: object, info: object) -> Faults:
    at = f"{_AT}/schema"
    if schema is None:
        yield message.fault(NO_SCHEMA, _AT, "schema is missing", expected="a JSON Schema of info")
        return
    remote = next((row for row in nodes(schema) if _is_remote(*row)), None)
    problem = problem_of(schema)
    if remote is not None:
        told = "a reference out of the document, which nobody may fetch"
        yield message.fault(SCHEMA, at + pointer(*remote[0]), told, observed=remote[1], expected="#…")
    elif problem is not None:
        yield message.fault(SCHEMA, at + problem.pointer, problem.message, observed=problem.observed,
                            expected=problem.keyword)  # fmt: skip
    else:
        yield from _undefined(message, schema)
        yield from _fits(message, schema, info)


def _is_remote(path: tuple[str | int, ...], node: object) -> bool:
    named = bool(path) and path[-1] in ("$ref", "$dynamicRef", "$id") and (len(path) < 2 or path[-2] != "properties")
    return named and isinstance(node, str) and not node.startswith("#")


def _undefined(message: Message, schema: object, at: str = f"{_AT}/schema") -> Faults:
    for path, node in nodes(schema):
        declared, required = member(node, "properties"), member(node, "required")
        if not isinstance(declared, dict) or not isinstance(required, list) or _is_open(node, path):
            continue
        names = [name for name in required if isinstance(name, str) and name not in declared]
        if names:
            told = f"required names {names} that are not declared"
            place = f"{at}{pointer(*path)}/required"
            yield message.fault(UNDEFINED, place, told, observed=required, expected=sorted(declared))


def _is_open(node: JsonObject, path: tuple[str | int, ...]) -> bool:
    # Branches of a combinator may require what the object around them declares; examples are no schemas.
    steps = {str(step) for step in path}
    return bool(_COMBINED & (steps | set(node)) or _VALUES & steps or "$ref" in node or path[-1:] == ("properties",))


_COMBINED = frozenset({"anyOf", "oneOf", "allOf", "if", "then", "else", "not", "dependentSchemas", "patternProperties"})
_VALUES = frozenset({"enum", "const", "default", "example", "examples"})


def undefined(message: Message) -> Faults:
    """What version 1 declares requires no field that it does not declare."""
    told: list[object] = []
    for entry in message.entries if message.version == 1 else ():
        schema = entry.raw.get("outputSchema")
        if schema not in told:
            told.append(schema)
            yield from _undefined(message, schema, f"/accepts/{entry.index}/outputSchema")


def _fits(message: Message, schema: object, info: object) -> Faults:
    if not isinstance(info, dict) or not isinstance(info.get("input"), dict) or not isinstance(schema, (dict, bool)):
        return
    try:
        problem = Checker(schema).problem(info)
    except BadSchema as error:
        yield message.fault(SCHEMA, f"{_AT}/schema{error.problem.pointer}", error.problem.message)
        return
    if problem is not None:
        yield message.fault(INFO_FITS, f"{_AT}/info{problem.pointer}", problem.message, observed=problem.observed,
                            expected=f"{problem.keyword} at {problem.schema_pointer} of the schema")  # fmt: skip


def _route(message: Message, template: object) -> Faults:
    if template is None:
        return
    at, told = f"{_AT}/routeTemplate", None
    if not isinstance(template, str):
        told = "routeTemplate is not a string"
    elif not _ROUTE.fullmatch(template):
        told = "no path of letters, digits and _ / : . - ~ %"
    elif ".." in _decoded(template) or "://" in _decoded(template):
        told = "it leads out of its path"
    if told is not None:
        yield message.fault(ROUTE, at, told, observed=template, expected="a path such as /users/:id")


def _decoded(template: str) -> str:
    for _ in range(_PASSES):
        plain = unquote(template)
        if plain == template:
            break
        template = plain
    return template


MESSAGE_RULES = (extensions, undefined)
