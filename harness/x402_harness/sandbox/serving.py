"""What the sandbox's web applications share: JSON from strangers, within limits, and errors that say what is wrong."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from x402_harness.protocol.parsing import loads

NO_STORE = {"cache-control": "no-store"}


class BadBody(Exception):
    """A request's body cannot be used: the ``status`` that says so, and the message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


async def json_body(request: Request, limit: int) -> Any:
    """The JSON value that was sent, of at most ``limit`` bytes. Raises :class:`BadBody`."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise BadBody(413, f"the body has more than {limit} bytes")
    try:
        return loads(bytes(body))
    except ValueError as error:
        raise BadBody(400, f"the body is no JSON: {error}") from None


def answer(value: Any, status: int = 200) -> JSONResponse:
    """A JSON answer that nobody keeps."""
    return JSONResponse(value, status, headers=NO_STORE)
