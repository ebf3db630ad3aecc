"""The guard: resolves a host, looks at every address that it has, and connects to what it looked at.

A name is resolved once for each connection, here, so that it cannot mean another address when it is connected to.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from ipaddress import ip_address

from x402_harness.edge.addresses import objection

Resolver = Callable[[str, int], Awaitable[list[str]]]
_WELL_KNOWN = 1024  # below this ports belong to services that a web server's URL has no business with
_WEB = frozenset({80, 443})
_MOST = 8  # addresses of one name that are tried


class Refused(OSError):
    """A connection that the guard does not make; the message says why."""


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of ``host`` by the system's resolver, which reads odd literals such as ``0x7f.1`` too.

    Asked in a thread that nobody waits for: a resolver that hangs must not keep the program from ending.
    """
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[str]] = loop.create_future()
    threading.Thread(target=_look_up, args=(host, port, loop, found), daemon=True).start()
    return await found


def _look_up(host: str, port: int, loop: asyncio.AbstractEventLoop, found: asyncio.Future[list[str]]) -> None:
    answer: list[str] | Exception
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        answer = list(dict.fromkeys(str(row[4][0]) for row in rows))
    except (OSError, UnicodeError) as error:
        answer = error
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
        loop.call_soon_threadsafe(_tell, found, answer)


def _tell(found: asyncio.Future[list[str]], answer: list[str] | Exception) -> None:
    if found.done():
        return
    if isinstance(answer, Exception):
        found.set_exception(answer)
    else:
        found.set_result(answer)


@dataclass(frozen=True, slots=True)
class Guard:
    """Who may be connected to: ``hosts`` that the user typed, at any address; all others at public ones.

    ``anywhere`` lifts that.
    """

    hosts: frozenset[str] = frozenset()
    anywhere: bool = False

    def trusts(self, host: str) -> bool:
        """Whether ``host`` may have any address and port."""
        return self.anywhere or host.lower().rstrip(".") in self.hosts

    def check(self, host: str, port: int, addresses: Iterable[str]) -> None:
        """Raise :class:`Refused` for an address or a port that ``host`` must not have."""
        if self.trusts(host):
            return
        if port < _WELL_KNOWN and port not in _WEB:
            raise Refused(f"port {port} is not one of the web's")
        for address in addresses:
            what = objection(address)
            if what is not None:
                raise Refused(f"{host} is at {address}: {what}")


Connect = Callable[[str, int], Awaitable[socket.socket]]


async def connect(address: str, port: int) -> socket.socket:
    """A connected stream socket."""
    kind = socket.AF_INET6 if ":" in address else socket.AF_INET
    made = socket.socket(kind, socket.SOCK_STREAM)
    try:
        made.setblocking(False)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(made, (address, port))
    except BaseException:
        made.close()
        raise
    return made


class Dialer:
    """Connects by ``connect``, but only to addresses that ``guard`` has looked at."""

    def __init__(self, guard: Guard, resolver: Resolver = resolve, connect: Connect = connect) -> None:
        self._guard = guard
        self._resolver = resolver
        self._connect = connect

    async def dial(self, host: str, port: int) -> socket.socket:
        """A connection to the first address that takes one. Raises :class:`Refused`, and ``OSError`` of the last."""
        addresses = await self._addresses(host, port)
        self._guard.check(host, port, addresses)
        failure: OSError = Refused(f"{host} has no address")
        for address in addresses[:_MOST]:
            try:
                return await self._connect(address, port)
            except OSError as error:
                failure = error
        raise failure

    async def _addresses(self, host: str, port: int) -> list[str]:
        try:
            ip_address(host)
        except ValueError:
            return await self._resolver(host, port)
        return [host]
