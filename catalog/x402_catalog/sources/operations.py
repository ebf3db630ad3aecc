"""Operations: what one operation of an OpenAPI document takes and answers, as the hints of a listing."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce

from x402_catalog.hints.references import Unfolder
from x402_catalog.models import Json, JsonObject, below, mapping, pointer, steps, text

JSON = "application/json"
_PARTS = {"query": "queryParams", "path": "pathParams", "header": "headerFields"}  # cookies have no place in hints
_KEPT = ("description", "required", "example")
_ANSWERS = ("200", "201", "202", "2XX", "default")
_BODY_TYPES = {
    JSON: "json",
    "application/x-www-form-urlencoded": "form-data",
    "multipart/form-data": "multipart-form-data",
    "text/plain": "text",
    "application/octet-stream": "binary",
}
_MAX_STEPS = 16  # of references that lead to references


@dataclass(slots=True)
class Hints:
    """Hints under way: ``value``, the answer's ``media_type`` and its place, and ``places``, which maps pointers of
    ``value`` to those of the document."""

    document: JsonObject
    unfolder: Unfolder
    value: JsonObject = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    media_type: tuple[str, str] | None = None

    def read(self, method: str, operation: JsonObject, at: str, shared: list[tuple[Json, str]]) -> None:
        """Take in an operation; ``shared`` are the parameters of its path, each with its place."""
        self.places |= dict.fromkeys(("", "/input", "/input/type", "/input/method"), at)
        self.value["input"] = {"type": "http", "method": method.upper()}
        own = operation.get("parameters")
        listed = [(raw, f"{at}/parameters/{i}") for i, raw in enumerate(own if isinstance(own, list) else [])]
        for raw, place in (*shared, *listed):
            self._parameter(*self.followed(raw, place))
        self._body(*self.followed(operation.get("requestBody"), f"{at}/requestBody"))
        responses = mapping(operation.get("responses"))
        code = next((code for code in _ANSWERS if code in responses), "")
        self._answer(*self.followed(responses.get(code), f"{at}/responses{pointer(code)}"))

    def followed(self, value: Json, at: str) -> tuple[JsonObject, str]:
        """The object that ``value`` is or refers to, and where it stands."""
        for _ in range(_MAX_STEPS):
            reference = mapping(value).get("$ref")
            if not isinstance(reference, str) or not reference.startswith("#/"):
                break
            at = reference[1:]
            value = reduce(below, steps(at), self.document)
        return mapping(value), at

    def _parameter(self, parameter: JsonObject, at: str) -> None:
        name, part = text(parameter.get("name")), _PARTS.get(text(parameter.get("in")) or "")
        if name is None or part is None:
            return
        to = f"/input/{part}{pointer(name)}"
        schema = self._schema(parameter.get("schema"), f"{at}/schema", to) or {"type": "string"}
        self.places |= {f"{to}/{key}": f"{at}/{key}" for key in _KEPT if key in parameter}
        self.value["input"].setdefault(part, {})[name] = schema | {k: parameter[k] for k in _KEPT if k in parameter}

    def _body(self, body: JsonObject, at: str) -> None:
        media_type, entry = _content(body)
        if media_type is None:
            return
        place = f"{at}/content{pointer(media_type)}"
        self.value["input"]["bodyType"] = _BODY_TYPES.get(media_type.partition(";")[0].strip().lower(), media_type)
        self.places["/input/bodyType"] = place
        self.value["input"]["body"] = self._schema(entry.get("schema"), f"{place}/schema", "/input/body", "object")

    def _answer(self, answer: JsonObject, at: str) -> None:
        media_type, entry = _content(answer)
        if media_type is None:
            return
        place = f"{at}/content{pointer(media_type)}"
        self.media_type = (media_type, place)
        if not _is_json(media_type):
            self.value["output"], self.places["/output"] = {"type": media_type}, place
        elif schema := self._schema(entry.get("schema"), f"{place}/schema", "/output", "object"):
            self.value["output"] = schema
        elif "example" in entry:
            self.value["output"], self.places["/output"] = {"type": "json", "example": entry["example"]}, place

    def _schema(self, schema: Json, at: str, to: str, without_type: str | None = None) -> JsonObject:
        """A schema written out; ``without_type`` is the type of one that names none but has something to say."""
        found, places = self.unfolder.unfold(schema, at)
        self.places |= {to + below_it: place for below_it, place in places.items()}
        if not isinstance(found, dict):
            return {}
        is_bare = without_type and found and not {"type", "enum", "const"} & set(found)
        return {"type": without_type, **found} if is_bare else found


def _content(holder: JsonObject) -> tuple[str | None, JsonObject]:
    """The media type that is taken, JSON before others, and what is said of it."""
    content = mapping(holder.get("content"))
    chosen = next((name for name in content if _is_json(name)), next(iter(content), None))
    return chosen, mapping(content.get(chosen or ""))


def _is_json(media_type: str) -> bool:
    plain = media_type.partition(";")[0].strip().lower()
    return plain == JSON or plain.endswith("+json")
