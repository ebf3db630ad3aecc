"""Test money and real money of a session: the plan that allows it, the key that pays, and the user's own books."""

from __future__ import annotations

import os
import secrets
import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from x402_harness.edge.client import Limits
from x402_harness.ledger import Unusable
from x402_harness.planning.planfile import BadPlan
from x402_harness.policy import allowed_networks
from x402_harness.runs.applying import Application, KeyIsPublic, PlanRefused, plan_in
from x402_harness.runs.nodes import BadNode, named_nodes
from x402_harness.runs.purse import Purse
from x402_harness.runs.venue import RealVenue
from x402_harness.shopping.loading import Unreadable, load_listings
from x402_harness.shopping.shopper import Approved, Budget
from x402_harness.wallet import KeyRefused, home, ledger_path, private_folder, read_password

if TYPE_CHECKING:
    from x402_harness.policy import Caps
    from x402_harness.pytest_plugin.settings import Spending

_LIMITS = Limits(timeout=60.0, total=60.0)


class Money:
    """What pays in a session that spends more than sandbox money. ``told`` is what a worker was told by
    :meth:`for_worker` of its controller."""

    def __init__(self, spending: Spending, caps: Caps, told: dict[str, Any] | None) -> None:
        self._spending = spending
        self._caps = caps
        self._told = told

    def check(self) -> None:
        """Raise ``pytest.UsageError`` for what is wrong already: with the networks, the nodes or the plan."""
        _ = self.venue, self.approved

    def start(self) -> None:
        """Enter the plan into the books, once. Raises ``pytest.UsageError``."""
        applied = self.application
        if applied is None or self._told is not None or self.approved is None:
            return
        private_folder(applied.books)
        try:
            applied.enter(self.approved.cases)
        except (PlanRefused, Unusable) as error:
            raise pytest.UsageError(_refused(error)) from None

    def for_worker(self) -> dict[str, Any]:
        """What a worker is told, so that all collect the same."""
        approved = self.approved
        return {"run": self.run, "left": None if approved is None else [case.id for case in approved.cases]}

    @cached_property
    def run(self) -> str:
        """Its name in the books."""
        if self.application is not None:
            return self.application.plan.run
        return str(self._told["run"]) if self._told is not None else f"pytest-{secrets.token_hex(16)}"

    @cached_property
    def application(self) -> Application | None:
        """The plan, approved; ``None`` where test money is spent without one. Raises ``pytest.UsageError``."""
        named = self._spending.plan
        if named is None:
            return None
        path, approved = named
        try:
            made = Application.of(
                plan_in(path), lambda files: load_listings(*files), home(), time.time, mode=self._spending.mode,
                limits=_LIMITS, witness=self._nodes,
            )  # fmt: skip
            made.require_approval(approved)
        except BadPlan as error:
            raise pytest.UsageError(f"--testbuy-plan: {error}") from None
        except (PlanRefused, Unreadable) as error:
            raise pytest.UsageError(_refused(error)) from None
        except ValueError as error:
            raise pytest.UsageError(f"--testbuy-plan: the plan cannot be applied: {error}") from None
        return made

    @property
    def files(self) -> list[Path]:
        """The files that a plan was made from."""
        calls = self.application.plan.calls if self.application is not None else []
        return [Path(name) for name in sorted({call.row.file for call in calls})]

    @cached_property
    def approved(self) -> Approved | None:
        """What may still be bought under the plan; ``None`` without one. Raises ``pytest.UsageError``."""
        applied = self.application
        if applied is None:
            return None
        if self._told is not None:
            return Approved(tuple(case for case in applied.cases if case.id in self._told["left"]))
        try:
            return Approved(applied.left())
        except (PlanRefused, Unusable) as error:
            raise pytest.UsageError(_refused(error)) from None

    @cached_property
    def venue(self) -> RealVenue:
        """The listings' own endpoints. Raises ``pytest.UsageError``."""
        if self.application is not None:
            return self.application.venue
        chosen = self._spending
        return RealVenue(
            chosen.mode, _LIMITS, networks=self._networks, private=chosen.private, acts=chosen.acts,
            witness=self._nodes,
        )  # fmt: skip

    @cached_property
    def budget(self) -> Budget:
        """The user's books; in them, the session."""
        caps = self._caps if self.application is None else self.application.caps
        return Budget(ledger_path(home()), self.run, time.time, caps, self._spending.mode)

    def purse(self) -> Purse:
        """What pays, opened once. Raises ``pytest.UsageError``."""
        if isinstance(self._opened, pytest.UsageError):
            raise self._opened
        return self._opened

    @cached_property
    def _opened(self) -> Purse | pytest.UsageError:
        try:
            wallet = self._spending.key.open(self._password)
            if self.application is not None:
                return self.application.purse(wallet)
        except (KeyRefused, KeyIsPublic, OSError) as error:
            told = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else str(error)
            return pytest.UsageError(f"the key cannot pay: {told}")
        except PlanRefused as error:
            return pytest.UsageError(_refused(error))
        books = ledger_path(private_folder(home()))
        return Purse(self._spending.mode, wallet, books, self.run, self._networks)

    def _password(self) -> str:
        assert self._spending.password_file is not None  # refused before
        return read_password(self._spending.password_file)

    @cached_property
    def _networks(self) -> frozenset[str]:
        try:
            return allowed_networks(self._spending.mode, self._spending.networks)
        except ValueError as error:
            raise pytest.UsageError(f"--testbuy-network: {error}") from None

    @cached_property
    def _nodes(self) -> Any:
        try:
            return named_nodes(self._spending.nodes, os.environ, said="--testbuy-rpc")
        except BadNode as error:
            raise pytest.UsageError(str(error)) from None


def _refused(error: Exception) -> str:
    return f"--testbuy-plan: the plan is refused; nothing was signed: {error}"
