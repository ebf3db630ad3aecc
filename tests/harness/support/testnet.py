"""A test network on loopback: sellers, a facilitator and a node, and somebody with a key and some money there."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from tests.harness.support.listings import hints, listing, offer
from tests.harness.support.terms import PAYEE, SEPOLIA, SEPOLIA_USDC

from x402_catalog.money import Asset, Money
from x402_harness.cli.app import app
from x402_harness.ledger import Ledger, Row
from x402_harness.sandbox.app import sandbox_app
from x402_harness.sandbox.server import Deferred, Serving
from x402_harness.sandbox.street import Street
from x402_harness.sandbox.world import World
from x402_harness.wallet import Keystore, UserWallet

USDC = Asset(SEPOLIA, SEPOLIA_USDC, "USDC", 6)
KEY = bytes.fromhex("c0ffee00decafbad" * 4)  # a canary
PASSWORD = "canary-in-a-coal-mine"
CAPS = ("--per-call-max", "0.05", "--budget", "1", "--per-day-max", "5")
MANY = {"query": {"n": {"type": "integer", "minimum": 0, "maximum": 9}}}


def sold(slug: str = "shop-example-gen", **changes: Any) -> dict[str, Any]:
    """The JSON of a listing that is paid in test money: 0.02 USDC unless changed."""
    terms = {"network": "base-sepolia", "asset": SEPOLIA_USDC, "hints": hints(**MANY)}
    members = {name: changes.pop(name) for name in ("risk_notes", "url") if name in changes}
    url = members.pop("url", f"https://{slug}.example/gen")
    return listing(offer(**{**terms, **changes}), slug=slug, url=url, **members).raw


@dataclass
class Place:
    """Where networks stand, one after the other: a server that is what it is told to be."""

    url: str
    app: Deferred


@contextmanager
def place() -> Iterator[Place]:
    """A server in a thread of its own."""
    app = Deferred()
    with Serving(app) as serving:
        yield Place(serving.url, app)


@dataclass
class Testnet:
    """The network at ``url``, the listings in ``folder``, and the user's own ``home``."""

    __test__ = False

    url: str
    folder: Path
    home: Path
    world: World
    _app: Deferred

    @property
    def payer(self) -> str:
        """Who pays."""
        return UserWallet(KEY).address

    @property
    def rpc(self) -> str:
        """The option's value for its node."""
        return f"base-sepolia={self.url}/rpc/84532"

    @property
    def key(self) -> tuple[str, ...]:
        """The options that open the key."""
        return ("--account", "main", "--password-file", str(self.home / "password"))

    @property
    def earned(self) -> int:
        """What the sellers have been paid."""
        return self.world.chains.balances(SEPOLIA, SEPOLIA_USDC, self.payer, PAYEE).payee

    def sell(self, *listings: dict[str, Any], faults: str = "") -> None:
        """Have these sellers and no others, and the listings' file say where they are; with ``faults``, all faulty."""
        self.list(*listings)
        self.serve(*listings, faults=faults)

    def list(self, *listings: dict[str, Any]) -> None:
        """Write the listings, each at its seller's place here."""
        moved = [{**one, "url": f"{self.url}/{one['url'].split('://', 1)[1]}"} for one in listings]
        (self.folder / "shops.json").write_text(json.dumps(moved))

    def serve(self, *listings: dict[str, Any], faults: str = "") -> None:
        """Have these sellers, whatever the listings say."""
        made = [listing(*one["accepts"], **{k: v for k, v in one.items() if k != "accepts"}) for one in listings]
        street = Street(made, self.world, faulty=tuple(faults.split(",")) if faults else ())
        self._app.become(sandbox_app(self.world, street, self.url, time.time))

    def fund(self, atomic: int) -> None:
        """Give the payer money."""
        self.world.fund(self.payer, Money(atomic, USDC))

    def testbuy(self, *arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command in this process, with the home of the user."""
        around = {"TESTBUY_HOME": str(self.home), **environment}
        done = CliRunner().invoke(app, [str(one) for one in arguments], env=around)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)

    def plan(self, *more: object, to: str = "buy.plan") -> subprocess.CompletedProcess[str]:
        """Plan everything that is listed."""
        where = ("--mode", "testnet", "--allow-private", "--account", "main", "-o", self.folder / to)
        caps = () if "--budget" in more else CAPS
        return self.testbuy("plan", self.folder / "shops.json", *where, *caps, *more)

    def apply(self, *more: object, plan: str = "buy.plan") -> subprocess.CompletedProcess[str]:
        """Apply a plan as CI does."""
        approved = () if "--approve" in more else ("--approve", self.digest(plan), "--no-input")
        reports = ("--reports", self.folder / "reports", "-q")
        return self.testbuy("apply", self.folder / plan, *approved, *self.key, *reports, *more)

    def digest(self, plan: str = "buy.plan") -> str:
        """The digest that a plan states."""
        return str(json.loads((self.folder / plan).read_text())["digest"])

    def rows(self) -> list[Row]:
        """The user's books."""
        if not (self.home / "ledger.db").exists():
            return []
        with Ledger(self.home / "ledger.db", time.time) as ledger:
            return ledger.rows()

    def events(self, kind: str) -> list[dict[str, Any]]:
        """All events of that kind, of every run here."""
        files = sorted(self.folder.glob("reports/*/events.ndjson"))
        told = (json.loads(line) for file in files for line in file.read_text().splitlines())
        return [event for event in told if event["event"] == kind]


@contextmanager
def testnet(folder: Path, place: Place) -> Iterator[Testnet]:
    """A network with one seller, and a payer with ten dollars."""
    home = folder / "home"
    made = Keystore(home / "wallets", work=2**10).add("main", KEY, PASSWORD)
    (home / "password").write_text(PASSWORD)
    for secret in (home / "password", made.path):
        secret.chmod(0o600)
    world = World(time.time)
    try:
        found = Testnet(place.url, folder, home, world, place.app)
        found.sell(sold())
        found.fund(10_000_000)
        yield found
    finally:
        world.close()
