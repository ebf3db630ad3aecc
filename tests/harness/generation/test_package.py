"""The package costs nothing until it is used, and shows these names."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from x402_harness import generation


def test_importing_the_package_or_its_errors_does_not_import_hypothesis() -> None:
    program = "import sys; from x402_harness.generation import UnsupportedSchema; print('hypothesis' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "False"


def test_the_public_names() -> None:
    assert generation.__all__ == [
        "GenerationError", "Unrequestable", "UnsatisfiableSchema", "UnsupportedSchema", "draw", "requests_for",
        "strategy_for",
    ]  # fmt: skip
    assert all(getattr(generation, name) for name in generation.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        generation.nothing  # noqa: B018
