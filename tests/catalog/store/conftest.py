"""What the tests of the store share: sources on disk, and catalogues made of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from x402_catalog.reading import read
from x402_catalog.store import Catalogue

Write = Callable[..., Path]
Make = Callable[..., Catalogue]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes values as JSON lines into a new file, whose path it returns."""
    count = iter(range(1000))

    def write(*values: Any) -> Path:
        path = tmp_path / f"source{next(count)}.jsonl"
        path.write_bytes(b"".join(json.dumps(value).encode() + b"\n" for value in values))
        return path

    return write


@pytest.fixture
def catalogue(write: Write) -> Iterator[Make]:
    """Makes a catalogue in memory of values, or of one source."""
    made: list[Catalogue] = []

    def make(*values: Any, source: Path | None = None) -> Catalogue:
        path = source or write(*values)
        made.append(Catalogue.memory())
        made[-1].add(read([path]), [str(path)], 0.0)
        return made[-1]

    yield make
    for one in made:
        one.close()
