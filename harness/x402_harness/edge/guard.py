"""The guard: resolves a host, looks at every address that it has, and connects to what it looked at.

A name is resolved once for each connection, here, so that it cannot mean another address when it is connected to.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from ipaddress import ip_address

import httpcore

from x402_harness.edge.addresses import objection

Resolver = Callable[[str, int], Awaitable[list[str]]]
_WELL_KNOWN = 1024  # below this ports belong to services that a web server's URL has no business with
_WEB = frozenset({80, 443})
_MOST = 8  # addresses of one name that are tried


class Refused(OSError):
    """A connection that the guard does not make; the message says why."""


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of ``host`` by the system's resolver, which reads odd literals such as ``0x7f.1`` too."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in found))


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


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects as ``inner`` does, but only to addresses that ``guard`` has looked at."""

    def __init__(
        self, guard: Guard, resolver: Resolver = resolve, inner: httpcore.AsyncNetworkBackend | None = None
    ) -> None:
        self._guard = guard
        self._resolver = resolver
        self._inner = inner or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first address that takes one. Raises :class:`Refused`."""
        addresses = await self._addresses(host, port, timeout)
        self._guard.check(host, port, addresses)
        failure: Exception = Refused(f"{host} has no address")
        for address in addresses[:_MOST]:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Always refused: no URL leads to a socket of this machine."""
        raise Refused("local sockets are not connected to")

    async def sleep(self, seconds: float) -> None:
        """As ``inner`` does."""
        await self._inner.sleep(seconds)

    async def _addresses(self, host: str, port: int, timeout: float | None) -> list[str]:
        try:
            ip_address(host)
        except ValueError:
            async with asyncio.timeout(timeout):
                return await self._resolver(host, port)
        return [host]
