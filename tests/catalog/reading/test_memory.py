"""Memory: however large a source or one record in it, what is held stays small."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from x402_catalog.findings import Finding
from x402_catalog.reading import Limits, read
from x402_catalog.records import Record

MIB = 1024 * 1024
LIMITS = Limits(max_record_bytes=MIB)


@contextmanager
def at_most(bytes_held: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < bytes_held
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (b'{"a":1}\n{"b":"', b'"}\n{"c":3}\n', ["a", "CAT006", "c"]),
        (b'[{"a":1},\n{"b":"', b'"},\n{"c":3}]', ["a", "CAT006", "c"]),
        (b'{\n"b":"', b'"}', ["CAT006"]),
        (b'{"b":"', b'"}\n{"c":3}\n', ["CAT006", "c"]),
        (b'[{"a":1},{"b":"', b"", ["a", "CAT006", "CAT009"]),
    ],
    ids=["line", "element", "document", "first line", "cut element"],
)
def test_a_record_of_200_megabytes_is_skipped_in_little_memory(
    tmp_path: Path, before: bytes, after: bytes, expected: list[str]
) -> None:
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.write(before)
        for _ in range(200):
            file.write(b"x" * MIB)
        file.write(after)
    with at_most(8 * MIB):
        items = list(read([path], limits=LIMITS))
    assert [item.rule if isinstance(item, Finding) else next(iter(item.value)) for item in items] == expected


def test_a_large_array_is_read_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "many.json"
    element = b'{"summary":"%s"},\n' % (b"x" * 6000)
    with path.open("wb") as file:
        file.write(b"[" + element * 5000 + b"{}]")
    with at_most(4 * MIB):
        assert sum(isinstance(item, Record) for item in read([path])) == 5001


def test_white_space_without_end_is_skipped_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "blank.json"
    with path.open("wb") as file:
        for _ in range(50):
            file.write(b" \n" * (MIB // 2))
        file.write(b'{"a":1}')
    with at_most(4 * MIB):
        (record,) = read([path])
    assert isinstance(record, Record)
    assert record.line == 50 * MIB // 2 + 1
