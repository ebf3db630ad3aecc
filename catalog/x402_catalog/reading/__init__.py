"""Reading: sources (files, folders, standard input) become records that know where they stand.

A record that cannot be read is a finding and never a stop. The layers, each usable alone: :mod:`.files` finds files,
:mod:`.streams` opens and unpacks them, :mod:`.containers` cuts a stream into records, :mod:`.parsing` reads one record
exactly, :mod:`.positions` finds lines and columns in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from x402_catalog.findings import Finding
from x402_catalog.reading.containers import records
from x402_catalog.reading.files import File, files
from x402_catalog.reading.limits import DEFAULT, Limits
from x402_catalog.reading.streams import SourceError, chunks
from x402_catalog.records import Record
from x402_catalog.rules import reading as rules

__all__ = ["Limits", "read", "read_stream"]


def read(sources: Iterable[str | Path], *, limits: Limits = DEFAULT) -> Iterator[Record | Finding]:
    """The records (each a JSON object) of ``sources`` in order, and findings CAT001 to CAT010 for what is none.

    A source is a file, a folder (searched for ``.json``, ``.jsonl`` and ``.ndjson``, packed as ``.gz`` or ``.zst`` or
    not) or ``"-"`` for standard input. Nothing is raised for what stands in them. Memory holds one record and one
    chunk, however large the source.
    """
    for file in files(sources):
        if isinstance(file, Finding):
            yield file
        else:
            yield from _read_file(file, limits)


def read_stream(
    pieces: Iterator[bytes], name: str, *, limits: Limits = DEFAULT, by_line: bool = False
) -> Iterator[Record | Finding]:
    """The same of bytes that come in ``pieces`` and are called ``name``; ``by_line`` says that they are JSON lines."""
    for item in records(pieces, name, limits=limits, by_line=by_line):
        yield _not_an_object(item) if isinstance(item, Record) and not isinstance(item.value, dict) else item


def _read_file(file: File, limits: Limits) -> Iterator[Record | Finding]:
    try:
        yield from read_stream(chunks(file.path, file.name), file.name, limits=limits, by_line=file.by_line)
    except SourceError as error:
        yield error.finding


def _not_an_object(record: Record) -> Finding:
    kind = _KINDS[type(record.value)]
    return rules.NOT_AN_OBJECT.finding(
        f"the record is {kind}", observed=record.value, expected="an object", location=record.locate()
    )


_KINDS = {
    list: "an array",
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}
