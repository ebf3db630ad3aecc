"""The shelf: what the explorer shows, opened anew for each request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from x402_catalog.findings import Finding
from x402_catalog.store import Catalogue


@dataclass(frozen=True, slots=True)
class Shelf:
    """A catalogue file, the folder of recorded runs, and how the user named the catalogue.

    ``findings`` are those of reading listings that were no catalogue file before.
    """

    file: Path
    name: str
    reports: Path = Path("reports")
    findings: tuple[Finding, ...] = ()

    @contextmanager
    def opened(self, snapshot: int | None = None) -> Iterator[Catalogue]:
        """The catalogue, for one request in one thread. Raises :class:`~x402_catalog.store.StoreError`."""
        with Catalogue.open(self.file) as catalogue:
            yield catalogue if snapshot is None else catalogue.at(snapshot)
