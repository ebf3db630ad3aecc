"""OpenAPI 3 operations with ``x-payment-info``: one listing for each."""

from __future__ import annotations

from collections.abc import Iterator

from x402_catalog.models import Json, JsonObject, mapping, member, pointer, text
from x402_catalog.money import from_decimal
from x402_catalog.networks import network, tokens
from x402_catalog.sources.draft import Draft, slug_of

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_DEPTH = 40


def operations(document: JsonObject, at: str = "") -> Iterator[Draft]:
    """A listing for every operation that declares ``x-payment-info``."""
    base = _server(document)
    for path, entry in mapping(document.get("paths")).items():
        shared = mapping(entry).get("parameters")
        for method in METHODS:
            operation = mapping(entry).get(method)
            if isinstance(operation, dict) and isinstance(operation.get("x-payment-info"), dict):
                place = f"{at}/paths{pointer(path, method)}"
                yield _Operation(document, base, path, method, operation, shared, place).draft()


def _server(document: JsonObject) -> str:
    servers = document.get("servers")
    first = mapping(servers[0] if isinstance(servers, list) and servers else None)
    return (text(first.get("url")) or "").rstrip("/")


class _Operation:
    def __init__(
        self, document: JsonObject, base: str, path: str, method: str, operation: JsonObject, shared: Json, at: str
    ) -> None:
        self._document = document
        self._url = base + path
        self._method = method
        self._operation = operation
        own = operation.get("parameters")
        self._parameters = [*(shared if isinstance(shared, list) else []), *(own if isinstance(own, list) else [])]
        self._at = at
        self._draft = Draft()

    def draft(self) -> Draft:
        operation, draft = self._operation, self._draft
        draft.infer("url", self._url, "the first server's URL and the path")
        draft.infer("slug", f"{slug_of(self._url)}-{self._method}", "made from host, path and method")
        draft.take("title", operation, "summary", self._at)
        draft.take("summary", operation, "description", self._at)
        draft.infer("title", self._url, "the URL")
        tags = operation.get("tags")
        draft.infer("category", text(member(tags, 0)) or "", "the first tag")
        payment = operation["x-payment-info"]
        draft.put("accepts", self._offers(payment), f"{self._at}/x-payment-info")
        return draft

    def _offers(self, payment: JsonObject) -> list[JsonObject]:
        hints = {"input": self._input(), "output": self._output()}
        stated = payment.get("offers")
        entries = [entry for entry in (stated if isinstance(stated, list) else [payment]) if isinstance(entry, dict)]
        return [self._offer(index, entry, hints) for index, entry in enumerate(entries)]

    def _offer(self, index: int, entry: JsonObject, hints: JsonObject) -> JsonObject:
        offer = {key: value for key, value in entry.items() if key not in {"price", "offers", "protocols"}}
        offer["hints"] = hints
        dollars = member(entry, "price", "amount") or entry.get("advisoryPriceUsd")
        where = network(entry.get("network"))
        known = [row for row in tokens(where.caip2) if row.asset.symbol == entry.get("asset")] if where else []
        if known and dollars is not None:
            # A price in dollars becomes atomic units of a dollar stablecoin: inferred, not stated.
            atomic = from_decimal(str(dollars), known[0].asset.decimals)
            if atomic is not None:
                offer["max_amount_required_atomic"] = str(atomic)
            offer["asset"] = known[0].asset.address
            self._draft.inferred[f"/accepts/{index}/max_amount_required_atomic"] = "the dollar price in atomic units"
            self._draft.inferred[f"/accepts/{index}/asset"] = "the asset of that symbol on that network"
        return offer

    def _input(self) -> JsonObject:
        parts: dict[str, JsonObject] = {"query": {}, "path": {}, "header": {}}
        for raw in self._parameters:
            parameter = mapping(self._resolved(raw))
            name, place = text(parameter.get("name")), text(parameter.get("in"))
            if name and place in parts:
                schema = dict(mapping(self._resolved(parameter.get("schema"))))
                kept = {key: parameter[key] for key in ("description", "required", "example") if key in parameter}
                parts[place][name] = {**schema, **kept}
        declared: JsonObject = {"type": "http", "method": self._method.upper()}
        named = {"query": "queryParams", "path": "pathParams", "header": "headerFields"}
        declared |= {named[place]: fields for place, fields in parts.items() if fields}
        return declared | self._body()

    def _body(self) -> JsonObject:
        content = mapping(mapping(self._resolved(self._operation.get("requestBody"))).get("content"))
        for media_type, entry in content.items():
            kind = _BODY_TYPES.get(media_type.split(";")[0].strip(), "json")
            return {"bodyType": kind, "body": self._resolved(mapping(entry).get("schema")) or {}}
        return {}

    def _output(self) -> Json:
        responses = mapping(self._operation.get("responses"))
        answer = next((responses[code] for code in ("200", "201", "2XX", "default") if code in responses), None)
        content = mapping(mapping(self._resolved(answer)).get("content"))
        for media_type, entry in content.items():
            schema = self._resolved(mapping(entry).get("schema"))
            return schema if schema is not None else {"type": media_type}
        return None

    def _resolved(self, value: Json, depth: int = 0) -> Json:
        # References inside the document are written out, as far as that ends; recursion is cut to an open schema.
        if depth > _DEPTH:
            return {}
        if isinstance(value, list):
            return [self._resolved(child, depth + 1) for child in value]
        if not isinstance(value, dict):
            return value
        reference = value.get("$ref")
        if isinstance(reference, str) and reference.startswith("#/"):
            steps = [step.replace("~1", "/").replace("~0", "~") for step in reference[2:].split("/")]
            return self._resolved(member(self._document, *steps), depth + 8)
        return {key: self._resolved(child, depth + 1) for key, child in value.items()}


_BODY_TYPES = {
    "application/json": "json",
    "application/x-www-form-urlencoded": "form-data",
    "multipart/form-data": "multipart-form-data",
    "text/plain": "text",
    "application/octet-stream": "binary",
}
