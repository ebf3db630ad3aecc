"""Serving: an ASGI application on a port of the loopback interface, in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import Any

LOOPBACK = "127.0.0.1"
_MAX_HEAD = 1024 * 1024  # bytes of a request's head: payments echo the terms, and terms carry schemas
_MOMENT = 0.002  # seconds
_PATIENCE = 10.0  # seconds for a server to start or to end
Application = Callable[..., Awaitable[None]]


class CannotServe(OSError):
    """The port cannot be had, or the server did not start; the message says which and why."""


class Serving:
    """A running server. As a context manager it is stopped at the end, whatever its connections are doing."""

    def __init__(self, app: Application, port: int = 0) -> None:
        self._app = app
        self._port = port
        self._socket: socket.socket | None = None
        self._server: Any = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port that it listens on."""
        assert self._socket is not None  # a server that was started has one
        return int(self._socket.getsockname()[1])

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        return f"http://{LOOPBACK}:{self.port}"

    def __enter__(self) -> Serving:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen and answer. Raises :class:`CannotServe`."""
        import uvicorn

        from x402_harness.sandbox.line import LineProtocol

        try:
            self._socket = socket.create_server((LOOPBACK, self._port))
        except OSError as error:
            raise CannotServe(f"port {self._port} cannot be had: {error.strerror}") from error
        config = uvicorn.Config(
            self._app, http=LineProtocol, ws="none", lifespan="off", log_level="critical", access_log=False,
            h11_max_incomplete_event_size=_MAX_HEAD, timeout_graceful_shutdown=1, server_header=False,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True, name="testbuy-sandbox"
        )
        self._thread.start()
        self._wait()

    def stop(self) -> None:
        """Close every connection and the port."""
        if self._server is None or self._thread is None or self._socket is None:
            return
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(_PATIENCE)
        self._socket.close()
        self._server = self._thread = self._socket = None

    def _wait(self) -> None:
        # The port takes connections from the start; this waits until they are answered.
        waiting = threading.Event()
        for _ in range(int(_PATIENCE / _MOMENT)):
            if self._server.started:
                return
            if self._thread is None or not self._thread.is_alive():
                break
            waiting.wait(_MOMENT)
        self.stop()
        raise CannotServe("the server did not start")


class Deferred:
    """An ASGI application that is made when its address is known; until then its visitors wait."""

    def __init__(self) -> None:
        self._app: Application | None = None

    def become(self, app: Application) -> None:
        """Be this application from now on."""
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """As the application does."""
        while self._app is None:
            await asyncio.sleep(_MOMENT)
        await self._app(scope, receive, send)
