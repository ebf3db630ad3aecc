"""Answers: what a mock seller gives for a payment, made from the listing's declared output."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

from x402_catalog.hints import Declared, ResponseShape
from x402_harness.sandbox.samples import sample

JSON = "application/json"

# The smallest files that are what they say, by media type.
_FILES = {
    "image/png": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
    "image/gif": "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7",
    "image/webp": "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==",
    "application/pdf": "JVBERi0xLjEKMSAwIG9iajw8L1R5cGUvQ2F0YWxvZz4+ZW5kb2JqCnRyYWlsZXI8PC9Sb290IDEgMCBSPj4KJSVFT0YK",
}
_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'
_TEXTS = {
    "text/html": b"<!doctype html><title>sample</title><p>sample</p>",
    "image/svg+xml": _SVG,
    "application/xml": b"<sample/>",
    "text/xml": b"<sample/>",
    "text/csv": b"name,value\r\nsample,1\r\n",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A media type and a body."""

    media_type: str
    body: bytes


def answer(shape: ResponseShape, seed: int = 0) -> Answer:
    """What satisfies the declared output; for nothing declared, an empty JSON object.

    Raises :class:`~x402_harness.sandbox.samples.Unanswerable` where no value satisfies the declared schema.
    """
    if shape.declared is Declared.SCHEMA:
        assert shape.schema is not None  # that is what declared as a schema means
        return _encoded(sample(shape.schema, seed), shape.media_type)
    if shape.declared is Declared.EXAMPLE:
        return _encoded(shape.example, shape.media_type)
    media_type = (shape.media_type or JSON).split(";", 1)[0].strip().lower()
    return _bare(shape.media_type or JSON, media_type)


def _encoded(value: object, media_type: str | None) -> Answer:
    kind = (media_type or JSON).split(";", 1)[0].strip().lower()
    if isinstance(value, str) and kind.startswith("text/"):
        return Answer(media_type or JSON, value.encode())
    if kind != JSON and not kind.endswith("+json"):
        return _bare(media_type or JSON, kind)
    return Answer(media_type or JSON, json.dumps(value, ensure_ascii=False).encode())


def _bare(declared: str, kind: str) -> Answer:
    if kind in _FILES:
        return Answer(declared, base64.b64decode(_FILES[kind]))
    if kind in _TEXTS:
        return Answer(declared, _TEXTS[kind])
    if kind == JSON or kind.endswith("+json"):
        return Answer(declared, b"{}")
    if kind == "image/*":
        return Answer("image/png", base64.b64decode(_FILES["image/png"]))
    return Answer(declared, b"sample" if kind.startswith("text/") else bytes(range(16)))
