"""Memory: a page of items becomes listings in a bounded process, however many items it has."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

MIB = 1024 * 1024
BOUND = 160  # MiB that the whole process may take, of which half is the interpreter with its libraries
COUNT = """
import sys
from x402_catalog.models import Listing
from x402_catalog.reading import read
from x402_catalog.records import Record
from x402_catalog.sources import listings
found = 0
for record in read(sys.argv[1:]):
    assert isinstance(record, Record), record
    for listing in listings(record):
        assert isinstance(listing, Listing), listing
        found += 1
        where = listing.locate("/url").pointer if found % 5000 == 1 else ""
# The kernel hands a process the peak of the one that started it; that of its own memory stands here.
with open("/proc/self/status") as status:
    peak = int(next(line.split()[1] for line in status if line.startswith("VmHWM")))
print(found, peak // 1024)
"""
ITEM: dict[str, Any] = {
    "resource": "https://api.shop.example/v1/gen", "type": "http", "x402Version": 1, "lastUpdated": 1767429328,
    "accepts": [{
        "scheme": "exact", "network": "base", "maxAmountRequired": "20000", "description": "An image. " * 40,
        "payTo": "0x2670b922ef37c7df47158725c0cc407b5382293f", "maxTimeoutSeconds": 300,
        "asset": "0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913",
        "outputSchema": {"input": {"type": "http", "method": "POST", "bodyFields": {"prompt": {"type": "string"}}}},
    }],
}  # fmt: skip


def page(megabytes: int) -> Iterator[bytes]:
    yield b'{"x402Version": 1, "items": ['
    one = json.dumps(ITEM).encode()
    thousand = b",\n".join([one] * 1000)
    for number in range(thousands(megabytes)):
        yield (b",\n" if number else b"") + thousand
    yield b'], "pagination": {"total": 0}}'


def thousands(megabytes: int) -> int:
    return megabytes * MIB // (len(json.dumps(ITEM)) + 2) // 1000


def written(path: Path, megabytes: int) -> Path:
    with gzip.open(path, "wb", compresslevel=1) if path.suffix == ".gz" else path.open("wb") as file:
        for piece in page(megabytes):
            file.write(piece)
    return path


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of a process is read as Linux tells it")
@pytest.mark.parametrize("name", ["page.json", "page.json.gz"])
@pytest.mark.parametrize("megabytes", [40, pytest.param(300, marks=pytest.mark.long)])
def test_a_page_of_many_items_is_read_in_bounded_memory(name: str, megabytes: int, tmp_path: Path) -> None:
    path = written(tmp_path / name, megabytes)
    out = subprocess.run([sys.executable, "-c", COUNT, path], capture_output=True, text=True, check=True).stdout
    found, peak = map(int, out.split())
    assert found == thousands(megabytes) * 1000
    assert peak < BOUND
