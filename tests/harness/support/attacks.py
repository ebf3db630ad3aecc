"""A stage for attacks: sellers that are after the buyer's money, on real sockets, and what came of a visit."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from tests.harness.support.buying import CAPS, cases, clock, moved, nonces
from tests.harness.support.terms import BASE_USDC, NOW, PAYEE, PRICE

from x402_catalog.money import Money
from x402_catalog.networks import network, token
from x402_catalog.rules.judge import Evidence
from x402_harness.buying.buyer import Bought, Buyer
from x402_harness.buying.scenes import scene_of
from x402_harness.checks import examine
from x402_harness.checks.exchange import judge_exchange
from x402_harness.edge.client import Client, Limits
from x402_harness.edge.direct import guarded_client
from x402_harness.edge.guard import Guard
from x402_harness.ledger import Ledger, Row
from x402_harness.policy import Approval, Caps, Expected, Policy
from x402_harness.protocol import abi
from x402_harness.protocol.challenge import Option
from x402_harness.protocol.eip3009 import Domain
from x402_harness.sandbox.chains import Contract
from x402_harness.sandbox.chains.chain import LogFilter
from x402_harness.sandbox.faults.attacks.assets import LOOK_ALIKE
from x402_harness.sandbox.reader import Reader
from x402_harness.sandbox.server import Serving
from x402_harness.sandbox.street import Street
from x402_harness.sandbox.world import World
from x402_harness.wallet import ThrowawayWallet

CASES = cases("https://shop.example/gen", 4)
IMPATIENT = Limits(body=1_000_000, timeout=0.15, total=0.3)
PATIENT = Limits(body=1_000_000, timeout=10, total=20)
_FUNDED = {
    "eip155:8453": BASE_USDC,
    "eip155:84532": "0x036CbD53842c5426634e7929541eC2318f3dCF7e",
    "eip155:1": "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",
}
_TRANSFER = abi.topic("Transfer(address,address,uint256)")
_RICH = 10**15  # atomic units, so that whatever is signed for can be paid


@dataclass(frozen=True)
class Transfer:
    """Money that left the buyer, on whichever chain."""

    chain_id: int
    asset: str
    payee: str
    amount: int

    @property
    def is_as_planned(self) -> bool:
        """Whether it is the planned price in the planned asset to the planned payee on the planned chain."""
        planned = (8453, BASE_USDC.lower(), PAYEE.lower(), PRICE)
        return (self.chain_id, self.asset.lower(), self.payee.lower(), self.amount) == planned


@dataclass(frozen=True)
class Visited:
    """What came of one or several purchases at one attacking seller.

    ``requests`` are the headers of each request that reached it, ``led`` the bytes of each connection elsewhere.
    """

    bought: tuple[Bought, ...]
    rows: tuple[Row, ...]
    reasons: tuple[str, ...]
    transfers: tuple[Transfer, ...]
    requests: tuple[dict[str, str], ...]
    connections: int
    led: tuple[bytes, ...]

    @property
    def payments(self) -> list[dict[str, str]]:
        """The requests that carried a payment."""
        return [one for one in self.requests if "payment-signature" in one or "x-payment" in one]

    @property
    def codes(self) -> set[str]:
        """Every rule that found something."""
        found = {one.refusal.rule for one in self.bought if one.refusal}
        for one in self.bought:
            seen = scene_of(one, Evidence.SIMULATED)
            examine(seen)
            unpaid = judge_exchange(one.transcript.exchanges[0], one.case.listing)
            found |= {finding.rule for finding in (*seen.judge.findings, *unpaid.findings)}
        return found


@dataclass
class Door:
    """An ASGI application before another, that takes down what comes in. ``callers`` are the connections by path."""

    inner: Any
    requests: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    callers: dict[str, set[Any]] = field(default_factory=dict)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Count, and pass on."""
        rows = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        self.requests.setdefault(scope["path"], []).append(rows)
        self.callers.setdefault(scope["path"], set()).add(scope["client"])
        await self.inner(scope, receive, send)


class Elsewhere:
    """Another origin. It answers everybody with a receipt-less 200; ``came`` is what each connection said."""

    def __init__(self) -> None:
        self.came: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)

    @property
    def origin(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            with peer:
                peer.settimeout(1)
                self.came.append(peer.recv(65_536))
                peer.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")


class Gullible(Policy):
    """A policy that approves whatever it is told: the option, the domain, and the token behind it."""

    def decide(self, option: Option, expected: Expected) -> Approval:
        """Approve."""
        where = network(option.network)
        assert where is not None
        assert where.chain_id is not None
        row = token(where.caip2, option.asset) or token("eip155:8453", BASE_USDC)
        assert row is not None
        domain = Domain(option.extra["name"], option.extra["version"], where.chain_id, option.asset)
        return Approval(option, Money(option.amount, row.asset), row, domain)


class Stage:
    """Sellers in both versions, the chains behind them, and another origin."""

    def __init__(self, world: World, elsewhere: Elsewhere, servers: dict[int, Serving], doors: dict[int, Door]) -> None:
        self._world = world
        self._elsewhere = elsewhere
        self._servers = servers
        self._doors = doors

    def visit(
        self, name: str, version: int, ledger: Path, *, purchases: int = 1, at_once: bool = False, plain: bool = False,
        limits: Limits = PATIENT, caps: Caps = CAPS, gullible: bool = False, run: str = "run",
    ) -> Visited:  # fmt: skip
        """Buy from the seller with that fault; ``plain`` by httpx's own transport, ``gullible`` by no policy."""
        wallet = ThrowawayWallet(hashlib.sha256(f"{name} {version} {plain} {ledger}".encode()).digest())
        self._endow(wallet.address)
        url = f"{self._servers[version].url}/faults/{name}/shop.example/gen"
        path, before, led = urlsplit(url).path, self._seen(version, url), len(self._elsewhere.came)
        with Ledger(ledger, clock()) as books:
            policy = (Gullible if gullible else Policy)(caps, wallet.address)
            fresh = nonces(1 + 100 * len(books.rows()))
            buyer = Buyer(run, wallet, policy, books, clock(), fresh, Reader(self._world))
            bought = asyncio.run(_buy(buyer, [moved(one, url) for one in CASES[:purchases]], at_once, plain, limits))
            rows = tuple(books.rows())
            reasons = tuple(reason for row in rows for _, _, reason in books.history(row.id))
        door = self._doors[version]
        came = tuple(door.requests.get(path, ())[before:])
        return Visited(bought, rows, reasons, tuple(self._left(wallet.address)), came,
                       len(door.callers.get(path, ())), tuple(self._elsewhere.came[led:]))  # fmt: skip

    def _seen(self, version: int, url: str) -> int:
        door, path = self._doors[version], urlsplit(url).path
        door.callers.pop(path, None)
        return len(door.requests.get(path, ()))

    def _endow(self, account: str) -> None:
        for chain, asset in _FUNDED.items():
            row = token(chain, asset)
            assert row is not None
            self._world.fund(account, Money(_RICH, row.asset))
        pretended = self._world.chains.token("eip155:8453", LOOK_ALIKE)
        assert pretended is not None
        pretended.mint(account, _RICH)

    def _left(self, account: str) -> Iterator[Transfer]:
        wanted = LogFilter(topics=(frozenset({_TRANSFER}), frozenset({abi.word(account)})))
        for chain in self._world.chains.opened():
            for log in chain.logs(wanted):
                yield Transfer(chain.chain_id, log.address, "0x" + log.topics[2][-20:].hex(), abi.number(log.data))


async def _buy(buyer: Buyer, many: list[Any], at_once: bool, plain: bool, limits: Limits) -> tuple[Bought, ...]:
    async with Client(limits=limits) if plain else guarded_client(Guard(anywhere=True), limits) as client:
        if at_once:
            return tuple(await asyncio.gather(*(buyer.buy(one, client) for one in many)))
        return tuple([await buyer.buy(one, client) for one in many])


@contextmanager
def stage() -> Iterator[Stage]:
    """A stage with its servers running."""
    with ExitStack() as stack:
        elsewhere = stack.enter_context(Elsewhere())
        world = World(clock(NOW), elsewhere=elsewhere.origin)
        stack.callback(world.close)
        pretended = Domain("USD Coin", "2", 8453, LOOK_ALIKE)
        world.chains.deploy(Contract(pretended, "USDC", 6))
        doors = {version: Door(Street([CASES[0].listing], world, protocol=version)) for version in (1, 2)}
        servers = {version: stack.enter_context(Serving(door)) for version, door in doors.items()}
        yield Stage(world, elsewhere, servers, doors)
