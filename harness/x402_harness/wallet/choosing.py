"""Choosing: which of a user's keys signs, as a face is told."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from x402_harness.wallet.home import home
from x402_harness.wallet.keystore import Keystore, from_environment, unlock
from x402_harness.wallet.signing import UserWallet


@dataclass(frozen=True, slots=True)
class KeyChoice:
    """An ``account`` of the keystore, a ``keystore`` file, or, unsafely, the key in the environment."""

    account: str | None = None
    keystore: Path | None = None
    in_environment: bool = False

    @property
    def is_single(self) -> bool:
        """Whether exactly one key is named."""
        return [self.account is not None, self.keystore is not None, self.in_environment].count(True) == 1

    def open(self, password: Callable[[], str], environ: Mapping[str, str] = os.environ) -> UserWallet:
        """The wallet; ``password`` is asked for where a file is to be unlocked.

        Raises :class:`~x402_harness.wallet.KeyRefused` and ``OSError``.
        """
        if self.in_environment:
            return UserWallet(from_environment(environ))
        path = self.keystore or Keystore(home() / "wallets").path(self.account or "")
        return unlock(path, password())
