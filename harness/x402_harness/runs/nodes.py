"""Nodes as a face is told of them: by options and by the environment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from x402_catalog.networks import Network, network
from x402_harness.buying.nodes import Nodes
from x402_harness.edge.client import Client
from x402_harness.edge.direct import guarded_client
from x402_harness.edge.guard import Guard
from x402_harness.edge.rpc import RPC_LIMITS, Rpc

VARIABLE = "TESTBUY_RPC_"  # and the network's name: TESTBUY_RPC_BASE_SEPOLIA


class BadNode(ValueError):
    """A node cannot be asked as it is named; the message says which, without its URL, which may hold a key."""


def named_nodes(
    given: Iterable[str], environ: Mapping[str, str], *, said: str = "--rpc", confirmations: int = 1,
    patience: float = 20.0, local: bool = False,
) -> Nodes | None:  # fmt: skip
    """The nodes that options ``NETWORK=URL``, called ``said``, and the environment name; ``None`` if they name none.

    A node of a test network may be anywhere; one of a main network speaks https at a public address, unless ``local``
    says that the money is a sandbox's. Raises :class:`BadNode`.
    """
    named = {**dict(nodes_of_environment(environ)), **dict(nodes_of_options(given, said))}
    if not named:
        return None
    nodes = {where.caip2: Rpc(url, client(where, url, local)) for where, url in named.items()}
    return Nodes(nodes, confirmations, patience)


def nodes_of_options(given: Iterable[str], said: str = "--rpc") -> Iterator[tuple[Network, str]]:
    """Network and URL of each node that options name. Raises :class:`BadNode`."""
    for value in given:
        name, sign, url = value.partition("=")
        if not sign:
            raise BadNode(f"{said} is written NETWORK=URL, such as base-sepolia=https://…")
        yield _checked(name.strip(), url.strip(), said)


def nodes_of_environment(environ: Mapping[str, str]) -> Iterator[tuple[Network, str]]:
    """Network and URL of each node that variables name. Raises :class:`BadNode`."""
    for variable, url in environ.items():
        if variable.startswith(VARIABLE) and url:
            name = variable.removeprefix(VARIABLE).lower().replace("_", "-")
            yield _checked(name, url, variable)


def _checked(name: str, url: str, said: str) -> tuple[Network, str]:
    where = network(name)
    if where is None or where.chain_id is None:
        raise BadNode(f"{said}: {name[:40]!r} is no EVM network of the table.")
    try:
        parts = urlsplit(url)
        fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 80) > 0
    except ValueError:
        fine = False
    if not fine:
        raise BadNode(f"{said}: what is given for {where.v1_name or where.caip2} is no absolute http(s) URL.")
    return where, url


def client(where: Network, url: str, local: bool) -> Client:
    """What a node of a network may be asked by. Raises :class:`BadNode` where it may not be asked."""
    if where.testnet or local:
        return guarded_client(Guard(frozenset({urlsplit(url).hostname or ""})), RPC_LIMITS)
    if urlsplit(url).scheme != "https":
        raise BadNode(
            f"the node of {where.v1_name or where.caip2} must be spoken to over https: it tells of real money."
        )
    return guarded_client(Guard(), RPC_LIMITS)
