"""The store: a folder of cassettes. Recordings and bodies are named by what is in them, so nothing is kept twice.

``CASE-DIGEST.json`` is one recording, ``refusals/CASE-DIGEST.json`` the payments that were tried beside it,
``bodies/SHA256`` what recordings share or what is too long to stand in them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from x402_harness.protocol.parsing import loads
from x402_harness.runs.cassettes.exchanges import Unplayable
from x402_harness.runs.cassettes.recording import SCHEMA_VERSION, Recording

CASSETTES = "cassettes"  # their folder in that of a run
_REFUSALS = "refusals"
_CASE = re.compile(r"[0-9A-Za-z-]{1,64}")
_BODY = re.compile(r"[0-9a-f]{64}")
_LARGEST = 64 * 2**20  # bytes of a file that is read back


class Store:
    """Cassettes in ``folder``, which is made when the first is kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, told: dict[str, Any]) -> Path:
        """Write a recording. Raises ``OSError``."""
        return self._keep(self._folder, told)

    def keep_refusals(self, told: dict[str, Any]) -> Path:
        """Write what was tried beside a recording of the same case, run and evidence. Raises ``OSError``."""
        return self._keep(self._folder / _REFUSALS, told)

    def _keep(self, folder: Path, told: dict[str, Any]) -> Path:
        text = json.dumps(told, ensure_ascii=True, indent=1).encode()
        named = {key: value for key, value in told.items() if key not in {"run", "at"}}
        digest = hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()[:12]
        return self._write(folder / f"{told['case']}-{digest}.json", text)

    def keep_body(self, body: bytes) -> str:
        """Write a body, and tell its name. Raises ``OSError``."""
        name = hashlib.sha256(body).hexdigest()
        self._write(self._folder / "bodies" / name, body)
        return name

    def body(self, name: str) -> bytes:
        """A body by its name. Raises :class:`Unplayable` where it is not there, or not what it was."""
        if _BODY.fullmatch(name) is None:
            raise Unplayable(f"no name of a body: {name[:80]!r}")
        body = _read(self._folder / "bodies" / name)
        if hashlib.sha256(body).hexdigest() != name:
            raise Unplayable(f"the body {name} was changed")
        return body

    def recordings(self, case: str = "") -> Iterator[Recording]:
        """Those of one case, or all; of each the newest. Raises :class:`Unplayable` for one that cannot be read."""
        newest: dict[tuple[str, str], Recording] = {}
        for path in sorted(self._folder.glob(f"{case}*.json" if case else "*.json")):
            found = self._recording(path)
            key = (found.case, str(found.evidence))
            if key not in newest or found.at >= newest[key].at:
                newest[key] = found
        yield from newest.values()

    def _recording(self, path: Path) -> Recording:
        told = _told(path)
        found = Recording(told, self.body, self._refused(told))
        try:
            _ = found.case, found.slug, found.row, found.at, found.evidence
        except (KeyError, TypeError, ValueError) as error:
            raise Unplayable(f"{path.name} is malformed: {type(error).__name__}: {error}") from error
        return found

    def _refused(self, recording: dict[str, Any]) -> tuple[dict[str, Any], ...]:
        """What was tried beside a recording, in the same run."""
        case = str(recording.get("case"))
        for path in sorted((self._folder / _REFUSALS).glob(f"{case}-*.json")) if _CASE.fullmatch(case) else ():
            told = _told(path)
            if all(told.get(name) == recording.get(name) for name in ("run", "evidence")):
                return tuple(told["attempts"]) if isinstance(told.get("attempts"), list) else ()
        return ()

    def _write(self, path: Path, content: bytes) -> Path:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f".{path.name}.{os.getpid()}")
            partial.write_bytes(content)
            partial.replace(path)  # a run that is killed leaves whole files
        return path


def _told(path: Path) -> dict[str, Any]:
    try:
        told = loads(_read(path))
    except ValueError as error:
        raise Unplayable(f"{path.name} is no recording: {error}") from error
    if not isinstance(told, dict) or told.get("schema_version") != SCHEMA_VERSION:
        raise Unplayable(f"{path.name} is no recording of version {SCHEMA_VERSION}")
    return told


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST:
            raise Unplayable(f"{path.name} is larger than {_LARGEST} bytes")
        return path.read_bytes()
    except OSError as error:
        raise Unplayable(f"{path.name} cannot be read: {error.strerror}") from error
