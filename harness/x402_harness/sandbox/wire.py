"""The wire: answers as bytes on a connection, for what no HTTP server says on purpose."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from x402_harness.protocol.exchange import Response

LINE = "testbuy.line"  # the extension of an ASGI scope under which a server hands out its connections


@dataclass(frozen=True, slots=True)
class Pause:
    """So many seconds of silence."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection ends here, with a reset and no goodbye."""


Piece = bytes | Pause | Reset
Wire = Callable[[Response], Iterable[Piece]]


class Line(Protocol):
    """A connection that can be written to; ``gone`` says that the other side has left."""

    @property
    def gone(self) -> bool:
        """Whether nobody listens any more."""
        ...

    async def write(self, data: bytes) -> None:
        """Send bytes, and wait while the other side does not read."""
        ...

    def reset(self) -> None:
        """End it abruptly."""
        ...

    def close(self) -> None:
        """End it when all has been sent."""
        ...


async def write_pieces(line: Line, pieces: Iterable[Piece]) -> None:
    """Send piece after piece until they end or nobody listens; then close."""
    for piece in pieces:
        if line.gone:
            break
        if isinstance(piece, Pause):
            await asyncio.sleep(piece.seconds)
        elif isinstance(piece, Reset):
            line.reset()
            return
        else:
            await line.write(piece)
    line.close()


def plain(response: Response) -> bytes:
    """A response as an honest server writes it."""
    return head(response, ("content-length", str(len(response.body)))) + response.body


def head(response: Response, *more: tuple[str, str]) -> bytes:
    """The head of a response, with ``more`` headers."""
    rows = "".join(f"{name}: {value}\r\n" for name, value in (*response.headers, *more))
    return f"HTTP/1.1 {response.status} Told\r\n{rows}\r\n".encode("latin-1")
