"""Answers: what a mock seller gives for a payment, made from the listing's declared output."""

from __future__ import annotations

import json
from dataclasses import dataclass

from x402_catalog.hints import Declared, ResponseShape
from x402_harness.checks.content.media import canonical, is_same, sniff
from x402_harness.generation.media import made
from x402_harness.sandbox.fitting import Order, chosen, fitted
from x402_harness.sandbox.samples import sample

JSON = "application/json"

_TEXTS = {
    "text/html": b"<!doctype html><title>sample</title><p>sample</p>",
    "application/xml": b"<sample/>",
    "text/xml": b"<sample/>",
    "text/csv": b"name,value\r\nsample,1\r\n",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A media type and a body."""

    media_type: str
    body: bytes


def answer(shape: ResponseShape, seed: int = 0, order: Order | None = None) -> Answer:
    """What satisfies the declared output, and is what the ``order`` asks for; for nothing declared, an empty object.

    Raises :class:`~x402_harness.sandbox.samples.Unanswerable` where no value satisfies the declared schema.
    """
    if shape.declared is Declared.SCHEMA:
        assert shape.schema is not None  # that is what declared as a schema means
        value = sample(chosen(shape.schema, order) if order else shape.schema, seed)
        return _encoded(fitted(value, shape, order) if order else value, shape.media_type, order)
    if shape.declared is Declared.EXAMPLE:
        value = fitted(shape.example, shape, order) if order else shape.example
        return _encoded(value, shape.media_type, order)
    return _bare(shape.media_type or JSON, order)


def _encoded(value: object, media_type: str | None, order: Order | None) -> Answer:
    declared = media_type or JSON
    kind = _kind(declared)
    if isinstance(value, str) and kind.startswith("text/"):
        return Answer(declared, value.encode())
    if kind != JSON and not kind.endswith("+json"):
        return _bare(declared, order)
    return Answer(declared, json.dumps(value, ensure_ascii=False).encode())


def _bare(declared: str, order: Order | None) -> Answer:
    kind = _kind(declared)
    if kind == JSON or kind.endswith("+json"):
        return Answer(declared, b"{}")
    if kind in _TEXTS:
        return Answer(declared, _TEXTS[kind])
    is_any = kind == "image/*"
    wanted = "image/png" if is_any else canonical(kind)
    file = (order.file(wanted, is_whole=True) if order else None) or made(wanted)
    if file is not None:
        # A format that the request chose counts, whatever the listing says of the answers at large.
        is_other = is_any or not is_same(sniff(file) or wanted, wanted)
        return Answer(sniff(file) or wanted if is_other else declared, file)
    return Answer(declared, b"sample" if kind.startswith("text/") else bytes(range(16)))


def _kind(media_type: str) -> str:
    return media_type.split(";", 1)[0].strip().lower()
