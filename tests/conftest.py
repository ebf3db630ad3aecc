"""What all tests share: where the project's own files are, and a way to run the command as a user does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# A test says what is done, not how fast the machine is. Where a change is judged its examples are always the same, so
# that what fails was broken by it; elsewhere each run draws new ones.
settings.register_profile("testbuy", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("testbuy")

ROOT = Path(__file__).resolve().parents[1]

pytest_plugins = ["pytester"]

Testbuy = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def listings() -> Path:
    """The project's own listings."""
    return ROOT / "listings"


@pytest.fixture
def testbuy(root: Path) -> Testbuy:
    """Run ``testbuy`` with arguments in the project's folder, in a process of its own."""

    def run(*arguments: object, cwd: Path = root, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "x402_harness", *map(str, arguments)],
            cwd=cwd,
            env={**os.environ, "COLUMNS": "160", "NO_COLOR": "1", "PYTHONUTF8": "1", **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run
