"""Hints: what a listing says about its request and its answer, made into shapes."""

from x402_catalog.hints.request import request_shape
from x402_catalog.hints.response import response_shape
from x402_catalog.hints.shapes import (
    Declared,
    Field,
    Note,
    Origin,
    RequestShape,
    ResponseShape,
    examples_of,
    object_schema,
)
from x402_catalog.hints.suggestions import Suggestion, suggestions

__all__ = [
    "Declared",
    "Field",
    "Note",
    "Origin",
    "RequestShape",
    "ResponseShape",
    "Suggestion",
    "examples_of",
    "object_schema",
    "request_shape",
    "response_shape",
    "suggestions",
]
