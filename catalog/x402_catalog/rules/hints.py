"""HINT001 to HINT009: whether a request can be made from the hints, and an answer judged by them."""

from __future__ import annotations

from functools import reduce

from x402_catalog.findings import Level
from x402_catalog.hints import RequestShape
from x402_catalog.hints.plain import fits_plainly
from x402_catalog.jsonschemas import Checker, published_checker
from x402_catalog.models import Listing, below, pointer, steps, text
from x402_catalog.rules.judge import Judge
from x402_catalog.rules.registry import rule

HINTS_SHAPE = rule(
    "HINT001",
    Level.ERROR,
    "hints break their schema",
    why="What the request or the answer looks like cannot be read from them.",
    basis="hints.schema.json; x402 v1 outputSchema",
    mend="Give input and output the form that the schema names.",
)
METHOD_KNOWN = rule(
    "HINT002",
    Level.ERROR,
    "method is no HTTP method",
    why="No request can be made with it.",
    basis="RFC 9110 §9; x402 v1 outputSchema.input.method",
    mend="Name one of GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS.",
)
OUTPUT_SCHEMA = rule(
    "HINT003",
    Level.ERROR,
    "declared output is no usable JSON Schema",
    why="No answer can be judged by it, so the buyer cannot know what is bought.",
    basis="JSON Schema 2020-12",
    mend="Correct the schema at the place named; a $ref may point only inside the document.",
)
INPUT_SCHEMA = rule(
    "HINT004",
    Level.ERROR,
    "declared input is no usable JSON Schema",
    why="No request can be made from the declared fields.",
    basis="JSON Schema 2020-12",
    mend="Correct the field at the place named.",
)
EXAMPLE_FITS = rule(
    "HINT005",
    Level.ERROR,
    "example request breaks the declared fields",
    why="The first request that a buyer copies would break the listing's own terms.",
    basis="listing format (example_request_body, hints.input)",
    mend="Correct the example or the field that it breaks.",
)
UNDECIDED = rule(
    "HINT006",
    Level.INFO,
    "declared schema could not be judged by in time",
    why="Holding a value against it took too long or too much memory, so that was given up; buyers may hang on it.",
    basis="JSON Schema 2020-12",
    mend="Declare it without nested quantifiers, references to itself or nested unevaluated keywords.",
)

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})


def hints_shape(listing: Listing, judge: Judge) -> None:
    """Every offer's hints by the published schema."""
    if judge.is_well_formed:
        return
    for offer in listing.offers:
        for problem in published_checker("hints").problems(offer.hints):
            expected = f"{problem.keyword} at {problem.schema_pointer} of hints.schema.json"
            judge.contradicted(
                HINTS_SHAPE, f"{offer.pointer}/hints{problem.pointer}", problem.message,
                observed=problem.observed, expected=expected,
            )  # fmt: skip


def methods(listing: Listing, judge: Judge) -> None:
    """The declared method is an HTTP method."""
    for offer in listing.offers:
        source = offer.hints.get("input")
        method = text(source.get("method")) if isinstance(source, dict) else None
        if method is not None and method.upper() not in METHODS:
            at = f"{offer.pointer}/hints/input/method"
            judge.contradicted(
                METHOD_KNOWN, at, f"{method!r} is no HTTP method", observed=method, expected=sorted(METHODS)
            )


def outputs(listing: Listing, judge: Judge) -> None:
    """The declared output, where it is a schema, is one that answers can be judged by."""
    for offer in listing.offers:
        if judge.is_plain(offer) or offer.hints.get("output") is None:
            continue
        shape = judge.response(offer)
        if shape.schema is None:
            continue
        if problem := judge.schema_problem(shape.schema):
            at = _deepest(listing, shape.pointer, problem.pointer)
            judge.contradicted(OUTPUT_SCHEMA, at, problem.message, expected=problem.keyword)


def inputs(listing: Listing, judge: Judge) -> None:
    """The declared fields make valid schemas."""
    for offer in listing.offers:
        if judge.is_plain(offer) or not offer.hints.get("input"):
            continue
        shape = judge.request(offer)
        for part, schema in shape.parts.items():
            if problem := judge.schema_problem(schema):
                at = _declared_at(listing, shape, part, problem.pointer)
                judge.contradicted(INPUT_SCHEMA, at, f"{part}: {problem.message}", expected=problem.keyword)


def examples(listing: Listing, judge: Judge) -> None:
    """The example request satisfies the declared fields of the first offer that declares any."""
    offer = next((offer for offer in listing.offers if offer.hints.get("input")), None)
    if listing.example is None or offer is None:
        return
    at = "/example_request_body"
    if judge.is_plain(offer) and fits_plainly(listing.example, offer.hints["input"]):
        judge.held(EXAMPLE_FITS, at)
        return
    schema = example_schema(judge.request(offer))
    if schema is None or judge.schema_problem(schema) is not None:
        return
    problem = Checker(schema).problem(listing.example)
    if problem is None:
        judge.held(EXAMPLE_FITS, at)
    elif problem.is_undecided:
        judge.remark(UNDECIDED, at, problem.message)
        judge.not_judged(EXAMPLE_FITS, at, reason=f"the example could not be judged: {problem.message}")
    else:
        judge.contradicted(
            EXAMPLE_FITS, at + problem.pointer, problem.message,
            observed=problem.observed, expected=f"{problem.keyword} of the declared fields",
        )  # fmt: skip


def example_schema(shape: RequestShape) -> dict[str, object] | bool | None:
    """What an example of the request must satisfy: its body, or else path and query together; ``None`` if neither."""
    if shape.body is not None:
        return shape.body
    fields = (*shape.path, *shape.query)
    if not fields:
        return None
    required = [field.name for field in shape.query if field.required]
    properties = {field.name: field.schema for field in fields}
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _declared_at(listing: Listing, shape: RequestShape, part: str, problem: str) -> str:
    """Where the listing declares what stands at ``problem`` in the schema of ``part``."""
    if part == "body":
        return _deepest(listing, shape.body_pointer, problem)
    name, _, rest = problem.removeprefix("/properties/").partition("/")
    fields = (*shape.path, *shape.query, *shape.headers)
    at = next((field.pointer for field in fields if pointer(field.name) == f"/{name}"), "/accepts")
    return _deepest(listing, at, f"/{rest}" if rest else "")


def _deepest(listing: Listing, base: str, rest: str) -> str:
    """The deepest existing place on the way from ``base`` along ``rest``, which may name a ``properties`` that the
    listing leaves out."""
    node, at = reduce(below, steps(base), listing.raw), base
    for step in steps(rest):
        child = below(node, step)
        if child is None and step == "properties":
            continue
        if child is None:
            break
        node, at = child, at + pointer(step)
    return at


CHECKS = (hints_shape, methods, outputs, inputs, examples)
