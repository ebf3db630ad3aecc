"""The compiled token contract, as ``build.py`` wrote it from ``token.vy``; nobody who runs it needs a compiler."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

_HERE = "x402_harness.sandbox.chains.contract"
SOURCE = "token.vy"
ARTEFACT = "token.json"


@dataclass(frozen=True, slots=True)
class Artefact:
    """``runtime`` code as it stands on a chain, the ``slots`` of its variables, and what it was made from and by.

    ``source`` is the SHA-256 of the source, ``compiler`` the whole version of Vyper, ``settings`` its options.
    """

    runtime: bytes
    slots: dict[str, int]
    source: str
    compiler: str
    settings: dict[str, str]

    def written(self) -> str:
        """The artefact as the text of its file."""
        members = {
            "compiler": self.compiler,
            "settings": self.settings,
            "source": self.source,
            "slots": self.slots,
            "runtime": self.runtime.hex(),
        }
        return json.dumps(members, indent=1) + "\n"


@lru_cache(maxsize=1)
def artefact() -> Artefact:
    """The artefact that is shipped."""
    members = json.loads((files(_HERE) / ARTEFACT).read_text(encoding="utf-8"))
    return Artefact(**{**members, "runtime": bytes.fromhex(members["runtime"])})


def source() -> bytes:
    """The contract's source."""
    return (files(_HERE) / SOURCE).read_bytes()


def source_hash() -> str:
    """SHA-256 of the source as it stands."""
    return hashlib.sha256(source()).hexdigest()
