"""The market of a session: its listings, where they are bought, and the one budget of all its processes."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from x402_harness.pytest_plugin import options, typed

if TYPE_CHECKING:
    from x402_catalog.models import Listing
    from x402_harness.pytest_plugin.counter import Counter
    from x402_harness.pytest_plugin.money import Money
    from x402_harness.pytest_plugin.settings import Settings
    from x402_harness.runs.sandboxes import Sandbox
    from x402_harness.shopping.shopper import Budget

KEY: pytest.StashKey[Market] = pytest.StashKey()
FACILITATOR = "TESTBUY_FACILITATOR"  # the environment variable that tells a seller under test where to settle


def market_of(config: pytest.Config) -> Market:
    """The session's market; made when it is first asked for."""
    if KEY not in config.stash:
        config.stash[KEY] = Market(config)
    return config.stash[KEY]


class Market:
    """What is shared by the items and fixtures of one process; with pytest-xdist, workers use the controller's folder
    and sandbox."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._told = typed.given_to_workers(config)
        self._open = ExitStack()

    @cached_property
    def settings(self) -> Settings:
        """The options, typed; what turns on more than sandbox money is looked at again."""
        from x402_harness.pytest_plugin.settings import settings

        options.check(self._config)
        return settings(self._config)

    @cached_property
    def money(self) -> Money | None:
        """What pays where that is not sandbox money."""
        chosen = self.settings
        if chosen.spending is None:
            return None
        from x402_harness.pytest_plugin.money import Money

        return Money(chosen.spending, chosen.caps, None if self._told is None else self._told["money"])

    @property
    def planned_files(self) -> list[Path]:
        """The files that a plan was made from, if one is given."""
        return self.money.files if self.money is not None else []

    @cached_property
    def folder(self) -> Path:
        """A folder of the session, with the ledger in it; it is gone afterwards."""
        if self._told is not None:
            return Path(self._told["folder"])
        made = Path(tempfile.mkdtemp(prefix="testbuy-"))
        self._open.callback(shutil.rmtree, made, ignore_errors=True)
        return made

    @property
    def has_books(self) -> bool:
        """Whether something may have been bought with sandbox money. Asked at the end of every session, so it makes
        nothing."""
        return "folder" in vars(self) and (self.folder / "ledger.db").exists()

    @property
    def root(self) -> Path:
        """The root of the project under test."""
        return self._config.rootpath

    def for_worker(self) -> dict[str, Any]:
        """What a worker is told."""
        return {
            "folder": str(self.folder), "sandbox": self.sandbox.url if self._is_needed else None,
            "typed": typed.typed(self._config), "money": self.money.for_worker() if self.money is not None else None,
        }  # fmt: skip

    @property
    def is_asked(self) -> bool:
        """Whether any option asks for something."""
        named = any(options.text(self._config, name) for name in ("checks", "url", "mode", "recordings"))
        return named or bool(options.roots(self._config))

    @property
    def _is_needed(self) -> bool:
        return bool(options.text(self._config, "url") or options.text(self._config, "app"))

    def start(self) -> None:
        """Open what a seller under test needs before it starts; an application that cannot be loaded is told of now.
        A plan is entered into the books."""
        if self.is_asked and self.money is not None:
            self.money.start()
        if self._is_needed:
            os.environ[FACILITATOR] = self.sandbox.facilitator
            self._open.callback(os.environ.pop, FACILITATOR, None)
            _ = self.app

    def check(self) -> None:
        """Raise ``pytest.UsageError`` for what is wrong with the options, the plan or the recordings."""
        self.counter.check()

    def at_end(self, close: Callable[[], object]) -> None:
        """Have something done when the session ends."""
        self._open.callback(close)

    def close(self) -> None:
        """Close what was opened."""
        self._open.close()

    @cached_property
    def budget(self) -> Budget:
        """One budget over all workers."""
        if self.money is not None:
            return self.money.budget
        from x402_harness.shopping.shopper import Budget

        return Budget(self.folder / "ledger.db", "pytest", time.time, self.settings.caps)

    @cached_property
    def catalogue(self) -> list[Listing]:
        """Every listing under the roots that can be read."""
        from x402_harness.shopping.loading import read_listings

        found = {path: None for root in options.roots(self._config) for path in files(root) if not self.is_ours(path)}
        return [one for path in found for one in read_listings(near(path)) if not _is_finding(one)]  # type: ignore[misc]

    def is_ours(self, path: Path) -> bool:
        """Whether a file is a recording: it may stand among the listings, and is none."""
        recorded = self.settings.recorded
        return recorded is not None and recorded.folder.resolve() in path.resolve().parents

    @cached_property
    def sandbox(self) -> Sandbox:
        """The sandbox of the session: a running one, the controller's, or one that is opened here."""
        from x402_harness.buying.remote import NoSandbox
        from x402_harness.runs.sandboxes import open_sandbox, running_sandbox
        from x402_harness.sandbox.server import CannotServe

        given = self.settings.sandbox or (self._told or {}).get("sandbox")
        port = self.settings.port if self._is_needed else 0
        try:
            if given:
                return self.run(running_sandbox(given))  # type: ignore[no-any-return]
            opened = open_sandbox(port, self.catalogue, seed=self.settings.seed, clock=time.time)
            return self._open.enter_context(opened)
        except NoSandbox as error:
            raise pytest.UsageError(f"--testbuy-sandbox: {error}") from None
        except CannotServe as error:
            raise pytest.UsageError(f"{error}. --testbuy-sandbox uses a running one, --testbuy-port another.") from None

    @cached_property
    def app(self) -> Any:
        """The application that ``--testbuy-app`` names; ``None`` without it."""
        named = self.settings.app
        if named is None:
            return None
        module, _, name = named.partition(":")
        for place in (str(self._config.rootpath), str(self._config.invocation_params.dir)):
            if place not in sys.path:
                sys.path.insert(0, place)
        try:
            return getattr(importlib.import_module(module), name or "app")
        except (ImportError, AttributeError) as error:
            raise pytest.UsageError(f"--testbuy-app: {named!r} cannot be loaded: {error}") from None

    @cached_property
    def run(self) -> Any:
        """Runs a coroutine on the one event loop of the session: an application keeps what it opened there."""
        import asyncio

        return self._open.enter_context(asyncio.Runner()).run

    @cached_property
    def counter(self) -> Counter:
        """Where things are bought."""
        from x402_harness.pytest_plugin.counter import Counter

        return Counter(self, self._config)

    @cached_property
    def unreachable(self) -> str | None:
        """Why the seller's own server does not answer, after the wait for it; ``None`` if it does."""
        import asyncio

        from x402_harness.probing.targets import Target
        from x402_harness.runs.endpoints import typed_client
        from x402_harness.runs.inspection import Inspector

        url = self.settings.url
        if url is None:
            return None

        async def wait() -> str | None:
            async with typed_client(url, 20.0) as client:
                inspector = Inspector(client, time.time, asyncio.sleep, os.urandom, self.settings.seed)
                failure = await inspector.awaited(Target(url), self.settings.wait)
            if failure is None:
                return None
            return f"no answer from {url} within {self.settings.wait:g} s: {failure.message}"

        return self.run(wait())  # type: ignore[no-any-return]


def files(root: Path) -> list[Path]:
    """The files of listings at or under a root, in a fixed order."""
    return [root] if root.is_file() else sorted(path for path in root.rglob("*") if is_listing(path))


def near(path: Path) -> Path:
    """The path as a person would write it here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def is_listing(path: Path) -> bool:
    """Whether a file's name is that of a file of listings."""
    return path.name.lower().endswith(SUFFIXES) and path.is_file()


SUFFIXES = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz")


def _is_finding(one: Any) -> bool:
    from x402_catalog.findings import Finding

    return isinstance(one, Finding)
