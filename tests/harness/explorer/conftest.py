"""The explorer over catalogues made for a test, asked as a browser asks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from x402_catalog.reading import read
from x402_catalog.store import Catalogue
from x402_harness.explorer import Guard, Shelf, explorer

TOKEN = "a-token-of-the-tests"
ADDRESS = "http://127.0.0.1:8402"

Client = Callable[[Shelf], TestClient]
Shelved = Callable[..., Shelf]


@pytest.fixture(scope="session")
def catalogue_file(tmp_path_factory: pytest.TempPathFactory, listings: Path) -> Path:
    """A catalogue file of the project's listings."""
    file = tmp_path_factory.mktemp("shelf") / "catalogue.db"
    with Catalogue.create(file) as catalogue:
        catalogue.add(read([str(listings)]), ["listings"], 1767323045.0)
    return file


@pytest.fixture
def shelf(catalogue_file: Path, tmp_path: Path) -> Shelf:
    """The project's listings, and no recorded run."""
    return Shelf(catalogue_file, "catalogue.db", tmp_path / "reports")


@pytest.fixture
def shelved(tmp_path: Path) -> Shelved:
    """A shelf of listings that a test makes."""

    def make(made: Iterable[dict], name: str = "made") -> Shelf:
        source, file = tmp_path / f"{name}.jsonl", tmp_path / f"{name}.db"
        source.write_text("".join(json.dumps(one) + "\n" for one in made))
        with Catalogue.create(file) as catalogue:
            catalogue.add(read([str(source)]), [str(source)], 1767323045.0)
        return Shelf(file, file.name, tmp_path / "reports")

    return make


@pytest.fixture
def asking() -> Iterator[Client]:
    """A client that has the token."""
    made: list[TestClient] = []

    def client(shelf: Shelf) -> TestClient:
        headers = {"authorization": f"Bearer {TOKEN}"}
        made.append(TestClient(Guard(explorer(shelf), TOKEN), base_url=ADDRESS, headers=headers))
        return made[-1]

    yield client
    for one in made:
        one.close()


@pytest.fixture
def client(asking: Client, shelf: Shelf) -> TestClient:
    """A client of the project's listings."""
    return asking(shelf)


@pytest.fixture(scope="session")
def blockpulse(listings: Path) -> dict:
    """A listing to make others of."""
    return json.loads((listings / "api-blockpulse-example-base-gas.json").read_text())
