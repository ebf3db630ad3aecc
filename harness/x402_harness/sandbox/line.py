"""The line: the server's own connections, handed to applications that write on them past HTTP."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.h11_impl import H11Protocol

from x402_harness.sandbox.wire import LINE

_AT_ONCE = struct.pack("ii", 1, 0)  # on, and no second for what has not been sent


class Connection:
    """One connection of the server, see :class:`~x402_harness.sandbox.wire.Line`."""

    def __init__(self, transport: asyncio.Transport, flow: FlowControl) -> None:
        self._transport = transport
        self._flow = flow

    @property
    def gone(self) -> bool:
        """Whether nobody listens any more."""
        return self._transport.is_closing()

    async def write(self, data: bytes) -> None:
        """Send bytes, and wait while the other side does not read."""
        self._transport.write(data)
        await asyncio.sleep(0)  # the other side's leaving must be heard in between
        await self._flow.drain()

    def reset(self) -> None:
        """End it abruptly; what has been written leaves first where the machine takes it."""
        raw: socket.socket = self._transport.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self._transport.abort()

    def close(self) -> None:
        """End it when all has been sent."""
        self._transport.close()


class LineProtocol(H11Protocol):
    """HTTP as uvicorn speaks it, with the connection in each scope's extensions."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Keep the connection."""
        super().connection_made(transport)
        inner, line = self.app, Connection(transport, self.flow)

        async def with_line(scope: Any, receive: Any, send: Any) -> None:
            scope.setdefault("extensions", {})[LINE] = line
            await inner(scope, receive, send)

        self.app = with_line
