"""Applications: a client for an ASGI or WSGI application in this process; no socket is opened."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

import httpx

from x402_harness.edge.client import Client, Limits

_ASGI = 3  # scope, receive, send; a WSGI application takes two arguments


def is_asgi(app: Callable[..., Any]) -> bool:
    """Whether an application speaks ASGI 3; a WSGI application does not. Raises ``TypeError`` for what is neither."""
    if not callable(app):
        raise TypeError(f"{type(app).__name__} is no ASGI or WSGI application: it cannot be called")
    call = app if inspect.isfunction(app) or inspect.ismethod(app) else type(app).__call__
    if inspect.iscoroutinefunction(call):
        return True
    try:
        inspect.signature(app).bind(*[None] * _ASGI)
    except (TypeError, ValueError):
        return False
    return True


class Hosted:
    """An application in this process. It is to be used from one event loop: what it opens there, it keeps.

    The lifespan of an ASGI application begins with the first request and ends with :meth:`close`.
    """

    def __init__(self, app: Callable[..., Any]) -> None:
        self._living = _Living(app) if is_asgi(app) else None
        self._transport: httpx.AsyncBaseTransport = self._living or _Threaded(app)

    def client(self, limits: Limits | None = None) -> Client:
        """A client on which every host is the application. What it raises is an answer of 500."""
        return Client(self._transport, limits or Limits())

    async def close(self) -> None:
        """End its lifespan."""
        if self._living is not None:
            await self._living.end()


class _Living(httpx.AsyncBaseTransport):
    """An ASGI application with its lifespan (ASGI 3.0, lifespan protocol); one that knows none has none."""

    def __init__(self, app: Callable[..., Any]) -> None:
        self._app = app
        self._inner = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        self._life: asyncio.Task[None] | None = None
        self._told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer. Raises ``httpx.ConnectError`` where the application does not start."""
        if self._life is None:
            self._life = asyncio.create_task(self._live())
            said = await self._say("lifespan.startup")
            if said.get("type") == "lifespan.startup.failed":
                raise httpx.ConnectError(f"the application does not start: {said.get('message', '')}")
        return await self._inner.handle_async_request(request)

    async def end(self) -> None:
        """End the lifespan."""
        if self._life is not None and not self._life.done():
            await self._say("lifespan.shutdown")
            await self._life

    async def _say(self, kind: str) -> dict[str, Any]:
        self._told.put_nowait({"type": kind})
        return await self._heard.get()

    async def _live(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
        try:
            await self._app(scope, self._told.get, self._heard.put)
        except Exception:  # an application that knows no lifespan raises, and is served without
            pass
        finally:
            self._heard.put_nowait({"type": "over"})


class _Threaded(httpx.AsyncBaseTransport):
    """A WSGI application, each request in a thread so that it may wait for this program's own servers."""

    def __init__(self, app: Callable[..., Any]) -> None:
        self._inner = httpx.WSGITransport(app=app, raise_app_exceptions=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The whole answer."""
        return await asyncio.to_thread(self._handle, request)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        answer = self._inner.handle_request(request)
        try:
            body = b"".join(answer.iter_raw())
        finally:
            answer.close()
        return httpx.Response(answer.status_code, headers=answer.headers, stream=_Whole(body))


class _Whole(httpx.AsyncByteStream):
    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> Any:
        yield self._body
