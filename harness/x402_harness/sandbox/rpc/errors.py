"""Errors of JSON-RPC 2.0 and of Ethereum nodes, by their codes."""

from __future__ import annotations

from typing import Any

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
NO_METHOD = -32601
INVALID_PARAMS = -32602
SERVER_ERROR = -32000
REVERTED = 3


class RpcError(Exception):
    """An error that is answered: its ``code``, its ``message``, and ``data`` where a contract gave any."""

    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    def wire(self) -> dict[str, Any]:
        """The ``error`` member."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        return error if self.data is None else {**error, "data": self.data}
