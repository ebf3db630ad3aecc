"""Compiles ``token.vy`` into ``token.json``: ``python -m x402_harness.sandbox.chains.contract.build [VYPER]``.

``VYPER`` is the compiler's command. Its version is named in the source; anything else refuses to compile it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from x402_harness.sandbox.chains.contract.artefact import ARTEFACT, SOURCE, Artefact, source_hash

_HERE = Path(__file__).parent
SETTINGS = {"optimize": "gas", "evm-version": "shanghai"}  # as the source's pragmas say


def build(vyper: str = "vyper") -> Artefact:
    """The contract as ``vyper`` compiles it. Raises ``subprocess.CalledProcessError`` if it does not."""
    made = _output(vyper, "-f", "bytecode_runtime,layout", str(_HERE / SOURCE)).splitlines()
    layout = json.loads(made[1])["storage_layout"]
    return Artefact(
        runtime=bytes.fromhex(made[0].removeprefix("0x")),
        slots={name: place["slot"] for name, place in layout.items()},
        source=source_hash(),
        compiler=_output(vyper, "--version").strip(),
        settings=SETTINGS,
    )


def _output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    (_HERE / ARTEFACT).write_text(build(*sys.argv[1:2]).written(), encoding="utf-8")
