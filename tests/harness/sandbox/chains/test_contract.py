"""The compiled contract: made from the source that is shipped with it, byte for byte."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from x402_harness.sandbox.chains.contract.artefact import ARTEFACT, artefact, source_hash
from x402_harness.sandbox.chains.contract.build import build

VYPER = os.environ.get("TESTBUY_VYPER", "vyper")


def test_the_artefact_was_made_from_this_source() -> None:
    assert artefact().source == source_hash(), "the source was changed: build the artefact again"


def test_the_artefact_stands_in_its_file_as_it_would_be_written(root: Path) -> None:
    path = root / "harness/x402_harness/sandbox/chains/contract" / ARTEFACT
    assert path.read_text(encoding="utf-8") == artefact().written()


@pytest.mark.long
def test_the_compiler_makes_the_same_bytes() -> None:
    if shutil.which(VYPER) is None:
        pytest.skip("Vyper is not installed: TESTBUY_VYPER names its command")
    assert build(VYPER) == artefact()
