"""Files: what the user named, and what is found in folders, in a fixed order."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from x402_catalog.findings import Finding
from x402_catalog.reading.streams import STDIN, unreadable

PACKINGS = (".gz", ".zst")
LINES = (".jsonl", ".ndjson")
EXTENSIONS = (".json", *LINES)

_Identity = tuple[int, int]


class File(NamedTuple):
    """One file to read: the ``path`` to open, and its ``name`` as the user named it (below a folder joined with
    ``/``)."""

    path: str
    name: str

    @property
    def by_line(self) -> bool:
        """Whether the name promises JSON lines."""
        return _unpacked_name(self.name).endswith(LINES)


def files(sources: Iterable[str | Path]) -> Iterator[File | Finding]:
    """The files of ``sources``: named ones whatever their extension, in folders those of :data:`EXTENSIONS`, packed
    or not, sorted by their path. A finding (CAT001) stands for each that cannot be looked at."""
    for source in sources:
        path = os.fspath(source)
        name = _presentable(path)
        try:
            is_folder = path != STDIN and stat.S_ISDIR(os.stat(path).st_mode)
        except (OSError, ValueError) as error:
            yield unreadable(name, error)
            continue
        if is_folder:
            yield from _Folder().files(path, name.rstrip("/"), ())
        else:
            yield File(path, name)


class _Folder:
    """A walk through one folder, which goes into none twice, by whatever links."""

    def __init__(self) -> None:
        self._seen: set[_Identity] = set()

    def files(self, path: str, name: str, above: tuple[_Identity, ...]) -> Iterator[File | Finding]:
        try:
            status = os.stat(path)
            here = (status.st_dev, status.st_ino)
            if here in above:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            if here in self._seen:
                return
            self._seen.add(here)
            with os.scandir(path) as found:
                entries = sorted((_sort_name(entry), entry.path, entry.name) for entry in found)
        except OSError as error:
            yield unreadable(name, error)
            return
        for sort_name, below, last in entries:
            below_name = f"{name}/{_presentable(last)}"
            if sort_name.endswith("/"):
                yield from self.files(below, below_name, (*above, here))
            elif _unpacked_name(last).endswith(EXTENSIONS):
                yield _regular(below, below_name)


def _regular(path: str, name: str) -> File | Finding:
    # A pipe in a folder was not asked for and would be waited on for ever.
    try:
        if stat.S_ISREG(os.stat(path).st_mode):
            return File(path, name)
    except OSError as error:
        return unreadable(name, error)
    return unreadable(name, ValueError("not a regular file"))


def _sort_name(entry: os.DirEntry[str]) -> str:
    """Folders sort as their paths do, with the slash that follows."""
    try:
        return entry.name + "/" if entry.is_dir() else entry.name
    except OSError:  # a link in a circle: it will be told when it is opened
        return entry.name


def _unpacked_name(name: str) -> str:
    name = name.lower()
    for packing in PACKINGS:
        name = name.removesuffix(packing)
    return name


def _presentable(path: str) -> str:
    """``path`` with forward slashes and without bytes that no UTF-8 output can carry."""
    return path.replace(os.sep, "/").encode("utf-8", "surrogateescape").decode("utf-8", "replace")
