"""Exchanges read back from the form that events and cassettes keep them in (`redaction` writes it)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from x402_harness.protocol.exchange import Exchange, Failure, Headers, Leg, Request, Response

Stored = Callable[[str], bytes]  # a body that was stored beside, by its name


class Unplayable(ValueError):
    """A recording that cannot be read back; the message says why."""


def exchange_from_dict(told: dict[str, Any], request: Request, stored: Stored) -> Exchange:
    """The exchange, with the ``request`` as it can be made again: what is withheld of it is not in the record.

    Raises :class:`Unplayable`.
    """
    response, failure = told["response"], told["failure"]
    return Exchange(
        leg=Leg(told["leg"]),
        request=request,
        response=None if response is None else _response(response, stored),
        failure=None if failure is None else _failure(failure, stored),
        started=told["started"],
        elapsed=told["elapsed"],
    )


def _response(told: dict[str, Any], stored: Stored) -> Response:
    return Response(
        status=told["status"],
        headers=headers_from(told["headers"]),
        body=body_from_dict(told["body"], stored),
        truncated=told["truncated"],
        undecoded=told["undecoded"],
        received=told["received"],
    )


def _failure(told: dict[str, Any], stored: Stored) -> Failure:
    partial = told.get("partial")
    whole = None if partial is None else _response(partial, stored)
    return Failure(told["cause"], told["message"], told["may_have_sent"], whole)


def headers_from(rows: list[list[str]]) -> Headers:
    """Headers from their JSON form."""
    return tuple((str(name), str(value)) for name, value in rows)


def body_from_dict(told: dict[str, Any], stored: Stored) -> bytes:
    """The whole body. Raises :class:`Unplayable` where it was cut and not stored beside."""
    if "stored" in told:
        return stored(told["stored"])
    if told["cut"]:
        raise Unplayable(f"only the beginning of a body of {told['bytes']} bytes was kept")
    return told["text"].encode("utf-8") if "text" in told else base64.b64decode(told["base64"], validate=True)
