"""CHAL155 to CHAL158: what the answer describes against how it was asked for, and in which dialect it describes it."""

from __future__ import annotations

from collections.abc import Iterator

from x402_catalog.findings import Level
from x402_catalog.jsonschemas import Checker, problem_of
from x402_catalog.models import JsonObject, mapping, member, text
from x402_catalog.rules.hints import METHODS
from x402_catalog.rules.registry import rule
from x402_harness.checks.unpaid.declared import INFO_FITS, SCHEMA, SHAPE
from x402_harness.checks.unpaid.view import Fault, Faults, Message, View

_BAZAAR = "specs/extensions/bazaar.md"

SETTLED = rule(
    "CHAL155",
    Level.WARNING,
    "unpaid request is answered with a settlement",
    why="Nothing was paid, so the receipt is another buyer's or a cached one; clients may take the call for paid.",
    basis="specs/transports-v1/http.md (X-PAYMENT-RESPONSE), specs/transports-v2/http.md (PAYMENT-RESPONSE)",
    mend="Send the settlement only with the answer to a payment.",
)
ASKED_OTHERWISE = rule(
    "CHAL156",
    Level.INFO,
    "402 declares another method than it was asked with",
    why="Servers often ask for payment before they look at the method: only the declared call shows what is sold.",
    basis=f"x402 v1 outputSchema.input.method; {_BAZAAR} (info.input.method)",
    mend="Nothing, if the declared method is right; probe by it with --method.",
)
NO_INPUT = rule(
    "CHAL157",
    Level.INFO,
    "declared schema does not describe the input",
    why="Nothing says which fields a request has; the examples alone are held against nothing.",
    basis=f"{_BAZAAR} (schema must define an input property)",
    mend="Describe info.input under properties.input of the schema.",
)
DIALECT = rule(
    "CHAL158",
    Level.WARNING,
    "declared schema is of another JSON Schema draft",
    why="Facilitators validate with 2020-12: some refuse the schema, and with it the declaration, others misread it.",
    basis=f"{_BAZAAR} (JSON Schema Draft 2020-12)",
    mend="Name https://json-schema.org/draft/2020-12/schema as $schema, and write the schema in that draft.",
)

_DRAFT = "json-schema.org/draft/2020-12/schema"
_TRANSPORTS = ("streamable-http", "sse")
_SCHEMA = "/extensions/bazaar/schema"
_INPUT = "/extensions/bazaar/info/input"
_PAYMENTS = frozenset({"payment-signature", "x-payment"})
_RECEIPTS = frozenset({"payment-response", "x-payment-response"})


def settlements(view: View) -> Faults:
    """The answer to a request without payment carries no settlement."""
    request, response = view.exchange.request, view.exchange.response
    if response is None or any(name.lower() in _PAYMENTS for name, _ in request.headers):
        return
    for name, value in response.headers:
        if name.lower() in _RECEIPTS:
            yield Fault(SETTLED, f"{name} in an answer to no payment", name.upper(), observed=value[:200])
            return


def methods(view: View) -> Faults:
    """The declared method is the one that was asked with."""
    asked = view.exchange.request.method.upper()
    for message in view.judged:
        for at, stated in _stated(message):
            if stated.upper() in METHODS and stated.upper() != asked:
                told = f"asked with {asked}, it declares {stated}"
                yield message.fault(ASKED_OTHERWISE, at, told, observed=stated, expected=asked)


def _stated(message: Message) -> Iterator[tuple[str, str]]:
    if message.version == 1:
        rows = [(f"/accepts/{entry.index}/outputSchema/input", member(entry.raw, "outputSchema", "input"))
                for entry in message.entries]  # fmt: skip
    else:
        rows = [(_INPUT, member(message.data, "extensions", "bazaar", "info", "input"))]
    found = [(f"{at}/method", text(mapping(source).get("method"))) for at, source in rows]
    # Offers that repeat one declaration repeat its defect; it is told once.
    yield from {stated: (at, stated) for at, stated in reversed(found) if stated}.values()


def schemas(message: Message) -> Faults:
    """The bazaar's schema is of draft 2020-12 and describes the input."""
    schema = member(message.data, "extensions", "bazaar", "schema")
    if message.version != 2 or not isinstance(schema, dict) or problem_of(schema) is not None:
        return
    dialect = schema.get("$schema")
    if isinstance(dialect, str) and _DRAFT not in dialect:
        yield message.fault(DIALECT, f"{_SCHEMA}/$schema", "another draft than 2020-12", observed=dialect,
                            expected=f"https://{_DRAFT}")  # fmt: skip
    if not {"$ref", "anyOf", "oneOf", "allOf"} & set(schema) and "input" not in mapping(schema.get("properties")):
        yield message.fault(NO_INPUT, _SCHEMA, "no property input", observed=sorted(schema)[:20], expected="input")


def tools(message: Message) -> Faults:
    """An MCP tool is declared with a known transport, a usable schema of its arguments and an example that fits."""
    source = mapping(member(message.data, "extensions", "bazaar", "info", "input"))
    if message.version != 2 or source.get("type") != "mcp":
        return
    transport, schema = source.get("transport"), source.get("inputSchema")
    if transport is not None and transport not in _TRANSPORTS:
        yield message.fault(SHAPE, f"{_INPUT}/transport", f"transport is {transport!r}", observed=transport,
                            expected=list(_TRANSPORTS))  # fmt: skip
    if isinstance(schema, dict):
        yield from _arguments(message, schema, source)


def _arguments(message: Message, schema: JsonObject, source: JsonObject) -> Faults:
    if (problem := problem_of(schema)) is not None:
        yield message.fault(SCHEMA, f"{_INPUT}/inputSchema{problem.pointer}", problem.message,
                            observed=problem.observed, expected=problem.keyword)  # fmt: skip
    elif source.get("example") is not None and (found := Checker(schema).problem(source["example"])) is not None:
        yield message.fault(INFO_FITS, f"{_INPUT}/example{found.pointer}", found.message, observed=found.observed,
                            expected=f"{found.keyword} of inputSchema")  # fmt: skip


VIEW_RULES = (settlements, methods)
MESSAGE_RULES = (schemas, tools)
